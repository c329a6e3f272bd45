/**
 * The contract between methods, stages and the engine.
 *
 * A method is a composition of overrides of five stages: sampling → reward → advantage → loss → regulariser.
 * Every stage is a pure function that returns its result and a trace of the named intermediates it used;
 * loss and regulariser also return the derivative with respect to each token's log-probability.
 */
import type { MethodState, RolloutBatch, TokenField, TokenMatrix } from '../batch.ts';
import type { FigureInput, TokenFigure } from '../figures.ts';
import type { AskedMeasure } from '../measures.ts';
import type { ModelSpec } from './models.ts';
import type { PlaneView } from './plane.ts';

export type StageName = 'sampling' | 'reward' | 'advantage' | 'loss' | 'regulariser';

/** What a batch must hold: a field, or something that only some tasks tell. */
export type Need =
  | TokenField
  | 'logits'
  | 'hidden'
  | 'greedyReward'
  /** How likely the policy, or its lagged copy, makes the reference answer after each response's reasoning. */
  | 'answerLogprobs'
  | 'proxyAnswerLogprobs'
  /** How likely the policy makes a corpus text of each group. */
  | 'corpusLogprobs'
  /** Rewards of fresh continuations from the prefixes that the knobs ask for. */
  | 'continuations'
  /** Spans of this kind with exact labels. */
  | 'steps'
  | 'chunks'
  /** Results of several tests per response (`parts`). */
  | 'tests'
  /** An entry of `measured`. */
  | `measured:${string}`;

/** Which index a traced array runs over. */
export type TraceLevel = 'batch' | 'group' | 'response' | 'token' | 'test' | 'forced';

export interface TraceEntry {
  level: TraceLevel;
  /** batch: [1], group: [groups], response: [responses], token: [N], test: [groups × tests] row-major, forced: [F] tokens of forced texts. NaN where undefined. */
  values: Float64Array;
}

/** Named intermediates; names are shared by lanes, formulas and fixture adapters. */
export type Trace = Readonly<Record<string, TraceEntry>>;

/** Knob values by canonical id. Toggles are 0/1, choices are indices into their options; Infinity means "off" where the knob says so. */
export type KnobValues = Readonly<Record<string, number>>;

export interface StageInput {
  /** The batch, or for loss and regulariser the minibatch (whole groups only). */
  batch: RolloutBatch;
  knobs: KnobValues;
  /** What the method carried into this step; null at step 1. */
  state: MethodState;
}

export interface RewardResult {
  /** Named [N] token streams; `reward` is always present: the scalar on the last token, KL or shaping where a method adds them. */
  streams: Readonly<Record<string, Float64Array>>;
  /** [responses] total of the streams, what a sequence-level advantage reads. */
  total: Float64Array;
  /**
   * What each token is worth by itself, for an advantage that compares the tokens at one position: [N], and [responses] for the
   * padding after a response's end. Not summed; absent: the total, everywhere.
   */
  levels?: { tokens: Float64Array; padding: Float64Array };
  trace: Trace;
}

export interface AdvantageResult {
  /** [N] what a second model of the method should have answered at each token: returns, for a critic. */
  targets?: Float64Array;
  /** [N]; a response-level advantage is repeated on its tokens. */
  advantages: Float64Array;
  trace: Trace;
}

export interface LossInput extends StageInput {
  rewards: RewardResult;
  /** [N] of the minibatch. */
  advantages: Float64Array;
  /** [N,V] raw logits of the current policy, where the engine has just computed them; a recorded update keeps none. */
  logits?: TokenMatrix;
}

export interface LossResult {
  loss: number;
  /** ∂loss/∂log π(token), stop-gradients respected, [N] of the minibatch. */
  gradLogprobs: Float64Array;
  /** ∂loss/∂logits where a method needs it, [N,V] row-major. */
  gradLogits?: Float64Array;
  /** ∂loss/∂log π of the minibatch's forced tokens, [F], where the loss reads them. */
  gradForced?: Float64Array;
  trace: Trace;
}

export type RewardStage = (input: StageInput) => RewardResult;
export type AdvantageStage = (input: StageInput & { rewards: RewardResult }) => AdvantageResult;
export type LossStage = (input: LossInput) => LossResult;

/** One token about to be drawn. `logits` are raw; the stage writes logits′ and returns the temperature it used. T_base is `knobs.temperature`. */
export interface SamplingInput {
  logits: Float64Array;
  /** Written by the stage: logits after temperature, top-k, ... The draw is from softmax(out). */
  out: Float64Array;
  knobs: KnobValues;
  state: MethodState;
  /** [V] value of the text with each candidate token added, where the stage asks for it. */
  candidateValues?: Float64Array;
}

export interface SamplingStage {
  /** Returns the temperature that drew the token (out = logits / temperature for the plain stage). */
  transform(input: SamplingInput): { temperature: number; trace: Readonly<Record<string, number>> };
  /** Asks for the answer of one of the method's second networks (kind `values`) after every candidate, for some slots of a step's prompts. */
  candidates?: { model: string; isRead(knobs: KnobValues, slot: number): boolean };
  /** Which groups take part in the update: [groups] of 0/1. Absent: all. Rejected groups are sampled again where the trainer can. */
  keepGroups?(input: StageInput): { keep: Uint8Array; trace: Trace };
}

export interface Stages {
  sampling: SamplingStage;
  reward: RewardStage;
  advantage: AdvantageStage;
  loss: LossStage;
  regulariser: LossStage;
}

export interface KnobRequirement {
  field: Need;
  above?: number;
  equals?: number;
}

export interface Knob {
  /** Canonical across methods: `clipLow` is `clipLow` everywhere. */
  id: string;
  label: string;
  /** KaTeX source, e.g. `\\epsilon_{low}`. */
  symbol: string;
  stage: StageName;
  default: number;
  min: number;
  max: number;
  /** Slider resolution in value (lin) or number of positions per decade (log). */
  step: number;
  scale: 'lin' | 'log';
  unit: string;
  /** One sentence: what it does when it grows. */
  meaning: string;
  /** The paper's value, null where the paper has none, and where that is said. */
  paper: { value: number; source: string } | null;
  /** Choice or toggle: option labels by value. */
  options?: readonly string[];
  /** It counts something: whole numbers only. */
  whole?: boolean;
  /** What the end stop means, e.g. `{ value: Infinity, label: '∞ = off' }`. */
  special?: { value: number; label: string };
  /** `credit` acts at once on the view; `sampling` and `training` act from the next rollout. */
  applies: 'credit' | 'sampling' | 'training';
  /** Other stages that read it too (HAPO's pivot shapes sampling and loss). */
  alsoReadBy?: readonly StageName[];
  /** What is needed of the batch where the knob is above / equal to a value (the KL coefficient needs `refLogprobs`). */
  requires?: KnobRequirement | readonly KnobRequirement[];
  /** A constant of the authors' code that a lecture seldom moves: shown under "more". */
  advanced?: boolean;
}

export interface Lane {
  id: string;
  label: string;
  /** Trace name, or batch field name, that holds the numbers. */
  trace: string;
  /** `nats`, `reward`, `samples`, …; a pure number, or a kind, says `none`, so that a missing unit is seen. */
  unit: string;
  kind: 'sequential' | 'diverging' | 'categorical';
  /** Fixed domain, or `auto` (symmetric 98 % quantile for diverging, [0, max] for sequential). */
  domain: readonly [number, number] | 'auto';
  /** The numbers come from the oracle, which the page asks for them where a batch does not hold them. */
  oracle?: boolean;
  /** Diverging centre, default 0. */
  centre?: number;
  /** Categorical labels by value. */
  categories?: readonly string[];
  /** One plain line under the lane's title. */
  meaning: string;
}

/**
 * One line of the inspector's formula. `template` is KaTeX with terms written `[[traceName|latex]]`: shown once
 * with the latex symbols and once with the traced numbers of the pinned token. A trace name may also be `knob:<id>`;
 * `valueAt` in `lanes.ts` reads either.
 */
export interface FormulaLine {
  stage: StageName;
  /** KaTeX of the left side, and the trace name of its value. */
  result: { latex: string; trace: string };
  template: string;
  /** Shown only where this categorical trace (or `knob:<id>`) has this value for the pinned token. */
  when?: { trace: string; equals: number };
}

export interface MethodMeta {
  id: string;
  title: string;
  fullName: string;
  /** Without a title where there is no paper. */
  paper: { authors: string; title?: string; year: number; arxiv: string | null; venue?: string };
  /** One sentence: what this paper changes. Also the sentence beside the pipeline rail. */
  changes: string;
  /** Where the equations come from: paper equation, repo@commit. */
  source: string;
  /** Fixtures computed by the authors' own functions; by a well-known library's, where the authors released none; or from the paper's equations alone. `ours`: no paper, no fixture. */
  status: 'authors-code' | 'library-code' | 'reconstruction' | 'ours';
  /** What the method changes, for grouping in the shelf. */
  family: 'baseline' | 'entropy' | 'tree' | 'process' | 'length' | 'model' | 'preference' | 'truth';
}

export interface Method {
  meta: MethodMeta;
  knobs: readonly Knob[];
  /** Only the overridden ones. */
  stages: Partial<Stages>;
  lanes: readonly Lane[];
  explain: readonly FormulaLine[];
  /** Pictures of all tokens of the batch. */
  planes?: readonly PlaneView[];
  /** Batch fields without which the method cannot credit. */
  needs: readonly Need[];
  /** Second networks that it trains. */
  models?: readonly ModelSpec[];
  /** What it asks of the engine before its stages run, at these knobs; `needWords` says in words what each need is. */
  measures?(knobs: KnobValues): readonly AskedMeasure[];
  needWords?: Partial<Record<Need, string>>;
  /** Judges a need by more than its presence: whether the batch lacks it at these knobs; undefined leaves it to the common rule. */
  lacks?(batch: RolloutBatch, need: Need, knobs: KnobValues): boolean | undefined;
  /** What the inspector draws of a pinned token beyond its numbers. */
  figures?(input: FigureInput): readonly TokenFigure[];
  /** `model`: no policy gradient, only the second networks learn; the policy stays as it is unless one of them is a head on it. */
  trains: 'policy' | 'model' | 'nothing';
  creditShape: 'token' | 'vocabulary';
  /** State carried from step to step; called with the finished batch after its updates. */
  nextState?: (input: StageInput) => MethodState;
}
