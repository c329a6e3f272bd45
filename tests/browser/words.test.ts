import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { useLab } from './harness.ts';
import { creditCell, openKnobs, pin } from './page.ts';

const note = (page: Page) => page.locator('.explain-note');

async function startExplaining(page: Page): Promise<void> {
  await page.keyboard.press('w');
  await page.locator('.explain-bar').waitFor();
}

/** Asks for every control on screen what it is; those for which there are no words of its own. */
function wordless(page: Page): Promise<{ count: number; missing: string[] }> {
  return page.evaluate(async () => {
    const controls = [
      ...document.querySelectorAll(
        'a[href], button, input, select, textarea, summary, [tabindex="0"], [role="menuitem"], [role="treeitem"]',
      ),
    ].filter((element) => !element.closest('.explain') && element.getBoundingClientRect().width > 0);
    const missing: string[] = [];
    for (const control of controls) {
      control.dispatchEvent(new MouseEvent('click', { bubbles: true, cancelable: true }));
      await new Promise((done) => requestAnimationFrame(done));
      const shown = document.querySelector<HTMLElement>('.explain-note');
      if (shown?.dataset['kind'] !== 'control' || !shown.textContent)
        missing.push(
          `${control.tagName} "${control.getAttribute('aria-label') ?? control.textContent}" in .${control.parentElement?.className}`,
        );
    }
    return { count: controls.length, missing };
  });
}

async function everyControlHasWords(page: Page, atLeast: number): Promise<void> {
  await startExplaining(page);
  const { count, missing } = await wordless(page);
  expect(missing).toEqual([]);
  expect(count).toBeGreaterThanOrEqual(atLeast);
  await page.keyboard.press('Escape');
  await page.locator('.explain-bar').waitFor({ state: 'detached' });
}

describe('what is this?', () => {
  const lab = useLab();

  it('explains a control, a lane with its marks and a knob, and does nothing else', async () => {
    const page = await lab.open();
    await openKnobs(page);
    await page.getByRole('button', { name: 'What is this?' }).click();
    await page.locator('.explain-bar').waitFor();
    await page.getByRole('button', { name: 'One step' }).click();
    await note(page).getByText('One step', { exact: true }).waitFor();
    expect(await note(page).innerText()).toContain('Samples once, updates the model on the samples and stops.');
    // A disabled control is explained too.
    await page.getByRole('button', { name: 'Reset to the checkpoint' }).click({ force: true });
    expect(await note(page).innerText()).toContain('Returns to the checkpoint');
    await creditCell(page, 1, 1).click();
    expect(await note(page).innerText()).toMatch(/^Credit/);
    await page.locator('[data-knob="clipLow"] input[type="range"]').click();
    expect(await note(page).innerText()).toMatch(/^Clip below/);
    expect(page.workers()).toEqual([]);
    expect(await page.getByRole('region', { name: 'Inspector' }).count()).toBe(0);
    await page.keyboard.press('Escape');
    await note(page).waitFor({ state: 'detached' });
    await pin(page, 1, 1);
  });

  it('has words for every control of the lab and of its panels', async () => {
    const page = await lab.open();
    await page.locator('.ov-block').first().waitFor();
    await openKnobs(page);
    await page.keyboard.press('c');
    await page.locator('.curves.is-open').waitFor();
    await everyControlHasWords(page, 150);
    await pin(page, 1, 1);
    await page.locator('details.working > summary').click();
    await page.locator('.formula-line [data-term]').first().waitFor();
    await page.keyboard.press('d');
    await page.locator('.compare-bar').waitFor();
    await everyControlHasWords(page, 150);
  });

  it('has words for every control of the dialogs, where the key works too', async () => {
    const page = await lab.open();
    for (const open of ['share', 'Help and shortcuts']) {
      await page.getByRole('button', { name: open, exact: true }).click();
      const dialog = page.getByRole('dialog');
      await dialog.waitFor();
      await dialog.getByRole('button', { name: 'Close' }).focus();
      await everyControlHasWords(page, 30);
      await page.keyboard.press('Escape');
      await dialog.waitFor({ state: 'detached' });
    }
  });

  it('has words for every control of the other rooms', async () => {
    const page = await lab.open();
    const views = page.getByRole('navigation', { name: 'Views' });
    const rooms = (await views.getByRole('button').allInnerTexts()).slice(1);
    expect(rooms.length).toBeGreaterThanOrEqual(2);
    for (const room of rooms) {
      await views.getByRole('button', { name: room, exact: true }).click();
      await page.locator('.room-body > :not([aria-busy])').waitFor();
      if (room === 'Scoreboard') await page.getByRole('row', { name: /^Truth.*100 %/ }).waitFor({ timeout: 30_000 });
      await everyControlHasWords(page, 20);
    }
    await page.locator('.lesson-card').first().click();
    await page.getByRole('button', { name: 'Leave the lesson' }).waitFor();
    await everyControlHasWords(page, 30);
    await views.getByRole('button', { name: 'Learn', exact: true }).click();
    await page.getByRole('button', { name: 'Slow motion', exact: true }).click();
    await page.getByRole('radio', { name: '10 s', exact: true }).check();
    await page.getByRole('button', { name: 'pause', exact: true }).click();
    await everyControlHasWords(page, 30);
  });
});

describe('the glossary', () => {
  const lab = useLab();

  it('finds words, lanes and knobs by what they mean', async () => {
    const page = await lab.open();
    await page.keyboard.press('?');
    const dialog = page.getByRole('dialog');
    const words = dialog.locator('.glossary dt');
    await words.first().waitFor();
    expect(await words.count()).toBeGreaterThan(120);
    await dialog.getByRole('searchbox', { name: 'Search the words' }).fill('hatched');
    expect(await words.allInnerTexts()).toContain('Clipped');
    await dialog.getByRole('searchbox', { name: 'Search the words' }).fill('minibatches');
    await words
      .filter({ hasText: /^Minibatches/ })
      .first()
      .waitFor();
  });
});
