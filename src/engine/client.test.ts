import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createEngineClient } from './client.ts';
import type { EngineHandlers, StartOptions, WorkerLike } from './client.ts';
import type { FromWorker, ToWorker } from './protocol.ts';
import { DEFAULT_SETTINGS } from './trainer.ts';

class FakeWorker implements WorkerLike {
  sent: ToWorker[] = [];
  isTerminated = false;
  onmessage: WorkerLike['onmessage'] = null;
  onerror: WorkerLike['onerror'] = null;
  onmessageerror: WorkerLike['onmessageerror'] = null;
  postMessage(message: ToWorker): void {
    this.sent.push(message);
  }
  terminate(): void {
    this.isTerminated = true;
  }
  say(message: FromWorker): void {
    this.onmessage?.({ data: message } as MessageEvent<FromWorker>);
  }
  crash(message: string): void {
    this.onerror?.({ message } as ErrorEvent);
  }
  kinds = () => this.sent.map((message) => message.kind);
}

const start: StartOptions = {
  task: 'any',
  checkpoint: new ArrayBuffer(1),
  seed: 's',
  settings: DEFAULT_SETTINGS,
  method: { id: 'any', knobs: {}, mix: {} },
  wasmBase: './',
};
const ready: FromWorker = { kind: 'ready', backend: 'wasm', step: 0 };
const bundle = (step: number): FromWorker => ({ kind: 'bundle', step, batch: new ArrayBuffer(0), metrics: [], stepsPerSecond: 5 });

function setUp(options: { saveEvery?: number } = {}) {
  const workers: FakeWorker[] = [];
  const heard: [string, unknown][] = [];
  const handlers: EngineHandlers = {
    onReady: (value) => heard.push(['ready', value]),
    onBundle: (value) => heard.push(['bundle', value.step]),
    onStopped: (reason, step) => heard.push(['stopped', [reason.kind, step]]),
    onProgress: (step) => heard.push(['progress', step]),
    onError: (message) => heard.push(['error', message]),
    onLost: (message) => heard.push(['lost', message]),
  };
  const client = createEngineClient(handlers, {
    ...options,
    patience: 1000,
    createWorker: () => {
      const worker = new FakeWorker();
      workers.push(worker);
      return worker;
    },
  });
  client.start(start);
  return { client, workers, heard };
}

describe('engine client', () => {
  beforeEach(() => vi.useFakeTimers());
  afterEach(() => vi.useRealTimers());

  it('starts a worker and passes on what it says', () => {
    const { client, workers, heard } = setUp();
    expect(workers[0].kinds()).toEqual(['start']);
    workers[0].say(ready);
    client.play();
    workers[0].say(bundle(1));
    client.painted();
    workers[0].say({ kind: 'stopped', reason: { kind: 'user' }, step: 4 });
    expect(heard).toEqual([
      ['ready', { backend: 'wasm', step: 0 }],
      ['bundle', 1],
      ['stopped', ['user', 4]],
    ]);
    expect(workers[0].kinds()).toEqual(['start', 'play', 'painted']);
  });

  it('answers each request with its own result', async () => {
    const { client, workers } = setUp();
    workers[0].say(ready);
    const first = client.score([1], [[2]], 1);
    const second = client.save();
    const refused = client.score([1], [[]], 1);
    const [a, b] = [new ArrayBuffer(3), new ArrayBuffer(4)];
    workers[0].say({ kind: 'saved', request: 2, checkpoint: b });
    workers[0].say({ kind: 'scored', request: 1, batch: a });
    workers[0].say({ kind: 'error', request: 3, message: 'too short' });
    await expect(first).resolves.toBe(a);
    await expect(second).resolves.toBe(b);
    await expect(refused).rejects.toThrow('too short');
  });

  it('tells of each group’s truth, ends with the last, and forgets what was given up', async () => {
    const { client, workers } = setUp();
    workers[0].say(ready);
    const values = new Float64Array(1);
    const truth = { kind: 'exact', value: 0.5, trueValues: values, trueAdvantages: values, trueErrors: values } as const;
    const heardGroups: number[] = [];
    const budget = { epsilon: 1e-3, maxNodes: 100, continuations: 8 };
    const job = client.truth('3 abc', [2, 0], budget, ({ group }) => heardGroups.push(group));
    expect(workers[0].sent.at(-1)).toEqual({ kind: 'truth', request: 1, batch: '3 abc', groups: [2, 0], budget });
    workers[0].say({ kind: 'truth', request: 1, group: 2, truth, nodes: 9, isLast: false });
    workers[0].say({ kind: 'truth', request: 1, group: 0, truth, nodes: 9, isLast: true });
    await job.done;
    const given = client.truth('3 abc', [1], budget, ({ group }) => heardGroups.push(group));
    given.cancel();
    workers[0].say({ kind: 'truth', request: 2, group: 1, truth, nodes: 9, isLast: true });
    expect(workers[0].sent.at(-1)).toEqual({ kind: 'cancel', request: 2 });
    expect(heardGroups).toEqual([2, 0]);
    const refused = client.truth('1 old', [0], budget, () => undefined);
    workers[0].say({ kind: 'error', request: 3, message: 'no longer kept' });
    await expect(refused.done).rejects.toThrow('no longer kept');
  });

  it('restarts a worker that never starts, twice, and then says that it is lost', () => {
    const { workers, heard } = setUp();
    vi.advanceTimersByTime(1001);
    expect(workers).toHaveLength(2);
    expect(workers[0].isTerminated).toBe(true);
    vi.advanceTimersByTime(2002);
    expect(workers).toHaveLength(3);
    expect(heard.map(([kind]) => kind)).toEqual(['lost']);
  });

  it('restarts a worker that dies from the last saved state, with the settings as they are now', async () => {
    const { client, workers, heard } = setUp({ saveEvery: 2 });
    workers[0].say(ready);
    client.play();
    const step = client.configure({ ...DEFAULT_SETTINGS, groupSize: 4 }, start.method);
    const asked = workers[0].sent.find((message) => message.kind === 'configure');
    workers[0].say({ kind: 'configured', request: asked?.kind === 'configure' ? asked.request : -1, step: 7 });
    expect(await step).toBe(7);
    client.setSeed('other');
    workers[0].say(bundle(1));
    client.painted();
    workers[0].say(bundle(2));
    const request = workers[0].sent.find((message) => message.kind === 'save');
    const saved = new ArrayBuffer(9);
    workers[0].say({ kind: 'saved', request: request?.kind === 'save' ? request.request : -1, checkpoint: saved });
    await Promise.resolve();
    workers[0].crash('out of memory');
    expect(workers).toHaveLength(2);
    expect(workers[1].sent).toEqual([
      {
        kind: 'start',
        ...start,
        checkpoint: saved,
        base: start.checkpoint,
        seed: 'other',
        settings: { ...DEFAULT_SETTINGS, groupSize: 4 },
      },
    ]);
    workers[1].say({ ...ready, step: 2 } as FromWorker);
    expect(heard[heard.length - 1]).toEqual(['ready', { backend: 'wasm', step: 2, message: expect.stringContaining('out of memory') }]);
  });

  it('notices a worker that falls silent while a bundle is due, and waits while none is', () => {
    const { client, workers } = setUp();
    workers[0].say(ready);
    vi.advanceTimersByTime(5000);
    client.play();
    workers[0].say(bundle(1));
    vi.advanceTimersByTime(5000);
    expect(workers).toHaveLength(1);
    client.painted();
    vi.advanceTimersByTime(1001);
    expect(workers).toHaveLength(2);
  });

  it('refuses the requests of a dead worker instead of leaving them open', async () => {
    const { client, workers } = setUp();
    workers[0].say(ready);
    const asked = client.save();
    workers[0].crash('gone');
    await expect(asked).rejects.toThrow('gone');
  });

  it('is silent once closed', async () => {
    const { client, workers, heard } = setUp();
    client.dispose();
    workers[0].say(ready);
    vi.advanceTimersByTime(5000);
    expect(workers).toHaveLength(1);
    expect(heard).toEqual([]);
    await expect(client.save()).rejects.toThrow('not running');
  });

  it('says that recordings still work where no worker can be made', () => {
    const onLost = vi.fn();
    const client = createEngineClient(
      { onReady: vi.fn(), onBundle: vi.fn(), onStopped: vi.fn(), onProgress: vi.fn(), onError: vi.fn(), onLost },
      {
        createWorker: () => {
          throw new Error('blocked');
        },
      },
    );
    client.start(start);
    expect(onLost).toHaveBeenCalledWith(expect.stringContaining('blocked'));
  });
});
