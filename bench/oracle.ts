/**
 * The oracle in the page's own worker, production build, headless Chromium: milliseconds and prefixes for one whole group of the
 * shipped base checkpoint of chain-sum at three ε, and the pace of training with and without the oracle running beside it.
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { launchChromium } from '../scripts/chromium.ts';
import { loadMethod, HEADLINE } from '../src/core/methods/index.ts';
import { DEFAULT_BUDGET } from '../src/core/oracle/truth.ts';
import { defaultKnobs } from '../src/core/pipeline.ts';
import { DEFAULT_SETTINGS } from '../src/engine/trainer.ts';
import { buildAndServe, DIST } from './build.ts';
import { type BenchReport, machine } from './report.ts';
import { median, rounded } from './statistics.ts';

const EPSILONS = [1e-2, 1e-3, 1e-4];
const TRAINING_MS = 5000;
const BAR_MS = 1000;
const BAR_PACE = 0.5;

interface Measured {
  groups: { epsilon: number; ms: number[]; nodes: number[]; kinds: string[] }[];
  alone: number;
  beside: number;
  asked: number;
}

export async function run(args: readonly string[]): Promise<BenchReport> {
  const server = await buildAndServe(args);
  const browser = await launchChromium();
  try {
    const page = await browser.newPage();
    // The runner's compiler wraps named functions in a helper that the page does not have.
    await page.addInitScript({ content: 'globalThis.__name = (value) => value;' });
    await page.goto(server.url);
    const file = readdirSync(join(DIST, 'assets')).find((name) => /^worker-.*\.js$/.test(name));
    if (!file) throw new Error('dist/assets holds no worker');
    const method = await loadMethod(HEADLINE[0]);
    const setup = {
      worker: `assets/${file}`,
      epsilons: EPSILONS,
      budget: DEFAULT_BUDGET,
      trainingMs: TRAINING_MS,
      settings: DEFAULT_SETTINGS,
      method: { id: method.meta.id, knobs: defaultKnobs(method), mix: {} },
    };
    const found = await page.evaluate(
      async ({ worker: url, epsilons, budget, trainingMs, settings, method: trained }): Promise<Measured> => {
        const worker = new Worker(url, { type: 'module' });
        const checkpoint = await (await fetch('checkpoints/chain-sum/base.bin')).arrayBuffer();
        let hear: (message: { kind: string; [key: string]: unknown }) => void = () => undefined;
        worker.onmessage = ({ data }) => hear(data);
        const next = (kind: string) =>
          new Promise<Record<string, unknown>>((resolve, reject) => {
            hear = (message) => {
              if (message.kind === kind) resolve(message);
              if (message.kind === 'error') reject(new Error(String(message.message)));
            };
          });
        const answered = next('ready');
        const wasmBase = new URL('./', location.href).href;
        worker.postMessage({ kind: 'start', task: 'chain-sum', checkpoint, seed: 'bench', settings, method: trained, wasmBase });
        await answered;
        const stepped = next('bundle');
        worker.postMessage({ kind: 'step' });
        const idOf = (bundle: Record<string, unknown>) => {
          const last = (bundle.metrics as { step: number; rolloutHash: string }[]).at(-1);
          return `${last?.step} ${last?.rolloutHash}`;
        };
        let batch = idOf(await stepped);
        let request = 1;
        const groups: Measured['groups'] = [];
        for (const epsilon of epsilons) {
          const row: Measured['groups'][number] = { epsilon, ms: [], nodes: [], kinds: [] };
          for (let group = 0; group < settings.prompts; group++) {
            const told = next('truth');
            const begin = performance.now();
            worker.postMessage({ kind: 'truth', request: request++, batch, groups: [group], budget: { ...budget, epsilon } });
            const answer = await told;
            row.ms.push(performance.now() - begin);
            row.nodes.push(answer.nodes as number);
            row.kinds.push((answer.truth as { kind: string }).kind);
          }
          groups.push(row);
        }
        let asked = 0;
        /** Steps a second over the time; with `isAsking` the oracle always has one group to work out. */
        const pace = async (isAsking: boolean) => {
          let steps = 0;
          const ask = () => {
            asked++;
            worker.postMessage({ kind: 'truth', request: request++, batch, groups: [asked % settings.prompts], budget });
          };
          const begin = performance.now();
          await new Promise<void>((resolve) => {
            hear = (message) => {
              if (message.kind === 'bundle') {
                steps += (message.metrics as unknown[]).length;
                batch = idOf(message);
                worker.postMessage({ kind: 'painted' });
                if (performance.now() - begin > trainingMs) resolve();
              }
              if (message.kind === 'truth' && isAsking) ask();
            };
            worker.postMessage({ kind: 'painted' });
            worker.postMessage({ kind: 'play' });
            if (isAsking) ask();
          });
          const rate = (1000 * steps) / (performance.now() - begin);
          const stopped = next('stopped');
          worker.postMessage({ kind: 'pause' });
          await stopped;
          return rate;
        };
        const alone = await pace(false);
        const beside = await pace(true);
        worker.terminate();
        return { groups, alone, beside, asked };
      },
      setup,
    );
    return report(found, browser.version());
  } finally {
    await browser.close();
    await server.close();
  }
}

function report({ groups, alone, beside, asked }: Measured, version: string): BenchReport {
  const rows = groups.map(({ epsilon, ms, nodes, kinds }) => ({
    epsilon,
    msMedian: rounded(median(ms), 1),
    msMost: rounded(Math.max(...ms), 1),
    nodesMedian: median(nodes),
    nodesMost: Math.max(...nodes),
    exact: kinds.filter((kind) => kind === 'exact').length,
  }));
  const pace = rounded(beside / alone, 2);
  const atDefault = rows.find(({ epsilon }) => epsilon === DEFAULT_BUDGET.epsilon);
  const lines = rows.map(
    (row) =>
      `ε = ${row.epsilon}: ${row.msMedian} ms (at most ${row.msMost}), ${row.nodesMedian} prefixes (at most ${row.nodesMost}), exact in ${row.exact} of ${groups[0].ms.length} groups`,
  );
  return {
    json: { rows, stepsPerSecond: { alone: rounded(alone, 1), beside: rounded(beside, 1) }, pace },
    text: [
      `The oracle for one whole group of 8, base checkpoint of chain-sum, in the page's worker, headless Chromium ${version}, ${machine()}`,
      ...lines,
      `bar at ε = ${DEFAULT_BUDGET.epsilon}: ≤ ${BAR_MS} ms ${(atDefault?.msMost ?? Infinity) <= BAR_MS ? 'met' : 'NOT met'}`,
      `training: ${rounded(alone, 1)} steps/s alone, ${rounded(beside, 1)} steps/s while ${asked} groups were asked for: ${pace} of the pace, bar ≥ ${BAR_PACE} ${pace >= BAR_PACE ? 'met' : 'NOT met'}`,
    ].join('\n'),
  };
}
