import { readFileSync } from 'node:fs';
import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { useLab } from './harness.ts';

interface Exported {
  entrants: { key: string; label: string }[];
  runs: { entrant: string; seed: string; hash: string; laps: { step: number; seconds: number }[] }[];
}

const LINK = '#v=2&view=race&k.prompts=2&k.groupSize=4';
const FIELDS = { 'seeds each': '3', steps: '24', 'measured every': '8', 'held-out prompts': '16' } as const;

const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true });

/** Three methods at a small size; the ceiling, which works out true values at every step, is taken out. */
async function settle(page: Page): Promise<void> {
  await button(page, 'Start').waitFor();
  await page.getByRole('button', { name: /^Take Truth out/ }).click();
  for (const [label, value] of Object.entries(FIELDS)) {
    const box = page.getByRole('textbox', { name: label });
    await box.fill(value);
    await box.press('Enter');
  }
}

const waitForRuns = (page: Page, count: number) =>
  page.waitForFunction(
    (least) => Number(document.querySelector('.race-buttons [role="status"]')?.textContent?.match(/^\d+/)?.[0]) >= least,
    count,
    {
      timeout: 90_000,
    },
  );

async function exported(page: Page): Promise<Exported> {
  await button(page, 'Done').waitFor({ timeout: 90_000 });
  const [download] = await Promise.all([page.waitForEvent('download'), button(page, 'JSON').click()]);
  return JSON.parse(readFileSync(await download.path(), 'utf8')) as Exported;
}

/** What another pace does not change. */
const curves = ({ entrants, runs }: Exported) =>
  runs.map(({ entrant, seed, hash, laps }) => ({
    label: entrants.find(({ key }) => key === entrant)?.label,
    seed,
    hash,
    laps: laps.map(({ seconds: _, ...lap }) => lap),
  }));

describe('a race', () => {
  const lab = useLab();

  it('survives a reload in the middle, and a pause, and ends with the same curves as without', { timeout: 240_000 }, async () => {
    const plain = await lab.open({ query: LINK, isBlank: true });
    await settle(plain);
    await button(plain, 'Start').click();
    const straight = curves(await exported(plain));
    await plain.context().close();
    expect(straight).toHaveLength(9);
    expect(straight.every(({ laps }) => laps.map(({ step }) => step).join() === '0,8,16,24')).toBe(true);
    expect(new Set(straight.map(({ hash }) => hash)).size).toBe(9);

    const page = await lab.open({ query: LINK, isBlank: true });
    await settle(page);
    await button(page, 'Start').click();
    await waitForRuns(page, 1);
    await page.reload();
    await button(page, 'Resume').click();
    await waitForRuns(page, 4);
    await button(page, 'Pause').click();
    await button(page, 'Resume').waitFor();
    await page.reload();
    await button(page, 'Resume').click();
    expect(curves(await exported(page))).toEqual(straight);

    // The table's first row is the best at the last step, and the scrubber goes back to the start, where all are alike.
    const rewards = page.locator('.race-table tbody td:nth-child(3)');
    const last = await rewards.allInnerTexts();
    expect(last.map((text) => Number.parseFloat(text))).toEqual(last.map((text) => Number.parseFloat(text)).sort((a, b) => b - a));
    await page.getByRole('slider', { name: /table at/ }).press('Home');
    await page.getByText('At step 0:').waitFor();
    expect(new Set(await rewards.allInnerTexts()).size).toBe(1);
  });
});
