import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { FEW, useLab } from './harness.ts';
import { openKnobs, pin } from './page.ts';

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

interface AxeResult {
  violations: { id: string; help: string; nodes: { target: unknown; failureSummary?: string }[] }[];
}

/** One line per rule violated of WCAG 2.2 A and AA or of axe's best practices. */
export async function violations(page: Page): Promise<string[]> {
  await page.evaluate(axeSource);
  const result = await page.evaluate(() => (window as unknown as { axe: { run(): Promise<AxeResult> } }).axe.run());
  return result.violations.map(({ id, help, nodes }) => `${id} (${nodes.length}): ${help}, e.g. ${String(nodes[0].target)}`);
}

const VIEWS: readonly [name: string, prepare: (page: Page) => Promise<void>][] = [
  ['the first screen', (page) => page.locator('.ov-canvas').waitFor()],
  ['a pinned token', (page) => pin(page, 1, 1)],
  ['open knobs', openKnobs],
  [
    'the tokens in a plane',
    async (page) => {
      await openKnobs(page);
      await page.getByRole('radio', { name: 'View as DelTA', exact: true }).check();
      await pin(page, 1, 1);
      await page.locator('.plane svg').first().waitFor();
    },
  ],
  [
    'a race that has begun',
    async (page) => {
      await page.getByRole('navigation', { name: 'Views' }).getByRole('button', { name: 'Race' }).click();
      await page.getByRole('button', { name: 'Start', exact: true }).click();
      await page.locator('.race-table tbody tr').first().waitFor();
    },
  ],
  [
    'the prefix tree',
    async (page) => {
      await page.keyboard.press('t');
      await page.getByRole('button', { name: 'prefix tree', pressed: true }).waitFor();
    },
  ],
  [
    'the tree of branches',
    async (page) => {
      await page.keyboard.press('t');
      await page.getByRole('button', { name: 'branches only' }).click();
      await page.getByRole('tree').waitFor();
    },
  ],
  [
    'a task whose samples are marked, one lane at a time',
    async (page) => {
      await page.getByRole('combobox', { name: 'task' }).selectOption('recheck');
      await page.locator('.mx-cell.is-redundant').first().waitFor();
      await openKnobs(page);
      await page.getByRole('radio', { name: 'View as DECS', exact: true }).check();
      await page.getByRole('group', { name: 'lane shown' }).getByRole('button', { name: 'Chunk' }).click();
      await page.locator('.mx-cell.is-redundant').first().click();
      await page.locator('.inspector .reading').waitFor();
    },
  ],
  [
    'the scoreboard',
    async (page) => {
      await page.getByRole('navigation', { name: 'Views' }).getByRole('button', { name: 'Scoreboard' }).click();
      await page.getByRole('row', { name: /^Truth.*100 %/ }).waitFor({ timeout: 30_000 });
    },
  ],
  [
    'a method that needs another task',
    async (page) => {
      await page.getByRole('combobox', { name: 'task' }).selectOption('countdown');
      await openKnobs(page);
      await page.getByRole('radio', { name: 'View as VeRPO', exact: true }).check();
      await page.locator('.sentence').getByRole('button', { name: 'switch to Programs' }).waitFor();
    },
  ],
  [
    'open curves',
    async (page) => {
      await page.keyboard.press('c');
      await page.locator('.curves-bar[data-open="true"]').waitFor();
    },
  ],
  ...(['Link', 'Figure', 'Numbers', 'Sessions'] as const).map((section): (typeof VIEWS)[number] => [
    `what can be taken along: ${section}`,
    async (page) => {
      await page.getByRole('button', { name: 'share' }).click();
      await page.getByRole('radio', { name: section, exact: true }).check();
      if (section === 'Figure') await page.getByRole('button', { name: 'Save as PNG', disabled: false }).waitFor();
      if (section !== 'Sessions') return;
      await page.getByRole('button', { name: 'Save in this browser' }).click();
      await page.getByRole('button', { name: /^Rename / }).click();
    },
  ]),
  [
    'the help',
    async (page) => {
      await page.keyboard.press('?');
      await page.getByRole('dialog').waitFor();
    },
  ],
];

/** Every view, dialog and room, in one theme: a file each, so that both run at once. */
export function axeTests(colorScheme: 'light' | 'dark'): void {
  describe(`axe-core in ${colorScheme}`, () => {
    const lab = useLab();
    it.each(VIEWS)('finds nothing in %s', async (_, prepare) => {
      const page = await lab.open({ colorScheme, reducedMotion: 'reduce' });
      await prepare(page);
      expect(await violations(page)).toEqual([]);
    });
    it.each([
      ['a projector', 1280, 720, 30],
      ['a telephone', 390, 844, FEW],
    ] as const)(
      'finds nothing in the dialogs, the comparison, the rooms and a lesson on %s',
      { timeout: 240_000 },
      async (_, width, height, cells) => {
        const page = await lab.open({ colorScheme, reducedMotion: 'reduce', viewport: { width, height }, cells });
        const found: Record<string, string[]> = {};
        const look = async (name: string) => {
          const here = await violations(page);
          if (here.length > 0) found[name] = here;
        };
        await look('the first screen');
        await pin(page, 1, 1);
        await look('a pinned token');
        await page.keyboard.press('d');
        await page.locator('.compare-bar').waitFor();
        await look('a comparison');
        for (const name of ['share', 'Help and shortcuts']) {
          await page.getByRole('button', { name, exact: true }).click();
          await page.getByRole('dialog').waitFor();
          await look(name);
          await page.keyboard.press('Escape');
          await page.getByRole('dialog').waitFor({ state: 'detached' });
        }
        await page.keyboard.press('w');
        await page.locator('.explain-bar').waitFor();
        await page.getByRole('button', { name: 'One step' }).click();
        await look('what is this?');
        await page.keyboard.press('Escape');
        const views = page.getByRole('navigation', { name: 'Views' });
        for (const room of (await views.getByRole('button').allInnerTexts()).slice(1)) {
          await views.getByRole('button', { name: room, exact: true }).click();
          await page.locator('.room-body > :not([aria-busy])').waitFor();
          if (room === 'Scoreboard') await page.getByRole('row', { name: /^Truth.*100 %/ }).waitFor({ timeout: 30_000 });
          await look(room);
        }
        await page.locator('.lesson-card').first().click();
        await page.getByRole('button', { name: 'Leave the lesson' }).waitFor();
        await look('a lesson');
        expect(found).toEqual({});
      },
    );
  });
}
