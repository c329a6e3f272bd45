import { exp, log } from '../core/math.ts';

/** log softmax of one row of raw logits divided by `temperature`, written to `out` [V], in float64. Returns the entropy in nats. */
export function logSoftmaxInto(out: Float64Array, logits: ArrayLike<number>, offset: number, temperature: number): number {
  const width = out.length;
  let max = -Infinity;
  for (let v = 0; v < width; v++) {
    out[v] = logits[offset + v] / temperature;
    if (out[v] > max) max = out[v];
  }
  let sum = 0;
  for (let v = 0; v < width; v++) sum += exp(out[v] - max);
  const shift = max + log(sum);
  let entropy = 0;
  for (let v = 0; v < width; v++) {
    out[v] -= shift;
    // A logit of −∞ (top-k) has probability 0 and adds nothing: 0 · −∞ would be NaN.
    if (out[v] > -Infinity) entropy -= exp(out[v]) * out[v];
  }
  return entropy;
}

/** Index drawn by inverse cumulative distribution from log-probabilities, given u ∈ [0,1). */
export function drawFrom(logprobs: Float64Array, u: number): number {
  let cumulative = 0;
  let last = 0;
  for (let v = 0; v < logprobs.length; v++) {
    const p = exp(logprobs[v]);
    if (p === 0) continue;
    cumulative += p;
    last = v;
    if (u < cumulative) return v;
  }
  // Rounding can leave the total a hair below 1.
  return last;
}

/** Index of the largest value; the first of equal ones. */
export function argmax(values: ArrayLike<number>): number {
  let best = 0;
  for (let v = 1; v < values.length; v++) if (values[v] > values[best]) best = v;
  return best;
}

/** KL(p‖q) in nats of two log-distributions. */
export function klDivergence(logp: Float64Array, logq: Float64Array): number {
  let kl = 0;
  for (let v = 0; v < logp.length; v++) if (logp[v] > -Infinity) kl += exp(logp[v]) * (logp[v] - logq[v]);
  return kl;
}
