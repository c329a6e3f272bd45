import { describe, expect, it } from 'vitest';
import { until, useLab } from './harness.ts';
import { creditGrid, pressPlay, stepOf, viewAs, waitForStep } from './page.ts';

describe('a frozen step', () => {
  const lab = useLab();

  it('F holds a step on screen while training goes on, its truth too, and lets it go again', { timeout: 120_000 }, async () => {
    const page = await lab.open();
    await pressPlay(page);
    await waitForStep(page, 22);
    // Also while steps come faster than the address is written.
    await expect.poll(() => page.url()).toContain('step=');
    await page.keyboard.press('f');
    const note = page.locator('.frozen-note');
    await note.getByText(/^frozen at step \d+/).waitFor();
    const held = await stepOf(page);
    const samples = await creditGrid(page).locator('.mx-glyph').allInnerTexts();
    const runStep = async () => Number((await note.innerText()).match(/the run is at step (\d+)/)?.[1] ?? held);
    await until('ten more steps', async () => ((await runStep()) >= held + 10 ? true : null), 40_000);
    await viewAs(page, 'Truth');
    await page.locator('.sentence', { hasText: /^Truth / }).waitFor({ timeout: 30_000 });
    expect(await stepOf(page)).toBe(held);
    expect(await creditGrid(page).locator('.mx-glyph').allInnerTexts()).toEqual(samples);
    await expect.poll(() => page.url()).toContain(`step=${held}`);
    await viewAs(page, 'GRPO');
    await page.getByRole('button', { name: 'freeze', pressed: true }).click();
    await waitForStep(page, held + 10);
    expect(await note.count()).toBe(0);
  });
});
