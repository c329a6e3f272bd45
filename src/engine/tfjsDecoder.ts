import * as tf from '@tensorflow/tfjs';
import { attend, gelu, layerWeights, type NamedWeights, rmsNorm } from './tfjsOperations.ts';
import type { Decoder, ForwardResult, ModelConfig } from './types.ts';
import { checkTokens } from './wasm/sequenceTree.ts';

/** Decoder of TensorFlow.js operations: keys and values are kept in plain arrays, one token a row and step. */
export function createTfjsDecoder(weights: NamedWeights, config: ModelConfig, onCpu: <T>(work: () => T) => T): Decoder {
  const { width, heads, layers, context, vocabulary } = config;
  /** [rows] tokens so far; per layer [rows, context, width] keys and values. */
  let lengths = new Int32Array(0);
  let keys: Float32Array[] = [];
  let values: Float32Array[] = [];

  /** Rows' caches [B, longest, width] of one layer, with this step's keys or values added to it. */
  const cached = (cache: Float32Array, fresh: tf.Tensor, rows: Int32Array, longest: number): tf.Tensor => {
    const added = fresh.dataSync();
    const joined = new Float32Array(rows.length * longest * width);
    rows.forEach((row, k) => {
      const start = row * context * width;
      cache.set(added.subarray(k * width, (k + 1) * width), start + lengths[row] * width);
      joined.set(cache.subarray(start, start + longest * width), k * longest * width);
    });
    return tf.tensor3d(joined, [rows.length, longest, width]);
  };

  const advance = (rows: Int32Array, tokens: Int32Array): ForwardResult =>
    tf.tidy(() => {
      const at = rows.map((row) => lengths[row]);
      const longest = at.reduce((most, position) => Math.max(most, position), 0) + 1;
      const hides = (i: number) => i % longest > at[Math.floor(i / longest)];
      const mask = tf.tensor4d(
        Float32Array.from({ length: rows.length * longest }, (_, i) => (hides(i) ? -1e9 : 0)),
        [rows.length, 1, 1, longest],
      );
      let x = tf.add(tf.gather(weights.tok, tf.tensor1d(tokens, 'int32')), tf.gather(weights.pos, tf.tensor1d(at, 'int32'))) as tf.Tensor2D;
      for (let l = 0; l < layers; l++) {
        const layer = layerWeights(weights, l);
        const [q, k, v] = tf.split(tf.matMul(rmsNorm(x, layer.attentionGain), layer.qkv), 3, 1);
        const allKeys = cached(keys[l], k, rows, longest);
        const allValues = cached(values[l], v, rows, longest);
        const attended = attend(q.reshape([rows.length, 1, width]), allKeys, allValues, mask, heads);
        x = tf.add(x, tf.matMul(attended.reshape([rows.length, width]) as tf.Tensor2D, layer.output));
        x = tf.add(x, tf.matMul(gelu(tf.matMul(rmsNorm(x, layer.mlpGain), layer.up)), layer.down));
      }
      const hidden = rmsNorm(x, weights.gf);
      const logits = tf.matMul(hidden, weights.out as tf.Tensor2D);
      for (const row of rows) lengths[row]++;
      return { logits: Float32Array.from(logits.dataSync()), hidden: Float32Array.from(hidden.dataSync()) };
    });

  const step = (rows: Int32Array, tokens: Int32Array): ForwardResult => {
    for (const k of tokens.keys()) checkTokens(tokens, k, k + 1, config);
    for (const row of rows) {
      if (!(lengths[row] < context)) throw new Error(`Row ${row} is at the model's context of ${context} tokens and cannot grow.`);
    }
    return onCpu(() => advance(rows, tokens));
  };

  return {
    prefill(prompts) {
      const cache = () => Array.from({ length: layers }, () => new Float32Array(prompts.length * context * width));
      lengths = new Int32Array(prompts.length);
      keys = cache();
      values = cache();
      const result = { logits: new Float32Array(prompts.length * vocabulary), hidden: new Float32Array(prompts.length * width) };
      const longest = prompts.reduce((most, prompt) => Math.max(most, prompt.length), 0);
      for (let position = 0; position < longest; position++) {
        const rows = Int32Array.from(prompts.keys()).filter((r) => position < prompts[r].length);
        const { logits, hidden } = step(
          rows,
          rows.map((r) => prompts[r][position]),
        );
        rows.forEach((row, k) => {
          result.logits.set(logits.subarray(k * vocabulary, (k + 1) * vocabulary), row * vocabulary);
          result.hidden.set(hidden.subarray(k * width, (k + 1) * width), row * width);
        });
      }
      return result;
    },
    step,
    dispose() {
      keys = [];
      values = [];
    },
  };
}
