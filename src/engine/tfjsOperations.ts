import * as tf from '@tensorflow/tfjs';
import { settled, type Steps } from './steps.ts';
import type { ForwardResult, ModelConfig, PackedSequences } from './types.ts';
import { checkTokens } from './wasm/sequenceTree.ts';

/** Weights by their name in the parameter layout. */
export type NamedWeights = Readonly<Record<string, tf.Tensor>>;

export interface Layer {
  attentionGain: tf.Tensor;
  qkv: tf.Tensor2D;
  output: tf.Tensor2D;
  mlpGain: tf.Tensor;
  up: tf.Tensor2D;
  down: tf.Tensor2D;
}

/** Weights of layer `l`. */
export function layerWeights(weights: NamedWeights, l: number): Layer {
  const at = (name: string) => weights[`${name}${l}`] as tf.Tensor2D;
  return { attentionGain: at('ga'), qkv: at('qkv'), output: at('o'), mlpGain: at('gm'), up: at('w1'), down: at('w2') };
}

/** x · 1/√(mean x² + 1e-5) · gain over the last axis. */
export function rmsNorm(x: tf.Tensor2D, gain: tf.Tensor): tf.Tensor2D {
  return tf.mul(tf.mul(x, tf.rsqrt(tf.add(tf.mean(tf.square(x), -1, true), 1e-5))), gain);
}

/** GELU, tanh form. */
export function gelu(x: tf.Tensor2D): tf.Tensor2D {
  const inner = tf.mul(tf.add(x, tf.mul(tf.mul(tf.square(x), x), 0.044715)), 0.7978845608);
  return tf.mul(tf.mul(x, 0.5), tf.add(tf.tanh(inner), 1));
}

/** Attention of q [B, queries, d] over k, v [B, keys, d]; `mask` [B or 1, 1, queries, keys] is 0 where visible, −1e9 elsewhere. */
export function attend(q: tf.Tensor, k: tf.Tensor, v: tf.Tensor, mask: tf.Tensor, heads: number): tf.Tensor {
  const [count, queries, width] = q.shape;
  const split = (x: tf.Tensor) => tf.transpose(x.reshape([count, x.shape[1] as number, heads, width / heads]), [0, 2, 1, 3]);
  const scores = tf.mul(tf.matMul(split(q), split(k), false, true), 1 / Math.sqrt(width / heads));
  const mixed = tf.matMul(tf.softmax(tf.add(scores, mask)), split(v));
  return tf.transpose(mixed, [0, 2, 1, 3]).reshape([count, queries, width]);
}

/** [K,V] logits, [K,d] hidden states, and [K,outputs] of the head where there is one. */
export interface TensorPredictions {
  logits: tf.Tensor2D;
  hidden: tf.Tensor2D;
  outputs: tf.Tensor2D | null;
}

/** What the final hidden states say. */
export const readHeads = (hidden: tf.Tensor2D, weights: NamedWeights): TensorPredictions => ({
  logits: tf.matMul(hidden, weights.out as tf.Tensor2D),
  hidden,
  outputs: weights.head ? tf.matMul(hidden, weights.head as tf.Tensor2D) : null,
});

/** The backends that carry the composed model. */
export type Device = 'cpu' | 'webgpu';

/** The numbers of a tensor, which is given up. Only the GPU is waited for. */
export function* readTensor(tensor: tf.Tensor, device: Device): Steps<Float32Array> {
  const values = device === 'cpu' ? tensor.dataSync() : yield* settled(tensor.data());
  tensor.dispose();
  return values as Float32Array;
}

/** All as one tensor: each read stalls a GPU. */
export const joinPredictions = ({ logits, hidden, outputs }: TensorPredictions): tf.Tensor =>
  tf.concat([logits, hidden, ...(outputs ? [outputs] : [])].map((part) => part.flatten()));

/** What `joinPredictions` joined, [rows, ·] each. */
export function* readPredictions(joined: tf.Tensor, rows: number, config: ModelConfig, device: Device): Steps<ForwardResult> {
  const values = yield* readTensor(joined, device);
  const first = rows * config.vocabulary;
  const second = first + rows * config.width;
  const part = (start: number, end?: number) => Float32Array.from(values.subarray(start, end));
  return { logits: part(0, first), hidden: part(first, second), outputs: part(second) };
}

/** Ragged sequences padded to a rectangle. */
export interface PaddedBatch {
  /** Sequences, and the longest one's length. */
  count: number;
  length: number;
  /** K. */
  rows: number;
  /** [count · length] */
  tokens: tf.Tensor1D;
  positions: tf.Tensor1D;
  /** [K] wanted rows as indices into the rectangle. */
  wanted: tf.Tensor1D;
  /** [1, 1, length, length] */
  mask: tf.Tensor4D;
  dispose(): void;
}

export function padBatch({ ids, offsets, rows }: PackedSequences, config: ModelConfig): PaddedBatch {
  const count = offsets.length - 1;
  let length = 1;
  for (let s = 0; s < count; s++) length = Math.max(length, offsets[s + 1] - offsets[s]);
  const tokens = new Int32Array(count * length);
  const placeOf = new Int32Array(ids.length);
  for (let s = 0; s < count; s++) {
    checkTokens(ids, offsets[s], offsets[s + 1], config);
    for (let i = offsets[s]; i < offsets[s + 1]; i++) {
      placeOf[i] = s * length + i - offsets[s];
      tokens[placeOf[i]] = ids[i];
    }
  }
  const positions = tokens.map((_, i) => i % length);
  const mask = Float32Array.from({ length: length * length }, (_, i) => (i % length <= Math.floor(i / length) ? 0 : -1e9));
  const tensors = {
    tokens: tf.tensor1d(tokens, 'int32'),
    positions: tf.tensor1d(positions, 'int32'),
    wanted: tf.tensor1d(
      rows.map((row) => placeOf[row]),
      'int32',
    ),
    mask: tf.tensor4d(mask, [1, 1, length, length]),
  };
  return { count, length, rows: rows.length, ...tensors, dispose: () => tf.dispose(tensors) };
}
