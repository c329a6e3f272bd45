import { log } from '../math.ts';
import { nearestQuantile, sumOfSquares } from '../stats.ts';

/** Statistics of log-entropies over a batch: what turns an entropy into the signal h. */
export interface EntropyStatistics {
  /** The pivot m: a quantile of x = ln max(H, 1e-8), no median unless the quantile is 0.5 (the name is the released code's). */
  median: number;
  /** s: root mean square of x about m, not the std. */
  std: number;
  /** 1/max(max z, 1e-8) and 1/min(min z, −1e-8), z = (x − m)/s. */
  scalePos: number;
  scaleNeg: number;
}

/** HAPO eq. 5–6 [starriver030515/HAPO@7671dde core_algos.py:86 compute_entropy_h]. `pivot` is the quantile. */
export function entropyStatistics(entropies: Float64Array, pivot: number): EntropyStatistics & { z: Float64Array } {
  const x = entropies.map((entropy) => log(Math.max(entropy, 1e-8)));
  const median = nearestQuantile(x, pivot);
  const std = Math.sqrt(sumOfSquares(x, median) / x.length);
  // All entropies equal: the code divides 0 by 0; no token is more or less certain than another.
  const z = x.map((value) => (std === 0 ? 0 : (value - median) / std));
  let max = 1e-8;
  let min = -1e-8;
  for (const value of z) {
    if (value > max) max = value;
    if (value < min) min = value;
  }
  return { median, std, scalePos: 1 / max, scaleNeg: 1 / min, z };
}

/**
 * The signal h of each token: +1 for the most uncertain token of the batch, 0 at the pivot, `lowSign` for the most
 * certain. lowSign −1 is the paper's; +1 is the released code's, where the least uncertain token counts like the most.
 */
export function entropySignal(
  entropies: Float64Array,
  pivot: number,
  lowSign: -1 | 1,
): EntropyStatistics & { h: Float64Array; lowScale: number } {
  const { z, ...statistics } = entropyStatistics(entropies, pivot);
  const lowScale = lowSign * statistics.scaleNeg;
  return { ...statistics, lowScale, h: z.map((value) => (value > 0 ? value * statistics.scalePos : value * lowScale)) };
}
