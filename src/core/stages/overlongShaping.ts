import { perResponse } from '../trace.ts';
import { scalarRewards } from './terminalReward.ts';
import type { Knob, RewardStage } from './types.ts';

/** The penalty of a response of T tokens, ≤ 0: it falls linearly over the last `buffer` tokens before `maxLength` (DAPO eq. 13; no floor, as in verl). */
export function overlongPenalty(length: number, maxLength: number, buffer: number, factor: number): number {
  return Math.min(0, -((length - (maxLength - buffer)) / buffer) * factor);
}

/** Soft overlong punishment: the advantage reads reward + penalty; the filter of groups still reads the raw accuracy. */
export const overlongShaping: RewardStage = (input) => {
  const { batch, knobs } = input;
  const penalty = Float64Array.from(batch.responses, ({ start, end }) =>
    knobs.overlong === 1 ? overlongPenalty(end - start, knobs.overlongMaxLength, knobs.overlongBuffer, knobs.overlongFactor) : 0,
  );
  const shaped = Float64Array.from(batch.responses, (response, i) => response.reward + penalty[i]);
  return scalarRewards(input, shaped, { overlongPenalty: perResponse(penalty), shapedReward: perResponse(shaped) });
};

/**
 * Defaults of the limit and of the slope, as in DAPO §4.1: the limit is that of generation, here of the longest task, and the slope a
 * fifth of it. A limit below what a right answer takes would teach wrong ones.
 */
export const OVERLONG_KNOBS: readonly Knob[] = [
  {
    id: 'overlong',
    label: 'Overlong penalty',
    symbol: 'R_{length}',
    stage: 'reward',
    default: 1,
    min: 0,
    max: 1,
    step: 1,
    scale: 'lin',
    unit: '',
    meaning: 'Responses that come close to the length limit lose reward.',
    paper: { value: 1, source: 'DAPO eq. 13' },
    options: ['no', 'yes'],
    applies: 'credit',
  },
  {
    id: 'overlongMaxLength',
    label: 'Length limit',
    symbol: 'L_{max}',
    stage: 'reward',
    default: 36,
    min: 2,
    max: 64,
    step: 1,
    scale: 'lin',
    unit: 'tokens',
    meaning: 'The length at which the full penalty is reached; larger punishes later. DAPO §4.1 uses 20,480.',
    paper: null,
    applies: 'credit',
    advanced: true,
  },
  {
    id: 'overlongBuffer',
    label: 'Length of the slope',
    symbol: 'L_{cache}',
    stage: 'reward',
    default: 7,
    min: 1,
    max: 32,
    step: 1,
    scale: 'lin',
    unit: 'tokens',
    meaning: 'The penalty grows over this many tokens before the limit; larger starts earlier and is gentler. DAPO §4.1 uses 4,096.',
    paper: null,
    applies: 'credit',
    advanced: true,
  },
  {
    id: 'overlongFactor',
    label: 'Size of the penalty',
    symbol: '\\lambda',
    stage: 'reward',
    default: 1,
    min: 0,
    max: 2,
    step: 0.05,
    scale: 'lin',
    unit: 'reward',
    meaning: 'Reward lost at the length limit.',
    paper: { value: 1, source: 'verl-recipe run_dapo_qwen2.5_32b.sh' },
    applies: 'credit',
    advanced: true,
  },
];
