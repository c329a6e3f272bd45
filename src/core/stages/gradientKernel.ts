/**
 * Inner products of token gradients. A kernel says what ⟨∇_t, Σ_s w_s ∇_s⟩ is without holding the gradients, so that centroids,
 * distances and principal axes of gradients with thousands of numbers cost as much as those of their factors.
 */
import type { RolloutBatch, TokenMatrix } from '../batch.ts';
import { exp, softmax } from '../math.ts';
import { MissingFieldError, requireField } from './fields.ts';
import { GRADIENT_PLACES, GRADIENT_PRODUCTS } from './gradientNames.ts';

export interface GradientKernel {
  /** [N] ⟨∇_t, Σ_s w_s ∇_s⟩ for the tokens t of [from, to), the sum over the tokens of the same range; 0 elsewhere. */
  apply(weights: Float64Array, from?: number, to?: number): Float64Array;
  /** ⟨∇_t, ∇_s⟩. */
  pair(t: number, s: number): number;
}

/** Gradients that are outer products of a left and a right vector of each token: ⟨∇_t, ∇_s⟩ = ⟨l_t, l_s⟩⟨r_t, r_s⟩. */
export function outerKernel(left: TokenMatrix, right: TokenMatrix): GradientKernel {
  const n = right.data.length / right.width;
  return {
    apply(weights, from = 0, to = n) {
      const sum = outerSum(left, right, weights, from, to);
      const out = new Float64Array(n);
      for (let t = from; t < to; t++) {
        for (let i = 0; i < left.width; i++) {
          const l = left.data[t * left.width + i];
          if (l === 0) continue;
          let inner = 0;
          for (let j = 0; j < right.width; j++) inner += sum[i * right.width + j] * right.data[t * right.width + j];
          out[t] += l * inner;
        }
      }
      return out;
    },
    pair: (t, s) => dotRows(left, t, s) * dotRows(right, t, s),
  };
}

/** [left.width, right.width] Σ w_t l_t r_tᵀ over the tokens of [from, to). */
export function outerSum(
  left: TokenMatrix,
  right: TokenMatrix,
  weights: Float64Array,
  from = 0,
  to = right.data.length / right.width,
): Float64Array {
  const sum = new Float64Array(left.width * right.width);
  for (let t = from; t < to; t++) {
    if (weights[t] === 0) continue;
    for (let i = 0; i < left.width; i++) {
      const l = weights[t] * left.data[t * left.width + i];
      for (let j = 0; j < right.width; j++) sum[i * right.width + j] += l * right.data[t * right.width + j];
    }
  }
  return sum;
}

function dotRows({ width, data }: TokenMatrix, t: number, s: number): number {
  let sum = 0;
  for (let i = 0; i < width; i++) sum += data[t * width + i] * data[s * width + i];
  return sum;
}

function requireMatrix(batch: RolloutBatch, name: 'logits' | 'hidden'): TokenMatrix {
  const matrix = batch[name];
  if (!matrix) throw new MissingFieldError(name);
  return matrix;
}

/** [N,V] g = (e_o − π_old)/T: the gradient of log π_old(o) by the logits of the token's state. */
export function logitGradients(batch: RolloutBatch): TokenMatrix {
  const { width, data } = requireMatrix(batch, 'logits');
  const T = batch.baseTemperature;
  const gradients = new Float64Array(data.length);
  const row = new Float64Array(width);
  batch.tokens.forEach((token, t) => {
    softmax(data, row, t * width, (t + 1) * width, T);
    for (let v = 0; v < width; v++) gradients[t * width + v] = ((v === token ? 1 : 0) - row[v]) / T;
  });
  return { width, data: gradients };
}

/** The factors g and h of the gradients of log π_old(o) by the whole unembedding: ∇ = g hᵀ, V·d numbers. */
export const headFactors = (batch: RolloutBatch) => ({ left: logitGradients(batch), right: requireMatrix(batch, 'hidden') });

/** The factors of (1 − π_old(o)) h: the gradient by the sampled token's own row of the unembedding, whichever row that is. */
export function ownRowFactors(batch: RolloutBatch): { left: TokenMatrix; right: TokenMatrix } {
  const data = requireField(batch, 'oldLogprobs').map((logprob) => 1 - exp(logprob));
  return { left: { width: 1, data }, right: requireMatrix(batch, 'hidden') };
}

/** Gradients by all parameters, through their measured inner products. */
export function measuredKernel(batch: RolloutBatch): GradientKernel {
  const products = batch.measured?.[GRADIENT_PRODUCTS];
  const place = batch.measured?.[GRADIENT_PLACES]?.values;
  if (!products || !place) throw new MissingFieldError(GRADIENT_PRODUCTS);
  const { width, values } = products;
  return {
    apply(weights, from = 0, to = place.length) {
      const byPlace = new Float64Array(width);
      for (let s = from; s < to; s++) byPlace[place[s]] += weights[s];
      const out = new Float64Array(place.length);
      for (let t = from; t < to; t++) for (let k = 0; k < width; k++) if (byPlace[k] !== 0) out[t] += byPlace[k] * values[t * width + k];
      return out;
    },
    pair: (t, s) => values[t * width + place[s]],
  };
}
