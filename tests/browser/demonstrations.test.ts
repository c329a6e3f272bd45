/** A lecturer's five demonstrations, each from the start page in at most five actions, counted. */
import type { Locator, Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { useLab } from './harness.ts';
import { creditCell, creditGrid, headline, knobSlider } from './page.ts';

const MOST = 5;

/** The lecturer's hand: every action is counted; what a test does to read numbers is not. */
function lecturer() {
  let actions = 0;
  const act = async (action: () => Promise<unknown>): Promise<void> => {
    actions++;
    await action();
  };
  return {
    click: (target: Locator) => act(() => target.click()),
    choose: (radio: Locator) => act(() => radio.check()),
    /** One drag of a slider to a share of its width. */
    drag: (slider: Locator, to: number) =>
      act(async () => {
        await slider.scrollIntoViewIfNeeded();
        const box = (await slider.boundingBox())!;
        const page = slider.page();
        await page.mouse.move(box.x + box.width * 0.5, box.y + box.height / 2);
        await page.mouse.down();
        await page.mouse.move(box.x + box.width * to, box.y + box.height / 2, { steps: 8 });
        await page.mouse.up();
      }),
    actions: () => actions,
  };
}

const method = (page: Page, title: string) => page.getByRole('radiogroup', { name: 'Method' }).getByRole('radio', { name: title });
const numberIn = async (cell: Locator): Promise<string> => (await cell.innerText()).split('\n')[1];

describe('five demonstrations', () => {
  const lab = useLab();

  it('GRPO blames every token alike, TEMPO the one that went wrong', async () => {
    const page = await lab.open();
    const hand = lecturer();
    // S6>6>3. is wrong from its fourth token on; GRPO gives all seven of its tokens −0.8.
    for (const token of [1, 2, 3, 4, 5, 6, 7]) expect(await numberIn(creditCell(page, 1, token))).toMatch(/^−0\.8[0-3]$/);
    await hand.choose(method(page, 'TEMPO'));
    await expect.poll(() => numberIn(creditCell(page, 1, 4))).toBe('−2.02');
    expect(await numberIn(creditCell(page, 1, 1))).toBe('−0.76');
    expect(hand.actions()).toBeLessThanOrEqual(MOST);
  });

  it('the clip slider makes a token’s gradient vanish', async () => {
    const page = await lab.open();
    const hand = lecturer();
    await hand.click(creditCell(page, 1, 4));
    await expect.poll(() => headline(page, 'credit')).toBe('−0.80');
    await hand.click(page.getByRole('button', { name: 'Methods and knobs' }));
    // A wrong token is pushed down: the lower bound is the one that stops it.
    await hand.drag(knobSlider(page, 'clipLow'), 0.001);
    await expect.poll(() => headline(page, 'credit')).toBe('0.00');
    expect(await creditCell(page, 1, 4).getAttribute('aria-label')).toMatch(/clipped/);
    expect(hand.actions()).toBeLessThanOrEqual(MOST);
  });

  it('temperature and entropy: a preview before it acts', async () => {
    const page = await lab.open();
    const hand = lecturer();
    const guess = page.getByRole('grid', { name: /^Entropy/ }).getByRole('gridcell', { name: /^response 3, token 2 / });
    expect(await guess.getAttribute('aria-label')).toMatch(/2\.28/);
    await hand.click(page.getByRole('button', { name: 'Methods and knobs' }));
    // While it is dragged: the preview belongs to the hand on the slider.
    const slider = knobSlider(page, 'temperature');
    await slider.scrollIntoViewIfNeeded();
    const box = (await slider.boundingBox())!;
    await page.mouse.move(box.x + box.width * 0.45, box.y + box.height / 2);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width * 0.1, box.y + box.height / 2, { steps: 6 });
    await expect.poll(() => page.locator('.mx-cell.is-preview').count()).toBeGreaterThan(0);
    const preview = page.getByRole('grid', { name: /^Entropy/ }).getByRole('gridcell', { name: /^response 3, token 2 / });
    // Colder is surer.
    await expect.poll(async () => Number(/(\d\.\d\d)/.exec((await preview.getAttribute('aria-label')) ?? '')?.[1])).toBeLessThan(2.2);
    await page.mouse.up();
    expect(hand.actions() + 1).toBeLessThanOrEqual(MOST);
  });

  it('a flipped reward moves every row', async () => {
    const page = await lab.open();
    const hand = lecturer();
    await hand.choose(page.getByRole('radiogroup', { name: 'Numbers shown' }).getByRole('radio', { name: 'Advantage' }));
    // Four of eight are right: (1 − 0.5) / 0.5345 and its negative.
    await expect.poll(() => numberIn(creditCell(page, 2, 1))).toBe('+0.94');
    expect(await numberIn(creditCell(page, 1, 1))).toBe('−0.94');
    await hand.click(page.getByRole('button', { name: /^response 3 is wrong: make it right/ }));
    // Five of eight: 0.375 / 0.5175 and −0.625 / 0.5175.
    await expect.poll(() => numberIn(creditCell(page, 2, 1))).toBe('+0.72');
    expect(await numberIn(creditCell(page, 1, 1))).toBe('−1.21');
    expect(await numberIn(creditCell(page, 3, 1))).toBe('+0.72');
    expect(hand.actions()).toBeLessThanOrEqual(MOST);
  });

  it('the true advantage beside a method’s', async () => {
    const page = await lab.open();
    const hand = lecturer();
    await hand.click(page.getByRole('button', { name: 'Lanes shown' }));
    await hand.click(page.getByRole('menuitem', { name: /^✓?\s*Truth/ }));
    const truth = page.getByRole('grid', { name: /^Truth/ });
    // The wrong digit lost 0.844 of expected reward; GRPO blames it like its neighbours.
    await expect.poll(() => truth.getByRole('gridcell', { name: /^response 1, token 4 / }).getAttribute('aria-label')).toMatch(/−0\.84/);
    expect(
      await creditGrid(page)
        .getByRole('gridcell', { name: /^response 1, token 4 / })
        .getAttribute('aria-label'),
    ).toMatch(/−0\.80/);
    expect(hand.actions()).toBeLessThanOrEqual(MOST);
  });
});
