import type { RolloutBatch, RolloutResponse } from '../batch.ts';
import { mean } from '../stats.ts';
import { perToken } from '../trace.ts';
import { MissingFieldError } from './fields.ts';
import { tokenRewards, whitened } from './returnToGo.ts';
import type { AdvantageStage, Knob, KnobValues } from './types.ts';
import { whitenMasked } from './whitening.ts';

/** Options of `stepUnit`, by index: before what a value is estimated. */
export const STEP_UNITS = ['each step', 'every token'] as const;

/** Where V before a step comes from: values of the trace `stepValueSource`. */
export const STEP_VALUE_SOURCE = { continuations: 0, filledBackwards: 1 } as const;

export const STEP_KNOBS: readonly Knob[] = [
  {
    id: 'continuations',
    label: 'Continuations a value',
    symbol: 'K',
    stage: 'advantage',
    default: 9,
    min: 1,
    max: 64,
    step: 1,
    scale: 'lin',
    unit: 'samples',
    meaning: 'How many fresh continuations a value is the mean reward of; more bring it closer to the true value and cost more.',
    paper: { value: 9, source: 'VinePPO §5; VinePPO@efe7228' },
    applies: 'credit',
  },
  {
    id: 'stepUnit',
    label: 'A value before',
    symbol: '\\mathrm{unit}',
    stage: 'advantage',
    default: 0,
    min: 0,
    max: 1,
    step: 1,
    scale: 'lin',
    unit: '',
    meaning: 'Estimates a value before each reasoning step, as the paper does, or before every single token.',
    paper: { value: 0, source: 'VinePPO §4: states are reasoning steps' },
    options: STEP_UNITS,
    applies: 'credit',
    requires: { field: 'steps', equals: 0 },
  },
  {
    id: 'lastValuedStep',
    label: 'Last step with a value of its own',
    symbol: 'k_{max}',
    stage: 'advantage',
    default: Infinity,
    min: 0,
    max: 20,
    step: 1,
    scale: 'lin',
    unit: '',
    meaning: 'Steps are counted from 0; values after this one are filled backwards from the reward, which saves continuations.',
    paper: { value: Infinity, source: 'VinePPO@efe7228 max_step_for_value_estimation' },
    special: { value: Infinity, label: '∞ = all' },
    applies: 'credit',
    advanced: true,
  },
];

/**
 * Tokens before each step of a response, ascending, the first 0. With unit "each step" a step begins where the verifier's spans
 * of kind `step` begin; what stands before the first is a step of its own, and a response without any is one step.
 */
export function stepStarts({ start, end, spans }: RolloutResponse, knobs: KnobValues): number[] {
  if (STEP_UNITS[knobs.stepUnit] === 'every token') return Array.from({ length: end - start }, (_, t) => t);
  const begins = (spans ?? []).filter(({ kind }) => kind === 'step').map((span) => span.start);
  return [...new Set([0, ...begins])].sort((a, b) => a - b);
}

/** The prefixes of a response whose values the knobs ask for, as numbers of tokens. */
export function valuedPrefixes(response: RolloutResponse, knobs: KnobValues): number[] {
  return stepStarts(response, knobs).filter((_, k) => k <= knobs.lastValuedStep);
}

/** Whether every value that the knobs ask for has continuations, K of them where `atLeast` says so. */
export function hasContinuations(batch: RolloutBatch, knobs: KnobValues, atLeast = 1): boolean {
  return batch.responses.every((response) =>
    valuedPrefixes(response, knobs).every((after) =>
      response.continuations?.some((drawn) => drawn.after === after && drawn.rewards.length >= atLeast),
    ),
  );
}

export interface StepCredit {
  /** [n] tokens before each step. */
  starts: number[];
  /** [n+1] V before each step; V at the end is 0: the reward is the last step's. */
  values: number[];
  /** [n] rewards behind each value, 0 where it is filled backwards. */
  counts: number[];
  /** [n] r_k + V_{k+1} − V_k. */
  advantages: number[];
}

/**
 * Values and advantages of one response's steps; `q` [T] are its token rewards. V_k is the mean of the first K continuations from
 * the prefix before step k; beyond `lastValuedStep` V_k = r_k + V_{k+1} [VinePPO@efe7228 _compute_step_advantages].
 */
export function stepCredit(response: RolloutResponse, q: Float64Array, knobs: KnobValues): StepCredit {
  const starts = stepStarts(response, knobs);
  const n = starts.length;
  const values = new Array<number>(n + 1).fill(0);
  const counts = new Array<number>(n).fill(0);
  const advantages = new Array<number>(n).fill(0);
  for (let k = n - 1; k >= 0; k--) {
    let reward = 0;
    for (let t = starts[k]; t < (starts[k + 1] ?? q.length); t++) reward += q[t];
    if (k <= knobs.lastValuedStep) {
      const drawn = response.continuations?.find(({ after }) => after === starts[k])?.rewards.slice(0, knobs.continuations);
      if (!drawn) throw new MissingFieldError('continuations');
      counts[k] = drawn.length;
      values[k] = mean(drawn);
    } else values[k] = reward + values[k + 1];
    advantages[k] = reward + values[k + 1] - values[k];
  }
  return { starts, values, counts, advantages };
}

/**
 * VinePPO: the advantage of a step is the change of the Monte-Carlo value over it, and the reward at the end; all tokens of the
 * step share it. Whitened over the batch's tokens where the knob asks for it, with the sample variance.
 */
export const stepAdvantage: AdvantageStage = ({ batch, knobs, rewards }) => {
  const n = batch.tokens.length;
  const q = tokenRewards(rewards, n);
  const [isStart, index, before, after, count, source, own, raw] = Array.from({ length: 8 }, () => new Float64Array(n));
  for (const response of batch.responses) {
    const { start, end } = response;
    const { starts, values, counts, advantages } = stepCredit(response, q.subarray(start, end), knobs);
    starts.forEach((from, k) => {
      const until = starts[k + 1] ?? end - start;
      isStart[start + from] = 1;
      let reward = 0;
      for (let t = start + from; t < start + until; t++) reward += q[t];
      for (let t = start + from; t < start + until; t++) {
        index[t] = k + 1;
        before[t] = values[k];
        after[t] = values[k + 1];
        count[t] = counts[k];
        source[t] = counts[k] > 0 ? STEP_VALUE_SOURCE.continuations : STEP_VALUE_SOURCE.filledBackwards;
        own[t] = reward;
        raw[t] = advantages[k];
      }
    });
  }
  return whitened(raw, knobs, whitenMasked, {
    stepStart: perToken(isStart),
    stepIndex: perToken(index),
    stepValueBefore: perToken(before),
    stepValueAfter: perToken(after),
    stepValueCount: perToken(count),
    stepValueSource: perToken(source),
    stepReward: perToken(own),
    stepAdvantages: perToken(raw),
  });
};
