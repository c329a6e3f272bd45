/**
 * How long a newcomer waits: from navigation to the first painted heatmap, in a browser started for the purpose (nothing
 * cached), and how much JavaScript had been asked for until then.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { launchChromium } from '../scripts/chromium.ts';
import { buildAndServe, DIST } from './build.ts';
import { type BenchReport, machine } from './report.ts';
import { median, rounded } from './statistics.ts';

const RUNS = 7;
const CELLS = 30;

interface Load {
  /** Milliseconds from navigation to the frame that shows the grid. */
  heatmapMs: number;
  /** Paths of the scripts requested until then. */
  scripts: string[];
}

async function loadOnce(url: string): Promise<Load> {
  const browser = await launchChromium();
  try {
    const page = await browser.newPage({ viewport: { width: 1280, height: 720 } });
    await page.addInitScript((cells) => {
      // The promise is fulfilled in the task after the frame that holds the cells, so that painting is part of the time.
      (window as unknown as { heatmap: Promise<number> }).heatmap = new Promise((done) => {
        const observer = new MutationObserver(() => {
          if (document.querySelectorAll('[role="grid"] [role="gridcell"]').length < cells) return;
          observer.disconnect();
          requestAnimationFrame(() => {
            const { port1, port2 } = new MessageChannel();
            port1.onmessage = () => done(performance.now());
            port2.postMessage(null);
          });
        });
        observer.observe(document, { childList: true, subtree: true });
      });
    }, CELLS);
    await page.goto(url);
    const found = await page.evaluate(async () => {
      const at = await (window as unknown as { heatmap: Promise<number> }).heatmap;
      const requested = performance.getEntriesByType('resource').filter((entry) => entry.startTime <= at);
      return { at, paths: requested.map((entry) => new URL(entry.name).pathname) };
    });
    return { heatmapMs: found.at, scripts: [...new Set(found.paths.filter((path) => path.endsWith('.js')))] };
  } finally {
    await browser.close();
  }
}

export async function run(args: readonly string[]): Promise<BenchReport> {
  const server = await buildAndServe(args);
  const loads: Load[] = [];
  try {
    for (let i = 0; i < RUNS; i++) loads.push(await loadOnce(server.url));
  } finally {
    await server.close();
  }
  const times = loads.map((load) => load.heatmapMs);
  // The largest run, so that a script that only just came in time is counted.
  const sizes = loads.map((load) => load.scripts.reduce((sum, path) => sum + gzipSync(readFileSync(join(DIST, path))).length, 0));
  const firstHeatmapMs = rounded(median(times), 0);
  const jsGzKb = rounded(Math.max(...sizes) / 1024);
  const range = `${rounded(Math.min(...times), 0)} to ${rounded(Math.max(...times), 0)}`;
  const text = [
    `First heatmap (role=grid, ${CELLS} gridcells or more), cold, production build, Chromium at 1280×720, median of ${RUNS}:`,
    `  ${firstHeatmapMs} ms (${range}); the bar is 1000 ms`,
    `JavaScript requested until then: ${jsGzKb} KB gz (KB = 1024 bytes); the bar is 130 KB`,
    ...[...new Set(loads.flatMap((load) => load.scripts))].map((path) => `  ${path}`),
    `On ${machine()}`,
  ].join('\n');
  return { json: { firstHeatmapMs, jsGzKb }, text };
}
