/** How close a method's credit comes to the true advantage, pooled over the sampled tokens of a batch. */
import type { RolloutBatch } from '../batch.ts';
import { groupTokens } from '../batchSlice.ts';
import { STREAM, streamAt } from '../random.ts';
import { quantile } from '../stats.ts';
import type { Task } from '../tasks/types.ts';
import { pearsonWeighted, tiesOf, weightedRanks } from './correlation.ts';
import { fittedScale } from './fittedScale.ts';
import type { Ties } from './correlation.ts';

export interface CreditAccuracy {
  /** Correlation of credit with the true advantage. */
  spearman: number;
  pearson: number;
  /** Share with the right sign among tokens whose |true advantage| is above the threshold; credit 0 has no sign and is wrong. */
  rightSign: number;
  /** Share of Σ|credit| that lies on format tokens; NaN where a method gives no credit at all. */
  onFormat: number;
  /** Tokens counted, and those of them that are asked for their sign. */
  tokens: number;
  signed: number;
}

export type AccuracyMeasure = 'spearman' | 'pearson' | 'rightSign' | 'onFormat';
/** 95 % intervals. */
export type AccuracyIntervals = Record<AccuracyMeasure, readonly [number, number]>;

export interface AccuracyInput {
  batch: RolloutBatch;
  /** [N]; NaN where the method gives none: those tokens count as credit 0, since the update leaves them alone. */
  credit: Float64Array;
  /** [N] Q(s,a) − V(s); tokens where it is NaN are not known and not counted. */
  trueAdvantages: Float64Array;
  /** [N] 1 on tokens that cannot earn anything (separators); absent where the task has no such notion. */
  isFormat?: Uint8Array;
  /** |A| above which a token's sign is asked for. */
  threshold: number;
}

/** |A| of 0.05: five percent of the reward's range. */
export const SIGN_THRESHOLD = 0.05;

/** [N] which tokens of a batch are format tokens by the task's own word; undefined where it has no such notion. */
export function formatTokens(task: Pick<Task, 'isFormatToken'>, batch: RolloutBatch): Uint8Array | undefined {
  if (!task.isFormatToken) return undefined;
  const isFormat = new Uint8Array(batch.tokens.length);
  for (const { group, start, end } of batch.responses) {
    const response = Array.from(batch.tokens.subarray(start, end));
    for (let t = start; t < end; t++) isFormat[t] = task.isFormatToken(batch.groups[group].prompt, response, t - start) ? 1 : 0;
  }
  return isFormat;
}

/** The counted tokens, and what no resampling of the prompts changes: their order by either number. */
interface Counted {
  groups: number;
  /** [n] */
  group: Int32Array;
  credit: Float64Array;
  truth: Float64Array;
  isFormat: Uint8Array | null;
  threshold: number;
  creditTies: Ties;
  truthTies: Ties;
}

/** Tokens of a group that the policy drew itself and whose truth is known. */
function countedTokens({ batch, trueAdvantages }: AccuracyInput, group: number): number[] {
  const [first, last] = groupTokens(batch, group);
  return Array.from({ length: last - first }, (_, k) => first + k).filter(
    (t) => (batch.source?.[t] ?? 0) === 0 && !Number.isNaN(trueAdvantages[t]),
  );
}

function counted(input: AccuracyInput): Counted {
  const { batch, isFormat, threshold } = input;
  const own = batch.groups.map((_, g) => countedTokens(input, g));
  const index = own.flat();
  const credit = Float64Array.from(index, (t) => (Number.isNaN(input.credit[t]) ? 0 : input.credit[t]));
  const truth = Float64Array.from(index, (t) => input.trueAdvantages[t]);
  return {
    groups: batch.groups.length,
    group: Int32Array.from(own.flatMap((tokens, g) => tokens.map(() => g))),
    credit,
    truth,
    isFormat: isFormat ? Uint8Array.from(index, (t) => isFormat[t]) : null,
    threshold,
    creditTies: tiesOf(credit),
    truthTies: tiesOf(truth),
  };
}

/** The measures where each group counts `times` [groups] times. */
function measure(tokens: Counted, times: Float64Array): CreditAccuracy {
  const { group, credit, truth, isFormat, threshold } = tokens;
  const weights = Float64Array.from(group, (g) => times[g]);
  let [count, asked, right, total, wasted] = [0, 0, 0, 0, 0];
  for (let k = 0; k < weights.length; k++) {
    const w = weights[k];
    count += w;
    if (Math.abs(truth[k]) > threshold) {
      asked += w;
      if (Math.sign(credit[k]) === Math.sign(truth[k])) right += w;
    }
    total += w * Math.abs(credit[k]);
    if (isFormat?.[k] === 1) wasted += w * Math.abs(credit[k]);
  }
  return {
    spearman: pearsonWeighted(weightedRanks(tokens.creditTies, weights), weightedRanks(tokens.truthTies, weights), weights),
    pearson: pearsonWeighted(credit, truth, weights),
    rightSign: asked > 0 ? right / asked : NaN,
    onFormat: total > 0 && isFormat ? wasted / total : NaN,
    tokens: count,
    signed: asked,
  };
}

/** Over all groups. */
export function creditAccuracy(input: AccuracyInput): CreditAccuracy {
  return measure(counted(input), new Float64Array(input.batch.groups.length).fill(1));
}

/**
 * 95 % intervals by the bootstrap over prompts: whole groups are drawn with replacement, since tokens of one group share
 * their samples. `seed` names the stream.
 */
export function accuracyIntervals(input: AccuracyInput, resamples: number, seed: number): AccuracyIntervals {
  const steps = intervalSteps(input, resamples, seed);
  let step = steps.next();
  while (!step.done) step = steps.next();
  return step.value;
}

/** Draws between two pauses: a few milliseconds of work. */
const DRAWS = 10;

/** One draw of the bootstrap: how often each group counts. It depends on the seed and the number of groups alone. */
function drawnTimes(groups: number, seed: number, draw: number): Float64Array {
  const random = streamAt(seed, STREAM.evaluation, draw);
  const times = new Float64Array(groups);
  for (let g = 0; g < groups; g++) times[random.integer(groups)]++;
  return times;
}

/** As `accuracyIntervals`; yields now and then, so that a page stays quick. */
export function* intervalSteps(input: AccuracyInput, resamples: number, seed: number): Generator<null, AccuracyIntervals> {
  const tokens = counted(input);
  const drawn: CreditAccuracy[] = [];
  for (let b = 0; b < resamples; b++) {
    drawn.push(measure(tokens, drawnTimes(tokens.groups, seed, b)));
    if (b % DRAWS === DRAWS - 1) yield null;
  }
  const interval = (name: AccuracyMeasure): readonly [number, number] => {
    const values = drawn.map((sample) => sample[name]);
    return [quantile(values, 0.025), quantile(values, 0.975)];
  };
  return { spearman: interval('spearman'), pearson: interval('pearson'), rightSign: interval('rightSign'), onFormat: interval('onFormat') };
}

/**
 * By how much two credits of one batch differ in a measure, with its 95 % interval: every draw of prompts counts for both, which
 * takes out what the prompts do to either.
 */
export function accuracyDifference(
  a: AccuracyInput,
  b: AccuracyInput,
  name: AccuracyMeasure,
  resamples: number,
  seed: number,
): readonly [value: number, low: number, high: number] {
  const [first, second] = [counted(a), counted(b)];
  const at = (times: Float64Array) => measure(first, times)[name] - measure(second, times)[name];
  const values = Array.from({ length: resamples }, (_, draw) => at(drawnTimes(first.groups, seed, draw)));
  return [at(new Float64Array(first.groups).fill(1)), quantile(values, 0.025), quantile(values, 0.975)];
}

/** A token and by how much its credit, brought to the truth's scale, misses the true advantage. */
export interface Disagreement {
  token: number;
  error: number;
}

/** Below this no error is worth a look, in units of the reward. */
const NO_ERROR = 1e-6;

/** The counted tokens with the largest |error|, largest first; of equal prefixes of one group, which err alike, the first only. */
export function largestDisagreements(input: AccuracyInput, count: number): Disagreement[] {
  const { batch, trueAdvantages } = input;
  const credit = input.credit.map((value) => (Number.isNaN(value) ? 0 : value));
  const scale = fittedScale(credit, trueAdvantages);
  const places = new Map<string, Disagreement>();
  for (const { group, start, end } of batch.responses) {
    for (let t = start; t < end; t++) {
      if ((batch.source?.[t] ?? 0) !== 0 || Number.isNaN(trueAdvantages[t])) continue;
      const place = `${group}:${batch.tokens.subarray(start, t + 1).join()}`;
      const error = scale * credit[t] - trueAdvantages[t];
      if (Math.abs(error) > Math.abs(places.get(place)?.error ?? 0)) places.set(place, { token: t, error });
    }
  }
  return [...places.values()]
    .filter(({ error }) => Math.abs(error) > NO_ERROR)
    .sort((a, b) => Math.abs(b.error) - Math.abs(a.error) || a.token - b.token)
    .slice(0, count);
}
