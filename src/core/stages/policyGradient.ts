import { knobWeights } from './aggregation.ts';
import { requireField } from './fields.ts';
import { sumTokenLoss } from './tokenLoss.ts';
import type { LossStage } from './types.ts';

/** REINFORCE's loss M = −A log π: no ratio, no clip [verl core_algos.py:2332 compute_policy_loss_reinforce]. */
export const policyGradient: LossStage = (input) => {
  const { batch, knobs, advantages } = input;
  const logprobs = requireField(batch, 'logprobs');
  return sumTokenLoss(input, {
    advantages,
    values: advantages.map((a, t) => -a * logprobs[t]),
    slope: advantages.map((a) => -a),
    weights: knobWeights(batch, knobs),
    trace: {},
  });
};
