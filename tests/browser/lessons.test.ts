/** Every lesson, page by page, by keyboard alone: it fits, it says what the data shown says, and predictions cover and reveal. */
import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { LESSONS } from '../../src/content/lessons/index.ts';
import type { Lesson } from '../../src/content/lessons/types.ts';
import { opened, read } from '../support/lessonLab.ts';
import { useLab } from './harness.ts';
import { creditGrid } from './page.ts';

const lessons: readonly Lesson[] = await Promise.all(LESSONS.map(({ load }) => load()));
const panel = (page: Page) => page.getByRole('region', { name: /^Lesson:/ });

async function ready(page: Page, title: string): Promise<void> {
  await panel(page).getByRole('heading', { name: title, exact: true }).waitFor();
  await expect.poll(() => panel(page).getAttribute('aria-busy'), { timeout: 15_000 }).toBe('false');
}

const scrolls = (page: Page): Promise<boolean> =>
  page.evaluate(() => {
    const { scrollWidth, scrollHeight } = document.documentElement;
    return scrollWidth > innerWidth || scrollHeight > innerHeight;
  });

describe('lessons, light and dark', () => {
  const lab = useLab();

  it.each(lessons.map((lesson) => [lesson.id, lesson] as const))('%s, by keyboard alone', { timeout: 120_000 }, async (id, lesson) => {
    const page = await lab.open({ query: `#v=2&lesson=${id}.1` });
    for (const [i, content] of lesson.pages.entries()) {
      await ready(page, content.title);
      for (const colorScheme of ['dark', 'light'] as const) {
        await page.emulateMedia({ colorScheme });
        await expect.poll(() => page.evaluate(() => document.documentElement.dataset['theme'])).toBe(colorScheme);
        expect(await scrolls(page), `${content.title} scrolls the page, ${colorScheme}`).toBe(false);
      }
      if (!content.keepsView) {
        const view = await opened(content);
        // What needs a step of training has no number to compare yet.
        const isThere = content.say.every(({ facts }) => facts.every((fact) => fact(view).text !== 'none'));
        if (isThere) {
          const said = panel(page).locator('.lesson-words p');
          await expect
            .poll(() => said.allInnerTexts(), { message: content.title, timeout: 15_000 })
            .toEqual(content.say.map((paragraph) => read(paragraph, view)));
        }
        if (content.predict) {
          expect(await creditGrid(page).locator('.mx-cell:not(.is-void)').count(), 'credit that is covered').toBe(0);
          await creditGrid(page).getByRole('gridcell').first().focus();
          await page.keyboard.press('ArrowRight');
          await page.keyboard.press('Enter');
          await panel(page).getByText('chosen:').waitFor();
          await page.keyboard.press('PageDown');
          await panel(page)
            .getByText(read(content.predict.reveal, await opened(content)))
            .waitFor();
          expect(await creditGrid(page).locator('.mx-cell:not(.is-void)').count()).toBeGreaterThan(10);
        }
      }
      if (i + 1 < lesson.pages.length) await page.keyboard.press('PageDown');
    }
    await panel(page).getByText('For the teacher: notes and answers').waitFor();
    await page.keyboard.press('PageUp');
    await ready(page, lesson.pages[lesson.pages.length - 2].title);
  });
});

describe('teaching', () => {
  const lab = useLab();

  it('recognises what was tried', async () => {
    const page = await lab.open({ query: '#v=2&lesson=prefix-tree.3' });
    await ready(page, 'The tree’s term alone');
    await page.keyboard.press('t');
    await panel(page).getByText('✓ done').waitFor();
  });

  it('takes the step on screen apart in slow motion, from the list of lessons', async () => {
    const page = await lab.open();
    await page.getByRole('navigation', { name: 'Views' }).getByRole('button', { name: 'Learn' }).click();
    await page.getByRole('button', { name: 'Slow motion' }).click();
    await ready(page, 'Sampling: the first token');
    const cells = () => creditGrid(page).getByRole('gridcell').count();
    // One token of each of the eight answers, then one more.
    await expect.poll(cells).toBe(8);
    // Nobody has read the answers yet: neither eye nor ear learns which are right.
    const rows = page.getByRole('row', { name: /being drawn/ });
    await expect.poll(() => rows.count()).toBeGreaterThan(7);
    expect(await page.locator('.mx-flip').filter({ visible: true }).count()).toBe(0);
    await page.keyboard.press('PageDown');
    await expect.poll(cells).toBe(16);
    // Nobody has been paid yet.
    expect(await page.locator('.sentence').innerText()).toBe('No token has any credit yet.');
    const credited = creditGrid(page).locator('.mx-cell:not(.is-void)');
    expect(await credited.count()).toBe(0);
    while (!(await panel(page).getByRole('heading', { name: 'Reward: one number an answer' }).isVisible()))
      await page.keyboard.press('PageDown');
    await expect.poll(() => page.locator('.mx-flip').filter({ visible: true }).count()).toBe(8);
    while (!(await panel(page).getByRole('heading', { name: 'Advantage: compared with what?' }).isVisible()))
      await page.keyboard.press('PageDown');
    await expect.poll(() => credited.count()).toBeGreaterThan(20);
    for (let i = 0; i < 20; i++) await page.keyboard.press('PageDown');
    await ready(page, 'Gradient: what the update does');
    await page.getByRole('grid', { name: /^Effect/ }).waitFor();
  });

  it('turns the pages of slow motion at a chosen pace, holds one when asked, and moves nothing before', async () => {
    const page = await lab.open({ query: '#v=2&lesson=slow-motion.1', before: (blank) => blank.clock.install() });
    const place = () => panel(page).locator('.lesson-head').innerText();
    const passing = async (seconds: number, at: string) => {
      await page.clock.fastForward(1000 * seconds);
      await expect.poll(place).toContain(`· ${at}`);
      await expect.poll(() => panel(page).getAttribute('aria-busy')).toBe('false');
    };
    await ready(page, 'Sampling: the first token');
    await passing(60, '1/');
    await page.getByRole('radio', { name: '10 s', exact: true }).check();
    await passing(7, '1/');
    await passing(4, '2/');
    await passing(7, '2/');
    await page.getByRole('button', { name: 'pause', exact: true }).click();
    await passing(60, '2/');
    await page.getByRole('button', { name: 'go on' }).click();
    await passing(11, '3/');
    // A page that was turned to by hand has its whole time.
    await passing(7, '3/');
    await page.keyboard.press('PageDown');
    await passing(7, '4/');
    // Nor does a page turn under a dialog.
    await page.keyboard.press('?');
    await page.getByRole('dialog').waitFor();
    await passing(11, '4/');
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'go on' }).waitFor();
    await page.getByRole('radio', { name: '2 s', exact: true }).check();
    for (let i = 5; i <= 15; i++) await passing(3, `${i}/`);
  });

  it('leaves the matrix in sight above the sheet of a telephone', async () => {
    const page = await lab.open({ query: '#v=2&lesson=prefix-tree.1', viewport: { width: 390, height: 844 }, hasTouch: true });
    const { pages } = lessons.find(({ id }) => id === 'prefix-tree')!;
    for (const [i, { title }] of pages.slice(0, 2).entries()) {
      if (i > 0) await panel(page).getByRole('button', { name: 'next' }).tap();
      await ready(page, title);
      const cells = creditGrid(page).getByRole('gridcell');
      const bottom = async () => (await cells.last().boundingBox())!.y + (await cells.last().boundingBox())!.height;
      await expect.poll(async () => (await cells.first().boundingBox())!.y).toBeGreaterThan(0);
      await expect.poll(async () => (await bottom()) - (await page.locator('.side').boundingBox())!.y).toBeLessThan(0);
    }
  });

  it('is larger in a lecture, and leaves the way back', async () => {
    const page = await lab.open();
    await page.keyboard.press('l');
    await expect.poll(() => page.evaluate(() => getComputedStyle(document.documentElement).fontSize)).toBe('20px');
    expect(await page.getByRole('toolbar', { name: 'View' }).isVisible()).toBe(false);
    expect(await scrolls(page)).toBe(false);
    await page.keyboard.press('l');
    await page.getByRole('toolbar', { name: 'View' }).waitFor();
  });
});
