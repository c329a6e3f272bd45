import { maskedMean, mean, populationStd } from '../stats.ts';

export interface Whitened {
  values: Float64Array;
  mean: number;
  scale: number;
}

/**
 * Subtracts the mean over all tokens and, with `divide`, divides by √max(population variance, 1e-8)
 * [OpenRLHF experience_maker.py:312, in float32 there].
 */
export function whiten(values: Float64Array, divide: boolean): Whitened {
  const centre = mean(values);
  const deviation = populationStd(values, centre);
  const scale = divide ? Math.sqrt(Math.max(deviation * deviation, 1e-8)) : 1;
  return { values: values.map((x) => (x - centre) / scale), mean: centre, scale };
}

/**
 * verl's masked_whiten: √(sample variance + 1e-8), and a mean that divides by n + 1e-8, so that equal values c keep
 * 1e-4 c / n instead of 0. One value alone has variance 0 here; verl raises an error [torch_functional.py:294].
 */
export function whitenMasked(values: Float64Array, divide: boolean): Whitened {
  const n = values.length;
  const centre = maskedMean(values);
  const variance = n > 1 ? (maskedMean(values.map((x) => (x - centre) * (x - centre))) * n) / (n - 1) : 0;
  const scale = divide ? Math.sqrt(variance + 1e-8) : 1;
  return { values: values.map((x) => (x - centre) / scale), mean: centre, scale };
}
