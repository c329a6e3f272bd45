import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { DIST } from '../../bench/build.ts';
import { launchChromium } from '../../scripts/chromium.ts';
import { describeBuild, writeServiceWorker } from '../../scripts/offline.ts';
import { type RunningServer, serve } from '../../scripts/serve.ts';
import { firstHeatmap, until } from './harness.ts';
import { pressPlay, stepOf, waitForStep } from './page.ts';

/** Not at the root: the worker must keep to its own folder. */
const BASE = '/courses/week-3/';

let folder: string;
let server: RunningServer;
let browser: Browser;
let context: BrowserContext;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'creditscope-'));
  cpSync(DIST, folder, { recursive: true });
  browser = await launchChromium();
});
afterAll(async () => {
  await browser?.close();
  rmSync(folder, { recursive: true, force: true });
});
beforeEach(async () => {
  server = await serve({ root: folder, base: BASE, port: 0 });
  context = await browser.newContext({ viewport: { width: 1280, height: 720 } });
  context.setDefaultTimeout(40_000);
});
afterEach(async () => {
  await context.close();
  await server.close();
});

/** Opens the page for the first time and waits until the worker holds the build and what training needs. */
async function visit(): Promise<Page> {
  const page = await context.newPage();
  await page.goto(server.url);
  await firstHeatmap(page);
  await page.evaluate(async () => (await navigator.serviceWorker.ready).scope);
  await until('the checkpoints', () =>
    page.evaluate(async () => {
      const names = (await caches.keys()).filter((name) => name.endsWith(' data'));
      const kept = await Promise.all(names.map(async (name) => (await (await caches.open(name)).keys()).map(({ url }) => url)));
      return kept.flat().filter((url) => url.includes('/checkpoints/')).length >= 2 ? true : null;
    }),
  );
  return page;
}

describe('without a network, after one visit', () => {
  it('shows the first heatmap, trains, and brings the parts that come later', async () => {
    const page = await visit();
    const shown = await (await firstHeatmap(page)).first().innerText();
    // Nothing but the worker's caches can answer now: neither the browser's own cache nor the server.
    await server.close();
    await context.setOffline(true);
    await page.reload();
    expect(await (await firstHeatmap(page)).first().innerText()).toBe(shown);
    const step = await stepOf(page);
    await pressPlay(page);
    await waitForStep(page, step + 1);
    await page.getByRole('button', { name: 'Help and shortcuts' }).click();
    await page.getByRole('dialog').waitFor();
  });

  it('keeps every file of the build that a browser can ask for, with its hash', () => {
    const { files, data } = describeBuild(folder);
    for (const path of ['index.html', 'kernels.wasm', 'manifest.webmanifest', 'recordings/index.json'])
      expect(files).toHaveProperty([path]);
    expect(Object.keys(files).some((path) => /^assets\/worker-.*\.js$/.test(path))).toBe(true);
    expect(Object.keys(data).every((path) => /^(checkpoints|recordings)\//.test(path))).toBe(true);
    const worker = readFileSync(join(folder, 'sw.js'), 'utf8');
    for (const hash of Object.values(files)) expect(worker).toContain(hash);
  });
});

describe('a new build', () => {
  it('is offered, waits for the reload, and never meets the files of the old one', { timeout: 120_000 }, async () => {
    await (await visit()).close();
    const page = await context.newPage();
    await page.goto(server.url);
    await firstHeatmap(page);
    const buildOf = (of: Page) => of.locator('meta[name=build]').getAttribute('content');
    const old = await buildOf(page);
    // A file whose name stays the same, and the page itself.
    const marked = 'kernels.wasm';
    writeFileSync(join(folder, marked), Buffer.concat([readFileSync(join(folder, marked)), Buffer.from([0, 2, 1, 120])]));
    const { id } = await writeServiceWorker(folder);
    expect(id).not.toBe(old);
    const sizeOf = (of: Page) => of.evaluate(async (path) => (await (await fetch(path)).arrayBuffer()).byteLength, marked);
    const oldSize = await sizeOf(page);
    const other = await context.newPage();
    await other.goto(server.url);
    // A reload alone brings the old page: all of it.
    expect(await buildOf(other)).toBe(old);
    await firstHeatmap(other);
    const notice = other.getByRole('status').filter({ hasText: 'A new version of this page is ready' });
    await notice.getByRole('button', { name: 'Reload' }).click();
    await until('the new page', async () => ((await buildOf(other).catch(() => null)) === id ? true : null));
    await firstHeatmap(other);
    expect(await sizeOf(other)).toBe(oldSize + 4);
    // The first tab still runs the old page and still gets its files.
    expect(await buildOf(page)).toBe(old);
    expect(await sizeOf(page)).toBe(oldSize);
  });
});
