import { perResponse } from '../trace.ts';
import { scalarRewards } from './terminalReward.ts';
import type { Knob, RewardStage } from './types.ts';

/** A response that was cut off at the length limit counts as wrong, whatever it holds [sail-sg/understand-r1-zero train_zero_math.py, no_eos]. */
export const truncatedReward: RewardStage = (input) => {
  const { batch, knobs } = input;
  const isTruncated = Float64Array.from(batch.responses, ({ truncated }) => (truncated ? 1 : 0));
  const isZeroed = isTruncated.map((cut) => (knobs.truncatedZero === 1 ? cut : 0));
  const scalars = Float64Array.from(batch.responses, ({ reward }, i) => (isZeroed[i] === 1 ? 0 : reward));
  return scalarRewards(input, scalars, { isTruncated: perResponse(isTruncated), isZeroed: perResponse(isZeroed) });
};

export const TRUNCATED_ZERO_KNOB: Knob = {
  id: 'truncatedZero',
  label: 'Cut-off responses count as wrong',
  symbol: 'r_{no\\,end}',
  stage: 'reward',
  default: 1,
  min: 0,
  max: 1,
  step: 1,
  scale: 'lin',
  unit: '',
  meaning: 'A response that reaches the length limit without an end token gets reward 0, even where it holds the right answer.',
  paper: { value: 1, source: 'understand-r1-zero@dfca49d train_zero_math.py' },
  options: ['no', 'yes'],
  applies: 'credit',
};
