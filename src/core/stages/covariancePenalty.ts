import { exp } from '../math.ts';
import { maskedMean, mean } from '../stats.ts';
import { perBatch, perToken } from '../trace.ts';
import { knobWeights } from './aggregation.ts';
import { covarianceTerms, covarianceTrace, firstTokens } from './covariance.ts';
import { requireField } from './fields.ts';
import { sumTokenLoss } from './tokenLoss.ts';
import type { Knob, LossStage } from './types.ts';

/**
 * KL-Cov: M = −Aρ without any clip; the tokens with the largest covariance terms also pay coef · |log π − log π_old|, which
 * pulls them back to the policy that drew them [verl core_algos.py:1848 compute_policy_loss_kl_cov]. Of equal terms (samples
 * with a common beginning) those with the smaller u come first; in the source it depends on the implementation of topk.
 */
export const covariancePenalty: LossStage = (input) => {
  const { batch, knobs, advantages } = input;
  const n = batch.tokens.length;
  const logprobs = requireField(batch, 'logprobs');
  const old = requireField(batch, 'oldLogprobs');
  const uniforms = requireField(batch, 'uniforms');
  const terms = covarianceTerms(advantages, logprobs, mean);
  const count = Math.min(Math.max(1, Math.floor(n * knobs.klCovRatio)), n);
  const { covariance } = terms;
  const order = (a: number, b: number) => covariance[b] - covariance[a] || uniforms[a] - uniforms[b];
  const selected = firstTokens(n, Array.from(advantages.keys()), count, order);
  const logRatio = logprobs.map((value, t) => value - old[t]);
  const ratio = logRatio.map(exp);
  const penalty = logRatio.map((d, t) => selected[t] * knobs.ppoKlCoef * Math.abs(d));
  const pull = logRatio.map((d, t) => selected[t] * knobs.ppoKlCoef * Math.sign(d));
  return sumTokenLoss(input, {
    advantages,
    values: advantages.map((advantage, t) => -advantage * ratio[t] + penalty[t]),
    slope: advantages.map((advantage, t) => -advantage * ratio[t] + pull[t]),
    weights: knobWeights(batch, knobs),
    trace: {
      ...covarianceTrace(terms),
      uniforms: perToken(uniforms),
      logRatio: perToken(logRatio),
      ratio: perToken(ratio),
      selected: perToken(selected),
      selectedCount: perBatch(count),
      covPenalty: perToken(penalty),
      covPull: perToken(pull),
      // This loss reports the mean absolute log-ratio.
      ppoKl: perBatch(maskedMean(logRatio.map(Math.abs))),
    },
  });
};

const shared = { stage: 'loss', applies: 'credit' } as const;

export const KL_COV_KNOBS: readonly Knob[] = [
  {
    ...shared,
    id: 'klCovRatio',
    label: 'Share of tokens held back',
    symbol: 'k',
    default: 2e-3,
    min: 1e-4,
    max: 1,
    step: 10,
    scale: 'log',
    unit: '',
    meaning: 'This share of the minibatch’s tokens, those of largest covariance, pays for every move; at least one token does.',
    paper: { value: 2e-3, source: 'KL-Cov 7B script, 0.2 %; 32B 2e-4, verl’s default too' },
  },
  {
    ...shared,
    id: 'ppoKlCoef',
    label: 'Price of a move',
    symbol: '\\beta_{cov}',
    default: 1,
    min: 0,
    max: 5,
    step: 0.05,
    scale: 'lin',
    unit: 'per nat',
    meaning: 'What such a token pays per nat between its log-probability now and when it was drawn; larger holds it closer.',
    paper: { value: 1, source: 'KL-Cov scripts; verl’s configuration 0.1' },
  },
];
