import { describe, expect, it } from 'vitest';
import { useLab } from './harness.ts';
import {
  creditCell,
  formulaResult,
  headline,
  inspector,
  knobSlider,
  notices,
  openKnobs,
  openWorking,
  pin,
  playButton,
  pressPlay,
  stepOf,
  typeKnob,
  viewAs,
  waitForStep,
} from './page.ts';
import { serveRecording } from './recording.ts';
import { smallGroup } from './smallGroup.ts';

/** '−1.876' → '−1.88'; the page prints a true minus sign. */
function twoDigits(printed: string): string {
  const value = Number(printed.replace('−', '-'));
  return `${value > 0 ? '+' : value < 0 ? '−' : ''}${Math.abs(value).toFixed(2)}`;
}

describe('a small recorded group', () => {
  const lab = useLab();
  const open = () => lab.open({ before: (page) => serveRecording(page, smallGroup()) });

  // All numbers are worked out by hand in smallGroup.ts. The advantage of a whole response is ±0.8660239. GRPO averages over
  // each response first, so a token of a 7-token response weighs 20 / (4 · 7) = 5/7, of a 3-token one 5/3; TEMPO over all tokens.
  it.each([
    [
      'GRPO',
      // [response, token, advantage, credit]
      [
        [1, 1, '+0.866', '+0.680'], // 0.8660239 · 1.1 · 5/7
        [2, 1, '−0.866', '−0.680'],
        [1, 2, '+0.866', '+0.619'], // ratio 1
        [1, 6, '+0.866', '0.000'], // ratio 1.5 with a positive advantage: clipped
        [2, 6, '−0.866', '0.000'], // ratio 0.5 with a negative advantage: clipped
        [3, 1, '+0.866', '+1.299'], // 0.8660239 · 0.9 · 5/3
        [4, 2, '−0.866', '−1.876'], // −0.8660239 · 1.3 · 5/3: above the bound, but the push is downwards
      ],
    ],
    [
      'TEMPO',
      [
        [1, 1, '+0.866', '+0.953'], // S leaves the value at 1/2: no step
        [3, 2, '+1.732', '+1.732'], // (0.5 + 0.5) / 0.5773512692
        [2, 6, '−1.732', '0.000'], // (−0.5 − 0.5) / 0.5773512692, ratio 0.5: clipped
        [4, 2, '−1.732', '−2.252'], // −1.7320478 · 1.3
      ],
    ],
  ] as const)('under %s, tokens have the advantages and credits worked out by hand', async (method, cases) => {
    const page = await open();
    await viewAs(page, method);
    for (const [i, [response, token, advantage, credit]] of cases.entries()) {
      const place = `response ${response}, token ${token}`;
      await pin(page, response, token);
      if (i === 0) await openWorking(page);
      expect(await formulaResult(page, 'A'), place).toBe(advantage);
      expect(await formulaResult(page, 'credit'), place).toBe(credit);
      // The headlines say the same in two digits, and so do the cells.
      expect(await headline(page, 'advantage'), place).toBe(twoDigits(advantage));
      expect(await headline(page, 'credit'), place).toBe(twoDigits(credit));
      expect(await creditCell(page, response, token).innerText(), place).toContain(twoDigits(credit));
    }
  });

  it('says which cells are clipped and which steps are wrong', async () => {
    const page = await open();
    expect(await creditCell(page, 1, 6).getAttribute('aria-label')).toMatch(/'1'.*clipped/);
    expect(await creditCell(page, 2, 6).getAttribute('aria-label')).toMatch(/'9'.*wrong step.*clipped/);
    expect(await creditCell(page, 4, 2).getAttribute('aria-label')).not.toMatch(/clipped/);
  });

  it('lets go of the clip when the knob is opened beyond the ratio, and takes it back', async () => {
    const page = await open();
    await pin(page, 1, 6);
    await openWorking(page);
    await openKnobs(page);
    await typeKnob(page, 'clipHigh', '0.6');
    // 0.8660239 · 1.5 · 5/7
    await expect.poll(() => formulaResult(page, 'credit')).toBe('+0.928');
    await knobSlider(page, 'clipHigh').focus();
    await page.keyboard.press('Home');
    await expect.poll(() => formulaResult(page, 'credit')).toBe('0.000');
  });

  it('shows what the update did to the token', async () => {
    const page = await open();
    await pin(page, 1, 1);
    // S went from 1/3 to 1/2: ln 1/2 − ln 1/3 = 0.4055.
    await expect.poll(() => inspector(page).innerText()).toMatch(/\+0\.40[56]/);
    expect(await inspector(page).innerText()).toMatch(/33\.3\s*%/);
  });

  it('clamps a typed number that is out of range, and says so', async () => {
    const page = await open();
    await openKnobs(page);
    await typeKnob(page, 'clipHigh', '-7');
    await expect.poll(() => page.locator('[data-knob="clipHigh"] .knob-message').innerText()).toMatch(/\d/);
    expect(Number(await page.locator('[data-knob="clipHigh"]').getByRole('textbox').inputValue())).toBeGreaterThanOrEqual(0);
    await typeKnob(page, 'clipHigh', 'much');
    await expect.poll(() => page.locator('[data-knob="clipHigh"] .knob-message').innerText()).not.toBe('');
  });
});

describe('a live run', () => {
  const lab = useLab();

  it('trains, is looked at under other methods, and is tuned while it goes on', { timeout: 120_000 }, async () => {
    const page = await lab.open();
    await pressPlay(page);
    const started = await waitForStep(page, (await stepOf(page)) + 1);
    await waitForStep(page, started + 5);
    await viewAs(page, 'TEMPO');
    await pin(page, 1, 1);
    await openKnobs(page);
    const slider = knobSlider(page, 'clipHigh');
    await slider.scrollIntoViewIfNeeded();
    const box = (await slider.boundingBox()) ?? { x: 0, y: 0, width: 0, height: 0 };
    const before = await slider.inputValue();
    await page.mouse.move(box.x + box.width * 0.3, box.y + box.height / 2);
    await page.mouse.down();
    for (let i = 3; i <= 8; i++) await page.mouse.move(box.x + (box.width * i) / 10, box.y + box.height / 2, { steps: 3 });
    await page.mouse.up();
    expect(await slider.inputValue()).not.toBe(before);
    // Neither the view nor the slider has touched the run: it goes on from where it was.
    const now = await stepOf(page);
    expect(now).toBeGreaterThanOrEqual(started + 5);
    await waitForStep(page, now + 5);
    await playButton(page).click();
    await page.getByRole('button', { name: /▶ train/ }).waitFor();
    expect(await headline(page, 'credit')).toMatch(/^[+−]?\d/);
    expect(await notices(page).filter({ hasText: /error/i }).count()).toBe(0);
  });
});
