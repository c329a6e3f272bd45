import { perBatch, perToken } from '../trace.ts';
import type { FormulaLine, Lane, Trace } from './types.ts';

/** Each token's term of the covariance of advantage and log-probability, and the two means. */
export interface CovarianceTerms {
  /** [N] (A − mean A)(log π − mean log π), in nats: a large one makes a likely token likelier, and entropy falls by their mean. */
  covariance: Float64Array;
  meanAdvantage: number;
  meanLogprob: number;
}

/** The terms over the whole minibatch [arXiv 2505.22617 eq. 10]; `meanOf` is the source's mean. */
export function covarianceTerms(
  advantages: Float64Array,
  logprobs: Float64Array,
  meanOf: (values: Float64Array) => number,
): CovarianceTerms {
  const meanAdvantage = meanOf(advantages);
  const meanLogprob = meanOf(logprobs);
  const covariance = advantages.map((advantage, t) => (advantage - meanAdvantage) * (logprobs[t] - meanLogprob));
  return { covariance, meanAdvantage, meanLogprob };
}

/** [N] 0/1: the `count` of these tokens (indices, ascending) that come first by the given comparison, ties by index. */
export function firstTokens(n: number, tokens: readonly number[], count: number, compare: (a: number, b: number) => number): Float64Array {
  const chosen = new Float64Array(n);
  for (const t of [...tokens].sort(compare).slice(0, count)) chosen[t] = 1;
  return chosen;
}

export const covarianceTrace = ({ covariance, meanAdvantage, meanLogprob }: CovarianceTerms): Trace => ({
  covariance: perToken(covariance),
  meanAdvantage: perBatch(meanAdvantage),
  meanLogprob: perBatch(meanLogprob),
});

export const COVARIANCE_LANE: Lane = {
  id: 'covariance',
  label: 'Covariance',
  trace: 'covariance',
  unit: 'nats',
  kind: 'diverging',
  domain: 'auto',
  meaning: 'Advantage times log-probability, each against its mean: a large one makes a likely token likelier, and entropy falls.',
};

export const COVARIANCE_LINE: FormulaLine = {
  stage: 'loss',
  result: { latex: '\\mathrm{cov}', trace: 'covariance' },
  template: '([[lossAdvantages|A]] - [[meanAdvantage|\\bar A]])\\,([[logprobs|\\log\\pi]] - [[meanLogprob|\\overline{\\log\\pi}]])',
};
