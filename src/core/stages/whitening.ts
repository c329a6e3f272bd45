import { mean, populationStd } from '../stats.ts';

/**
 * Subtracts the mean over all tokens and, with `divide`, divides by √max(population variance, 1e-8)
 * [OpenRLHF experience_maker.py:312, in float32 there].
 */
export function whiten(values: Float64Array, divide: boolean): { values: Float64Array; mean: number; scale: number } {
  const centre = mean(values);
  const deviation = populationStd(values, centre);
  const scale = divide ? Math.sqrt(Math.max(deviation * deviation, 1e-8)) : 1;
  return { values: values.map((x) => (x - centre) / scale), mean: centre, scale };
}
