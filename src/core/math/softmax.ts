import { exp, log } from './exponential.ts';

/** log Σ exp over `values[start, end)`, scaled first by 1/temperature. */
export function logSumExp(values: ArrayLike<number>, start = 0, end = values.length, temperature = 1): number {
  let max = -Infinity;
  for (let i = start; i < end; i++) if (values[i] > max) max = values[i];
  if (max === -Infinity) return -Infinity;
  let sum = 0;
  for (let i = start; i < end; i++) sum += exp((values[i] - max) / temperature);
  return max / temperature + log(sum);
}

/** Writes softmax(values[start, end) / temperature) into `out` (from 0) and returns it. */
export function softmax(
  values: ArrayLike<number>,
  out = new Float64Array(values.length),
  start = 0,
  end = values.length,
  temperature = 1,
): Float64Array {
  let max = -Infinity;
  for (let i = start; i < end; i++) if (values[i] > max) max = values[i];
  let sum = 0;
  for (let i = start; i < end; i++) {
    const e = exp((values[i] - max) / temperature);
    out[i - start] = e;
    sum += e;
  }
  for (let i = 0; i < end - start; i++) out[i] /= sum;
  return out;
}
