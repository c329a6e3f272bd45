import type { TokenMatrix } from '../../core/batch.ts';
import { exp, logSumExp } from '../../core/math.ts';

/** log softmax(logits / T) of one token's row, [V]. */
export function logProbabilities(logits: TokenMatrix, token: number, temperature: number): Float64Array {
  const start = token * logits.width;
  const end = start + logits.width;
  const total = logSumExp(logits.data, start, end, temperature);
  return Float64Array.from(logits.data.subarray(start, end), (z) => z / temperature - total);
}

export interface Bar {
  id: number;
  probability: number;
  /** At the preview temperature; null without one. */
  preview: number | null;
  isSampled: boolean;
}

/** The likeliest tokens in descending order (ties by id), and the sampled one even where it is not among them. */
export function distributionBars(
  logits: TokenMatrix,
  token: number,
  sampled: number,
  temperature: number,
  previewTemperature: number | null,
  count = 6,
): Bar[] {
  const base = logProbabilities(logits, token, temperature);
  const preview = previewTemperature === null ? null : logProbabilities(logits, token, previewTemperature);
  const order = Array.from(base, (_, id) => id).sort((a, b) => base[b] - base[a] || a - b);
  const shown = order.slice(0, count);
  if (!shown.includes(sampled)) shown[shown.length - 1] = sampled;
  return shown.map((id) => ({ id, probability: exp(base[id]), preview: preview ? exp(preview[id]) : null, isSampled: id === sampled }));
}
