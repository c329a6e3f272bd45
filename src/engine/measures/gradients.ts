/** Inner products of the gradients of log π(token) by all parameters: one backward pass for each distinct place of the batch. */
import type { RolloutBatch } from '../../core/batch.ts';
import { exp } from '../../core/math.ts';
import { GRADIENT_PLACES, GRADIENT_PRODUCTS } from '../../core/stages/gradientNames.ts';
import { logSoftmaxInto } from '../distribution.ts';
import { packResponses } from '../pack.ts';
import { settled, type Steps } from '../steps.ts';
import type { AnyModel } from '../types.ts';
import type { Measurer } from './types.ts';

/** Numbers that all gradients together may hold, half a gigabyte. */
const MOST = 134_217_728;

export interface GradientProducts {
  /** [N] the token's place: tokens drawn alike after the same text share one. */
  places: Float64Array;
  /** D. */
  width: number;
  /** [N,D] ⟨∇ log π(token), ∇ log π of place k⟩. */
  products: Float64Array;
}

interface Place {
  prompt: readonly number[];
  prefix: Int32Array;
  token: number;
}

/** The distinct places of a batch in order of appearance, and which of them each token stands at. */
function placesOf(batch: RolloutBatch): { places: Place[]; index: Float64Array } {
  const found = new Map<string, number>();
  const places: Place[] = [];
  const index = new Float64Array(batch.tokens.length);
  for (const { group, start, end } of batch.responses) {
    const { prompt } = batch.groups[group];
    let key = `${prompt.join()}:`;
    for (let t = start; t < end; t++) {
      key += `${batch.tokens[t]},`;
      let place = found.get(key);
      if (place === undefined) {
        place = places.push({ prompt, prefix: batch.tokens.subarray(start, t), token: batch.tokens[t] }) - 1;
        found.set(key, place);
      }
      index[t] = place;
    }
  }
  return { places, index };
}

/** ∇ log π(token) at a place, by all parameters, at the model's present weights. */
function* gradientAt(model: AnyModel, { prompt, prefix, token }: Place, T: number): Steps<Float32Array> {
  const V = model.config.vocabulary;
  const packed = packResponses([{ prompt, response: [...prefix, token] }]);
  const { logits } = yield* settled(model.forward({ ...packed, rows: packed.rows.subarray(packed.rows.length - 1) }));
  const logPi = new Float64Array(V);
  logSoftmaxInto(logPi, logits, 0, T);
  yield* settled(model.backward(Float32Array.from(logPi, (x, v) => ((v === token ? 1 : 0) - exp(x)) / T)));
  return model.getGradient();
}

/** Numbers of each vector that are worked on together, so that those of all vectors stay near. */
const TILE = 1024;

/** ⟨a, b_k⟩ over [from, to), added to out[at + k] for the four vectors b₀ … b₃. */
function addFour(out: Float64Array, at: number, a: Float32Array, b: readonly Float32Array[], from: number, to: number): void {
  const [b0, b1, b2, b3] = b;
  let s0 = 0;
  let s1 = 0;
  let s2 = 0;
  let s3 = 0;
  for (let i = from; i < to; i++) {
    const x = a[i];
    s0 += x * b0[i];
    s1 += x * b1[i];
    s2 += x * b2[i];
    s3 += x * b3[i];
  }
  out[at] += s0;
  out[at + 1] += s1;
  out[at + 2] += s2;
  out[at + 3] += s3;
}

/** [D,D] inner products of all pairs. Four at a time: a number of the first is read once for four others, and no sum waits for another. */
function gram(vectors: readonly Float32Array[]): Float64Array {
  const D = vectors.length;
  const width = 4 * Math.ceil(D / 4);
  const half = new Float64Array(D * width);
  const fours = Array.from({ length: width / 4 }, (_, k) => [0, 1, 2, 3].map((next) => vectors[Math.min(4 * k + next, D - 1)]));
  const length = vectors[0].length;
  for (let from = 0; from < length; from += TILE) {
    const to = Math.min(from + TILE, length);
    for (let j = 0; j < D; j++) for (let k = 0; 4 * k <= j; k++) addFour(half, j * width + 4 * k, vectors[j], fours[k], from, to);
  }
  const out = new Float64Array(D * D);
  for (let j = 0; j < D; j++) for (let k = 0; k <= j; k++) out[j * D + k] = out[k * D + j] = half[j * width + k];
  return out;
}

/** At the model's present weights, which stay as they are. Throws where the batch is too large to hold all gradients at once. */
export function* gradientProductSteps(model: AnyModel, batch: RolloutBatch): Steps<GradientProducts> {
  const { places, index } = placesOf(batch);
  const D = places.length;
  if (D * model.layout.total > MOST)
    throw new Error(
      `This batch has ${D} distinct tokens: the gradients of more than ${Math.floor(MOST / model.layout.total)} do not fit into memory at once. Take fewer prompts or samples.`,
    );
  const gradients: Float32Array[] = [];
  for (const place of places) gradients.push(yield* gradientAt(model, place, batch.baseTemperature));
  const between = gram(gradients);
  const products = new Float64Array(batch.tokens.length * D);
  index.forEach((place, t) => products.set(between.subarray(place * D, (place + 1) * D), t * D));
  return { places: index, width: D, products };
}

/** The batch with the products of its gradients. */
export const measureGradients: Measurer<'gradients'> = function* (batch, _, { model }) {
  const { places, width, products } = yield* gradientProductSteps(model, batch);
  return {
    ...batch,
    measured: {
      ...batch.measured,
      [GRADIENT_PLACES]: { level: 'token', width: 1, values: places },
      [GRADIENT_PRODUCTS]: { level: 'token', width, values: products },
    },
  };
};
