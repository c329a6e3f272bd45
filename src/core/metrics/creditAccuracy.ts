/** How close a method's credit comes to the true advantage, pooled over the sampled tokens of a batch. */
import type { RolloutBatch } from '../batch.ts';
import { groupTokens } from '../batchSlice.ts';
import { STREAM, streamAt } from '../random.ts';
import { quantile, sum } from '../stats.ts';
import { pearson, spearman } from './correlation.ts';

export interface CreditAccuracy {
  /** Correlation of credit with the true advantage. */
  spearman: number;
  pearson: number;
  /** Share with the right sign among tokens whose |true advantage| is above the threshold; credit 0 has no sign and is wrong. */
  rightSign: number;
  /** Share of Σ|credit| that lies on format tokens; NaN where a method gives no credit at all. */
  onFormat: number;
  /** Tokens counted. */
  tokens: number;
}

export type AccuracyMeasure = Exclude<keyof CreditAccuracy, 'tokens'>;

export interface AccuracyInput {
  batch: RolloutBatch;
  /** [N]; NaN where the method gives none: those tokens count as credit 0, since the update leaves them alone. */
  credit: Float64Array;
  /** [N] Q(s,a) − V(s). */
  trueAdvantages: Float64Array;
  /** [N] 1 on tokens that cannot earn anything (separators); absent where the task has no such notion. */
  isFormat?: Uint8Array;
  /** |A| above which a token's sign is asked for. */
  threshold: number;
}

/** |A| of 0.05: five percent of the reward's range. */
export const SIGN_THRESHOLD = 0.05;

function measure(input: AccuracyInput, index: readonly number[]): CreditAccuracy {
  const credit = Float64Array.from(index, (t) => (Number.isNaN(input.credit[t]) ? 0 : input.credit[t]));
  const truth = Float64Array.from(index, (t) => input.trueAdvantages[t]);
  const weighty = index.map((_, k) => k).filter((k) => Math.abs(truth[k]) > input.threshold);
  const right = weighty.filter((k) => Math.sign(credit[k]) === Math.sign(truth[k])).length;
  const total = sum(credit.map(Math.abs));
  const wasted = index.reduce((held, t, k) => held + (input.isFormat?.[t] === 1 ? Math.abs(credit[k]) : 0), 0);
  return {
    spearman: spearman(credit, truth),
    pearson: pearson(credit, truth),
    rightSign: weighty.length > 0 ? right / weighty.length : NaN,
    onFormat: total > 0 && input.isFormat ? wasted / total : NaN,
    tokens: index.length,
  };
}

/** Tokens of a group that the policy drew itself. */
function sampledTokens(batch: RolloutBatch, group: number): number[] {
  const [first, last] = groupTokens(batch, group);
  return Array.from({ length: last - first }, (_, k) => first + k).filter((t) => (batch.source?.[t] ?? 0) === 0);
}

/** Over all groups. */
export function creditAccuracy(input: AccuracyInput): CreditAccuracy {
  return measure(
    input,
    input.batch.groups.flatMap((_, g) => sampledTokens(input.batch, g)),
  );
}

/**
 * 95 % intervals by the bootstrap over prompts: whole groups are drawn with replacement, since tokens of one group share
 * their samples. `seed` names the stream.
 */
export function accuracyIntervals(
  input: AccuracyInput,
  resamples: number,
  seed: number,
): Record<AccuracyMeasure, readonly [number, number]> {
  const groups = input.batch.groups.map((_, g) => sampledTokens(input.batch, g));
  const drawn = Array.from({ length: resamples }, (_, b) => {
    const random = streamAt(seed, STREAM.evaluation, b);
    return measure(
      input,
      groups.flatMap(() => groups[random.integer(groups.length)]),
    );
  });
  const interval = (name: AccuracyMeasure): readonly [number, number] => {
    const values = drawn.map((sample) => sample[name]);
    return [quantile(values, 0.025), quantile(values, 0.975)];
  };
  return { spearman: interval('spearman'), pearson: interval('pearson'), rightSign: interval('rightSign'), onFormat: interval('onFormat') };
}

/** c with the least Σ(c·credit − A)²: what credit of another scale must be multiplied by before its error is read, over the tokens that have both. 0 for no credit. */
export function fittedScale(credit: Float64Array, trueAdvantages: Float64Array): number {
  let [cross, squares] = [0, 0];
  credit.forEach((value, t) => {
    if (Number.isNaN(value) || Number.isNaN(trueAdvantages[t])) return;
    cross += value * trueAdvantages[t];
    squares += value * value;
  });
  return squares > 0 ? cross / squares : 0;
}
