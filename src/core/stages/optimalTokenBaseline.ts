import type { RolloutBatch } from '../batch.ts';
import { exp, logSumExp } from '../math.ts';
import { perToken } from '../trace.ts';
import { MissingFieldError, requireField } from './fields.ts';
import { discountedReturns, tokenRewards } from './returnToGo.ts';
import type { AdvantageStage, Knob } from './types.ts';

/** Keeps the baseline finite where no energy has gathered [verl core_algos.py:872]. */
const ENERGY_EPS = 1e-8;

/** Σ_v π_old(v)² at the state before each token, [N]: the field, else from the sampling policy's logits at the base temperature. */
export function sumPiSquared(batch: RolloutBatch): Float64Array {
  const { fields, logits, tokens, baseTemperature } = batch;
  if (fields.sumPiSquared) return fields.sumPiSquared;
  if (!logits) throw new MissingFieldError('sumPiSquared');
  const { width, data } = logits;
  return Float64Array.from(tokens, (_, t) => {
    const [start, end] = [t * width, (t + 1) * width];
    // Σ π² = exp(logsumexp(2x/T) − 2 logsumexp(x/T)).
    return exp(logSumExp(data, start, end, baseTemperature / 2) - 2 * logSumExp(data, start, end, baseTemperature));
  });
}

/** Largest and second largest length of a group's responses; a tie has both equal. */
function longestTwo(lengths: readonly number[]): [longest: number, second: number] {
  const sorted = [...lengths].sort((a, b) => b - a);
  return [sorted[0], sorted[1] ?? 0];
}

/**
 * OTB: A_t = G_t − b_t, a baseline for each position of a group. e_t = 1 − 2π(y_t) + Σ_v π(v)² is the squared norm of the
 * gradient of log π(y_t) by the logits, W_t its running sum along the response, and b_t = Σ_j G_jt W_jt / (Σ_j W_jt + 1e-8)
 * over the responses that reach t. Where only the longest does, b_t would be its own G_t: with `zeroTail` it is 0 there. A
 * lone sample has no baseline [verl core_algos.py:872].
 */
export const optimalTokenBaseline: AdvantageStage = ({ batch, knobs, rewards }) => {
  const n = batch.tokens.length;
  const pi = requireField(batch, 'oldLogprobs').map(exp);
  const squares = sumPiSquared(batch);
  // Σ π² ≥ π(y)²: only the rounding of stored log-probs can take the energy of a sure token lower, and weights below 0 are no mean.
  const energy = pi.map((p, t) => Math.max(1 - 2 * p + squares[t], (1 - p) * (1 - p)));
  const cumulative = new Float64Array(n);
  for (const { start, end } of batch.responses) {
    let gathered = 0;
    for (let t = start; t < end; t++) cumulative[t] = gathered += energy[t];
  }
  const returns = discountedReturns(batch, tokenRewards(rewards, n), knobs.gamma);
  const [baseline, isTail, energySum, weightedReturns, advantages] = Array.from({ length: 5 }, () => new Float64Array(n));
  batch.groups.forEach(({ start, end }) => {
    const own = batch.responses.slice(start, end);
    const isLone = own.length === 1;
    const [longest, second] = longestTwo(own.map((response) => response.end - response.start));
    for (let k = 0; k < longest; k++) {
      const reaching = own.filter((response) => response.start + k < response.end);
      const hasNone = isLone || (knobs.zeroTail === 1 && k >= second);
      let [weighted, total] = [0, 0];
      for (const response of reaching) {
        const t = response.start + k;
        weighted += returns[t] * cumulative[t];
        total += cumulative[t];
      }
      for (const response of reaching) {
        const t = response.start + k;
        weightedReturns[t] = weighted;
        energySum[t] = total;
        isTail[t] = hasNone ? 1 : 0;
        baseline[t] = hasNone ? 0 : weighted / (total + ENERGY_EPS);
        advantages[t] = isLone && knobs.singletonZero === 1 ? 0 : returns[t] - baseline[t];
      }
    }
  });
  return {
    advantages,
    trace: {
      oldProbability: perToken(pi),
      sumPiSquared: perToken(squares),
      tokenEnergy: perToken(energy),
      cumEnergy: perToken(cumulative),
      returns: perToken(returns),
      weightedReturns: perToken(weightedReturns),
      energySum: perToken(energySum),
      isTail: perToken(isTail),
      baseline: perToken(baseline),
      advantages: perToken(advantages),
    },
  };
};

export const ZERO_TAIL_KNOB: Knob = {
  id: 'zeroTail',
  label: 'No baseline on the tail',
  symbol: 'b_{tail}',
  stage: 'advantage',
  default: 1,
  min: 0,
  max: 1,
  step: 1,
  scale: 'lin',
  unit: '',
  meaning: 'Where only the longest response is left, it is compared with nothing; otherwise with itself, and it learns nothing there.',
  paper: { value: 1, source: 'verl core_algos.py:872' },
  options: ['no', 'yes'],
  applies: 'credit',
};
