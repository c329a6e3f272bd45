import { clamp, maskedMean } from '../stats.ts';
import { perBatch, perToken } from '../trace.ts';
import { knobWeights } from './aggregation.ts';
import { ratios } from './clippedSurrogate.ts';
import { requireField } from './fields.ts';
import { sumTokenLoss } from './tokenLoss.ts';
import type { Knob, LossStage } from './types.ts';

/** Options of `weightBounds`, by index. */
export const WEIGHT_BOUNDS = ['1 ± ε (verl)', 'absolute cap (TRL)'] as const;

/**
 * CISPO: M = −W A log π with the clipped ratio W as a constant weight, so that ∂M/∂log π = −W A and no token ever stops
 * learning [verl core_algos.py:2047 compute_policy_loss_cispo]. W = clamp(ρ, 1 − ε_low, 1 + ε_high); TRL takes min(ρ, ratioMax)
 * [grpo_trainer.py:3080]. `clipped` marks every token outside its bounds (verl); TRL's fraction counts those with A > 0.
 */
export const clippedWeightLoss: LossStage = (input) => {
  const { batch, knobs, advantages } = input;
  const logprobs = requireField(batch, 'logprobs');
  const { ratio } = ratios(input);
  const isAbsolute = knobs.weightBounds === 1;
  const [low, high] = isAbsolute ? [0, knobs.ratioMax] : [1 - knobs.clipLow, 1 + knobs.clipHigh];
  const weight = ratio.map((r) => clamp(r, low, high));
  const clipped = ratio.map((r) => (r < low || r > high ? 1 : 0));
  const slope = advantages.map((a, t) => -weight[t] * a);
  return sumTokenLoss(input, {
    advantages,
    values: slope.map((s, t) => s * logprobs[t]),
    slope,
    weights: knobWeights(batch, knobs),
    trace: {
      ratio: perToken(ratio),
      clippedRatio: perToken(weight),
      weightLow: perBatch(low),
      weightHigh: perBatch(high),
      clipped: perToken(clipped),
      clipFraction: perBatch(maskedMean(isAbsolute ? clipped.map((c, t) => (advantages[t] > 0 ? c : 0)) : clipped)),
    },
  });
};

export const WEIGHT_KNOBS: readonly Knob[] = [
  {
    id: 'weightBounds',
    label: 'Bounds of the weight',
    symbol: 'W',
    stage: 'loss',
    default: 0,
    min: 0,
    max: 1,
    step: 1,
    scale: 'lin',
    unit: '',
    meaning: 'Two bounds around 1 as in the paper and verl, or one absolute cap on the ratio as in TRL.',
    paper: { value: 0, source: 'MiniMax-M1 §3.1' },
    options: WEIGHT_BOUNDS,
    applies: 'credit',
  },
  {
    id: 'ratioMax',
    label: 'Absolute cap',
    symbol: '\\rho_{max}',
    stage: 'loss',
    default: 5,
    min: 1,
    max: 20,
    step: 0.1,
    scale: 'lin',
    unit: '',
    meaning: 'With the absolute cap, the weight of a token is held here; larger lets a token that grew likelier push more.',
    paper: { value: 5, source: 'ScaleRL, TRL paper_index' },
    applies: 'credit',
  },
];
