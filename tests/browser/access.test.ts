import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { firstHeatmap, useLab } from './harness.ts';
import { creditGrid, inspector, openKnobs, pin, pressPlay, stepOf, waitForStep } from './page.ts';

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

interface AxeResult {
  violations: { id: string; help: string; nodes: { target: unknown; failureSummary?: string }[] }[];
}

/** One line per rule violated of WCAG 2.2 A and AA or of axe's best practices. */
async function violations(page: Page): Promise<string[]> {
  await page.evaluate(axeSource);
  const result = await page.evaluate(() => (window as unknown as { axe: { run(): Promise<AxeResult> } }).axe.run());
  return result.violations.map(({ id, help, nodes }) => `${id} (${nodes.length}): ${help}, e.g. ${String(nodes[0].target)}`);
}

/** A narrow page shows one lane at a time. */
const FEW = 10;

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

describe.each(['light', 'dark'] as const)('axe-core in %s', (colorScheme) => {
  const lab = useLab();
  it.each(VIEWS)('finds nothing in %s', async (_, prepare) => {
    const page = await lab.open({ colorScheme, reducedMotion: 'reduce' });
    await prepare(page);
    expect(await violations(page)).toEqual([]);
  });
  it('finds nothing on a telephone', async () => {
    const page = await lab.open({ colorScheme, reducedMotion: 'reduce', viewport: { width: 390, height: 844 }, cells: FEW });
    expect(await violations(page)).toEqual([]);
  });
});

describe('the keyboard', () => {
  const lab = useLab();

  it('reaches every control, and each grid by one stop', async () => {
    const page = await lab.open();
    const stops: string[] = [];
    for (let i = 0; i < 80; i++) {
      await page.keyboard.press('Tab');
      const stop = await page.evaluate(() => {
        const { activeElement } = document;
        if (!activeElement || activeElement === document.body) return null;
        const box = activeElement.getBoundingClientRect();
        return {
          role: activeElement.getAttribute('role') ?? activeElement.tagName,
          name: activeElement.getAttribute('aria-label') ?? activeElement.textContent ?? '',
          isShown: box.width > 0 && box.height > 0,
        };
      });
      if (stop === null) break;
      expect(stop.isShown, `${stop.role} ${stop.name} is visible`).toBe(true);
      stops.push(`${stop.role} ${stop.name}`);
    }
    const cells = stops.filter((stop) => /^(gridcell|rowheader)/.test(stop));
    expect(cells.length).toBeGreaterThanOrEqual(1);
    expect(cells.length).toBeLessThanOrEqual(await page.getByRole('grid').count());
    expect(stops.some((stop) => /train it/.test(stop))).toBe(true);
  });

  it('walks the cells with arrows, pins with Enter and lets go with Escape', async () => {
    const page = await lab.open();
    await creditGrid(page).locator('[role="gridcell"][tabindex="0"]').focus();
    const name = () => page.evaluate(() => document.activeElement?.getAttribute('aria-label') ?? '');
    const at = await name();
    await page.keyboard.press('ArrowRight');
    expect(await name()).toMatch(/token 2 /);
    await page.keyboard.press('ArrowLeft');
    expect(await name()).toBe(at);
    await page.keyboard.press('End');
    expect(await name()).not.toBe(at);
    await page.keyboard.press('Home');
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('ArrowRight');
    expect(await name()).toMatch(/token [23] /);
    await page.keyboard.press('Enter');
    await inspector(page).waitFor();
    // The first Escape takes the cell's tooltip away, where one is open.
    await page.keyboard.press('Escape');
    await page.keyboard.press('Escape');
    await inspector(page).waitFor({ state: 'detached' });
  });

  it('has the shortcuts that the help lists, and can switch them off', { timeout: 90_000 }, async () => {
    const page = await lab.open();
    const credit = () => creditGrid(page).innerText();
    const before = await credit();
    await page.keyboard.press('m');
    await expect.poll(credit).not.toBe(before);
    await page.keyboard.press('Shift+M');
    await expect.poll(credit).toBe(before);
    const step = await stepOf(page);
    await page.keyboard.press('n');
    await waitForStep(page, step + 1);
    await page.keyboard.press('?');
    const help = page.getByRole('dialog');
    await help.waitFor();
    await help.getByRole('checkbox').or(help.getByRole('switch')).first().click();
    await page.keyboard.press('Escape');
    const still = await credit();
    await page.keyboard.press('m');
    await page.waitForTimeout(300);
    expect(await credit()).toBe(still);
  });
});

describe('small screens and quiet motion', () => {
  const lab = useLab();

  it.each([
    [390, 844],
    [320, 640],
  ])('reflows at %i × %i without scrolling sideways', async (width, height) => {
    const page = await lab.open({ viewport: { width, height }, cells: FEW });
    const { scrollWidth, clientWidth } = await page.evaluate(() => ({
      scrollWidth: document.documentElement.scrollWidth,
      clientWidth: document.documentElement.clientWidth,
    }));
    expect(scrollWidth).toBeLessThanOrEqual(clientWidth);
    const cells = await firstHeatmap(page, FEW);
    await cells.first().scrollIntoViewIfNeeded();
    expect(await page.getByRole('button', { name: /train it/ }).isVisible()).toBe(true);
  });

  it('lets a finger edit a response: a tap on the row header shows the button, the next opens it', async () => {
    const page = await lab.open({ viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true, cells: FEW });
    const header = page.locator('.mx-rowhead').first();
    const edit = header.locator('.mx-edit');
    const opacity = () => edit.evaluate((element) => getComputedStyle(element).opacity);
    expect(await opacity()).toBe('0');
    // The button lies over the words: the first tap must not open what nobody has seen.
    await header.locator('.mx-words').tap();
    await expect.poll(opacity).toBe('1');
    expect(await page.getByRole('dialog').count()).toBe(0);
    await edit.tap();
    await page.getByRole('dialog').getByRole('textbox', { name: 'Response' }).waitFor();
  });

  it('does not move where motion is not wanted', async () => {
    const page = await lab.open({ reducedMotion: 'reduce' });
    await page.keyboard.press('t');
    await page.keyboard.press('m');
    const moving = await page.evaluate(() =>
      document
        .getAnimations()
        .filter((animation) => Number(animation.effect?.getComputedTiming().activeDuration ?? 0) > 20)
        .map((animation) => String((animation.effect as KeyframeEffect | null)?.target?.className)),
    );
    expect(moving).toEqual([]);
  });

  it('moves by itself nowhere but in the pulse of the switch', async () => {
    const page = await lab.open();
    const moving = await page.evaluate(() =>
      document.getAnimations().map((animation) => String((animation.effect as KeyframeEffect | null)?.target?.className)),
    );
    expect(moving.every((name) => /invite|segment/.test(name))).toBe(true);
    await pressPlay(page);
    await waitForStep(page, (await stepOf(page)) + 1);
  });
});
