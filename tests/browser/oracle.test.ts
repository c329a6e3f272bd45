import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { DIST } from '../../bench/build.ts';
import { decodeBatch } from '../../src/core/batchCodec.ts';
import { formatNumber } from '../../src/ui/number.ts';
import { until, useLab } from './harness.ts';
import { creditCell, inspector, pin, stepOf, viewAs, waitForStep } from './page.ts';
import { shippedCatalogue } from './recording.ts';

const oracle = (page: Page) => page.getByRole('region', { name: 'Oracle' });
const truthPart = (page: Page) => page.getByRole('region', { name: 'Truth of the token' });

/** The recording that the page opens with, and its first prompt. */
function opening() {
  const [task] = shippedCatalogue().tasks;
  const entry = task.checkpoints.find(({ id }) => id === task.first);
  const file = readFileSync(join(DIST, entry?.recording ?? ''));
  return { batch: decodeBatch(new Uint8Array(file).buffer), group: task.group };
}

describe('the truth', () => {
  const lab = useLab();

  it('is on the large switch and shows the true advantages that the recording holds, without a worker', async () => {
    const page = await lab.open({ query: '#show=advantage&rows=sampled' });
    await viewAs(page, 'Truth');
    const { batch, group } = opening();
    const { trueAdvantages } = batch.fields;
    const { start, end } = batch.groups[group];
    for (const [row, response] of batch.responses.slice(start, end).entries()) {
      const value = trueAdvantages?.[response.start] ?? Number.NaN;
      expect(await creditCell(page, row + 1, 1).innerText()).toContain(formatNumber(value, 2, { sign: true }));
    }
    await oracle(page).getByText('Exact: opened until less than ε = 0.001').waitFor();
    expect(page.workers()).toEqual([]);
  });

  it('of a live step comes by itself, asks for no step of training, and says what another token would have brought', async () => {
    const page = await lab.open();
    await page.getByRole('button', { name: 'One step' }).click();
    await waitForStep(page, 21);
    await viewAs(page, 'Truth');
    await oracle(page).getByText('Exact: opened').waitFor({ timeout: 30_000 });
    expect(await stepOf(page)).toBe(21);
    expect(await page.getByRole('button', { name: /train one step/ }).count()).toBe(0);
    const credit = async () => (await creditCell(page, 1, 1).innerText()).match(/[+−]?\d\.\d\d/)?.[0];
    expect(Math.abs(Number((await credit())?.replace('−', '-')))).toBeLessThanOrEqual(1);

    await pin(page, 1, 1);
    const table = truthPart(page).getByRole('table', { name: 'Value of every next token' });
    await table.waitFor({ timeout: 30_000 });
    expect(await table.getByRole('row').count()).toBe(17);
    await table.getByRole('button', { name: 'What if D' }).click();
    const outcome = inspector(page).getByRole('status', { name: 'What if' });
    await outcome.waitFor({ timeout: 30_000 });
    expect(await outcome.innerText()).toMatch(/^With D instead: reward \d\.\d\d ± \d\.\d\d over 64 continuations\./);
    expect(await outcome.getByRole('listitem').count()).toBe(6);
    for (const sample of await outcome.getByRole('listitem').allInnerTexts()) expect(sample).toMatch(/^[✓✗] D/);
  });

  it('goes on being shown while the model trains, each of its own step, and can be given up', async () => {
    const page = await lab.open();
    await viewAs(page, 'Truth');
    await page.getByRole('button', { name: /train it/ }).click();
    const first = await waitForStep(page, 22);
    await waitForStep(page, first + 3);
    expect(await page.getByText('which this batch does not hold').count()).toBe(0);
    const cancel = oracle(page).getByRole('button', { name: 'cancel' });
    await until('a question to give up', async () => ((await cancel.count()) > 0 ? true : null));
    await cancel.dispatchEvent('click');
    await oracle(page).getByRole('button', { name: 'work it out' }).waitFor();
    await page.getByRole('button', { name: /^pause|Pause/ }).click();
    await oracle(page).getByRole('button', { name: 'work it out' }).click();
    await oracle(page).getByText('Exact: opened').waitFor({ timeout: 30_000 });
  });
});
