/** The workers of a race: as many as the machine has cores to spare, each with one run at a time. */
import type { FromRaceWorker, RaceJob } from './protocol.ts';
import { spawnRacer } from './spawn.ts';
import type { RaceWorkerLike } from './spawn.ts';

export interface RaceHandlers {
  onLap(message: Extract<FromRaceWorker, { kind: 'lap' }>): void;
  onKept(message: Extract<FromRaceWorker, { kind: 'kept' }>): void;
  /** Its worker is free again. */
  onRaced(message: Extract<FromRaceWorker, { kind: 'raced' }>): void;
  /** Its worker is gone or free again; the run has got no further than its last `kept`. */
  onFailed(run: string, message: string): void;
}

export interface RacePool {
  /** Workers that could take a run now, those not yet created included. */
  readonly free: number;
  start(job: RaceJob): void;
  /** Asks all runs to stop after their present step. */
  hold(): void;
  /** Ends a run at once, unheard. */
  drop(run: string): void;
  dispose(): void;
}

export function createRacePool(size: number, handlers: RaceHandlers, createWorker: () => RaceWorkerLike = spawnRacer): RacePool {
  const idle: RaceWorkerLike[] = [];
  const busy = new Map<string, RaceWorkerLike>();

  function end(worker: RaceWorkerLike): void {
    worker.onmessage = null;
    worker.onerror = null;
    worker.onmessageerror = null;
    worker.terminate();
  }

  function free(run: string): void {
    const worker = busy.get(run);
    busy.delete(run);
    if (worker) idle.push(worker);
  }

  function receive(message: FromRaceWorker): void {
    if (!busy.has(message.run)) return;
    if (message.kind === 'lap') handlers.onLap(message);
    else if (message.kind === 'kept') handlers.onKept(message);
    else {
      free(message.run);
      if (message.kind === 'raced') handlers.onRaced(message);
      else handlers.onFailed(message.run, message.message);
    }
  }

  /** A worker that died takes its run with it. */
  function lost(run: string, why: string): void {
    const worker = busy.get(run);
    busy.delete(run);
    if (worker) end(worker);
    handlers.onFailed(run, why);
  }

  return {
    get free() {
      return size - busy.size;
    },
    start(job) {
      let worker: RaceWorkerLike;
      try {
        worker = idle.pop() ?? createWorker();
      } catch (error) {
        handlers.onFailed(job.run, `A worker could not be created (${error instanceof Error ? error.message : String(error)}).`);
        return;
      }
      busy.set(job.run, worker);
      worker.onmessage = (event) => receive(event.data);
      worker.onerror = (event) => {
        event.preventDefault?.();
        lost(job.run, `Its worker failed${event.message ? ` (${event.message})` : ''}.`);
      };
      worker.onmessageerror = () => lost(job.run, 'A message of its worker could not be read.');
      worker.postMessage({ kind: 'race', job });
    },
    hold() {
      for (const worker of busy.values()) worker.postMessage({ kind: 'hold' });
    },
    drop(run) {
      const worker = busy.get(run);
      busy.delete(run);
      if (worker) end(worker);
    },
    dispose() {
      for (const worker of [...idle, ...busy.values()]) end(worker);
      idle.length = 0;
      busy.clear();
    },
  };
}
