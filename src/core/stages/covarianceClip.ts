import { maskedMean } from '../stats.ts';
import { perBatch, perToken } from '../trace.ts';
import { clippedSurrogate } from './clippedSurrogate.ts';
import { covarianceTerms, covarianceTrace, firstTokens } from './covariance.ts';
import { requireField } from './fields.ts';
import { maskTokens } from './tokenMask.ts';
import type { Knob, LossStage } from './types.ts';

/** What happened to a token's place in the draw. */
export const COV_CHOICE = { outside: 0, eligible: 1, drawn: 2 } as const;

/**
 * Clip-Cov: of the tokens whose covariance term lies between two bounds and which the clip does not hold already, a few are
 * drawn at random and left out of the loss; the mean still counts them [verl core_algos.py:1743 compute_policy_loss_clip_cov].
 * Drawn are the eligible tokens with the smallest u: the source draws a random permutation, which nothing can repeat.
 */
export const covarianceClip: LossStage = (input) => {
  const { batch, knobs, advantages } = input;
  const n = batch.tokens.length;
  const uniforms = requireField(batch, 'uniforms');
  const surrogate = clippedSurrogate(input);
  const terms = covarianceTerms(advantages, requireField(batch, 'logprobs'), maskedMean);
  const clipped = surrogate.trace.clipped.values;
  const isEligible = (value: number, t: number) => value > knobs.covLow && value < knobs.covHigh && clipped[t] === 0;
  const eligible = terms.covariance.map((value, t) => (isEligible(value, t) ? 1 : 0));
  const most = Math.max(Math.floor(knobs.clipCovRatio * n), 1);
  const drawn = firstTokens(
    n,
    Array.from(eligible.keys()).filter((t) => eligible[t] === 1),
    most,
    (a, b) => uniforms[a] - uniforms[b],
  );
  const result = maskTokens(
    surrogate,
    drawn.map((chosen) => 1 - chosen),
  );
  return {
    ...result,
    trace: {
      ...result.trace,
      ...covarianceTrace(terms),
      uniforms: perToken(uniforms),
      eligible: perToken(eligible),
      drawCount: perBatch(most),
      drawn: perToken(drawn),
      covChoice: perToken(eligible.map((value, t) => value + drawn[t])),
      // The source's clip fraction counts the drawn tokens, not those that the clip of the ratio holds.
      clipFraction: perBatch(maskedMean(drawn)),
    },
  };
};

const shared = { stage: 'loss', unit: 'nats', scale: 'lin', step: 0.1, applies: 'credit' } as const;

export const CLIP_COV_KNOBS: readonly Knob[] = [
  {
    ...shared,
    id: 'clipCovRatio',
    label: 'Share of tokens drawn',
    symbol: 'r',
    default: 2e-4,
    min: 1e-4,
    max: 1,
    step: 10,
    scale: 'log',
    unit: '',
    meaning: 'At most this share of the minibatch’s tokens is left out, and at least one where one is eligible.',
    paper: { value: 2e-4, source: 'Clip-Cov settings; verl clip_cov_ratio' },
  },
  {
    ...shared,
    id: 'covLow',
    label: 'Covariance from',
    symbol: '\\omega_{low}',
    default: 1,
    min: -5,
    max: 20,
    meaning: 'Only tokens whose covariance term is above this may be left out; below 0 tokens that raise entropy may be, too.',
    paper: { value: 1, source: 'Clip-Cov settings; verl clip_cov_lb' },
  },
  {
    ...shared,
    id: 'covHigh',
    label: 'Covariance to',
    symbol: '\\omega_{high}',
    default: 5,
    min: 0,
    max: 20,
    meaning: 'Only tokens whose covariance term is below this may be left out.',
    paper: { value: 5, source: 'Clip-Cov settings; verl clip_cov_ub' },
  },
];
