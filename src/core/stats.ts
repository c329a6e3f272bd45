/** Sums and spreads over plain arrays: sequential float64, so that the same numbers give the same bits. Empty input gives NaN unless said. */

export function sum(values: ArrayLike<number>): number {
  let total = 0;
  for (let i = 0; i < values.length; i++) total += values[i];
  return total;
}

export function mean(values: ArrayLike<number>): number {
  return sum(values) / values.length;
}

/** Σ(x − centre)². */
export function sumOfSquares(values: ArrayLike<number>, centre: number): number {
  let total = 0;
  for (let i = 0; i < values.length; i++) {
    const d = values[i] - centre;
    total += d * d;
  }
  return total;
}

/** Standard deviation with n − 1 (torch.std). NaN for one value. */
export function sampleStd(values: ArrayLike<number>, centre = mean(values)): number {
  return Math.sqrt(sumOfSquares(values, centre) / (values.length - 1));
}

/** Standard deviation with n (numpy.std). */
export function populationStd(values: ArrayLike<number>, centre = mean(values)): number {
  return Math.sqrt(sumOfSquares(values, centre) / values.length);
}

/** The n > 1 sample deviation that the page prints as `std`. */
export const std = sampleStd;

/** verl's masked_mean: Σx / (n + 1e-8), 0 for nothing [VERL torch_functional.py:294]. */
export function maskedMean(values: ArrayLike<number>): number {
  return sum(values) / (values.length + 1e-8);
}

/** Python's round(): halves go to the even neighbour. */
export function roundHalfEven(x: number): number {
  const floor = Math.floor(x);
  const rest = x - floor;
  if (rest !== 0.5) return rest < 0.5 ? floor : floor + 1;
  return floor % 2 === 0 ? floor : floor + 1;
}

/** The q-quantile by the "nearest" rule: sorted x at 0-based index round(q (n − 1)), halves to even. */
export function nearestQuantile(values: ArrayLike<number>, q: number): number {
  const sorted = Float64Array.from(values).sort();
  return sorted[roundHalfEven(q * (sorted.length - 1))];
}

/** The q-quantile with linear interpolation between neighbours; NaN values are left out. */
export function quantile(values: ArrayLike<number>, q: number): number {
  const sorted = Float64Array.from(values)
    .filter((x) => !Number.isNaN(x))
    .sort();
  if (sorted.length === 0) return NaN;
  const place = q * (sorted.length - 1);
  const low = Math.floor(place);
  const high = Math.min(low + 1, sorted.length - 1);
  return sorted[low] + (place - low) * (sorted[high] - sorted[low]);
}

export function clamp(x: number, low: number, high: number): number {
  return Math.min(Math.max(x, low), high);
}
