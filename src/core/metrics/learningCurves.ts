/** Learning curves of several seeds as one: mean and Student's t interval at every place of an axis. */
import { mean, sampleStd } from '../stats.ts';

/** 97.5 % quantiles of Student's t for 1 … 30 degrees of freedom. */
const T_975 = [
  12.7062, 4.3027, 3.1824, 2.7764, 2.5706, 2.4469, 2.3646, 2.306, 2.2622, 2.2281, 2.201, 2.1788, 2.1604, 2.1448, 2.1314, 2.1199, 2.1098,
  2.1009, 2.093, 2.086, 2.0796, 2.0739, 2.0687, 2.0639, 2.0595, 2.0555, 2.0518, 2.0484, 2.0452, 2.0423,
];

/** The 97.5 % quantile of Student's t, to 4 digits up to 30 degrees of freedom and to 0.002 beyond. */
export function tQuantile(freedom: number): number {
  if (freedom < 1) return Number.NaN;
  // Cornish and Fisher's first term about the normal quantile [Abramowitz & Stegun 26.7.5].
  return T_975[freedom - 1] ?? 1.959964 + 2.3722713 / freedom;
}

export interface MeanInterval {
  mean: number;
  /** Half the width of the 95 % interval of the mean; NaN for one value. */
  half: number;
  n: number;
}

/** Mean ± t·s/√n; values that are not numbers are left out. */
export function meanInterval(values: readonly number[]): MeanInterval {
  const known = values.filter((value) => !Number.isNaN(value));
  const n = known.length;
  const centre = mean(known);
  return { mean: centre, half: n > 1 ? (tQuantile(n - 1) * sampleStd(known, centre)) / Math.sqrt(n) : Number.NaN, n };
}

/** One run along one axis; x ascends. `isFinal`: it ended early, and its last value stands for all that would have come. */
export interface RunCurve {
  x: readonly number[];
  y: readonly number[];
  isFinal: boolean;
}

/** The run's value at a place: linear between its points, NaN where it has not been. */
export function valueAt({ x, y, isFinal }: RunCurve, place: number): number {
  const last = x.length - 1;
  if (last < 0 || place < x[0]) return Number.NaN;
  if (place >= x[last]) return place === x[last] || isFinal ? y[last] : Number.NaN;
  let right = 1;
  while (x[right] <= place) right++;
  const share = (place - x[right - 1]) / (x[right] - x[right - 1]);
  return y[right - 1] + share * (y[right] - y[right - 1]);
}

/** The first place at which the run's value is at least `level`, between its points by a straight line; NaN where it never is. */
export function firstReached({ x, y }: Pick<RunCurve, 'x' | 'y'>, level: number): number {
  const at = y.findIndex((value) => value >= level);
  if (at <= 0) return at === 0 ? x[0] : Number.NaN;
  return x[at - 1] + ((level - y[at - 1]) / (y[at] - y[at - 1])) * (x[at] - x[at - 1]);
}

export interface CurvePoint extends MeanInterval {
  x: number;
}

/** Mean and interval over the runs that have come as far, at every place that at least one has reached. */
export function meanCurve(runs: readonly RunCurve[], places: readonly number[]): CurvePoint[] {
  return places.map((x) => ({ x, ...meanInterval(runs.map((run) => valueAt(run, x))) })).filter(({ n }) => n > 0);
}
