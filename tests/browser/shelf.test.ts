import { describe, expect, it } from 'vitest';
import type { Page } from 'playwright-core';
import { HEADLINE, loadMethod, METHODS } from '../../src/core/methods/index.ts';
import { SHELF_ORDER } from '../../src/state/shelf.ts';
import { useLab } from './harness.ts';
import { creditCell, formulaResult, inspector, openKnobs, openWorking, pin } from './page.ts';
import { serveRecording } from './recording.ts';
import { smallGroup } from './smallGroup.ts';

const viewed = (page: Page) => page.locator('.method-table tr[data-viewed="true"]').getAttribute('data-method');
const search = (page: Page) => page.getByRole('searchbox', { name: 'Search methods' });
const radio = (page: Page, title: string) => page.getByRole('radio', { name: `View as ${title}`, exact: true });
const rows = (page: Page) => page.locator('.method-table tr[data-method]');
const titleOf = (id: string) => METHODS.find((entry) => entry.id === id)?.title ?? '';

const STATUS = {
  'authors-code': /checked against the authors’ own code/,
  'library-code': /checked against a training library’s/,
  ours: /there is no paper/,
  reconstruction: /Reconstruction/,
} as const;

describe('the shelf of methods', () => {
  const lab = useLab();

  it.each([
    [1280, 720],
    [390, 844],
  ])('holds every method inside its own scroller at %i × %i', async (width, height) => {
    const page = await lab.open({ viewport: { width, height }, cells: 10 });
    await openKnobs(page);
    expect(await rows(page).count()).toBe(METHODS.length);
    const list = await page.locator('.method-list').evaluate((element) => element.clientHeight);
    expect(list).toBeLessThan(height / 2);
    const root = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    expect(root).toBe(0);
    if (width > 1000) expect(await page.evaluate(() => document.documentElement.scrollHeight)).toBeLessThanOrEqual(height);
    // The last of the list can be brought up and chosen.
    const last = SHELF_ORDER[SHELF_ORDER.length - 1];
    await radio(page, titleOf(last)).check();
    expect(await viewed(page)).toBe(last);
  });

  it('finds by name, author and idea, says so where nothing matches, and views the first match on Enter', async () => {
    const page = await lab.open();
    await openKnobs(page);
    const { meta } = await loadMethod(HEADLINE[1]);
    // Authors are known once all methods are loaded, a moment after the first picture.
    await search(page).fill(meta.paper.authors.split(',')[0]);
    await expect.poll(() => rows(page).count()).toBeLessThan(METHODS.length);
    expect(await rows(page).evaluateAll((list) => list.map((row) => row.getAttribute('data-method')))).toContain(meta.id);
    await search(page).fill('no such idea');
    await page.getByText('No method matches “no such idea”.').waitFor();
    await search(page).fill(meta.fullName);
    await search(page).press('Enter');
    await expect.poll(() => viewed(page)).toBe(meta.id);
    await search(page).press('Escape');
    await expect.poll(() => rows(page).count()).toBe(METHODS.length);
  });

  it('is one tab stop that arrows move through, and a letter typed in it searches', async () => {
    const page = await lab.open();
    await openKnobs(page);
    await search(page).focus();
    await page.keyboard.press('ArrowDown');
    const focused = () => page.evaluate(() => document.activeElement?.getAttribute('aria-label'));
    expect(await focused()).toBe(`View as ${titleOf(HEADLINE[0])}`);
    await page.keyboard.press('ArrowDown');
    const next = SHELF_ORDER[SHELF_ORDER.indexOf(HEADLINE[0]) + 1];
    expect(await focused()).toBe(`View as ${titleOf(next)}`);
    await expect.poll(() => viewed(page)).toBe(next);
    // `t` is the shortcut of the tree elsewhere; here it is the first letter of a search.
    await page.keyboard.type('tree');
    expect(await search(page).inputValue()).toBe('tree');
    expect(await page.getByRole('button', { name: 'prefix tree', pressed: true }).count()).toBe(0);
  });

  it('leaves letters to the shortcuts where a method was clicked', async () => {
    const page = await lab.open();
    await openKnobs(page);
    await page.locator('.method-table tr[data-method="dapo"] label').click();
    await expect.poll(() => viewed(page)).toBe('dapo');
    await page.keyboard.press('t');
    await page.getByRole('button', { name: 'prefix tree', pressed: true }).waitFor();
    expect(await search(page).inputValue()).toBe('');
  });

  it('gives the keys 1, 2, 3 to the large switch', async () => {
    const page = await lab.open();
    await openKnobs(page);
    for (const [i, id] of HEADLINE.entries()) {
      await page.keyboard.press(String(i + 1));
      await expect.poll(() => viewed(page)).toBe(id);
    }
  });
});

describe('a chosen method', () => {
  const lab = useLab();
  const open = () => lab.open({ before: (page) => serveRecording(page, smallGroup()) });

  it('is told on a card: name, sentence, paper as a link, status, stages, lanes', async () => {
    const page = await open();
    await openKnobs(page);
    for (const id of SHELF_ORDER) {
      const { meta, stages, lanes } = await loadMethod(id);
      await radio(page, meta.title).check();
      const card = page.getByRole('region', { name: `About ${meta.title}`, exact: true });
      await card.getByRole('heading', { name: meta.fullName }).waitFor();
      const text = await card.innerText();
      for (const part of [meta.changes, meta.paper.authors, String(meta.paper.year), ...Object.keys(stages)]) expect(text).toContain(part);
      expect(text).toMatch(STATUS[meta.status]);
      if (meta.paper.arxiv) {
        const link = card.getByRole('link', { name: `arXiv ${meta.paper.arxiv}` });
        expect(await link.getAttribute('href')).toBe(`https://arxiv.org/abs/${meta.paper.arxiv}`);
        expect(await link.getAttribute('rel')).toContain('noopener');
      }
      expect(
        await card
          .getByRole('group', { name: /^Lanes of/ })
          .getByRole('button')
          .allInnerTexts(),
      ).toEqual(lanes.map(({ label }) => label));
      const lit = await page
        .locator('.stage-chip[data-lit="true"]')
        .evaluateAll((chips) => chips.map((chip) => chip.getAttribute('data-stage')));
      expect(lit.sort(), id).toEqual(Object.keys(stages).sort());
    }
  });

  it('shows its own lane and its own formula, with the numbers of the pinned token', async () => {
    const page = await open();
    await openKnobs(page);
    await radio(page, 'λ-GRPO').check();
    const { lanes } = await loadMethod('lambda-grpo');
    const own = page.getByRole('grid', { name: new RegExp(`^${lanes[0].label}`) });
    await own.waitFor();
    // S is shared by two of the four samples: it keeps half of GRPO's 0.8660239 · 1.1 · 5/7 (journey.test.ts).
    expect(await own.getByRole('gridcell', { name: /^response 1, token 1 / }).getAttribute('aria-label')).toMatch(/ 0.50$/);
    await pin(page, 1, 1);
    await openWorking(page);
    expect(await formulaResult(page, 'credit')).toBe('+0.340');
    expect(await creditCell(page, 1, 1).innerText()).toContain('+0.34');
    await inspector(page).getByRole('button', { name: 'Close the inspector' }).click();
    await page.getByRole('button', { name: lanes[0].label, pressed: true }).click();
    await own.waitFor({ state: 'detached' });
  });
});

describe('a stage of another method', () => {
  const lab = useLab();

  it('is found in its menu by a letter, and given back', async () => {
    const page = await lab.open({ before: (blank) => serveRecording(blank, smallGroup()) });
    const chip = page.locator('.stage-chip[data-stage="advantage"]');
    await expect.poll(() => page.evaluate(() => performance.getEntriesByType('resource').some(({ name }) => /rloo/.test(name)))).toBe(true);
    await chip.getByRole('button').click();
    await page.getByRole('menuitem', { name: 'GRPO’s own (current)' }).waitFor();
    // Several names begin with this letter: each press goes to the next of them.
    const focused = (): Promise<string> => page.evaluate(() => (document.activeElement as HTMLElement).innerText);
    for (let i = 0; i < 10 && !/TEMPO/.test(await focused()); i++) await page.keyboard.press('t');
    await page.keyboard.press('Enter');
    await expect.poll(() => chip.innerText()).toBe('Advantage from TEMPO');
    // TEMPO's advantage 1.7320478 under GRPO's loss: 5/3 for a token of a 3-token response.
    await expect.poll(() => creditCell(page, 3, 2).innerText()).toContain('+2.89');
    await chip.getByRole('button').click();
    await page.getByRole('menuitem', { name: 'GRPO’s own' }).click();
    await expect.poll(() => creditCell(page, 3, 2).innerText()).toContain('+1.44');
  });
});
