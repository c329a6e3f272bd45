import { describe, expect, it } from 'vitest';
import type { RolloutBatch } from '../../src/core/batch.ts';
import { useLab } from './harness.ts';
import { creditCell, creditGrid, openKnobs, stepOf, viewAs, waitForStep } from './page.ts';
import { serveRecording } from './recording.ts';
import { smallGroup } from './smallGroup.ts';

/** The small group as a run without entropies would have left it. */
function withoutEntropies(): RolloutBatch {
  const batch = smallGroup();
  const { entropies: _, oldEntropies: __, ...fields } = batch.fields;
  return { ...batch, fields, updates: [] };
}

describe('a method that needs what the batch lacks', () => {
  const lab = useLab();

  it('shows no numbers, says what it needs, and computes it when asked', { timeout: 90_000 }, async () => {
    const page = await lab.open({ before: (blank) => serveRecording(blank, withoutEntropies()) });
    await viewAs(page, 'HAPO');
    const sentence = page.locator('.sentence');
    await expect.poll(() => sentence.innerText()).toMatch(/^HAPO needs the entropies before each update, which this batch does not hold\./);
    expect(await creditCell(page, 1, 1).getAttribute('aria-label')).toMatch(/none$/);
    expect(await creditGrid(page).innerText()).not.toMatch(/\d\.\d\d/);
    await page.locator('.mx-lane-credit').getByText('no numbers', { exact: true }).waitFor();
    // What the batch does hold stays in sight, and other methods have their numbers.
    await viewAs(page, 'GRPO');
    await expect.poll(() => creditCell(page, 1, 1).innerText()).toContain('+0.');
    await viewAs(page, 'HAPO');
    const step = await stepOf(page);
    await sentence.getByRole('button', { name: 'train one step with HAPO' }).click();
    await waitForStep(page, step + 1);
    await expect.poll(() => sentence.innerText()).not.toMatch(/needs/);
    expect(await creditGrid(page).innerText()).toMatch(/\d\.\d\d/);
  });

  it('forces the reference answer after the recorded reasonings when asked', { timeout: 90_000 }, async () => {
    const page = await lab.open();
    await openKnobs(page);
    await page.getByRole('radio', { name: 'View as VeriFree', exact: true }).check();
    const sentence = page.locator('.sentence');
    const lack = 'VeriFree needs how likely the reference answer is after each reasoning, which this batch does not hold.';
    await expect.poll(() => sentence.innerText()).toContain(lack);
    expect(await creditGrid(page).innerText()).not.toMatch(/\d\.\d\d/);
    await sentence.getByRole('button', { name: 'compute how likely the reference answer is' }).click();
    await expect.poll(() => creditGrid(page).innerText(), { timeout: 60_000 }).toMatch(/\d\.\d\d/);
    await expect.poll(() => sentence.innerText()).not.toMatch(/needs/);
  });

  it('switches to a task that has it', async () => {
    const page = await lab.open();
    await page.getByRole('combobox', { name: 'task' }).selectOption('countdown');
    await openKnobs(page);
    await page.getByRole('radio', { name: 'View as VeRPO', exact: true }).check();
    const sentence = page.locator('.sentence');
    await expect
      .poll(() => sentence.innerText())
      .toMatch(/^VeRPO needs several test results for each sample, which this batch does not hold\./);
    await sentence.getByRole('button', { name: 'switch to Programs' }).click();
    await expect.poll(() => sentence.innerText()).toMatch(/^VeRPO (?!needs)/);
    expect(await creditGrid(page).innerText()).toMatch(/[+−]\d\.\d\d/);
    expect(await page.getByRole('group', { name: 'Tasks for this method' }).getByRole('button', { pressed: true }).allInnerTexts()).toEqual(
      ['Programs'],
    );
  });
});
