import type { RolloutBatch } from '../batch.ts';
import { log1p } from '../math.ts';
import { quantile, sum } from '../stats.ts';
import { perGroup, perResponse, perToken, spreadResponses } from '../trace.ts';
import { MissingFieldError, requireField } from './fields.ts';
import { groupScores } from './groupNormalisation.ts';
import type { AdvantageStage, Knob, KnobValues } from './types.ts';

/** Keeps quotients finite [OAR@8dbc478 OAR-main.py]. */
const EPS = 1e-8;
/** No token weighs less. */
const FLOOR = 0.1;

/** Options of `importanceForm`, by index, and what the engine calls the second one. */
const IMPORTANCE_FORMS = ['blotting out (OAR-P)', 'gradients (OAR-G)'] as const;
export const GRADIENT_IMPORTANCE = 'gradientImportance';

/** [N] the importance that the knob asks for. */
function importanceOf(batch: RolloutBatch, knobs: KnobValues): Float64Array {
  if (knobs.importanceForm === 0) return requireField(batch, 'importance');
  const found = batch.measured?.[GRADIENT_IMPORTANCE];
  if (!found) throw new MissingFieldError(`measured:${GRADIENT_IMPORTANCE}`);
  return found.values;
}

/** Which rule gave a token its weight: values of the trace `reshapeRule`. */
export const RESHAPE_RULE = { low: 0, high: 1, answer: 2 } as const;

interface Reshaping {
  /** [T] importance on a log scale, brought to [0, 1]; NaN for the answer. */
  level: Float64Array;
  /** th, the q-quantile of the levels. */
  threshold: number;
  /** [T] before and after the scale to mean 1. */
  raw: Float64Array;
  weights: Float64Array;
  scale: number;
}

/**
 * The weights of one response from the importance of its tokens. n = minmax(ln(1 + I)), th its q-quantile; w = max(n/th, 0.1)
 * below th, 1 + β (n − th)/(1 − th) from th on; then scaled to mean 1 where asked. Equal scores, or one token, give 1. Tokens without
 * an importance are the answer: they keep weight 1 and count for nothing [OAR@8dbc478 OAR-main.py calculate_oar_hybrid_weights].
 */
export function reshape(importance: Float64Array, knobs: KnobValues): Reshaping {
  const scores = importance.map(log1p);
  const known = scores.filter((score) => !Number.isNaN(score));
  let [least, most] = [Infinity, -Infinity];
  for (const score of known) [least, most] = [Math.min(least, score), Math.max(most, score)];
  const range = most > least ? most - least : 1;
  const level = scores.map((score) => (score - least) / range);
  const threshold = known.length > 0 ? quantile(level, knobs.importanceQuantile) : NaN;
  const raw = level.map((n) => {
    if (Number.isNaN(n)) return 1;
    if (n < threshold) return Math.max(n / (threshold + EPS), FLOOR);
    return 1 + (knobs.importanceBoost * (n - threshold)) / (1 - threshold + EPS);
  });
  const total = sum(raw.filter((_, t) => !Number.isNaN(level[t])));
  const scale = knobs.keepMass === 1 && known.length > 0 ? known.length / (total + EPS) : 1;
  return { level, threshold, raw, weights: raw.map((w, t) => (Number.isNaN(level[t]) ? w : w * scale)), scale };
}

/** A = w A_GRPO, w from what the token means for the distribution of the answer (OAR; see `reshape`). */
export const outcomeReshaping: AdvantageStage = ({ batch, knobs, rewards }) => {
  const importance = importanceOf(batch, knobs);
  const scores = groupScores(batch, rewards.total, knobs);
  const grpo = spreadResponses(batch, scores.score);
  const [levels, raws, weights, rules] = Array.from({ length: 4 }, () => new Float64Array(batch.tokens.length));
  const [thresholds, scales] = Array.from({ length: 2 }, () => new Float64Array(batch.responses.length));
  batch.responses.forEach(({ start, end }, i) => {
    const found = reshape(importance.subarray(start, end), knobs);
    levels.set(found.level, start);
    raws.set(found.raw, start);
    weights.set(found.weights, start);
    thresholds[i] = found.threshold;
    scales[i] = found.scale;
    rules.set(
      found.level.map((n) => (Number.isNaN(n) ? RESHAPE_RULE.answer : n < found.threshold ? RESHAPE_RULE.low : RESHAPE_RULE.high)),
      start,
    );
  });
  const advantages = grpo.map((a, t) => a * weights[t]);
  return {
    advantages,
    trace: {
      groupMean: perGroup(scores.mean),
      groupStd: perGroup(scores.std),
      grpoAdvantages: perToken(grpo),
      importance: perToken(importance),
      importanceLevel: perToken(levels),
      importanceThreshold: perResponse(thresholds),
      reshapeRule: perToken(rules),
      rawWeights: perToken(raws),
      massScale: perResponse(scales),
      reshapedWeights: perToken(weights),
      advantages: perToken(advantages),
    },
  };
};

const shared = { stage: 'advantage', scale: 'lin', unit: '', applies: 'credit' } as const;
const SUGGESTED = 'README of the OAR release; its code has no default';

export const RESHAPING_KNOBS: readonly Knob[] = [
  {
    ...shared,
    id: 'importanceForm',
    label: 'Importance',
    symbol: 'I',
    default: 0,
    min: 0,
    max: 1,
    step: 1,
    meaning: 'By a forward pass with each token blotted out, or by one backward pass a response through slightly noisy embeddings.',
    paper: { value: 0, source: 'the paper calls OAR-P the ceiling' },
    options: IMPORTANCE_FORMS,
    requires: { field: `measured:${GRADIENT_IMPORTANCE}`, equals: 1 },
  },
  {
    ...shared,
    id: 'importanceQuantile',
    label: 'Quantile of the threshold',
    symbol: 'q',
    default: 0.25,
    min: 0,
    max: 0.95,
    step: 0.05,
    meaning: 'Share of a response’s tokens that are weakened; the others are strengthened.',
    paper: { value: 0.25, source: SUGGESTED },
  },
  {
    ...shared,
    id: 'importanceBoost',
    label: 'Boost',
    symbol: '\\beta_I',
    default: 1,
    min: 0,
    max: 4,
    step: 0.1,
    meaning: 'How much more than 1 the most important token of a response weighs.',
    paper: { value: 1, source: SUGGESTED },
  },
  {
    ...shared,
    id: 'keepMass',
    label: 'Keep the mean weight at 1',
    symbol: '\\textstyle\\sum w',
    default: 1,
    min: 0,
    max: 1,
    step: 1,
    meaning: 'Scales the weights of a response so that they only share out its advantage.',
    paper: null,
    options: ['no', 'yes'],
  },
];
