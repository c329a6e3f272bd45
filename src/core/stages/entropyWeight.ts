import { exp, log } from '../math.ts';
import { clamp } from '../stats.ts';
import { perBatch, perToken } from '../trace.ts';
import { constantClip } from './adaptiveClip.ts';
import { surrogateLoss } from './clippedSurrogate.ts';
import { requireField } from './fields.ts';
import type { Knob, KnobValues, LossStage } from './types.ts';

/** Options of `entropyForm` and `weightMap`, by index. */
export const ENTROPY_FORM = { theorem: 0, released: 1 } as const;
export const WEIGHT_MAP = { linear: 0, exponential: 1 } as const;
/** Which rule gave the weights of a minibatch. */
export const WEIGHT_RULE = { paper: 0, paperFlat: 1, linear: 2, linearFlat: 3, exponential: 4 } as const;

/** Below this an advantage is the rounding of equal rewards, and has no sign. */
const NO_SIGNAL = 1e-9;
/** The release keeps probabilities away from 0 and 1 by this, and its exponential map never divides by less than the second. */
const CLAMP = 1e-8;
const FLOOR = 0.02;

/** What decides a token's change of entropy; all [N]. `entropies` are of the policy that drew the batch. */
export interface EntropyTerms {
  logprobs: Float64Array;
  oldLogprobs: Float64Array;
  entropies: Float64Array;
  advantages: Float64Array;
}

/** STEER theorem 1: Ω = I ρ A x (1 − x)(ln x + H), I = 0 where the clip holds the token; the entropy changes by −Ω per unit step. */
export function theoremOmega(terms: EntropyTerms, ratio: Float64Array, clipped: Float64Array): Float64Array {
  return terms.advantages.map((advantage, t) => {
    if (clipped[t] === 1 || Math.abs(advantage) < NO_SIGNAL) return 0;
    const x = exp(terms.logprobs[t]);
    return ratio[t] * advantage * x * (1 - x) * (terms.logprobs[t] + terms.entropies[t]);
  });
}

/** As released: A/q in the place of ρA = A x/q, so that a factor x is missing, and no I [zz-haooo/STEER@b31df71 core_algos.py:580]. */
export function releasedOmega(terms: EntropyTerms): Float64Array {
  return terms.advantages.map((advantage, t) => {
    if (Math.abs(advantage) < NO_SIGNAL) return 0;
    const x = clamp(exp(terms.logprobs[t]), CLAMP, 1 - CLAMP);
    const q = clamp(exp(terms.oldLogprobs[t]), CLAMP, 1);
    return (advantage / q) * x * (1 - x) * (log(x) + terms.entropies[t]);
  });
}

/** Smallest and largest |Ω| of the minibatch. */
function range(omega: Float64Array): { least: number; most: number } {
  let least = Infinity;
  let most = 0;
  for (const value of omega) {
    least = Math.min(least, Math.abs(value));
    most = Math.max(most, Math.abs(value));
  }
  return { least, most };
}

/** λ = λ_min^(|Ω| / max|Ω|), in [λ_min, 1]; 1 where every Ω is 0. */
export function paperWeights(omega: Float64Array, least: number): Float64Array {
  const { most } = range(omega);
  const rate = log(least);
  return omega.map((value) => (most === 0 ? 1 : exp((rate * Math.abs(value)) / most)));
}

/** The release's two maps: linear from w_max at the smallest |Ω| to w_min at the largest, or exponential with a floor under max|Ω|. */
export function releasedWeights(omega: Float64Array, knobs: KnobValues): Float64Array {
  const { tokenWeightMin: low, tokenWeightMax: high } = knobs;
  const { least, most } = range(omega);
  if (knobs.weightMap === WEIGHT_MAP.exponential) {
    const rate = -log(low) / Math.max(most, FLOOR);
    return omega.map((value) => clamp(exp(-rate * Math.abs(value)), low, 1));
  }
  if (most === least) return omega.map(() => (low + high) / 2);
  return omega.map((value) => high - ((Math.abs(value) - least) * (high - low)) / (most - least));
}

function ruleOf(knobs: KnobValues, { least, most }: { least: number; most: number }): number {
  if (knobs.entropyForm === ENTROPY_FORM.theorem) return most === 0 ? WEIGHT_RULE.paperFlat : WEIGHT_RULE.paper;
  if (knobs.weightMap === WEIGHT_MAP.exponential) return WEIGHT_RULE.exponential;
  return most === least ? WEIGHT_RULE.linearFlat : WEIGHT_RULE.linear;
}

/** 0 right and likely, 1 right and unlikely, 2 wrong and likely, 3 wrong and unlikely; likely is ln x > −H. NaN without advantage. */
function quadrantOf(advantage: number, surprise: number): number {
  if (Math.abs(advantage) < NO_SIGNAL) return NaN;
  return (advantage > 0 ? 0 : 2) + (surprise > 0 ? 0 : 1);
}

/**
 * STEER: the clipped surrogate with a weight per token that shrinks as the estimated change of entropy grows. The weight is a
 * constant for the gradient and never negative, so weighting the loss is weighting the advantage: w L(A) = L(wA). Both forms of the
 * estimate are traced; the knob decides which one weighs. The extremes are the minibatch's (the release's: a micro-batch's).
 */
export const entropyWeightedLoss: LossStage = (input) => {
  const { batch, knobs, advantages } = input;
  const terms: EntropyTerms = {
    logprobs: requireField(batch, 'logprobs'),
    oldLogprobs: requireField(batch, 'oldLogprobs'),
    entropies: requireField(batch, 'oldEntropies'),
    advantages,
  };
  const widths = constantClip(batch.tokens.length, knobs);
  const plain = surrogateLoss(input, advantages, widths).trace;
  const isTheorem = knobs.entropyForm === ENTROPY_FORM.theorem;
  const omegas = [theoremOmega(terms, plain.ratio.values, plain.clipped.values), releasedOmega(terms)];
  const maps = [paperWeights(omegas[0], knobs.tokenWeightMin), releasedWeights(omegas[1], knobs)];
  const form = isTheorem ? 0 : 1;
  const [omega, weights] = [omegas[form], maps[form]];
  const extremes = range(omega);
  const result = surrogateLoss(
    input,
    advantages.map((advantage, t) => weights[t] * advantage),
    widths,
  );
  const surprise = terms.logprobs.map((logprob, t) => logprob + terms.entropies[t]);
  const side = (sign: number) => result.trace.clipped.values.map((value, t) => (sign * advantages[t] > 0 ? value : 0));
  return {
    ...result,
    trace: {
      ...result.trace,
      oldEntropies: perToken(terms.entropies),
      chosenProbability: perToken(terms.logprobs.map(exp)),
      oldProbability: perToken(terms.oldLogprobs.map(exp)),
      notClipped: perToken(plain.clipped.values.map((value) => 1 - value)),
      omega: perToken(omega),
      tokenWeights: perToken(weights),
      weightRule: perBatch(ruleOf(knobs, extremes)),
      omegaLeast: perBatch(extremes.least),
      omegaMost: perBatch(extremes.most),
      omegaScale: perBatch(Math.max(extremes.most, FLOOR)),
      // 0 − Ω: a change of 0 has no sign.
      predictedTheorem: perToken(omegas[0].map((value) => 0 - value)),
      predictedReleased: perToken(omegas[1].map((value) => 0 - value)),
      weightTheorem: perToken(maps[0]),
      weightReleased: perToken(maps[1]),
      quadrant: perToken(advantages.map((advantage, t) => quadrantOf(advantage, surprise[t]))),
      clippedHigh: perToken(side(1)),
      clippedLow: perToken(side(-1)),
    },
  };
};

const shared = { stage: 'loss', scale: 'lin', unit: '', applies: 'credit' } as const;

export const ENTROPY_WEIGHT_KNOBS: readonly Knob[] = [
  {
    ...shared,
    id: 'entropyForm',
    label: 'Estimate of the entropy change',
    symbol: '\\Omega',
    default: ENTROPY_FORM.theorem,
    min: 0,
    max: 1,
    step: 1,
    meaning: 'The theorem has ρA and weighs against the largest |Ω|; the release has A/q, so that one rare token can own the largest.',
    paper: { value: 0, source: 'STEER theorem 1; the code at b31df71 has A/q' },
    options: ['theorem 1', 'as released'],
  },
  {
    ...shared,
    id: 'tokenWeightMin',
    label: 'Smallest weight',
    symbol: '\\lambda_{min}',
    default: 0.8,
    min: 0.05,
    max: 1,
    step: 0.05,
    meaning: 'Weight of the token that would change the entropy most; larger lets more of its push through, 1 weighs nothing.',
    paper: { value: 0.8, source: 'STEER@b31df71 run scripts; fallback in the code 0.95' },
  },
  {
    ...shared,
    id: 'weightMap',
    label: 'Map of the released form',
    symbol: 'w(|\\Omega|)',
    default: WEIGHT_MAP.linear,
    min: 0,
    max: 1,
    step: 1,
    meaning: 'How the released form turns |Ω| into a weight. The theorem’s form has its own map and does not read this.',
    paper: null,
    options: ['linear', 'exponential'],
  },
  {
    ...shared,
    id: 'tokenWeightMax',
    label: 'Largest weight, linear map',
    symbol: 'w_{max}',
    default: 1.2,
    min: 1,
    max: 2,
    step: 0.05,
    meaning: 'Weight of the token that would change the entropy least, in the linear map of the released form only.',
    paper: { value: 1.2, source: 'STEER@b31df71 run scripts; fallback in the code 1.05' },
  },
];
