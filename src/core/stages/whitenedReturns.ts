import { perGroup, perToken, spreadResponses } from '../trace.ts';
import { groupScores, NORM } from './groupNormalisation.ts';
import { discountedReturns, tokenRewards, whitened } from './returnToGo.ts';
import type { AdvantageStage, Knob } from './types.ts';
import { whiten, whitenMasked } from './whitening.ts';

/** Options of `returnVariant`, by index: whose REINFORCE++. */
export const RETURN_VARIANTS = ['verl', 'verl-baseline', 'openrlhf'] as const;

/**
 * REINFORCE++: the return to go of the token rewards, whitened over all tokens of the batch [verl core_algos.py:694]. Variant
 * verl-baseline whitens instead each response's total reward minus its group's mean, undiscounted, on all of its tokens
 * [core_algos.py:536]; a lone sample keeps its reward. Variant openrlhf whitens with the population variance.
 */
export const whitenedReturns: AdvantageStage = ({ batch, knobs, rewards }) => {
  const variant = RETURN_VARIANTS[knobs.returnVariant];
  const rule = variant === 'openrlhf' ? whiten : whitenMasked;
  if (variant === 'verl-baseline') {
    const { mean, score } = groupScores(batch, rewards.total, { normByStd: NORM.none });
    return whitened(spreadResponses(batch, score), knobs, rule, { groupMean: perGroup(mean) });
  }
  const returns = discountedReturns(batch, tokenRewards(rewards, batch.tokens.length), knobs.gamma);
  return whitened(returns, knobs, rule, { returns: perToken(returns) });
};

export const RETURN_VARIANT_KNOB: Knob = {
  id: 'returnVariant',
  label: 'Variant',
  symbol: 'G_t',
  stage: 'advantage',
  default: 0,
  min: 0,
  max: 2,
  step: 1,
  scale: 'lin',
  unit: '',
  meaning: 'What is whitened: the return to go (verl; OpenRLHF with the population variance) or the reward minus the mean of its group.',
  paper: { value: 0, source: 'REINFORCE++; verl core_algos.py:694, :536' },
  options: RETURN_VARIANTS,
  applies: 'credit',
};
