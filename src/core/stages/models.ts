/**
 * A second network that a method trains beside the policy (a critic, a process reward model): what it answers, where it starts,
 * and its loss as a pure function. The engine holds one model per spec, puts its answers into the batch, hands the current ones
 * to the loss, and does backward and Adam.
 */
import type { MethodState, RolloutBatch } from '../batch.ts';
import type { KnobValues, RewardResult, StageName, Trace } from './types.ts';

/**
 * What the model says of each token of a batch, and where that stands in the batch (at rollout time, before any update):
 * - `logprobs`: log π of the sampled token under the model at T_base → field `<name>.logprobs` [N];
 * - `values`: one number at the state before each token → field `values` [N];
 * - `grid`: `width` numbers at the state before each token → `measured[<name>]`, level token.
 */
export type ModelAnswer = { kind: 'logprobs' } | { kind: 'values' } | { kind: 'grid'; width: number };

/** The model's numbers at the weights about to be updated; rows are the tokens of the loss's batch, in its order. */
export interface ModelOutputs {
  /** [N] for `logprobs` and `values`, [N × width] row-major for a grid. */
  answers: Float64Array;
  /** [N,V] raw logits, where the spec reads them. */
  logits?: Float64Array;
  /** [responses] or [responses × width]: the answer after each response's last token, where the spec reads it. */
  endAnswers?: Float64Array;
}

export interface ModelLossInput {
  /** The minibatch, or the whole batch for a model that is updated once a step. */
  batch: RolloutBatch;
  knobs: KnobValues;
  state: MethodState;
  now: ModelOutputs;
  /** Of the method's own stages; absent before the rewards are read. */
  rewards?: RewardResult;
  /** [N] what the advantage stage says the model should have answered (`AdvantageResult.targets`). */
  targets?: Float64Array;
}

/** Value and derivative of the loss; absent derivatives are 0. */
export interface ModelLossResult {
  loss: number;
  /** ∂loss/∂answers, in the shape of `now.answers`. */
  gradAnswers: Float64Array;
  /** ∂loss/∂logits [N,V] and ∂loss/∂endAnswers, in the shapes of `now`. */
  gradLogits?: Float64Array;
  gradEndAnswers?: Float64Array;
  trace: Trace;
}

/** When the model is updated: once before its answers enter the rewards, once a step on the answers that did, or with each inner update. */
export type ModelSchedule = 'before' | 'after' | 'inner';

export interface ModelSpec {
  /** Names its answers in the batch, its record and its part of a checkpoint: `critic`, `prm`. */
  name: string;
  /** On the page: "Critic". */
  title: string;
  /** The stage that reads it: with that stage taken from another method, the model is not needed. */
  stage: StageName;
  answer: ModelAnswer | ((knobs: KnobValues) => ModelAnswer);
  /** A network of its own, or a head on the policy's, whose loss then also moves the policy (`inner` only, not for `logprobs`). */
  trunk(knobs: KnobValues): 'own' | 'shared';
  /** Where its own trunk starts: the run's reference model, the policy as it stands, or random weights. A head always starts at 0. */
  init(knobs: KnobValues): 'base' | 'policy' | 'random';
  schedule(knobs: KnobValues): ModelSchedule;
  /** False: frozen, its answers are read and nothing is learned. */
  isOnline(knobs: KnobValues): boolean;
  /** Adam's rate of its own trunk; a shared one moves at the policy's. */
  learningRate(knobs: KnobValues, policyRate: number): number;
  /** The gradient of its own trunk is scaled down to this norm where it is longer; absent: never. */
  gradientClip?(knobs: KnobValues): number;
  /** The loss reads `now.logits` / `now.endAnswers`; only with its own trunk, and the page then shows no trace of the loss. */
  readsLogits?: boolean;
  readsEnd?: boolean;
  /** It is also asked how likely the batch's forced texts are: `<name>.logprobs` of the forced tokens. */
  readsForced?: boolean;
  /** A copy that lags behind the policy instead of learning: the share of the policy that it takes over after this many steps. */
  follow?(knobs: KnobValues, steps: number): number;
  loss(input: ModelLossInput): ModelLossResult;
}

export const answerOf = (spec: ModelSpec, knobs: KnobValues): ModelAnswer =>
  typeof spec.answer === 'function' ? spec.answer(knobs) : spec.answer;

/** Numbers per token. */
export const answerWidth = (answer: ModelAnswer): number => (answer.kind === 'grid' ? answer.width : 1);

/** The model's answers as the batch holds them, or undefined. */
export function storedAnswers(batch: RolloutBatch, spec: ModelSpec, knobs: KnobValues): Float64Array | undefined {
  const answer = answerOf(spec, knobs);
  switch (answer.kind) {
    case 'logprobs':
      return batch.fields[`${spec.name}.logprobs`];
    case 'values':
      return batch.fields.values;
    case 'grid':
      return batch.measured?.[spec.name]?.values;
  }
}

/** The batch with the model's answers [N × width] in their place. */
export function withAnswers(batch: RolloutBatch, spec: ModelSpec, knobs: KnobValues, values: Float64Array): RolloutBatch {
  const answer = answerOf(spec, knobs);
  if (answer.kind === 'grid')
    return { ...batch, measured: { ...batch.measured, [spec.name]: { level: 'token', width: answer.width, values } } };
  const field = answer.kind === 'values' ? 'values' : (`${spec.name}.logprobs` as const);
  return { ...batch, fields: { ...batch.fields, [field]: values } };
}
