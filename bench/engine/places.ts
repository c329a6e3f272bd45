/** Where the engine can be measured: in this Node process, or in a worker of headless Chromium. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';
import { launchChromium } from '../../scripts/chromium.ts';
import { serve } from '../../scripts/serve.ts';
import { type MeasureRequest, measure } from './measure.ts';

export interface Place {
  /** For the report. */
  name: string;
  measure(request: MeasureRequest): Promise<unknown>;
  close(): Promise<void>;
}

export const inNode = (): Place => ({ name: `Node ${process.version}`, measure, close: async () => {} });

/** The same code built as the page is built, from the same kind of server, in a worker. */
export async function inChromium(): Promise<Place> {
  const root = fileURLToPath(new URL('../..', import.meta.url));
  const outDir = await mkdtemp(join(tmpdir(), 'creditscope-bench-'));
  await build({
    configFile: join(root, 'vite.config.ts'),
    root: join(root, 'bench/engine'),
    publicDir: join(root, 'public'),
    build: { outDir, emptyOutDir: true },
    logLevel: 'error',
  });
  const server = await serve({ root: outDir, port: 0 });
  const browser = await launchChromium();
  const page = await browser.newPage();
  await page.goto(server.url);
  return {
    name: `a worker of headless Chromium ${browser.version()}, production build`,
    measure: (request) =>
      page.evaluate((asked) => (window as unknown as { measure(request: MeasureRequest): Promise<unknown> }).measure(asked), request),
    async close() {
      await browser.close();
      await server.close();
      await rm(outDir, { recursive: true });
    },
  };
}
