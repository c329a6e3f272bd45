/** How good a reasoning is by how likely it makes the reference answer, and the derivative of that by the answer's log-probs. */
import type { ForcedText, RolloutGroup } from '../batch.ts';
import { exp, log, logSumExp } from '../math.ts';
import { answerSums } from '../forced.ts';

/** Options of `likelihoodKind`, by index. */
export const LIKELIHOOD_KINDS = ['baseRL', 'prob', 'avgProb', 'logprob', 'avgLogprob', 'jepo'] as const;
export type LikelihoodKind = (typeof LIKELIHOOD_KINDS)[number];

export interface Likelihood {
  /** [responses] R_i; of `jepo` the group's, of `baseRL` 0. */
  values: Float64Array;
  /** [F] ∂R/∂l of each answer token. */
  slope: Float64Array;
}

/**
 * With l the log-probs of the answer's n tokens and s their sum: prob exp(s), avgProb mean exp(l), logprob s, avgLogprob s/n, and for
 * jepo log (1/G) Σ_j exp(s_j) over the group [arXiv 2602.03979 eqs 2-11, 20].
 */
export function likelihoods(
  kind: LikelihoodKind,
  groups: readonly RolloutGroup[],
  answers: readonly ForcedText[],
  l: Float64Array,
): Likelihood {
  const sums = answerSums(answers, l);
  const values = new Float64Array(answers.length);
  const slope = new Float64Array(l.length);
  for (const { start: first, end: last } of groups) {
    const whole = logSumExp(sums, first, last);
    for (let i = first; i < last; i++) {
      const { start, end } = answers[i];
      const n = end - start;
      for (let f = start; f < end; f++) {
        switch (kind) {
          case 'prob':
            slope[f] = exp(sums[i]);
            break;
          case 'avgProb':
            slope[f] = exp(l[f]) / n;
            values[i] += slope[f];
            break;
          case 'logprob':
            slope[f] = 1;
            break;
          case 'avgLogprob':
            slope[f] = 1 / n;
            break;
          case 'jepo':
            slope[f] = exp(sums[i] - whole);
            break;
        }
      }
      if (kind === 'prob') values[i] = exp(sums[i]);
      else if (kind === 'logprob') values[i] = sums[i];
      else if (kind === 'avgLogprob') values[i] = sums[i] / n;
      else if (kind === 'jepo') values[i] = whole - log(last - first);
    }
  }
  return { values, slope };
}
