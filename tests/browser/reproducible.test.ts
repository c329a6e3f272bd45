import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { createModel } from '../../src/engine/createModel.ts';
import type { FromWorker, ToWorker } from '../../src/engine/protocol.ts';
import { createSession } from '../../src/engine/session.ts';
import { until, useLab } from './harness.ts';
import { pressPlay } from './page.ts';

const STEPS = 50;

interface Recorded {
  /** The start message that the page sent, its buffers as numbers. */
  start: (Omit<Extract<ToWorker, { kind: 'start' }>, 'checkpoint' | 'base'> & { checkpoint: number[]; base: number[] | null }) | null;
  hashes: [step: number, hash: string][];
}

/** Listens to what page and worker say to each other; changes nothing. */
function listen(): void {
  const recorded: Recorded = { start: null, hashes: [] };
  (window as unknown as { recorded: Recorded }).recorded = recorded;
  window.Worker = class extends Worker {
    constructor(url: string | URL, options?: WorkerOptions) {
      super(url, options);
      this.addEventListener('message', ({ data }: MessageEvent<FromWorker>) => {
        if (data.kind === 'bundle')
          recorded.hashes.push(...data.metrics.map(({ step, rolloutHash }): [number, string] => [step, rolloutHash]));
      });
    }
    override postMessage(message: ToWorker, transfer?: Transferable[] | StructuredSerializeOptions): void {
      if (message.kind === 'start') {
        const { checkpoint, base, ...plain } = message;
        recorded.start = { ...plain, checkpoint: [...new Uint8Array(checkpoint)], base: base ? [...new Uint8Array(base)] : null };
      }
      super.postMessage(message, transfer as Transferable[]);
    }
  };
}

const read = (page: Page): Promise<Recorded> => page.evaluate(() => (window as unknown as { recorded: Recorded }).recorded);

/** The same run in Node, message for message: hashes of its first steps. */
async function runInNode(start: NonNullable<Recorded['start']>): Promise<string[]> {
  const hashes: string[] = [];
  let finish: () => void = () => {};
  let fail: (error: Error) => void = () => {};
  const done = new Promise<void>((resolve, reject) => {
    finish = resolve;
    fail = reject;
  });
  const session = createSession({
    post(message) {
      if (message.kind === 'error') fail(new Error(message.message));
      if (message.kind !== 'bundle') return;
      hashes.push(...message.metrics.map(({ rolloutHash }) => rolloutHash));
      if (hashes.length >= STEPS) finish();
      else session.receive({ kind: 'painted' });
    },
    schedule: (task) => setImmediate(task),
    now: () => performance.now(),
    createModel: (config) => createModel(config, { backend: 'wasm' }),
  });
  const { checkpoint, base, ...plain } = start;
  const bytes = (numbers: number[]) => Uint8Array.from(numbers).buffer as ArrayBuffer;
  session.receive({ ...plain, checkpoint: bytes(checkpoint), ...(base ? { base: bytes(base) } : {}) });
  session.receive({ kind: 'play' });
  await done;
  session.receive({ kind: 'pause' });
  return hashes.slice(0, STEPS);
}

describe('the same seed', () => {
  const lab = useLab();

  it(`draws the same tokens for ${STEPS} steps, twice in Chromium and once in Node`, { timeout: 180_000 }, async () => {
    const runs: Recorded[] = [];
    for (let run = 0; run < 2; run++) {
      const page = await lab.open({ before: (blank) => blank.addInitScript(listen) });
      await pressPlay(page);
      await until(
        `${STEPS} steps`,
        async () =>
          (await page.evaluate(() => (window as unknown as { recorded: Recorded }).recorded.hashes.length)) >= STEPS ? true : null,
        60_000,
      );
      runs.push(await read(page));
      await page.context().close();
    }
    const hashes = runs.map((run) => run.hashes.slice(0, STEPS).map(([, hash]) => hash));
    expect(new Set(hashes[0]).size).toBeGreaterThan(STEPS / 2);
    expect(hashes[1]).toEqual(hashes[0]);
    const start = runs[0].start;
    if (!start) throw new Error('the page sent no start message');
    expect(await runInNode(start)).toEqual(hashes[0]);
  });
});
