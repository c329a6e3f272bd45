/** The base pipeline's knobs. Ids are canonical: a method changes defaults and paper values, never the meaning. */
import { KL_TYPES, LOSS_KNOBS } from './lossKnobs.ts';
import type { Knob, StageName } from './types.ts';

/** Options of `normByStd`, by index. */
export const NORM_OPTIONS = ['no', 'per group', 'whole batch'] as const;

export const BASE_KNOBS: readonly Knob[] = [
  {
    id: 'temperature',
    label: 'Temperature',
    symbol: 'T',
    stage: 'sampling',
    default: 1,
    min: 0.1,
    max: 2,
    step: 0.05,
    scale: 'lin',
    unit: '',
    meaning: 'Above 1 the samples grow more varied, below 1 more alike; π itself is always taken at this temperature.',
    paper: { value: 1, source: 'verl rollout.temperature' },
    applies: 'sampling',
  },
  {
    id: 'klInRewardCoef',
    label: 'KL in the reward',
    symbol: '\\beta_r',
    stage: 'reward',
    default: 0,
    min: 0,
    max: 1,
    step: 0.01,
    scale: 'lin',
    unit: 'per nat',
    meaning: 'Each token pays this much reward per nat that the sampling policy is above the reference.',
    paper: { value: 0, source: 'verl use_kl_in_reward false' },
    applies: 'credit',
    requires: { field: 'refLogprobs', above: 0 },
  },
  {
    id: 'klInRewardType',
    label: 'Estimator of that KL',
    symbol: '\\mathrm{kl}_r',
    stage: 'reward',
    default: 0,
    min: 0,
    max: 6,
    step: 1,
    scale: 'lin',
    unit: '',
    meaning: 'Which per-token estimator of the KL divergence the reward pays for.',
    paper: { value: 0, source: 'verl kl_penalty "kl" = k1' },
    options: KL_TYPES,
    applies: 'credit',
    advanced: true,
  },
  {
    id: 'normByStd',
    label: 'Divide by the std',
    symbol: '/\\sigma',
    stage: 'advantage',
    default: 1,
    min: 0,
    max: 2,
    step: 1,
    scale: 'lin',
    unit: '',
    meaning: 'Divides the centred rewards by their standard deviation, so that rare successes weigh more.',
    paper: { value: 1, source: 'DeepSeekMath §4.1.2' },
    options: NORM_OPTIONS,
    applies: 'credit',
  },
  {
    id: 'stdEps',
    label: 'Floor under the std',
    symbol: '\\varepsilon',
    stage: 'advantage',
    default: 1e-6,
    min: 1e-9,
    max: 0.1,
    step: 1,
    scale: 'log',
    unit: '',
    meaning: 'Added to the standard deviation; when it grows, nearly equal rewards give smaller advantages.',
    paper: { value: 1e-6, source: 'verl core_algos.py:268 (TRL 1e-4)' },
    applies: 'credit',
    advanced: true,
  },
  {
    id: 'singletonZero',
    label: 'Advantage of a lone sample',
    symbol: 'A_{G=1}',
    stage: 'advantage',
    default: 0,
    min: 0,
    max: 1,
    step: 1,
    scale: 'lin',
    unit: '',
    meaning: 'A group of one has no spread: its advantage is its reward (verl) or zero (TRL).',
    paper: { value: 0, source: 'verl core_algos.py:268' },
    options: ['its reward', 'zero'],
    applies: 'credit',
    advanced: true,
  },
  ...LOSS_KNOBS,
];

/** What a method may change about a shared knob. */
export type KnobChange = Partial<Omit<Knob, 'id' | 'symbol' | 'unit' | 'applies' | 'requires'>>;

/** For a loss that fixes its own aggregation: the knobs of `aggMode` are then about the KL term alone. */
export const FIXED_AGGREGATION: Readonly<Record<string, KnobChange>> = {
  aggMode: {
    label: 'Aggregation of the KL',
    stage: 'regulariser',
    alsoReadBy: [],
    meaning: 'How the KL term is averaged. The policy loss is always the mean over responses of the mean over their tokens.',
    paper: null,
  },
  lossScaleFactor: { stage: 'regulariser', alsoReadBy: [] },
};

/** The knobs with a method's own defaults, paper values, ends and words; an id that is not among them is an error. */
export function withChanges(knobs: readonly Knob[], changes: Readonly<Record<string, KnobChange>>): Knob[] {
  const unknown = Object.keys(changes).filter((id) => !knobs.some((knob) => knob.id === id));
  if (unknown.length > 0) throw new Error(`None of these knobs is called ${unknown.join(', ')}.`);
  return knobs.map((knob) => ({ ...knob, ...changes[knob.id] }));
}

/** The base knobs with a method's own changes, without those of the stages that it replaces. */
export function baseKnobs(changes: Readonly<Record<string, KnobChange>> = {}, without: readonly (StageName | string)[] = []): Knob[] {
  return withChanges(BASE_KNOBS, changes).filter((knob) => !without.includes(knob.stage) && !without.includes(knob.id));
}
