import type { FromRaceWorker, FromWorker, ToRaceWorker, ToWorker } from './protocol.ts';

/** What a client needs of a Worker that takes and sends these messages. */
export interface WorkerLike<In = ToWorker, Out = FromWorker> {
  postMessage(message: In, transfer?: Transferable[]): void;
  terminate(): void;
  onmessage: ((event: MessageEvent<Out>) => void) | null;
  onerror: ((event: ErrorEvent) => void) | null;
  onmessageerror: ((event: MessageEvent) => void) | null;
}

export type RaceWorkerLike = WorkerLike<ToRaceWorker, FromRaceWorker>;

/** A worker of the page; whether it trains for the lab or in a race is decided by what it is sent. */
const spawn = (): Worker => new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' });

export const spawnSession = (): WorkerLike => spawn();
export const spawnRacer = (): RaceWorkerLike => spawn();
