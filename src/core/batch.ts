/**
 * The rollout batch: frozen data that any method can credit.
 *
 * Groups hold responses, responses hold tokens; everything is ragged and stored flat with offsets, never padded.
 * N = tokens of the batch (response tokens only), V = vocabulary size, d = model width.
 * Log-probabilities are natural logs of π = softmax(logits / baseTemperature); entropies are in nats.
 */

/** A labelled stretch of a response, in token positions of that response: [start, end). */
export interface Span {
  kind: 'step' | 'chunk' | 'thought' | 'turn' | 'patch';
  start: number;
  end: number;
  label: string;
  /** Exactly known by the task's evaluator: false marks a wrong step. Absent when the task cannot tell. */
  correct?: boolean;
  /** A step whose result the final answer builds on. Absent: every step of the response is, as where nothing can be taken back. */
  adopted?: boolean;
  /** A turn's own test results, 0/1 per test. */
  parts?: readonly number[];
}

/** Rewards of K continuations drawn from a prefix of a response. */
export interface Continuation {
  /** Tokens of the response that the prefix holds; 0 is the prompt alone. */
  after: number;
  /** [K] */
  rewards: readonly number[];
}

export interface RolloutResponse {
  /** Index into `RolloutBatch.groups`. */
  group: number;
  /** Token range [start, end) in the batch's flat token arrays. */
  start: number;
  end: number;
  /** The verifier's scalar. */
  reward: number;
  /** Raw accuracy where it differs from the reward (DAPO filters on it). */
  accuracy?: number;
  /** Partial rewards (unit tests passed, ...), task-defined. */
  parts?: readonly number[];
  role?: 'chosen' | 'rejected' | 'reference';
  spans?: readonly Span[];
  /** Monte-Carlo continuations from prefixes of this response, ascending by `after`. */
  continuations?: readonly Continuation[];
  /** True when generation stopped at the length limit and not at the end token. */
  truncated?: boolean;
  /** True when a user changed the reward or the tokens by hand: "edited, not sampled". */
  edited?: boolean;
  /** How many of its tokens are reasoning, before its answer. Absent when the task does not say. */
  reasoning?: number;
  /** Whether it is of the form that the task asks for, right or wrong. Absent when the task does not say. */
  wellFormed?: boolean;
}

export interface RolloutGroup {
  /** Prompt token ids. */
  prompt: readonly number[];
  /** Response range [start, end) in `RolloutBatch.responses`. */
  start: number;
  end: number;
  referenceAnswer?: readonly number[];
  /** Reward of the greedy response to this prompt (ReMax baseline). */
  greedyReward?: number;
  /** Log-probability of the reference answer, whole, right after the prompt. */
  answerOutlook?: number;
  /** The oracle's V of the prompt. */
  trueValue?: number;
  /** Whether the truth of this group was enumerated or estimated from continuations. */
  truthKind?: 'exact' | 'monte-carlo';
  /** Effort r that the prompt asks for. */
  effort?: number;
  /** Groups of one query at different efforts share this number. */
  query?: number;
}

/** [N] fields. `entropies` is the current policy's at this inner update, `oldEntropies` the sampling policy's. */
export type TokenField =
  | 'samplingLogprobs'
  | 'temperature'
  | 'oldLogprobs'
  | 'logprobs'
  | 'refLogprobs'
  | 'oldEntropies'
  | 'entropies'
  /** V(s_t), s_t the state before token t, of a method's critic: at rollout time, and at this inner update. */
  | 'values'
  | 'newValues'
  /** log π(token) under a method's second language model of this name, at rollout time. */
  | `${string}.logprobs`
  /** The oracle's V(s_{t+1}) and Q(s_t,a_t) − V(s_t) under the policy that drew the batch, and the error of the latter: half of a certified interval. */
  | 'trueValues'
  | 'trueAdvantages'
  | 'trueErrors'
  /** The oracle's V(s_{t+1}) where the answer goes on under the distribution that drew it, with the method's own temperature or cut-offs. */
  | 'drawnValues'
  /** Log-probability of the reference answer, whole, if it were forced right after this token. */
  | 'answerOutlook'
  /** Σ_v π_old(v)² at the token's state. */
  | 'sumPiSquared'
  /** How much the distribution of the answer changes without the token, ≥ 0; NaN for the answer itself and what follows it. */
  | 'importance'
  /** u ∈ [0,1) of the token at this inner update, for losses that draw tokens; given, or from the batch's `draw`. */
  | 'uniforms';

/** A text that was not sampled but forced: the reference answer after a response's reasoning, or a corpus. */
export interface ForcedText {
  kind: 'answer' | 'corpus';
  /** Index into `RolloutBatch.groups`: it is sliced and trained with this group. */
  group: number;
  /** Index into `RolloutBatch.responses` of the one whose first `after` tokens stand before it, behind the prompt. */
  response?: number;
  after?: number;
  /** What stands before a text that follows no response. */
  context?: readonly number[];
  /** Token range [start, end) in `ForcedTexts.tokens`. */
  start: number;
  end: number;
  /** Positions, counted from the text's own start and ascending, that the rollouts write: the last one is what they think about. */
  chosen?: readonly number[];
}

/** [F] fields. `logprobs` is the current policy's at this inner update; `proxy.logprobs` a lagged copy's; `oldEntropies` where the token is predicted. */
export type ForcedField = 'oldLogprobs' | 'logprobs' | 'proxy.logprobs' | 'oldEntropies';

/** All forced texts, flat and ragged, by ascending group; F = their tokens. */
export interface ForcedTexts {
  texts: readonly ForcedText[];
  /** [F] token ids. */
  tokens: Int32Array;
  fields: Readonly<Partial<Record<ForcedField, Float64Array>>>;
}

/** A dense row-major matrix with one row per token: [N, width]. */
export interface TokenMatrix {
  width: number;
  data: Float32Array | Float64Array;
}

/**
 * Numbers that an engine measured for a method, by the method's name for them: one row per item of `level` and `width` numbers a
 * row, or, with `offsets` [rows + 1], as many as lie between two of them.
 */
export interface Measured {
  level: 'batch' | 'group' | 'response' | 'token';
  width: number;
  values: Float64Array;
  offsets?: Int32Array;
}

/** One update of a method's second model, as its optimiser saw it. */
export interface ModelRecord {
  name: string;
  /** The model's answers before the update, over the tokens of what it was updated on. */
  answers: Float64Array;
  loss: number;
  gradientNorm: number;
}

/** One inner update (a minibatch of whole groups), as the optimiser saw it. Arrays run over the minibatch's tokens in batch order. */
export interface UpdateRecord {
  epoch: number;
  minibatch: number;
  /** Indices of the groups in this minibatch, ascending. */
  groups: readonly number[];
  /** log π of the current policy before this update, [N_k]. */
  logprobs: Float64Array;
  /** Entropy of the current policy before this update, nats, [N_k]. */
  entropies: Float64Array;
  /** ∂L/∂log π(token) that the backward pass was given (loss + regulariser), [N_k]. */
  gradLogprobs: Float64Array;
  /** The same of the minibatch's forced tokens, [F_k], where the batch has such. */
  forced?: { logprobs: Float64Array; gradLogprobs: Float64Array };
  loss: number;
  gradientNorm: number;
  /** Second models that were updated with it. */
  models?: readonly ModelRecord[];
}

export interface RolloutBatch {
  readonly groups: readonly RolloutGroup[];
  readonly responses: readonly RolloutResponse[];
  /** [N] token ids. */
  readonly tokens: Int32Array;
  readonly fields: Readonly<Partial<Record<TokenField, Float64Array>>>;
  /** [N,V] raw logits of the sampling policy, before division by any temperature. */
  readonly logits?: TokenMatrix;
  /** [N,V] raw logits after the last update of this step; the inspector's *effect* is their difference. */
  readonly logitsAfter?: TokenMatrix;
  /** [N,d] last hidden states of the sampling policy (after the final norm). */
  readonly hidden?: TokenMatrix;
  readonly measured?: Readonly<Record<string, Measured>>;
  /** Second models that were updated once in this step, on the whole batch. */
  readonly models?: readonly ModelRecord[];
  /** [N] 0 sampled, 1 forced (reference answer, corpus), 2 edited by hand. */
  readonly source?: Uint8Array;
  readonly forced?: ForcedTexts;
  readonly updates: readonly UpdateRecord[];
  /** T_base of π. */
  readonly baseTemperature: number;
  /** Token that ends a response, and L, the length at which one is cut off: the task's. */
  readonly endToken?: number;
  readonly maxTokens?: number;
  /** Place in the random streams (hash of the seed, step): what a stage draws, it draws from here. */
  readonly draw?: { seed: number; step: number };
  /** State the trained method carried INTO this step (HAPO's statistics, ...), and what trained it. */
  readonly trainedWith?: { method: string; knobs: Readonly<Record<string, number>>; state: MethodState };
  readonly snapshots?: { before?: string; after?: string };
}

/** Method state carried from step to step: plain JSON numbers and arrays. */
export type MethodState = Readonly<Record<string, number | readonly number[]>> | null;
