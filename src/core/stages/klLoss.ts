import { perBatch, perToken } from '../trace.ts';
import { aggregate, knobWeights } from './aggregation.ts';
import { requireField } from './fields.ts';
import { klEstimate } from './klEstimators.ts';
import { KL_TYPES } from './lossKnobs.ts';
import type { LossInput, LossResult, LossStage } from './types.ts';

/** β · Σ w kl(π, reference) with `weightsOf` the policy loss's own weights; nothing is computed at β = 0. */
export function weightedKlLoss({ batch, knobs }: LossInput, weightsOf: () => Float64Array): LossResult {
  const n = batch.tokens.length;
  const gradLogprobs = new Float64Array(n);
  if (knobs.klCoef === 0) return { loss: 0, gradLogprobs, trace: { hasPenalty: perBatch(0) } };
  const logprobs = requireField(batch, 'logprobs');
  const ref = requireField(batch, 'refLogprobs');
  const weights = weightsOf();
  const clamps = { log: knobs.k3LogClamp, value: knobs.k3ValueClamp };
  const type = KL_TYPES[knobs.klType];
  const [tokenKl, klSlope, tokenPenalty] = Array.from({ length: 3 }, () => new Float64Array(n));
  for (let t = 0; t < n; t++) {
    const { value, slope } = klEstimate(type, logprobs[t] - ref[t], clamps);
    tokenKl[t] = value;
    klSlope[t] = slope;
    tokenPenalty[t] = knobs.klCoef * value;
    gradLogprobs[t] = weights[t] * knobs.klCoef * slope;
  }
  const kl = aggregate(weights, tokenKl);
  return {
    loss: knobs.klCoef * kl,
    gradLogprobs,
    trace: {
      hasPenalty: perBatch(1),
      tokenKl: perToken(tokenKl),
      klSlope: perToken(klSlope),
      klWeight: perToken(weights),
      tokenPenalty: perToken(tokenPenalty),
      klLoss: perBatch(kl),
    },
  };
}

/** The KL to the reference, aggregated as the knobs ask for. */
export const klLoss: LossStage = (input) => weightedKlLoss(input, () => knobWeights(input.batch, input.knobs));
