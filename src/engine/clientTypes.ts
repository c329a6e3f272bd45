/** What the page sees of the worker. */
import type { StateValues, WhatIf } from '../core/oracle/actions.ts';
import type { OracleBudget, OracleProgress } from '../core/oracle/truth.ts';
import type {
  Backend,
  FromWorker,
  GradientAnswer,
  GradientsRequest,
  ModelStatus,
  StepMetrics,
  StopReason,
  TrainedMethod,
  TrainingSettings,
  WeightsSource,
} from './protocol.ts';
import type { WorkerLike } from './spawn.ts';

export type { WorkerLike } from './spawn.ts';

export interface StartOptions {
  task: string;
  /** File bytes of the checkpoint to start from. */
  checkpoint: ArrayBuffer;
  /** File bytes of the checkpoint that KL is taken against; without it, `checkpoint`. */
  base?: ArrayBuffer;
  seed: string;
  settings: TrainingSettings;
  method: TrainedMethod;
  /** URL of the folder of the .wasm files, ending in a slash. */
  wasmBase: string;
  forceFallback?: boolean;
}

export interface Bundle {
  step: number;
  /** Encoded batch (`core/batchCodec.ts`). */
  batch: ArrayBuffer;
  metrics: readonly StepMetrics[];
  stepsPerSecond: number;
}

export interface EngineHandlers {
  /** The engine stands at `step`, paused: after start, load, reset, or a restart (then `message` says why). */
  onReady(ready: { backend: Backend; step: number; message?: string }): void;
  /** Call `painted()` once it is on the screen; no other comes before. */
  onBundle(bundle: Bundle): void;
  /** The second networks of the method that trains, whenever they change; none: an empty list. */
  onModels?(models: readonly ModelStatus[]): void;
  onStopped(reason: StopReason, step: number): void;
  /** Training goes on, out of sight. */
  onProgress(step: number): void;
  /** Training state is as it was. */
  onError(message: string): void;
  /** The worker could not be kept alive; `start` tries again. */
  onLost(message: string): void;
}

/** One group's truth, and how many prefixes were evaluated for it. */
export type GroupAnswer = Pick<Extract<FromWorker, { kind: 'truth' }>, 'group' | 'truth' | 'nodes'>;

/** A question to the oracle. */
export interface OracleJob<T> {
  /** Resolves with the answer, never after `cancel`; rejects with one sentence where it cannot be had. */
  done: Promise<T>;
  cancel(): void;
}

/** A request that is answered in pieces alone. */
export type TruthJob = OracleJob<void>;

/** A prefix of an answer: the first tokens of a response to a group's prompt. */
export interface Place {
  /** A kept batch: a bundle's, by its `snapshots.before`, or one handed over by `keep`. */
  batch: string;
  group: number;
  prefix: readonly number[];
}

type Listener = (progress: OracleProgress) => void;

export interface ClientOptions {
  createWorker?: () => WorkerLike;
  /** A worker that has not answered for this long, ms, while an answer is due, counts as dead. */
  patience?: number;
  /** Bundles between two background saves of the training state. */
  saveEvery?: number;
}

export interface EngineClient {
  start(options: StartOptions): void;
  load(checkpoint: ArrayBuffer): void;
  /** See the protocol's `play`. */
  play(options?: { until?: number; show?: 'all' | 'last' | 'nothing' }): void;
  pause(): void;
  step(): void;
  reset(): void;
  /** What the next step is taken with; resolves to the last step before it. */
  configure(settings: TrainingSettings, method: TrainedMethod): Promise<number>;
  setSeed(seed: string): void;
  /** Pauses; `onReady` says which backend it goes on with and why. A worker that is replaced starts without the GPU. */
  setGpu(isWanted: boolean): void;
  painted(): void;
  /** Encoded batch of one group: what the current policy thinks of hand-written responses. */
  score(prompt: readonly number[], responses: readonly (readonly number[])[], temperature: number): Promise<ArrayBuffer>;
  /** Hands over an encoded batch to ask about, with the checkpoint that drew it or the id of the kept batch whose weights did. */
  keep(id: string, batch: ArrayBuffer, weights: ArrayBuffer | string): void;
  /** The weights of this batch stay known however far the run goes on, until those of another are held. */
  hold(id: string): void;
  /** True values of some groups of a kept batch; `onGroup` hears of each as it is done. */
  truth(
    batch: string,
    groups: readonly number[],
    budget: OracleBudget,
    onGroup: (found: GroupAnswer) => void,
    onProgress?: Listener,
  ): OracleJob<void>;
  /** V(s) and Q(s, ·) after a prefix. */
  actions(place: Place, budget: OracleBudget, onProgress?: Listener): OracleJob<StateValues>;
  /** `count` answers that go on after a prefix. */
  whatIf(place: Place, count: number, onProgress?: Listener): OracleJob<WhatIf>;
  /** [n] standard deviation of a method's credit at a group's tokens. */
  spread(group: Omit<Place, 'prefix'>, method: TrainedMethod, redraws: number, onProgress?: Listener): OracleJob<Float64Array>;
  /** The encoded batch with what the method needs and it lacks, computed with the weights that drew it. */
  complete(batch: ArrayBuffer, weights: WeightsSource, method: TrainedMethod): Promise<ArrayBuffer>;
  /** A second network of the method that trains goes back to its start; `onModels` says so. */
  resetModel(name: string): void;
  /** The scoreboard's gradients; `onAnswer` hears of each piece. Rejects with one sentence where they cannot be had. */
  gradients(request: Omit<GradientsRequest, 'kind' | 'request'>, onAnswer: (answer: GradientAnswer) => void): TruthJob;
  /** File bytes of the training state, moments included. */
  save(): Promise<ArrayBuffer>;
  /** File bytes of the weights that drew a bundle's batch, by its `snapshots.before`. Rejects where they are not kept any more. */
  weightsOf(batch: string): Promise<ArrayBuffer>;
  dispose(): void;
}
