import { exp, logSumExp } from '../math.ts';
import { topIndices } from './jointLoss.ts';

/**
 * Writes logits′_a = logits_a + β (v_a − mean of v over the k likeliest tokens) for those k tokens; the others keep theirs, as if
 * their value were the mean. `values` [V] is the value after each candidate, read for the k alone. Returns the k tokens by falling
 * logit [VAS@85e13ed VASLogitsProcessor.__call__].
 */
export function augmentLogits(
  logits: ArrayLike<number>,
  values: ArrayLike<number>,
  beta: number,
  topK: number,
  out: Float64Array,
): number[] {
  const top = topIndices(logits, 0, out.length, topK);
  const centre = top.reduce((total, a) => total + values[a], 0) / top.length;
  for (let v = 0; v < out.length; v++) out[v] = logits[v];
  for (const a of top) out[a] = logits[a] + beta * (values[a] - centre);
  return top;
}

/** KL(softmax(shaped) ‖ softmax(raw / T)) in nats: how far a sampling stage's logits′ are from the policy. */
export function drawKl(shaped: ArrayLike<number>, raw: ArrayLike<number>, temperature: number): number {
  const above = logSumExp(shaped);
  const below = logSumExp(raw, 0, raw.length, temperature);
  let kl = 0;
  for (let v = 0; v < raw.length; v++) {
    const logp = shaped[v] - above;
    if (logp > -Infinity) kl += exp(logp) * (logp - (raw[v] / temperature - below));
  }
  return Math.max(kl, 0);
}
