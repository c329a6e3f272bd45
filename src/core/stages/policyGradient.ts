import { perBatch, perToken } from '../trace.ts';
import { aggregate, knobWeights } from './aggregation.ts';
import { requireField } from './fields.ts';
import type { LossStage } from './types.ts';

/** REINFORCE's loss M = −A log π: no ratio, no clip [verl core_algos.py:2332 compute_policy_loss_reinforce]. */
export const policyGradient: LossStage = ({ batch, knobs, advantages }) => {
  const n = batch.tokens.length;
  const logprobs = requireField(batch, 'logprobs');
  const old = batch.fields.oldLogprobs;
  const weights = knobWeights(batch, knobs);
  const [tokenLoss, slope, gradLogprobs] = Array.from({ length: 3 }, () => new Float64Array(n));
  let drift = 0;
  for (let t = 0; t < n; t++) {
    tokenLoss[t] = -advantages[t] * logprobs[t];
    slope[t] = -advantages[t];
    gradLogprobs[t] = weights[t] * slope[t];
    if (old) drift += old[t] - logprobs[t];
  }
  const policyLoss = aggregate(weights, tokenLoss);
  return {
    loss: policyLoss,
    gradLogprobs,
    trace: {
      logprobs: perToken(logprobs),
      lossAdvantages: perToken(advantages),
      tokenLoss: perToken(tokenLoss),
      lossSlope: perToken(slope),
      weight: perToken(weights),
      tokenCount: perBatch(n),
      policyLoss: perBatch(policyLoss),
      ...(old ? { ppoKl: perBatch(drift / (n + 1e-8)) } : {}),
    },
  };
};
