import type { RolloutBatch } from '../batch.ts';
import { groupTokens } from '../batchSlice.ts';
import { mean } from '../stats.ts';
import { perGroup, perResponse, perToken, spreadResponses } from '../trace.ts';
import { groupScores } from './groupNormalisation.ts';
import type { GradientKernel } from './gradientKernel.ts';
import { headFactors, measuredKernel, outerKernel } from './gradientKernel.ts';
import { GRADIENT_PRODUCTS } from './gradientNames.ts';
import type { AdvantageStage, Knob } from './types.ts';

/** Options of `hiddenForm` and `thresholdRule`, by index. */
export const HIDDEN_FORM = { tilt: 0, suppress: 1 } as const;
export const THRESHOLD_RULE = { least: 0, mean: 1 } as const;

/** What the updates of a group's tokens do to the log-likelihood of its right responses; nothing of it depends on a knob. */
export interface Influence {
  /** [responses] 1 where the verifier gave a reward above 0. */
  isRight: Float64Array;
  /** [N] I = Σ_{i right} 1/T_i Σ_t ⟨∇_it, ∇_jt'⟩, by the unembedding alone: the change of Σ_i mean log-likelihood per unit step up. */
  perLength: Float64Array;
  /** [N] the same without 1/T_i. */
  summed: Float64Array;
  /** [N] the largest ⟨∇_it, ∇_jt'⟩ with a token of a right response other than its own, and that token's sample of the group and position, from 1. */
  shared: { value: Float64Array; sample: Float64Array; position: Float64Array };
}

/** [N] 1 on the tokens of right responses, divided by the response's length where asked. */
function rightWeights(batch: RolloutBatch, isRight: Float64Array, perLength: boolean): Float64Array {
  return spreadResponses(
    batch,
    isRight.map((right, i) => right / (perLength ? batch.responses[i].end - batch.responses[i].start : 1)),
  );
}

/** Σ over the tokens of each group by itself. */
function withinGroups(batch: RolloutBatch, kernel: GradientKernel, weights: Float64Array): Float64Array {
  const out = new Float64Array(batch.tokens.length);
  batch.groups.forEach((_, g) => {
    const [from, to] = groupTokens(batch, g);
    out.set(kernel.apply(weights, from, to).subarray(from, to), from);
  });
  return out;
}

function mostShared(batch: RolloutBatch, kernel: GradientKernel, isRight: Float64Array): Influence['shared'] {
  const [value, sample, position] = Array.from({ length: 3 }, () => new Float64Array(batch.tokens.length).fill(NaN));
  batch.responses.forEach((own, j) => {
    const { start, end } = batch.groups[own.group];
    for (let t = own.start; t < own.end; t++) {
      for (let i = start; i < end; i++) {
        if (i === j || isRight[i] === 0) continue;
        for (let s = batch.responses[i].start; s < batch.responses[i].end; s++) {
          const product = kernel.pair(t, s);
          if (Math.abs(product) <= Math.abs(value[t])) continue;
          value[t] = product;
          sample[t] = i - start + 1;
          position[t] = s - batch.responses[i].start + 1;
        }
      }
    }
  });
  return { value, sample, position };
}

const influences = new WeakMap<RolloutBatch, Influence>();

/** Computed once per batch. */
export function influenceOf(batch: RolloutBatch): Influence {
  let found = influences.get(batch);
  if (!found) {
    const { left, right } = headFactors(batch);
    const kernel = outerKernel(left, right);
    const isRight = Float64Array.from(batch.responses, ({ reward }) => (reward > 0 ? 1 : 0));
    found = {
      isRight,
      perLength: withinGroups(batch, kernel, rightWeights(batch, isRight, true)),
      summed: withinGroups(batch, kernel, rightWeights(batch, isRight, false)),
      shared: mostShared(batch, kernel, isRight),
    };
    influences.set(batch, found);
  }
  return found;
}

/** The same change by all parameters, where the inner products of whole gradients were measured; NaN elsewhere. */
function wholeInfluence(batch: RolloutBatch, isRight: Float64Array): Float64Array {
  if (!batch.measured?.[GRADIENT_PRODUCTS]) return new Float64Array(batch.tokens.length).fill(NaN);
  return withinGroups(batch, measuredKernel(batch), rightWeights(batch, isRight, true));
}

/** Threshold of each group: β times the least, or the mean, over its right responses of the mean influence of their own tokens. */
function thresholds(batch: RolloutBatch, influence: Float64Array, isRight: Float64Array, rule: number, beta: number) {
  const ownMean = Float64Array.from(batch.responses, ({ start, end }, i) =>
    isRight[i] === 1 ? mean(influence.subarray(start, end)) : NaN,
  );
  const threshold = Float64Array.from(batch.groups, ({ start, end }) => {
    const own = ownMean.slice(start, end).filter((value) => !Number.isNaN(value));
    if (own.length === 0) return NaN;
    return beta * (rule === THRESHOLD_RULE.mean ? mean(own) : Math.min(...own));
  });
  return { ownMean, threshold };
}

/**
 * Token Hidden Reward and its parent NTHR, on GRPO's advantage. With g = e_o − π_old and h the hidden state, a step of one token
 * moves the likelihood of the group's right responses by I (see `Influence`) if only the unembedding moves.
 * THR = ±I, + in a right response; A' = 1[|THR| > τ] (1 + sign(THR) p) A, nothing kept in a group that is all right or all wrong.
 * NTHR: tokens of wrong responses with I (not divided by lengths) > τ' get ηA, η = 2|½ − share right|. Both are traced; the knob
 * decides which is the advantage [arXiv 2510.03669 as quoted by public notes; arXiv 2505.18830 algorithm 1].
 */
export const tokenHiddenReward: AdvantageStage = ({ batch, knobs, rewards }) => {
  const n = batch.tokens.length;
  const scores = groupScores(batch, rewards.total, knobs);
  const grpo = spreadResponses(batch, scores.score);
  const { isRight, perLength, summed, shared } = influenceOf(batch);
  const tilt = thresholds(batch, perLength, isRight, knobs.thresholdRule, knobs.thresholdScale);
  const suppress = thresholds(batch, summed, isRight, THRESHOLD_RULE.least, knobs.thresholdScale);
  const share = Float64Array.from(batch.groups, ({ start, end }) => mean(isRight.subarray(start, end)));
  const eta = share.map((q) => 2 * Math.abs(0.5 - q));
  const [hiddenReward, kept, weight, tilted, selected, suppressed] = Array.from({ length: 6 }, () => new Float64Array(n));
  const whole = wholeInfluence(batch, isRight);
  batch.responses.forEach(({ group, start, end }, j) => {
    const sign = 2 * isRight[j] - 1;
    const isMixed = share[group] > 0 && share[group] < 1;
    for (let t = start; t < end; t++) {
      hiddenReward[t] = sign * perLength[t];
      whole[t] *= sign;
      kept[t] = isMixed && Math.abs(hiddenReward[t]) > tilt.threshold[group] ? 1 : 0;
      weight[t] = kept[t] * (1 + Math.sign(hiddenReward[t]) * knobs.hiddenTilt);
      tilted[t] = kept[t] === 1 ? weight[t] * grpo[t] : 0;
      selected[t] = isRight[j] === 0 && summed[t] > suppress.threshold[group] ? 1 : 0;
      // 0 + …: a product of 0 has no sign.
      suppressed[t] = selected[t] === 1 ? 0 + eta[group] * grpo[t] : grpo[t];
    }
  });
  const advantages = knobs.hiddenForm === HIDDEN_FORM.tilt ? tilted : suppressed;
  return {
    advantages,
    trace: {
      groupMean: perGroup(scores.mean),
      groupStd: perGroup(scores.std),
      grpoAdvantages: perToken(grpo),
      isRight: perResponse(isRight),
      influence: perToken(perLength),
      hiddenReward: perToken(hiddenReward),
      wholeHiddenReward: perToken(whole),
      ownInfluence: perResponse(tilt.ownMean),
      hiddenThreshold: perGroup(tilt.threshold),
      hiddenKept: perToken(kept),
      hiddenWeight: perToken(weight),
      tiltedAdvantages: perToken(tilted),
      summedInfluence: perToken(summed),
      ownSummedInfluence: perResponse(suppress.ownMean),
      summedThreshold: perGroup(suppress.threshold),
      shareRight: perGroup(share),
      suppression: perGroup(eta),
      suppressed: perToken(selected),
      suppressedAdvantages: perToken(suppressed),
      sharedMost: perToken(shared.value),
      sharedSample: perToken(shared.sample),
      sharedPosition: perToken(shared.position),
      advantages: perToken(advantages),
    },
  };
};

const shared = { stage: 'advantage', scale: 'lin', unit: '', applies: 'credit' } as const;

export const HIDDEN_REWARD_KNOBS: readonly Knob[] = [
  {
    ...shared,
    id: 'hiddenForm',
    label: 'Form',
    symbol: "A'",
    default: HIDDEN_FORM.tilt,
    min: 0,
    max: 1,
    step: 1,
    meaning:
      'THR keeps the tokens of large influence and tilts them by its sign; its parent NTHR weakens tokens of wrong answers that help right ones.',
    paper: { value: HIDDEN_FORM.tilt, source: 'THR, arXiv 2510.03669; NTHR is arXiv 2505.18830' },
    options: ['THR', 'NTHR'],
  },
  {
    ...shared,
    id: 'hiddenTilt',
    label: 'Tilt',
    symbol: 'p',
    default: 0.1,
    min: -1,
    max: 1,
    step: 0.05,
    meaning: 'Above 0 tokens that raise the right answers are pushed more (exploit), below 0 the others are (explore); NTHR ignores it.',
    paper: { value: 0.1, source: 'THR main runs, ±0.1' },
  },
  {
    ...shared,
    id: 'thresholdScale',
    label: 'Scale of the threshold',
    symbol: '\\beta_\\tau',
    default: 1,
    min: 0,
    max: 5,
    step: 0.05,
    meaning: 'Factor on the threshold that an influence must exceed; larger keeps, or weakens, fewer tokens.',
    paper: { value: 1, source: 'NTHR algorithm 1, taken over by THR' },
  },
  {
    ...shared,
    id: 'thresholdRule',
    label: 'Threshold of THR',
    symbol: '\\tau',
    default: THRESHOLD_RULE.least,
    min: 0,
    max: 1,
    step: 1,
    meaning: 'Least or mean over the right answers of the mean influence of their own tokens; the mean keeps fewer. NTHR has the least.',
    paper: { value: THRESHOLD_RULE.least, source: 'NTHR algorithm 1; for THR a reconstruction' },
    options: ['least', 'mean'],
    advanced: true,
  },
  {
    ...shared,
    id: 'wholeEffect',
    label: 'Effect through all parameters',
    symbol: '\\theta',
    default: 0,
    min: 0,
    max: 1,
    step: 1,
    meaning: 'Measures, by one backward pass per token, what the cheap form leaves out, as a lane beside it; the credit stays the same.',
    paper: null,
    options: ['not measured', 'measured'],
    requires: { field: `measured:${GRADIENT_PRODUCTS}`, equals: 1 },
  },
];
