/** Where things are on the page, by role and accessible name: the one place to touch when a label changes. */
import type { Locator, Page } from 'playwright-core';

export const playButton = (page: Page): Locator => page.getByRole('button', { name: /^(▶ )?(train it|play)/i }).first();

export async function pressPlay(page: Page): Promise<void> {
  await playButton(page).click();
}
