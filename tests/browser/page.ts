/** Where things are on the page, by role and accessible name: the one place to touch when a label changes. */
import type { Locator, Page } from 'playwright-core';
import { until } from './harness.ts';

export const playButton = (page: Page): Locator =>
  page.getByRole('group', { name: 'Training' }).getByRole('button', { name: /train|pause|try again|starting/ });

export async function pressPlay(page: Page): Promise<void> {
  await playButton(page).click();
}

/** The large switch over the credit lane. */
export async function viewAs(page: Page, title: string): Promise<void> {
  await page.getByRole('radiogroup', { name: 'Method' }).getByRole('radio', { name: title }).check();
}

/** Step number in the header. */
export async function stepOf(page: Page): Promise<number> {
  const text = await page.locator('.step-count').innerText();
  return Number(text.match(/step\s+(\d+)/)?.[1] ?? Number.NaN);
}

export const waitForStep = (page: Page, step: number, timeoutMs = 30_000): Promise<number> =>
  until(
    `step ${step}`,
    async () => {
      const now = await stepOf(page);
      return now >= step ? now : null;
    },
    timeoutMs,
  );

export const creditGrid = (page: Page): Locator => page.getByRole('grid', { name: /^Credit|^Advantage/ });

/** A token's cell in the credit lane; response and token count from 1. */
export const creditCell = (page: Page, response: number, token: number): Locator =>
  creditGrid(page).getByRole('gridcell', { name: new RegExp(`^response ${response}, token ${token} `) });

export async function pin(page: Page, response: number, token: number): Promise<void> {
  // Not by coordinates: while the model trains, rows change places between aiming and clicking.
  await creditCell(page, response, token).dispatchEvent('click');
  await inspector(page)
    .getByRole('heading', { name: `response ${response}, token ${token}` })
    .waitFor();
}

/** Opens the folded part of the inspector that leads from the advantage to the credit. */
export async function openWorking(page: Page): Promise<void> {
  await inspector(page).locator('details.working > summary').click();
}

export const inspector = (page: Page): Locator => page.getByRole('region', { name: 'Inspector' });

/** A headline of the inspector ("credit", "advantage") as printed. */
export const headline = async (page: Page, label: string): Promise<string> => {
  const row = inspector(page)
    .locator('dl.headline > div')
    .filter({ has: page.getByText(label, { exact: true }) });
  return (await row.locator('dd').innerText()).trim();
};

/** The number that a formula of the inspector comes to, as printed under it; `left` is its left side ("A", "credit", "ΔV"). */
export const formulaResult = async (page: Page, left: string): Promise<string> =>
  (await inspector(page).locator(`.formula[aria-label^="${left} ="] .formula-result strong`).innerText()).trim();

export async function openKnobs(page: Page): Promise<void> {
  const shelf = page.getByRole('region', { name: 'Methods and knobs' });
  if (!(await shelf.isVisible()))
    await page
      .getByRole('button', { name: /methods and knobs|knobs/i })
      .first()
      .click();
  await shelf.waitFor();
}

/** Goes to a room beside the lab and waits for what is in it. */
export async function openRoom(page: Page, name: string): Promise<void> {
  await page.getByRole('navigation', { name: 'Views' }).getByRole('button', { name, exact: true }).click();
  await page.locator('.room-body > :not([aria-busy])').waitFor({ timeout: 20_000 });
}

/** Types an exact value into a knob's number box. */
export async function typeKnob(page: Page, id: string, text: string): Promise<void> {
  const box = page.locator(`[data-knob="${id}"]`).getByRole('textbox');
  await box.fill(text);
  await box.press('Enter');
}

export const knobSlider = (page: Page, id: string): Locator => page.locator(`[data-knob="${id}"]`).getByRole('slider');

/** Everything that the page tells its user at the moment. */
export const notices = (page: Page): Locator => page.locator('.notice');
