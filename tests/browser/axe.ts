import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { FEW, useLab } from './harness.ts';
import { openKnobs, openRoom, openWorking, pin, pressPlay, stepOf, waitForStep } from './page.ts';

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

interface AxeResult {
  violations: { id: string; help: string; nodes: { target: unknown; failureSummary?: string }[] }[];
}

/** Looks at the page as it stands, or at a part of it, and keeps what is wrong under the state's name. */
type Look = (state: string, part?: string) => Promise<void>;

/** One line per rule violated of WCAG 2.2 A and AA or of axe's best practices, on the page or on a part of it. */
export async function violations(page: Page, part?: string, rules?: readonly string[]): Promise<string[]> {
  if (!(await page.evaluate(() => 'axe' in window))) await page.evaluate(axeSource);
  const result = await page.evaluate(
    ([root, runOnly]) => {
      const { axe } = window as unknown as { axe: { run(root: Document | string, options: object): Promise<AxeResult> } };
      // WCAG 2.2 asks for 24 px, axe only where it is told to.
      return axe.run(root ?? document, runOnly ? { runOnly } : { rules: { 'target-size': { enabled: true } } });
    },
    [part, rules] as const,
  );
  return result.violations.map(({ id, help, nodes }) => `${id} (${nodes.length}): ${help}, e.g. ${String(nodes[0].target)}`);
}

/** In the dark only what the colours decide: the rest is the same. */
function looker(page: Page, colorScheme: 'light' | 'dark'): { look: Look; found: Record<string, string[]> } {
  const found: Record<string, string[]> = {};
  return {
    found,
    async look(state, part) {
      const here = await violations(page, part, colorScheme === 'dark' ? ['color-contrast'] : undefined);
      if (here.length > 0) found[state] = here;
    },
  };
}

async function close(page: Page): Promise<void> {
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
}

async function share(page: Page, look: Look): Promise<void> {
  const dialog = page.getByRole('dialog');
  await page.getByRole('button', { name: 'share', exact: true }).click();
  for (const section of ['Link', 'Figure', 'Numbers', 'Sessions'] as const) {
    await dialog.getByRole('radio', { name: section, exact: true }).check();
    if (section === 'Figure') await dialog.getByRole('button', { name: 'Save as PNG', disabled: false }).waitFor();
    if (section === 'Sessions') {
      await dialog.getByRole('button', { name: 'Save in this browser' }).click();
      await dialog.getByRole('button', { name: /^Rename / }).click();
    }
    await look(`share: ${section}`);
  }
  await dialog.getByRole('button', { name: 'Close' }).focus();
  await close(page);
}

async function help(page: Page, look: Look): Promise<void> {
  const dialog = page.getByRole('dialog');
  await page.getByRole('button', { name: 'Help and shortcuts', exact: true }).click();
  await dialog.locator('.glossary dt').first().waitFor();
  await look('help');
  await close(page);
  await page.locator('.mx-edit').first().dispatchEvent('click');
  await dialog.getByRole('textbox', { name: 'Response' }).waitFor();
  await look('editing a response');
  await close(page);
  await page.keyboard.press('w');
  await page.locator('.explain-bar').waitFor();
  await page.getByRole('button', { name: 'One step' }).click();
  await look('what is this?', '.explain');
  await page.keyboard.press('Escape');
}

const viewAs = (page: Page, title: string): Promise<void> => page.getByRole('radio', { name: `View as ${title}`, exact: true }).check();

/** The lab in its layouts and modes, from the first screen on. */
async function views(page: Page, look: Look): Promise<void> {
  await page.locator('.ov-canvas').waitFor();
  await look('the first screen');
  await openKnobs(page);
  await page.keyboard.press('c');
  await page.locator('.curves-bar[data-open="true"]').waitFor();
  await pin(page, 1, 1);
  await openWorking(page);
  await look('knobs, curves and a pinned token with its working');
  await viewAs(page, 'DelTA');
  await page.locator('.plane svg').first().waitFor();
  await look('the tokens in a plane');
  await viewAs(page, 'TEMPO');
  await page.keyboard.press('k');
  await page.keyboard.press('c');
  await page.keyboard.press('t');
  await page.getByRole('button', { name: 'prefix tree', pressed: true }).waitFor();
  await look('the prefix tree');
  await page.getByRole('button', { name: 'branches only' }).click();
  await page.getByRole('tree').waitFor();
  await look('the tree of branches');
  await page.keyboard.press('t');
  await page.keyboard.press('l');
  await look('lecture mode');
  await page.keyboard.press('l');
  await page.keyboard.press('d');
  await page.locator('.compare-bar').waitFor();
  await look('a comparison');
  await page.getByRole('button', { name: 'Close the comparison' }).click();
}

/** What a telephone shows otherwise: a lane at a time, the inspector as a sheet. */
async function phoneViews(page: Page, look: Look): Promise<void> {
  await look('the first screen');
  await pin(page, 1, 1);
  await look('a pinned token');
  await page.keyboard.press('d');
  await page.locator('.compare-bar').waitFor();
  await look('a comparison');
  await page.getByRole('button', { name: 'Close the comparison' }).click();
  await page.keyboard.press('l');
  await look('lecture mode');
  await page.keyboard.press('l');
}

async function frozenStep(page: Page, look: Look): Promise<void> {
  const step = await stepOf(page);
  await pressPlay(page);
  await waitForStep(page, step + 1);
  await page.keyboard.press('f');
  await page.locator('.frozen-note').waitFor();
  await look('a frozen step');
  await page.keyboard.press('f');
  await page.getByRole('button', { name: 'Reset to the checkpoint' }).click();
}

async function rooms(page: Page, look: Look): Promise<void> {
  await openRoom(page, 'Scoreboard');
  await page.getByRole('row', { name: /^Truth.*100 %/ }).waitFor({ timeout: 30_000 });
  await look('Scoreboard');
  await openRoom(page, 'Race');
  await look('Race');
  await page.getByRole('button', { name: 'Start', exact: true }).click();
  await page.locator('.race-table tbody tr').first().waitFor();
  await look('a race that has begun');
  await page.locator('.race-buttons .play').click();
  await openRoom(page, 'Learn');
  await look('Learn');
}

/** Of every lesson, or of the first so many: the first page, one that asks for a prediction, and the last with the teacher's notes. */
async function lessons(page: Page, look: Look, most = Infinity): Promise<void> {
  const panel = page.locator('section.lesson');
  const ready = () => page.locator('section.lesson[aria-busy="false"]').waitFor({ timeout: 15_000 });
  await openRoom(page, 'Learn');
  const titles = await page.locator('.lesson-card strong').allInnerTexts();
  expect(titles.length).toBeGreaterThanOrEqual(11);
  for (const title of titles.slice(0, most)) {
    await page.locator('.lesson-card').filter({ hasText: title }).click();
    await panel.getByText(`${title} · 1/`).waitFor();
    await ready();
    await look(`${title}, first page`);
    const turn = panel.locator('.lesson-turn .is-primary');
    let hasPredicted = false;
    while (await turn.isEnabled()) {
      const isCovered = (await panel.locator('.lesson-countdown').count()) > 0;
      if (isCovered && !hasPredicted) await look(`${title}, to predict`, '.lesson');
      await turn.click();
      await ready();
      if (isCovered && !hasPredicted) await look(`${title}, revealed`, '.lesson');
      hasPredicted ||= isCovered;
    }
    await panel.locator('.lesson-notes > summary').click();
    await look(`${title}, last page`, '.lesson');
    await openRoom(page, 'Learn');
  }
  await page.getByRole('button', { name: 'Slow motion', exact: true }).click();
  await ready();
  await page.getByRole('radio', { name: '10 s', exact: true }).check();
  await look('slow motion');
}

/** Every view, mode, dialog, room and lesson, in one theme: a file each, so that both run at once. */
export function axeTests(colorScheme: 'light' | 'dark'): void {
  describe(`axe-core in ${colorScheme}`, () => {
    const lab = useLab();
    const scheme = { colorScheme, reducedMotion: 'reduce' } as const;

    it('finds nothing in the lab, its modes, dialogs and rooms', { timeout: 180_000 }, async () => {
      const page = await lab.open(scheme);
      const { look, found } = looker(page, colorScheme);
      for (const part of [views, share, help, frozenStep, rooms]) await part(page, look);
      expect(found).toEqual({});
    });

    // What the panel of a lesson is coloured with is the same in all of them.
    it('finds nothing in the lessons', { timeout: 180_000 }, async () => {
      const page = await lab.open(scheme);
      const { look, found } = looker(page, colorScheme);
      await lessons(page, look, colorScheme === 'dark' ? 1 : undefined);
      expect(found).toEqual({});
    });

    it('finds nothing on a telephone', { timeout: 180_000 }, async () => {
      const page = await lab.open({ ...scheme, viewport: { width: 390, height: 844 }, cells: FEW });
      const { look, found } = looker(page, colorScheme);
      for (const part of [phoneViews, share, rooms]) await part(page, look);
      await page.locator('.lesson-card').first().click();
      await page.locator('section.lesson[aria-busy="false"]').waitFor();
      await look('a lesson');
      expect(found).toEqual({});
    });

    it.each([
      ['#v=2&task=recheck&method=decs&lanes=chunk&pin=1.1.1', '.mx-cell.is-redundant'],
      ['#v=2&task=countdown&method=verpo', '.sentence button'],
      ['#v=2&embed=matrix', '.embed-note a'],
      ['#v=2&embed=tree', '.embed-note a'],
      ['#v=2&embed=inspector&pin=1.1.1', '.inspector .reading'],
      ['#v=2&hide=header,tabs,shelf,intro,rail,toolbar,switch,sentence,side,curves', '.mx-cell'],
    ])('finds nothing behind the link %s', async (query, there) => {
      const page = await lab.open({ ...scheme, query, isBlank: true });
      await page.locator(there).first().waitFor({ timeout: 15_000 });
      const { look, found } = looker(page, colorScheme);
      await look(query);
      expect(found).toEqual({});
    });
  });
}
