/** Correlations of paired numbers. NaN for fewer than two pairs, or where one side does not vary. */

/** Pearson's r where each pair counts `weights[i]` times, which may be 0. */
export function pearsonWeighted(x: ArrayLike<number>, y: ArrayLike<number>, weights: ArrayLike<number>): number {
  let [count, sumX, sumY] = [0, 0, 0];
  for (let i = 0; i < x.length; i++) {
    count += weights[i];
    sumX += weights[i] * x[i];
    sumY += weights[i] * y[i];
  }
  let [xy, xx, yy] = [0, 0, 0];
  for (let i = 0; i < x.length; i++) {
    const [dx, dy] = [x[i] - sumX / count, y[i] - sumY / count];
    xy += weights[i] * dx * dy;
    xx += weights[i] * dx * dx;
    yy += weights[i] * dy * dy;
  }
  return xx > 0 && yy > 0 ? xy / Math.sqrt(xx * yy) : NaN;
}

const once = (length: number): Float64Array => new Float64Array(length).fill(1);

/** Pearson's r. */
export const pearson = (x: ArrayLike<number>, y: ArrayLike<number>): number => pearsonWeighted(x, y, once(x.length));

/** The order of some values, and where equal ones begin: what ranks need, however often each value is counted. */
export interface Ties {
  /** Indices by ascending value. */
  order: Int32Array;
  /** Places in `order` where a run of equal values begins, and its length at the end. */
  starts: Int32Array;
}

export function tiesOf(values: ArrayLike<number>): Ties {
  const order = Int32Array.from({ length: values.length }, (_, i) => i).sort((a, b) => values[a] - values[b]);
  const starts = Array.from(order.keys()).filter((k) => k === 0 || values[order[k]] !== values[order[k - 1]]);
  return { order, starts: Int32Array.from([...starts, order.length]) };
}

/** Ranks from 1 where each value counts `weights[i]` times; equal values share the mean of their ranks. */
export function weightedRanks({ order, starts }: Ties, weights: ArrayLike<number>): Float64Array {
  const out = new Float64Array(order.length);
  let below = 0;
  for (let run = 0; run + 1 < starts.length; run++) {
    let own = 0;
    for (let k = starts[run]; k < starts[run + 1]; k++) own += weights[order[k]];
    for (let k = starts[run]; k < starts[run + 1]; k++) out[order[k]] = below + (own + 1) / 2;
    below += own;
  }
  return out;
}

/** Ranks from 1; equal values share the mean of their ranks. */
export const ranks = (values: ArrayLike<number>): Float64Array => weightedRanks(tiesOf(values), once(values.length));

/** Spearman's ρ: Pearson's r of the ranks. */
export const spearman = (x: ArrayLike<number>, y: ArrayLike<number>): number => pearson(ranks(x), ranks(y));
