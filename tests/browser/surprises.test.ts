/** What a lecturer wants to reach without looking for it: each in fewer than five actions from the opened page, counted. */
import { describe, expect, it } from 'vitest';
import type { Locator, Page } from 'playwright-core';
import { useLab } from './harness.ts';
import { creditCell, creditGrid, formulaResult, openWorking, pin } from './page.ts';
import { serveRecording } from './recording.ts';
import { smallGroup } from './smallGroup.ts';

const FEWER_THAN = 5;

/** Clicks that are counted; what a test does to read numbers is not. */
function counter() {
  let count = 0;
  return {
    async click(target: Locator): Promise<void> {
      count++;
      await target.click();
    },
    count: () => count,
  };
}

const shelfButton = (page: Page) => page.getByRole('button', { name: 'Methods and knobs' });
const inList = (page: Page, title: string) => page.getByRole('radio', { name: `View as ${title}`, exact: true });

describe('STEER', () => {
  const lab = useLab();

  it('shows both forms of its estimate: the theorem’s, and after one switch the released one', async () => {
    const page = await lab.open({ before: (blank) => serveRecording(blank, smallGroup()) });
    const hand = counter();
    await hand.click(shelfButton(page));
    await hand.click(inList(page, 'STEER'));
    // The token 7 of D7. changes the entropy most: Ω = 1.3 · 0.866 · x(1 − x)(ln x + H) with x = 0.4333, weight λ_min = 0.8.
    await expect.poll(() => creditCell(page, 4, 2).innerText()).toContain('−0.90');
    await hand.click(page.locator('[data-knob="entropyForm"]').getByRole('radio', { name: 'as released' }));
    // Without ρ, and with the clipped tokens among the extremes: 1.2 − 0.4 · (0.7286 − 0.0673) / (0.8347 − 0.0673) = 0.8553.
    await expect.poll(() => creditCell(page, 4, 2).innerText()).toContain('−0.96');
    expect(hand.count()).toBeLessThan(FEWER_THAN);
    await pin(page, 4, 2);
    await openWorking(page);
    expect(await formulaResult(page, 'w')).toBe('0.855');
    expect(await formulaResult(page, 'credit')).toBe('−0.963');
  });
});

describe('DECS', () => {
  const lab = useLab();

  it('pushes redundant tokens up beside wrong answers: marked in the credit lane, and in words in a lane of its own', async () => {
    const page = await lab.open();
    const hand = counter();
    await hand.click(shelfButton(page));
    await hand.click(inList(page, 'DECS'));
    await hand.click(page.getByRole('group', { name: 'Tasks for this method' }).getByRole('button', { name: 'Recheck' }));
    // A re-check that came after the right sum, in a right answer beside wrong ones: less than its neighbours, but still a plus.
    const redundant = creditGrid(page).getByRole('gridcell', { name: /\+[01]\.\d\d, not needed any more/ });
    await redundant.first().waitFor();
    await hand.click(page.getByRole('group', { name: 'Lanes of DECS' }).getByRole('button', { name: 'Redundant tokens' }));
    const inWords = page
      .getByRole('grid', { name: /^Redundant tokens/ })
      .getByRole('gridcell', { name: /redundant but A > 0: still pushed up, not needed any more/ });
    await inWords.first().waitFor();
    expect(hand.count()).toBeLessThan(FEWER_THAN);
    // The dotted line under the glyph, and the letter of the category in the cell.
    expect(
      await inWords
        .first()
        .locator('.mx-glyph')
        .evaluate((glyph) => getComputedStyle(glyph).textDecorationStyle),
    ).toBe('dotted');
  });
});
