import { describe, expect, it } from 'vitest';
import type { Locator, Page } from 'playwright-core';
import { useLab } from './harness.ts';
import { inspector, openKnobs, typeKnob } from './page.ts';
import { serveRecording } from './recording.ts';
import { smallGroup } from './smallGroup.ts';

const bar = (page: Page) => page.getByRole('toolbar', { name: 'Comparison' });
const side = (page: Page, letter: 'A' | 'B') => bar(page).getByRole('combobox', { name: letter, exact: true });
const lane = (page: Page, name: RegExp) => page.getByRole('grid', { name });
const cell = (grid: Locator, response: number, token: number) =>
  grid.getByRole('gridcell', { name: new RegExp(`^response ${response}, token ${token} `) });
const LANES = [/^Credit A/, /^Credit B/, /^Difference/];
/** What stands in A, B and A − B at one token. */
const numbers = (page: Page, response: number, token: number): Promise<string[]> =>
  Promise.all(
    LANES.map(async (name) => {
      // Spoken and not printed: with an open shelf two of the lanes are strips.
      const spoken = await cell(lane(page, name), response, token).getAttribute('aria-label');
      return spoken?.match(/\) ([+−]?\d+\.\d\d)(,|$)/)?.[1] ?? '';
    }),
  );
const startComparing = async (page: Page): Promise<void> => {
  await page.getByRole('button', { name: 'compare with …' }).click();
  await lane(page, LANES[2]).waitFor();
};

describe('a comparison on a small recorded group', () => {
  const lab = useLab();
  const open = (query = '') => lab.open({ query, cells: 10, before: (page) => serveRecording(page, smallGroup()) });

  // The numbers of GRPO and TEMPO are those of journey.test.ts, worked out by hand in smallGroup.ts.
  it('shows A, B and A − B on the same tokens in one colour domain, swaps them, and closes', { timeout: 60_000 }, async () => {
    const page = await open();
    await startComparing(page);
    expect(await numbers(page, 1, 1)).toEqual(['+0.68', '+0.95', '−0.27']);
    expect(await numbers(page, 4, 2)).toEqual(['−1.88', '−2.25', '+0.38']);
    const ends = await page.locator('.mx-legend').allInnerTexts();
    expect(ends[0].replaceAll(/[≤≥ ]/g, '')).toBe(ends[1].replaceAll(/[≤≥ ]/g, ''));
    // Response 3's digit: 0.8660239 · 5/3 = 1.4433732 against 1.7320478, and 1.299 against 0.779 at its D; D 7 of response 4 differs by
    // 0.3753; its end token by 1.4433732 − 0.8660239 = 0.5773493, the widest.
    expect(await page.locator('.sentence').innerText()).toMatch(
      /^GRPO and TEMPO differ most at \., token 3 of response 3 D1\.: \+1\.44 against \+0\.87\. They differ on 18 of 20 tokens here\./,
    );
    expect(await page.evaluate(() => document.documentElement.scrollHeight)).toBeLessThanOrEqual(720);
    await bar(page).getByRole('button', { name: 'Swap A and B' }).click();
    await expect.poll(() => numbers(page, 1, 1)).toEqual(['+0.95', '+0.68', '+0.27']);
    await side(page, 'B').selectOption({ label: 'TEMPO' });
    await expect.poll(() => numbers(page, 1, 1)).toEqual(['+0.95', '+0.95', '0.00']);
    expect(await page.locator('.sentence').innerText()).toBe(
      'TEMPO and TEMPO agree on every token of this prompt, and of every other prompt of this step.',
    );
    await bar(page).getByRole('button', { name: 'Close the comparison' }).click();
    await page.getByRole('button', { name: 'compare with …' }).waitFor();
  });

  it('marks in the rail and in the inspector what parts the two', { timeout: 60_000 }, async () => {
    const page = await open('#v=2&vs=tempo');
    await lane(page, LANES[2]).waitFor();
    const chip = (stage: string) => page.locator(`.stage-chip[data-stage="${stage}"]`);
    await expect.poll(() => chip('advantage').innerText()).toBe('Advantage A GRPO ≠ B TEMPO');
    expect(await chip('reward').getAttribute('data-differs')).toBe('false');
    await cell(lane(page, LANES[0]), 3, 2).dispatchEvent('click');
    const table = inspector(page).getByRole('table', { name: 'Credit of A and B' });
    await table.waitFor();
    expect((await table.innerText()).replaceAll(/\s+/g, ' ')).toContain('credit +1.443 +1.732 −0.289 advantage +0.866 +1.732 −0.866');
    // The change of value is TEMPO's alone; reward and mean are the same number on both sides.
    const terms = inspector(page).locator('.formula-line [data-term].is-other');
    await expect.poll(() => terms.count()).toBeGreaterThan(0);
    const names = await terms.evaluateAll((list) => list.map((term) => term.getAttribute('aria-label') ?? ''));
    expect(names.filter((name) => name !== '').every((name) => name.endsWith(', differs'))).toBe(true);
    expect(names.some((name) => /^Value/i.test(name))).toBe(true);
    expect(names.some((name) => /^(Total reward|Group mean)/i.test(name))).toBe(false);
    expect(await inspector(page).locator('.formula-result strong').allInnerTexts()).toContain('+0.500');
  });

  it('holds one side’s knobs while the sliders move the other, in the link too', { timeout: 60_000 }, async () => {
    const page = await open();
    await startComparing(page);
    await bar(page).getByRole('button', { name: 'hold knobs as B' }).click();
    await openKnobs(page);
    await typeKnob(page, 'clipHigh', '0.6');
    await page.getByRole('button', { name: 'Fold methods and knobs' }).click();
    // Response 1's digit at ratio 1.5: let through by A, clipped by B. 0.8660239 · 1.5 · 5/7 = 0.9278828.
    await expect.poll(() => numbers(page, 1, 6)).toEqual(['+0.93', '0.00', '+0.93']);
    expect(await cell(lane(page, LANES[1]), 1, 6).getAttribute('aria-label')).toMatch(/clipped/);
    expect(await page.locator('.sentence').innerText()).toMatch(/^GRPO \(Clip above 0\.6\) and GRPO \(Clip above 0\.2\) differ most at 1/);
    // The address follows 0.3 s after the last change: the held side may stand in it before the knob that was moved after.
    await expect.poll(() => page.url()).toMatch(/k\.clipHigh=0\.6.*vs=grpo&vs\.knobs=own/);
    const again = await open(new URL(page.url()).hash);
    await lane(again, LANES[2]).waitFor();
    await expect.poll(() => numbers(again, 1, 6)).toEqual(['+0.93', '0.00', '+0.93']);
  });

  it('shows the difference alone by D, and brings the others back', async () => {
    const page = await open();
    await page.keyboard.press('d');
    await lane(page, LANES[0]).waitFor();
    await page.keyboard.press('d');
    await lane(page, LANES[0]).waitFor({ state: 'detached' });
    expect(await page.getByRole('grid').count()).toBe(1);
    await page.keyboard.press('d');
    await lane(page, LANES[0]).waitFor();
  });
});

describe('two checkpoints', () => {
  const lab = useLab();

  it('are compared on the tokens that A drew, each scored by both models', { timeout: 60_000 }, async () => {
    const page = await lab.open();
    await startComparing(page);
    await side(page, 'B').selectOption('checkpoint step-200');
    await bar(page).getByRole('combobox', { name: 'numbers' }).selectOption('entropy');
    await lane(page, /^Entropy B · step 200/).waitFor();
    await page.locator('.sentence', { hasText: 'The same tokens, drawn by A and scored by both models' }).waitFor();
    expect(await page.locator('.sentence').innerText()).toMatch(/^step 20 and step 200 differ most at /);
    const glyphs = async (name: RegExp) => lane(page, name).locator('.mx-glyph').allInnerTexts();
    expect(await glyphs(/^Entropy A/)).toEqual(await glyphs(/^Entropy B/));
    // Under its own model a recording's entropies are what was recorded: A against A is nothing but float32.
    await side(page, 'B').selectOption('method grpo');
    await page.locator('.sentence', { hasText: 'agree on every token' }).waitFor();
  });
});

describe('a mix', () => {
  const lab = useLab();
  const query = '#v=2&mix.advantage=tempo';

  it('is named, saved over a reload, trained with, renamed, compared and deleted', { timeout: 90_000 }, async () => {
    const page = await lab.open({ query, before: (blank) => serveRecording(blank, smallGroup()), cells: 10 });
    await page.getByRole('textbox', { name: 'Name of this mix' }).fill('tree credit');
    await page.getByRole('textbox', { name: 'Name of this mix' }).press('Enter');
    await openKnobs(page);
    await page.getByRole('radio', { name: 'View as tree credit', checked: true }).waitFor();
    // The open shelf is in the link a moment later.
    await expect.poll(() => page.url()).toContain('panels=shelf');
    await page.reload();
    await page.getByRole('radio', { name: 'View as tree credit', checked: true }).waitFor();
    // It is the method whole again, and the mix again: TEMPO's 1.7320478 under GRPO's loss is 2.8867 at response 3's digit.
    const credit = () => page.getByRole('grid', { name: /^Credit/ }).getByRole('gridcell', { name: /^response 3, token 2 / });
    await page.getByRole('radio', { name: 'View as GRPO', exact: true }).check();
    await expect.poll(() => credit().innerText()).toContain('+1.44');
    await page.getByRole('radio', { name: 'View as tree credit' }).check();
    await expect.poll(() => credit().innerText()).toContain('+2.89');
    await page.getByRole('radio', { name: 'Train with tree credit' }).check();
    await expect.poll(() => page.url()).toContain('train.advantage=tempo');
    await page.getByRole('button', { name: 'compare with GRPO' }).click();
    await expect.poll(() => numbers(page, 3, 2)).toEqual(['+2.89', '+1.44', '+1.44']);
    expect(await page.locator('.sentence').innerText()).toMatch(/^tree credit and GRPO differ most/);
    await page.getByRole('button', { name: 'Rename tree credit' }).click();
    await page.getByRole('textbox', { name: 'New name of tree credit' }).fill('leaves');
    await page.keyboard.press('Enter');
    await page.getByRole('radio', { name: 'View as leaves', checked: true }).waitFor();
    await page.getByRole('button', { name: 'Delete leaves' }).click();
    await page.getByRole('radio', { name: 'View as leaves' }).waitFor({ state: 'detached' });
    await page.reload();
    await page.getByRole('radio', { name: 'View as GRPO', exact: true }).waitFor();
    expect(await page.getByRole('radio', { name: 'View as leaves' }).count()).toBe(0);
  });
});
