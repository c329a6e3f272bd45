import type { Browser } from 'puppeteer-core';
import { describe, expect, it } from 'vitest';
import { FIREFOX_MISSING, findFirefox, launchFirefox } from '../../scripts/firefox.ts';
import { useLab } from './harness.ts';
import { pressPlay } from './page.ts';
import { listen, recordedRun, runInNode } from './recordedRun.ts';

const STEPS = 50;

/** The page's first steps in Firefox; Playwright's own harness drives only a Firefox of its own making, so this one is Puppeteer's. */
async function runInFirefox(browser: Browser, url: string) {
  try {
    const page = await browser.newPage();
    const errors: string[] = [];
    page.on('pageerror', (error) => errors.push(String(error)));
    await page.evaluateOnNewDocument(listen);
    await page.goto(url);
    await page.locator('[role="grid"] [role="gridcell"]').wait();
    await page.locator('[role="group"][aria-label="Training"] .play').click();
    const run = await recordedRun(page, STEPS);
    expect(errors).toEqual([]);
    return run;
  } finally {
    await browser.close();
  }
}

describe('the same seed', () => {
  const lab = useLab();

  async function runInChromium() {
    const page = await lab.open({ before: (blank) => blank.addInitScript(listen) });
    await pressPlay(page);
    const run = await recordedRun(page, STEPS);
    await page.context().close();
    return run;
  }

  it(`draws the same tokens for ${STEPS} steps, twice in Chromium and once in Node`, { timeout: 180_000 }, async () => {
    const { start, hashes } = await runInChromium();
    expect(new Set(hashes).size).toBeGreaterThan(STEPS / 2);
    expect((await runInChromium()).hashes).toEqual(hashes);
    expect(await runInNode(start, STEPS)).toEqual(hashes);
  });

  const firefox = findFirefox();
  const title = `draws the same tokens in Firefox as in Chromium and Node${firefox ? '' : ` (${FIREFOX_MISSING})`}`;
  it.skipIf(!firefox)(title, { timeout: 180_000 }, async ({ skip }) => {
    // A Firefox that a sandbox keeps from its profile (Ubuntu's snap) says nothing about the kernels.
    const browser = await launchFirefox(firefox as string).catch((error: Error) => {
      process.stderr.write(`${firefox} does not start: ${error.message}\n`);
      return skip('Firefox does not start');
    });
    const inFirefox = await runInFirefox(browser, lab.url());
    const inChromium = await runInChromium();
    expect(inFirefox.start).toEqual(inChromium.start);
    expect(inFirefox.hashes).toEqual(inChromium.hashes);
    expect(await runInNode(inFirefox.start, STEPS)).toEqual(inFirefox.hashes);
  });
});
