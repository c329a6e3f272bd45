/** A training run as page and worker speak of it: what the page asked for, and the hash of every step's tokens. */
import { createModel } from '../../src/engine/createModel.ts';
import { createGpuModel } from '../../src/engine/gpu.ts';
import type { FromWorker, ToWorker } from '../../src/engine/protocol.ts';
import { createSession } from '../../src/engine/session.ts';
import { until } from './harness.ts';

export interface Recorded {
  /** The start message that the page sent, its buffers as numbers. */
  start: (Omit<Extract<ToWorker, { kind: 'start' }>, 'checkpoint' | 'base'> & { checkpoint: number[]; base: number[] | null }) | null;
  hashes: [step: number, hash: string][];
}

/** Listens to what page and worker say to each other; changes nothing. */
export function listen(): void {
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

/** What both drivers' pages can do. */
interface Evaluating {
  evaluate<T>(work: () => T): Promise<T>;
}

/** The run that a page with `listen` is making, once it has `steps` steps. */
export async function recordedRun(page: Evaluating, steps: number): Promise<{ start: NonNullable<Recorded['start']>; hashes: string[] }> {
  const count = () => page.evaluate(() => (window as unknown as { recorded: Recorded }).recorded.hashes.length);
  await until(`${steps} steps`, async () => ((await count()) >= steps ? true : null), 60_000);
  const { start, hashes } = await page.evaluate(() => (window as unknown as { recorded: Recorded }).recorded);
  if (!start) throw new Error('the page sent no start message');
  return { start, hashes: hashes.slice(0, steps).map(([, hash]) => hash) };
}

/** The same run in Node, message for message: hashes of its first `steps` steps. */
export async function runInNode(start: NonNullable<Recorded['start']>, steps: number): Promise<string[]> {
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
      if (hashes.length >= steps) finish();
      else session.receive({ kind: 'painted' });
    },
    schedule: (task) => setImmediate(task),
    now: () => performance.now(),
    createModel: (config) => createModel(config, { backend: 'wasm' }),
    createGpuModel,
  });
  const { checkpoint, base, ...plain } = start;
  const bytes = (numbers: number[]) => Uint8Array.from(numbers).buffer as ArrayBuffer;
  session.receive({ ...plain, checkpoint: bytes(checkpoint), ...(base ? { base: bytes(base) } : {}) });
  session.receive({ kind: 'play' });
  await done;
  session.receive({ kind: 'pause' });
  return hashes.slice(0, steps);
}
