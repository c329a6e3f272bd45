import type { RolloutBatch } from '../batch.ts';
import { sigmoid } from '../math.ts';
import { sum } from '../stats.ts';
import { perBatch, perGroup, perToken, spreadResponses } from '../trace.ts';
import { groupScores } from './groupNormalisation.ts';
import type { GradientKernel } from './gradientKernel.ts';
import { headFactors, measuredKernel, outerKernel, ownRowFactors } from './gradientKernel.ts';
import { GRADIENT_PRODUCTS } from './gradientNames.ts';
import type { AdvantageStage, Knob } from './types.ts';

/** Options of `gradientProxy`, by index. */
export const GRADIENT_PROXY = { ownRow: 0, head: 1, whole: 2 } as const;

/** Below this an advantage is the rounding of equal rewards, and on neither side. */
const NO_SIGNAL = 1e-9;
/** Floors of the release: under a side's total advantage, and under the variance of its margins. */
const TOTAL_FLOOR = 1e-8;
const VARIANCE_FLOOR = 1e-8;

/** What stands for a token's gradient. */
export function gradientKernel(batch: RolloutBatch, proxy: number): GradientKernel {
  if (proxy === GRADIENT_PROXY.whole) return measuredKernel(batch);
  const { left, right } = proxy === GRADIENT_PROXY.head ? headFactors(batch) : ownRowFactors(batch);
  return outerKernel(left, right);
}

/** A centroid μ = Σ w v: its weights [N], ⟨v_t, μ⟩ of every token [N], and ‖μ‖². */
export interface Centroid {
  weights: Float64Array;
  dots: Float64Array;
  squared: number;
}

export interface Discrimination {
  /** [N] 1, −1, or 0 where there is no advantage. */
  side: Float64Array;
  /** Plain centroids of the + and the − side. */
  before: readonly [Centroid, Centroid];
  /** After K refinements. */
  after: readonly [Centroid, Centroid];
  /** [N] ‖v − μ_other‖² − ‖v − μ_own‖² at the refined centroids; 0 without a side. */
  margin: Float64Array;
  /** γ of the + and the − side in the final α. */
  gamma: readonly [number, number];
  /** [N] */
  alpha: Float64Array;
}

function centroidOf(kernel: GradientKernel, mass: Float64Array): Centroid {
  const total = Math.max(sum(mass), TOTAL_FLOOR);
  const weights = mass.map((m) => m / total);
  const dots = kernel.apply(weights);
  return { weights, dots, squared: weights.reduce((norm, w, t) => norm + w * dots[t], 0) };
}

/** √ of the population variance of the margins of one side; the floor for an empty one. */
function spreadOf(margin: Float64Array, side: Float64Array, sign: number): number {
  const own = margin.filter((_, t) => side[t] === sign);
  const centre = sum(own) / Math.max(own.length, 1);
  const variance = own.reduce((total, m) => total + (m - centre) * (m - centre), 0) / Math.max(own.length, 1);
  return Math.sqrt(Math.max(variance, VARIANCE_FLOOR));
}

/** m = ‖v − μ_other‖² − ‖v − μ_own‖²: the squared norm of v itself drops out. */
function marginsOf([plus, minus]: readonly [Centroid, Centroid], side: Float64Array): Float64Array {
  return side.map((sign, t) => (sign === 0 ? 0 : sign * (2 * (plus.dots[t] - minus.dots[t]) + minus.squared - plus.squared)));
}

/**
 * DelTA: two centroids of token gradients, of the tokens with A > 0 and with A < 0, weighted by |A|, then K times by |A| α, where
 * α = sigmoid(m/γ) says how much nearer a token is to its own side's. γ is one step stale, as in the release: the final α divides
 * the margins at the refined centroids by the spread of those before the last refinement [RUCBM/DelTA@cf048bd dp_actor.py].
 */
export function discriminate(kernel: GradientKernel, advantages: Float64Array, refinements: number): Discrimination {
  const side = advantages.map((a) => (Math.abs(a) < NO_SIGNAL ? 0 : Math.sign(a)));
  const centroids = (factor: (t: number) => number): [Centroid, Centroid] => {
    const mass = (sign: number) => advantages.map((a, t) => (side[t] === sign ? Math.abs(a) * factor(t) : 0));
    return [centroidOf(kernel, mass(1)), centroidOf(kernel, mass(-1))];
  };
  const spreads = (values: Float64Array): [number, number] => [spreadOf(values, side, 1), spreadOf(values, side, -1)];
  const before = centroids(() => 1);
  let after = before;
  let margin = marginsOf(after, side);
  let gamma = spreads(margin);
  const weigh = () => side.map((sign, t) => (sign === 0 ? 0 : sigmoid(margin[t] / gamma[sign === 1 ? 0 : 1])));
  for (let k = 0; k < refinements; k++) {
    const alpha = weigh();
    after = centroids((t) => alpha[t]);
    gamma = spreads(margin);
    margin = marginsOf(after, side);
  }
  return { side, before, after, margin, gamma, alpha: weigh() };
}

/**
 * DelTA's weights, once per batch from the policy that drew it: λ = λ_min + (λ_max − λ_min) α, λ_min without an advantage, scaled to
 * mean 1 over all tokens of the batch. A weight is never negative and the clip reads only the sign of A, so weighting the loss
 * is weighting the advantage, which is what the release does.
 */
export const discriminativeWeight: AdvantageStage = ({ batch, knobs, rewards }) => {
  const scores = groupScores(batch, rewards.total, knobs);
  const grpo = spreadResponses(batch, scores.score);
  const kernel = gradientKernel(batch, knobs.gradientProxy);
  const { side, before, after, margin, gamma, alpha } = discriminate(kernel, grpo, knobs.refinements);
  const lambda = alpha.map((a) => knobs.lambdaMin + (knobs.lambdaMax - knobs.lambdaMin) * a);
  const norm = lambda.length / sum(lambda);
  const weights = lambda.map((l) => l * norm);
  const advantages = grpo.map((a, t) => a * weights[t]);
  const distance = (sign: number) =>
    side.map((s, t) => {
      if (s === 0) return NaN;
      const centroid = after[s * sign === 1 ? 0 : 1];
      return kernel.pair(t, t) - 2 * centroid.dots[t] + centroid.squared;
    });
  return {
    advantages,
    trace: {
      groupMean: perGroup(scores.mean),
      groupStd: perGroup(scores.std),
      grpoAdvantages: perToken(grpo),
      side: perToken(side),
      // The centroids, by the weights of the tokens in them.
      plusBefore: perToken(before[0].weights),
      minusBefore: perToken(before[1].weights),
      plusAfter: perToken(after[0].weights),
      minusAfter: perToken(after[1].weights),
      ownDistance: perToken(distance(1)),
      otherDistance: perToken(distance(-1)),
      margin: perToken(margin),
      score: perToken(margin.map((m) => m / 2)),
      marginSpread: perToken(side.map((s) => (s === 0 ? NaN : gamma[s === 1 ? 0 : 1]))),
      marginSpreadPlus: perBatch(gamma[0]),
      marginSpreadMinus: perBatch(gamma[1]),
      discriminatorOffset: perBatch((after[1].squared - after[0].squared) / 2),
      alpha: perToken(alpha),
      lambda: perToken(lambda),
      weightNorm: perBatch(norm),
      discriminativeWeights: perToken(weights),
      advantages: perToken(advantages),
    },
  };
};

const shared = { stage: 'advantage', scale: 'lin', unit: '', applies: 'credit' } as const;

export const DISCRIMINATIVE_KNOBS: readonly Knob[] = [
  {
    ...shared,
    id: 'gradientProxy',
    label: 'Token gradient',
    symbol: 'v',
    default: GRADIENT_PROXY.ownRow,
    min: 0,
    max: 2,
    step: 1,
    meaning: 'The release takes (1 − π)h, which forgets which token was drawn; the whole unembedding, or all parameters, do not.',
    paper: { value: GRADIENT_PROXY.ownRow, source: 'DelTA@cf048bd dp_actor.py compute_log_prob_h' },
    options: ['(1 − π)h', 'unembedding', 'all parameters'],
    requires: [
      { field: 'logits', equals: GRADIENT_PROXY.head },
      { field: `measured:${GRADIENT_PRODUCTS}`, equals: GRADIENT_PROXY.whole },
    ],
  },
  {
    ...shared,
    id: 'refinements',
    label: 'Refinements',
    symbol: 'K',
    default: 1,
    min: 0,
    max: 10,
    step: 1,
    meaning: 'How often the centroids are computed again with the tokens weighted by α; 0 keeps the plain ones.',
    paper: { value: 1, source: 'DelTA@cf048bd run_DelTA.sh' },
  },
  {
    ...shared,
    id: 'lambdaMin',
    label: 'Smallest factor',
    symbol: '\\lambda_{min}',
    default: 0.8,
    min: 0.05,
    max: 1,
    step: 0.05,
    meaning: 'Factor of a token whose gradient looks like the other side’s; larger lets more of its push through.',
    paper: { value: 0.8, source: 'DelTA@cf048bd run_DelTA.sh' },
  },
  {
    ...shared,
    id: 'lambdaMax',
    label: 'Largest factor',
    symbol: '\\lambda_{max}',
    default: 1.2,
    min: 1,
    max: 3,
    step: 0.05,
    meaning: 'Factor of a token whose gradient looks like no other side’s; equal to the smallest, all tokens weigh the same.',
    paper: { value: 1.2, source: 'DelTA@cf048bd run_DelTA.sh' },
  },
];
