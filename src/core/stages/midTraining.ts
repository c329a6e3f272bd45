/** RMT: thinking on an unlabelled corpus within a shrinking budget, easy tokens first, and next-token loss on all the others. */
import type { RolloutBatch, RolloutResponse } from '../batch.ts';
import { forcedField, perForced } from '../forced.ts';
import { pow } from '../math.ts';
import { clamp } from '../stats.ts';
import { perBatch, perGroup, perResponse } from '../trace.ts';
import { clippedSurrogate } from './clippedSurrogate.ts';
import { scalarRewards } from './terminalReward.ts';
import type { KnobValues, LossStage, RewardStage, Trace } from './types.ts';

export const TIERS = ['easy', 'medium', 'hard'] as const;

/** B_t = max(B_min, ⌊B_0 γ^{t/T}⌋), t the steps taken; after T it stays. */
export function budgetAt(knobs: KnobValues, step: number): number {
  const share = Math.min(step / knobs.totalSteps, 1);
  return Math.max(knobs.budgetMin, Math.floor(knobs.budget0 * pow(knobs.budgetDecay, share)));
}

/** r_max l/B up to the budget, then down to 0 at twice the budget. */
export function lengthReward(length: number, budget: number, most: number): number {
  if (length <= budget) return most * (length / budget);
  return length <= 2 * budget ? most * ((2 * budget - length) / budget) : 0;
}

/** Probabilities of drawing an easy, a medium and a hard token: early ones before t1, late ones from t2, a line between. */
export function tierProbabilities(knobs: KnobValues, step: number): [number, number, number] {
  const share = step / knobs.totalSteps;
  const late =
    knobs.lateFrom > knobs.earlyUntil ? (share - knobs.earlyUntil) / (knobs.lateFrom - knobs.earlyUntil) : share < knobs.lateFrom ? 0 : 1;
  const f = clamp(late, 0, 1);
  const mix = (early: number, end: number) => (1 - f) * early + f * end;
  const easy = mix(knobs.earlyEasy, knobs.lateEasy);
  // Two sliders may add up to more than 1: the medium one then gets what is left.
  const medium = Math.min(mix(knobs.earlyMedium, knobs.lateMedium), 1 - easy);
  return [easy, medium, Math.max(0, 1 - easy - medium)];
}

/** 0 easy, 1 medium, 2 hard, by the entropy where the token is predicted. */
export const tierOf = (entropy: number, knobs: KnobValues): number =>
  entropy < knobs.entropyMedium ? 0 : entropy < knobs.entropyHard ? 1 : 2;

/** Tokens of thought: those before the answer, or in marked thoughts; the whole response where nothing says. */
function thoughtLength({ start, end, spans, reasoning }: RolloutResponse): number {
  if (reasoning !== undefined) return reasoning;
  const thoughts = spans?.filter(({ kind }) => kind === 'thought') ?? [];
  return thoughts.length > 0 ? thoughts.reduce((n, span) => n + span.end - span.start, 0) : end - start;
}

/** 1 where a corpus token learns by next-token loss, 0 where it was thought about, [F]; NaN on other texts. */
function predictionMask({ forced }: RolloutBatch): Float64Array {
  const mask = new Float64Array(forced?.tokens.length ?? 0).fill(NaN);
  for (const { kind, start, end, chosen = [] } of forced?.texts ?? []) {
    if (kind !== 'corpus') continue;
    mask.fill(1, start, end);
    for (const position of chosen) mask[start + position] = 0;
  }
  return mask;
}

/** Index of the last chosen token of each group's corpus text, [groups]: the one to be predicted. −1 where there is none. */
function targets({ groups, forced }: RolloutBatch): Int32Array {
  const found = new Int32Array(groups.length).fill(-1);
  for (const { kind, group, start, chosen = [] } of forced?.texts ?? [])
    if (kind === 'corpus' && chosen.length > 0) found[group] = start + chosen[chosen.length - 1];
  return found;
}

/** Tier of the token that each group thinks about, [groups]; NaN where it is not known. */
export function targetTiers(batch: RolloutBatch, knobs: KnobValues): Float64Array {
  const entropies = batch.forced?.fields.oldEntropies;
  return Float64Array.from(targets(batch), (f) => (entropies && f >= 0 ? tierOf(entropies[f], knobs) : NaN));
}

/** What is read of the corpus itself: entropies and tiers of all its tokens, and of the one that each group thinks about. */
function corpusTrace(batch: RolloutBatch, knobs: KnobValues): Trace {
  const entropies = batch.forced?.fields.oldEntropies;
  if (!entropies) return {};
  return {
    corpusEntropies: perForced(entropies),
    tiers: perForced(entropies.map((h) => (Number.isNaN(h) ? NaN : tierOf(h, knobs)))),
    targetEntropy: perGroup(Float64Array.from(targets(batch), (f) => (f >= 0 ? entropies[f] : NaN))),
    targetTier: perGroup(targetTiers(batch, knobs)),
  };
}

/** R = (1 − w) match + w r_len(thought; B_t). The verifier says whether the corpus token was predicted. */
export const midTrainingReward: RewardStage = (input) => {
  const { batch, knobs } = input;
  const step = batch.draw?.step ?? 0;
  const budget = budgetAt(knobs, step);
  const match = Float64Array.from(batch.responses, ({ reward }) => reward);
  const lengths = Float64Array.from(batch.responses, thoughtLength);
  const byLength = lengths.map((length) => lengthReward(length, budget, knobs.rMax));
  const rewards = match.map((m, i) => (1 - knobs.lengthWeight) * m + knobs.lengthWeight * byLength[i]);
  const [easy, medium, hard] = tierProbabilities(knobs, step);
  return scalarRewards(input, rewards, {
    budget: perBatch(budget),
    tierEasy: perBatch(easy),
    tierMedium: perBatch(medium),
    tierHard: perBatch(hard),
    thoughtLength: perResponse(lengths),
    matchReward: perResponse(match),
    lengthReward: perResponse(byLength),
    ntpMask: perForced(predictionMask(batch)),
    ...corpusTrace(batch, knobs),
  });
};

/** The clipped surrogate plus λ L_NTP, L_NTP = −Σ log p over the corpus tokens that were not thought about: a sum over each text, the mean over texts. */
export const midTrainingLoss: LossStage = (input) => {
  const { batch, knobs } = input;
  const policy = clippedSurrogate(input);
  const logprobs = forcedField(batch, 'logprobs', 'corpusLogprobs');
  const mask = predictionMask(batch);
  const texts = batch.forced?.texts.filter(({ kind }) => kind === 'corpus').length ?? 0;
  let loss = 0;
  const gradForced = logprobs.map((value, f) => {
    if (!(mask[f] === 1)) return 0;
    loss -= value / texts;
    return 0 - knobs.ntpWeight / texts;
  });
  return {
    ...policy,
    loss: policy.loss + knobs.ntpWeight * loss,
    gradForced,
    trace: {
      ...policy.trace,
      ntpLoss: perBatch(loss),
      ntpLossWeighted: perBatch(knobs.ntpWeight * loss),
      corpusGradWeights: perForced(gradForced),
    },
  };
};
