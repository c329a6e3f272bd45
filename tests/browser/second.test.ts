import { describe, expect, it } from 'vitest';
import { smallGroup } from './smallGroup.ts';
import type { RolloutBatch } from '../../src/core/batch.ts';
import { useLab } from './harness.ts';
import { creditCell, creditGrid, openKnobs, stepOf, waitForStep } from './page.ts';
import { serveRecording } from './recording.ts';

/** The small group as a recording that kept neither logits nor hidden states would have it. */
function withoutStates(): RolloutBatch {
  const { logits: _, hidden: __, logitsAfter: ___, ...batch } = smallGroup();
  return { ...batch, updates: [] };
}

describe('a method that trains a second network', () => {
  const lab = useLab();

  it('offers to compute what the recording lacks, then trains the network, shows it and resets it', { timeout: 120_000 }, async () => {
    const page = await lab.open({ before: (blank) => serveRecording(blank, withoutStates()) });
    await openKnobs(page);
    await page.getByRole('radio', { name: 'View as PRIME', exact: true }).check();
    const sentence = page.locator('.sentence');
    await expect
      .poll(() => sentence.innerText())
      .toMatch(
        /^PRIME needs .*the process reward model’s log-probabilities, which this batch does not hold\. Its process reward model is new/,
      );
    expect(await creditGrid(page).innerText()).not.toMatch(/\d\.\d\d/);
    await sentence.getByRole('button', { name: /^compute .* for this batch$/ }).click();
    // A new process model is the reference: the credit is that of whitened leave-one-out, and there are numbers.
    await expect.poll(() => creditCell(page, 1, 1).innerText(), { timeout: 30_000 }).toMatch(/[+−]\d\.\d\d/);
    const networks = page.getByRole('list', { name: 'Second networks' });
    expect(await networks.innerText()).toContain('made anew when training with PRIME starts');
    await page.getByRole('radio', { name: 'View as PPO', exact: true }).check();
    await expect.poll(() => sentence.innerText()).toMatch(/^PPO needs a critic’s value for each token/);
    const step = await stepOf(page);
    await sentence.getByRole('button', { name: 'train one step with PPO' }).click();
    await waitForStep(page, step + 1);
    await expect.poll(() => networks.innerText()).toMatch(/weights of its own; 4 steps taken, loss 0\.\d+; it learns with every step/);
    await networks.getByRole('button', { name: 'Reset the critic' }).click();
    await expect.poll(() => networks.innerText()).toContain('new: it has taken no step yet');
  });
});
