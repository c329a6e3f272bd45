/**
 * The page's side of the worker: typed calls, promises for what is answered once, and a watch over a worker that dies
 * or never starts, which is replaced and goes on from the last good checkpoint.
 */
import type { OracleProgress } from '../core/oracle/truth.ts';
import type { ClientOptions, EngineClient, EngineHandlers, GroupAnswer, OracleJob, StartOptions, WorkerLike } from './clientTypes.ts';
import type { FromWorker, GradientAnswer, ToWorker } from './protocol.ts';
import { spawnSession } from './spawn.ts';

export type * from './clientTypes.ts';
export { createRacePool } from './racePool.ts';
export type { RaceHandlers, RacePool } from './racePool.ts';
export type { RaceWorkerLike } from './spawn.ts';

const RESTARTS = 2;

/** A request that waits for its answer, and who hears of what comes before it. */
interface Asked {
  resolve(answer: unknown): void;
  reject(error: Error): void;
  onProgress?: (progress: OracleProgress) => void;
  onGroup?: (found: GroupAnswer) => void;
  onAnswer?: (answer: GradientAnswer) => void;
}

type Hearing = Omit<Asked, 'resolve' | 'reject'>;

export function createEngineClient(handlers: EngineHandlers, options: ClientOptions = {}): EngineClient {
  const { createWorker = spawnSession, patience = 20000, saveEvery = 50 } = options;
  let worker: WorkerLike | null = null;
  /** What a new worker is started with: the first start, brought up to date by every later change and save. */
  let last: StartOptions | null = null;
  let restarts = 0;
  let restartNote: string | null = null;
  let bundlesSinceSave = 0;
  let isPlaying = false;
  let owesBundle = false;
  let isStarting = false;
  let timer: ReturnType<typeof setTimeout> | null = null;
  let nextRequest = 1;
  const requests = new Map<number, Asked>();

  /** (Re)starts the clock while the worker owes an answer, and stops it while it owes none. */
  function watch(): void {
    if (timer !== null) clearTimeout(timer);
    const isDue = worker !== null && (isStarting || requests.size > 0 || (isPlaying && owesBundle));
    timer = isDue ? setTimeout(() => revive('The training worker does not answer'), patience) : null;
  }

  function send(message: ToWorker, transfer: Transferable[] = []): void {
    worker?.postMessage(message, transfer);
    watch();
  }

  function stopWorker(why: string): void {
    if (worker) {
      worker.onmessage = null;
      worker.onerror = null;
      worker.onmessageerror = null;
      worker.terminate();
    }
    worker = null;
    isPlaying = false;
    isStarting = false;
    for (const { reject } of requests.values()) reject(new Error(why));
    requests.clear();
    watch();
  }

  function launch(start: StartOptions): void {
    try {
      worker = createWorker();
    } catch (error) {
      handlers.onLost(
        `The training worker could not be created (${error instanceof Error ? error.message : String(error)}). The recordings still work; reload the page to try again.`,
      );
      return;
    }
    const current = worker;
    current.onmessage = (event) => receive(event.data);
    current.onerror = (event) => {
      event.preventDefault?.();
      revive(`The training worker failed${event.message ? ` (${event.message})` : ''}`);
    };
    current.onmessageerror = () => revive('A message of the training worker could not be read');
    isStarting = true;
    owesBundle = true;
    send({ kind: 'start', ...start });
  }

  function revive(why: string): void {
    const start = last;
    stopWorker(`${why}.`);
    if (!start) return;
    if (restarts >= RESTARTS) {
      handlers.onLost(`${why}, also after ${RESTARTS} restarts. The recordings still work; reload the page to train again.`);
      return;
    }
    restarts++;
    restartNote = `${why}. It was restarted from the last saved state: press play to go on.`;
    launch(start);
  }

  function receive(message: FromWorker): void {
    switch (message.kind) {
      case 'ready': {
        isStarting = false;
        isPlaying = false;
        owesBundle = true;
        const note = [restartNote, message.message].filter(Boolean).join(' ');
        restartNote = null;
        handlers.onReady({ backend: message.backend, step: message.step, ...(note ? { message: note } : {}) });
        break;
      }
      case 'bundle':
        owesBundle = false;
        handlers.onBundle(message);
        bundlesSinceSave++;
        if (bundlesSinceSave >= saveEvery) keepState();
        break;
      case 'stopped':
        isPlaying = false;
        handlers.onStopped(message.reason, message.step);
        break;
      case 'progress':
        handlers.onProgress(message.step);
        break;
      case 'configured':
        settle(message.request, message.step);
        break;
      case 'scored':
        settle(message.request, message.batch);
        break;
      case 'saved':
        settle(message.request, message.checkpoint);
        break;
      case 'completed':
        settle(message.request, message.batch);
        break;
      case 'models':
        handlers.onModels?.(message.models);
        break;
      case 'truth':
        requests.get(message.request)?.onGroup?.(message);
        if (message.isLast) settle(message.request, undefined);
        break;
      case 'gradients':
        if (message.answer) requests.get(message.request)?.onAnswer?.(message.answer);
        if (message.isLast) settle(message.request, undefined);
        break;
      case 'working':
        requests.get(message.request)?.onProgress?.(message.progress);
        break;
      case 'found': {
        const { finding } = message;
        settle(message.request, 'actions' in finding ? finding.actions : 'whatIf' in finding ? finding.whatIf : finding.spread);
        break;
      }
      case 'error': {
        const request = message.request === undefined ? undefined : requests.get(message.request);
        if (request && message.request !== undefined) {
          requests.delete(message.request);
          request.reject(new Error(message.message));
        } else {
          isStarting = false;
          handlers.onError(message.message);
        }
      }
    }
    watch();
  }

  function settle(request: number, answer: unknown): void {
    requests.get(request)?.resolve(answer);
    requests.delete(request);
  }

  /** `T` is what the protocol answers this message with. */
  function ask<T>(message: (request: number) => ToWorker, hears: Hearing = {}): Promise<T> {
    if (!worker) return Promise.reject(new Error('The engine is not running. Press play to start it.'));
    const request = nextRequest++;
    return new Promise<T>((resolve, reject) => {
      requests.set(request, { resolve: (answer) => resolve(answer as T), reject, ...hears });
      send(message(request));
    });
  }

  /** A question to the oracle: as `ask`, and it can be given up. */
  function askOracle<T>(message: (request: number) => ToWorker, hears: Hearing): OracleJob<T> {
    const own = nextRequest;
    return {
      done: ask<T>(message, hears),
      cancel() {
        if (requests.delete(own)) send({ kind: 'cancel', request: own });
      },
    };
  }

  const save = () => ask<ArrayBuffer>((request) => ({ kind: 'save', request }));

  /** Remembers the training state, for a restart. A worker that got this far is alive: its restarts are forgiven. */
  function keepState(): void {
    bundlesSinceSave = 0;
    save().then(
      (checkpoint) => {
        if (last) last = { ...last, base: last.base ?? last.checkpoint, checkpoint };
        restarts = 0;
      },
      () => undefined,
    );
  }

  function update(change: Partial<StartOptions>): void {
    if (last) last = { ...last, ...change };
  }

  return {
    start(start) {
      stopWorker('The engine was started again.');
      last = start;
      restarts = 0;
      bundlesSinceSave = 0;
      launch(start);
    },
    load(checkpoint) {
      update({ checkpoint, ...(last ? { base: last.base ?? last.checkpoint } : {}) });
      isStarting = true;
      send({ kind: 'load', checkpoint });
    },
    play(how = {}) {
      isPlaying = true;
      send({ kind: 'play', ...how });
    },
    pause: () => send({ kind: 'pause' }),
    step: () => send({ kind: 'step' }),
    reset() {
      isStarting = true;
      send({ kind: 'reset' });
    },
    configure(settings, method) {
      update({ settings, method });
      return ask<number>((request) => ({ kind: 'configure', request, settings, method }));
    },
    setSeed(seed) {
      update({ seed });
      send({ kind: 'seed', seed });
    },
    setGpu(isWanted) {
      isStarting = true;
      send({ kind: 'gpu', isWanted });
    },
    painted() {
      owesBundle = true;
      send({ kind: 'painted' });
    },
    score: (prompt, responses, temperature) => ask((request) => ({ kind: 'score', request, prompt, responses, temperature })),
    hold: (id) => send({ kind: 'hold', id }),
    keep: (id, batch, weights) => send({ kind: 'keep', id, batch, weights }),
    truth: (batch, groups, budget, onGroup, onProgress) =>
      askOracle((request) => ({ kind: 'truth', request, batch, groups, budget }), { onGroup, onProgress }),
    actions: (place, budget, onProgress) => askOracle((request) => ({ kind: 'actions', request, ...place, budget }), { onProgress }),
    whatIf: (place, count, onProgress) => askOracle((request) => ({ kind: 'whatIf', request, ...place, count }), { onProgress }),
    spread: ({ batch, group }, method, redraws, onProgress) =>
      askOracle((request) => ({ kind: 'spread', request, batch, group, method, redraws }), { onProgress }),
    gradients: (asked, onAnswer) => askOracle((request) => ({ kind: 'gradients', request, ...asked }), { onAnswer }),
    complete: (batch, weights, method) => ask<ArrayBuffer>((request) => ({ kind: 'complete', request, batch, weights, method })),
    resetModel: (name) => send({ kind: 'reset-model', name }),
    save,
    weightsOf: (batch) => ask((request) => ({ kind: 'weights', request, batch })),
    dispose: () => stopWorker('The engine was closed.'),
  };
}
