/**
 * Everything that crosses the border between page and worker, in one file.
 * Batches cross as one transferable ArrayBuffer (`core/batchCodec.ts`); training state never leaves the worker unless asked.
 */
import type { MethodState } from '../core/batch.ts';
import type { StateValues, WhatIf } from '../core/oracle/actions.ts';
import type { GroupTruth, OracleBudget, OracleProgress } from '../core/oracle/truth.ts';
import type { GradientCertificate, GradientQuality } from '../core/metrics/gradientQuality.ts';
import type { KnobValues, Need, StageName } from '../core/stages/types.ts';

/** What shapes the rollouts and the updates. Every value "applies from the next rollout"; none resets the run. */
export interface TrainingSettings {
  /** P: prompts a step. */
  prompts: number;
  /** G: responses a prompt. */
  groupSize: number;
  /** E × M inner updates. */
  epochs: number;
  minibatches: number;
  learningRate: number;
  /** T_base. */
  temperature: number;
}

/** The method that trains: its id, full knob values, and stages taken from other methods (an ablation). */
export interface TrainedMethod {
  id: string;
  knobs: KnobValues;
  mix: Partial<Record<StageName, string>>;
}

/** One row of the curves. */
export interface StepMetrics {
  step: number;
  reward: number;
  /** Unbiased pass@k for k = 1, 2, 4, 8 … up to the group size, [k, value] pairs. */
  passAtK: readonly (readonly [number, number])[];
  /** Mean token entropy of the sampling policy, nats. */
  entropy: number;
  /** Mean response length, tokens. */
  length: number;
  /** Share of tokens clipped at the last update of each minibatch. */
  clipFraction: number;
  /** Mean KL(π‖base) per token, nats, exact over the vocabulary. */
  klToBase: number;
  gradientNorm: number;
  loss: number;
  /** Hash over the step's tokens: the same seed gives the same hash on every machine. */
  rolloutHash: string;
}

export type StopReason =
  | { kind: 'user' }
  | { kind: 'not-a-number'; message: string; step: number }
  | { kind: 'nothing-to-learn'; message: string };

/** What computes: our kernels (bit-reproducible), TensorFlow.js in plain JavaScript, or on the graphics processor. */
export type Backend = 'wasm' | 'tfjs-cpu' | 'tfjs-webgpu';

/** A second network of the method that trains, as the page shows it. */
export interface ModelStatus {
  name: string;
  title: string;
  /** False: frozen. */
  isOnline: boolean;
  isShared: boolean;
  /** Weights of its own. */
  parameters: number;
  /** Steps of its optimiser so far, and its last loss. */
  updates: number;
  loss: number | null;
}

/** Weights: those that drew a posted batch, by its `snapshots.before`, or a checkpoint's. */
export type WeightsSource = { kept: string } | { checkpoint: ArrayBuffer };

export type ToWorker =
  /** `base`: the checkpoint that KL and reference log-probs are taken against; without it, `checkpoint`. */
  | {
      kind: 'start';
      task: string;
      checkpoint: ArrayBuffer;
      base?: ArrayBuffer;
      seed: string;
      settings: TrainingSettings;
      method: TrainedMethod;
      wasmBase: string;
      forceFallback?: boolean;
    }
  | { kind: 'load'; checkpoint: ArrayBuffer }
  /**
   * Trains on; to a step and no further where `until` says so. `show`: every painted step (the default), the last one alone, or none.
   * What is not shown is heard of as `progress`.
   */
  | { kind: 'play'; until?: number; show?: 'all' | 'last' | 'nothing' }
  | { kind: 'pause' }
  | { kind: 'step' }
  | { kind: 'reset' }
  /** What the next step is taken with; the answer is `configured`, with the last step that was taken before. */
  | { kind: 'configure'; request: number; settings: TrainingSettings; method: TrainedMethod }
  | { kind: 'seed'; seed: string }
  /** Pauses, and goes on with the graphics processor if a trial shows that it is faster, or without it; the answer is `ready`. */
  | { kind: 'gpu'; isWanted: boolean }
  /** The page has painted the last bundle; until then the worker posts no other. */
  | { kind: 'painted' }
  /** Hand-written response: the worker computes its log-probs, entropies, logits and hidden states, the verifier its reward. */
  | { kind: 'score'; request: number; prompt: readonly number[]; responses: readonly (readonly number[])[]; temperature: number }
  /**
   * True values of some groups of a posted batch, named by its `snapshots.before`; computed beside the training, which goes on.
   * Only the newest batches are kept. Groups come one by one, in the order asked for.
   */
  | { kind: 'truth'; request: number; batch: string; groups: readonly number[]; budget: OracleBudget }
  /**
   * A batch to be asked about that the worker did not post: a recording, whose weights come as a checkpoint, or an edited batch,
   * drawn by the weights of one that is kept.
   */
  | { kind: 'keep'; id: string; batch: ArrayBuffer; weights: ArrayBuffer | string }
  /** This one stays kept however many newer ones come, until another is named. */
  | { kind: 'hold'; id: string }
  /** V(s) and Q(s, ·) at a prefix of a group. */
  | { kind: 'actions'; request: number; batch: string; group: number; prefix: readonly number[]; budget: OracleBudget }
  /** `count` answers that go on after a prefix with another last token. */
  | { kind: 'whatIf'; request: number; batch: string; group: number; prefix: readonly number[]; count: number }
  /** Standard deviation of a method's credit at a group's tokens over redrawn groups. */
  | { kind: 'spread'; request: number; batch: string; group: number; method: TrainedMethod; redraws: number }
  | GradientsRequest
  /** Gives up a question to the oracle, or a request for gradients; nothing more is heard of it. */
  | { kind: 'cancel'; request: number }
  /**
   * What a method needs and a shown batch lacks, computed with the weights that drew it; the batch comes back as `completed`. The
   * second networks are those of the run where it trains with this method, else new ones.
   */
  | { kind: 'complete'; request: number; batch: ArrayBuffer; weights: WeightsSource; method: TrainedMethod }
  /** A second network back to where it started; the policy is left as it is. */
  | { kind: 'reset-model'; name: string }
  | { kind: 'save'; request: number }
  /** The weights that drew a posted batch, by its `snapshots.before`, as a checkpoint file without moments; the answer is `saved`. */
  | { kind: 'weights'; request: number; batch: string };

/** The scoreboard's gradients of some methods, computed beside the training, which goes on. A new request ends the one before. */
export interface GradientsRequest {
  kind: 'gradients';
  request: number;
  /** The encoded frozen batch: its prompts are drawn again. */
  batch: ArrayBuffer;
  /** The weights to draw with. */
  weights: WeightsSource;
  /** The weights are those that drew the frozen batch: then its own gradients are compared too. */
  isOwn: boolean;
  methods: readonly Pick<TrainedMethod, 'id' | 'knobs'>[];
  /** R. */
  resamples: number;
  seed: string;
  budget: OracleBudget;
}

/** What comes of it, piece by piece. */
export type GradientAnswer =
  | { kind: 'progress'; share: number }
  /** Share of the policy's mass that the exact gradient leaves out, and the estimate of its error over its length. */
  | { kind: 'ground'; unopened: number; residual: number }
  /** What opening the trees ten times as far would change. */
  | { kind: 'certificate'; certificate: GradientCertificate }
  /** `own`: cosine of the direction on the frozen batch itself; null where that cannot be had. */
  | { kind: 'method'; method: string; quality: GradientQuality | null; missing: readonly Need[] | null; own: number | null };

/** What the oracle found: one group's truth (`nodes` prefixes were evaluated for it), or all that was asked for. */
export type OracleFinding =
  | { group: number; truth: GroupTruth; nodes: number; isLast: boolean }
  | { actions: StateValues }
  | { whatIf: WhatIf }
  | { spread: Float64Array };

export type FromWorker =
  | { kind: 'ready'; backend: Backend; message?: string; step: number }
  /** One painted step: the encoded batch (transferred) and the metrics of every step since the last bundle. */
  | { kind: 'bundle'; step: number; batch: ArrayBuffer; metrics: readonly StepMetrics[]; stepsPerSecond: number }
  /** Training goes on, out of sight. */
  | { kind: 'progress'; step: number }
  | { kind: 'configured'; request: number; step: number }
  | { kind: 'stopped'; reason: StopReason; step: number }
  | { kind: 'scored'; request: number; batch: ArrayBuffer }
  | { kind: 'saved'; request: number; checkpoint: ArrayBuffer }
  /** How far a question to the oracle is. */
  | { kind: 'working'; request: number; progress: OracleProgress }
  /** Ends the request. */
  | { kind: 'found'; request: number; finding: Exclude<OracleFinding, { truth: GroupTruth }> }
  | { kind: 'completed'; request: number; batch: ArrayBuffer }
  /** The second networks of the method that trains; none: an empty list. */
  | { kind: 'models'; models: readonly ModelStatus[] }
  /** One group's truth; `nodes` prefixes were evaluated for it. `isLast` ends the request. */
  | { kind: 'truth'; request: number; group: number; truth: GroupTruth; nodes: number; isLast: boolean }
  /** An answer to `GradientsRequest`, or none; `isLast` ends the request. */
  | { kind: 'gradients'; request: number; answer: GradientAnswer | null; isLast: boolean }
  /** A request or start failed; training state is as it was. */
  | { kind: 'error'; request?: number; message: string };

/** What was measured of a run after some step, on held-out prompts at T = 1: the training batches of a method that filters them would flatter or blame it. */
export interface Lap {
  step: number;
  reward: number;
  /** Mean token entropy, nats. */
  entropy: number;
  /** Mean response length, tokens. */
  length: number;
  /** Tokens sampled to train so far, those of rejected groups included. */
  tokens: number;
  /** Time spent in training steps so far; the only number that another machine does not repeat. */
  seconds: number;
}

/** One run of a race: one method, one seed, in a worker that sends no batches. */
export interface RaceJob {
  run: string;
  task: string;
  /** File bytes: the weights that the race starts from, at step 0 and with fresh moments; KL is taken against them. */
  start: ArrayBuffer;
  seed: string;
  settings: TrainingSettings;
  method: TrainedMethod;
  /** Last step. */
  steps: number;
  /** Steps between two laps. */
  every: number;
  /** Held-out prompts a lap. */
  prompts: number;
  /** Where a run that was held goes on from; null at its start. */
  saved: { checkpoint: ArrayBuffer; tally: Tally } | null;
  wasmBase: string;
}

/** What a run has spent so far, its steps without an update, and the hash over all tokens of the others: equal hashes, equal runs. */
export interface Tally {
  tokens: number;
  seconds: number;
  hash: string;
  idle: number;
}

export type ToRaceWorker =
  | { kind: 'race'; job: RaceJob }
  /** Stops after the present step, with a checkpoint. */
  | { kind: 'hold' };

export type FromRaceWorker =
  | { kind: 'lap'; run: string; lap: Lap }
  /** Where the run can go on from; all laps up to `step` have been sent. */
  | { kind: 'kept'; run: string; step: number; checkpoint: ArrayBuffer; tally: Tally }
  /** Held as asked, after `kept`, or over; `stopped` says why it ended before its last step. */
  | { kind: 'raced'; run: string; step: number; isOver: boolean; stopped: string | null; hash: string }
  | { kind: 'failed'; run: string; message: string };

/** Training state that a checkpoint file holds beside the weights. */
export interface CheckpointMeta {
  format: 'creditscope-checkpoint';
  /** 2 where second networks are held. */
  version: 1 | 2;
  task: string;
  label: string;
  step: number;
  config: { vocabulary: number; width: number; heads: number; layers: number; hidden: number; context: number; outputs?: number };
  seed: string;
  method: string | null;
  methodState: MethodState;
  hasOptimizer: boolean;
  optimizerSteps: number;
  /** The method's second networks; their arrays follow the policy's, weights and moments of each. */
  models?: readonly ModelMeta[];
}

/** A second network as a checkpoint names it. `size` 0: a head on the policy, whose weights are among the policy's. */
export interface ModelMeta {
  name: string;
  /** What it was made as; one made otherwise starts anew. */
  key: string;
  size: number;
  updates: number;
  optimizerSteps: number;
}
