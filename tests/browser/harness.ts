/**
 * What every browser test stands on: the production build behind the real server, the system's Chromium, and a watch over
 * console and page errors that fails the test. The content security policy is never bypassed.
 */
import { existsSync } from 'node:fs';
import type { Browser, BrowserContext, BrowserContextOptions, Locator, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import { DIST } from '../../bench/build.ts';
import { launchChromium } from '../../scripts/chromium.ts';
import { type RunningServer, serve } from '../../scripts/serve.ts';

/** Without the service worker, unless the options allow it: it fetches the whole page, past what a test intercepts. */
export interface OpenOptions extends BrowserContextOptions {
  /** Added to the address: '?…' or '#…'. */
  query?: string;
  /** Runs before the page loads: routes, init scripts. */
  before?: (page: Page) => Promise<unknown>;
  /** Cells that make the first heatmap; default 30. */
  cells?: number;
  /** Do not wait for the first heatmap (a page that is meant to fail early). */
  isBlank?: boolean;
}

export interface Lab {
  /** Address of the page. */
  url(): string;
  /**
   * Opens the page with nothing kept from before and waits for the first heatmap. Every page but a test's first, and each that
   * asks for options of a context, has a context of its own.
   */
  open(options?: OpenOptions): Promise<Page>;
  /** Loads the page anew with nothing kept but the files in the browser's cache: a third of the time of `open`. */
  reopen(page: Page, query: string): Promise<void>;
  /** Errors that match are part of this test; each pattern must be met at least once. */
  expectError(pattern: RegExp): void;
  /** Errors that match may appear: browsers differ in whether the page's console hears of them. */
  allowError(pattern: RegExp): void;
}

/** Said by Playwright where a test keeps the service worker out. */
const BLOCKED = /Service Worker registration blocked/;

/** A narrow page shows one lane at a time. */
export const FEW = 10;

/** Registers server, browser and the error watch for the tests of one file; `flags` are Chromium's. */
export function useLab(base = '/', flags: readonly string[] = []): Lab {
  let server: RunningServer;
  let browser: Browser;
  /** Its files stay in the browser's cache from test to test, which saves a second a page. */
  let common: BrowserContext | null = null;
  let errors: string[] = [];
  let expected: RegExp[] = [];
  let allowed: RegExp[] = [];

  beforeAll(async () => {
    if (!existsSync(`${DIST}/index.html`)) throw new Error('dist/ is missing: run "npm run build" first ("npm test" does).');
    server = await serve({ root: DIST, base, port: 0 });
    browser = await launchChromium(flags);
  });
  afterAll(async () => {
    await browser?.close();
    await server?.close();
  });
  afterEach(async () => {
    await Promise.all(browser.contexts().map((context) => (context === common ? clean(context, server.url) : context.close())));
    const surprises = errors.filter((error) => ![...expected, ...allowed].some((pattern) => pattern.test(error)));
    const missed = expected.filter((pattern) => !errors.some((error) => pattern.test(error))).map(String);
    errors = [];
    expected = [];
    allowed = [];
    expect(surprises, 'errors in the console').toEqual([]);
    expect(missed, 'errors that the test expected').toEqual([]);
  });

  return {
    url: () => server.url,
    expectError: (pattern) => {
      expected.push(pattern);
    },
    allowError: (pattern) => {
      allowed.push(pattern);
    },
    async reopen(page, query) {
      await page.evaluate(() => {
        localStorage.clear();
        sessionStorage.clear();
      });
      await page.goto('about:blank');
      await page.goto(server.url + query);
      await firstHeatmap(page);
    },
    async open({ query = '', before, cells, isBlank = false, ...contextOptions } = {}) {
      const isPlain = Object.keys(contextOptions).length === 0;
      const isFree = isPlain && (common === null || common.pages().length === 0);
      const context =
        (isFree && common) ||
        (await browser.newContext({
          viewport: { width: 1280, height: 720 },
          colorScheme: 'light',
          serviceWorkers: 'block',
          ...contextOptions,
        }));
      if (isFree && context !== common) {
        common = context;
        context.on('close', () => {
          common = null;
        });
      }
      context.setDefaultTimeout(10_000);
      const page = await context.newPage();
      page.on('console', (message) => {
        if (BLOCKED.test(message.text())) return;
        if (message.type() === 'error' || message.type() === 'warning') errors.push(`${message.type()}: ${message.text()}`);
      });
      page.on('pageerror', (error) => errors.push(`page error: ${error.message}`));
      page.on('crash', () => errors.push('the page crashed'));
      await before?.(page);
      await page.goto(server.url + query);
      if (!isBlank) await firstHeatmap(page, cells);
      return page;
    },
  };
}

/** Forgets what its pages kept, but for the files in the browser's cache. */
async function clean(context: BrowserContext, url: string): Promise<void> {
  const page = context.pages()[0];
  if (page) {
    const session = await context.newCDPSession(page);
    await session.send('Storage.clearDataForOrigin', { origin: new URL(url).origin, storageTypes: 'all' });
  }
  await Promise.all(context.pages().map((open) => open.close()));
  await context.clearPermissions();
}

/** The cells of the token matrix's lanes, once there are enough of them to be a heatmap. */
export async function firstHeatmap(page: Page, count = 30): Promise<Locator> {
  const cells = page.getByRole('grid').getByRole('gridcell');
  await cells.nth(count - 1).waitFor({ state: 'attached', timeout: 15_000 });
  return cells;
}

/** Runs `check` until it gives a value that is not null or undefined. */
export async function until<T>(what: string, check: () => Promise<T | null | undefined>, timeoutMs = 20_000): Promise<T> {
  const end = Date.now() + timeoutMs;
  for (;;) {
    const value = await check();
    if (value !== null && value !== undefined) return value;
    if (Date.now() > end) throw new Error(`Waited ${timeoutMs} ms in vain for ${what}.`);
    await new Promise((done) => setTimeout(done, 50));
  }
}
