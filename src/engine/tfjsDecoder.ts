import * as tf from '@tensorflow/tfjs';
import type { Steps } from './steps.ts';
import {
  attend,
  type Device,
  gelu,
  joinPredictions,
  layerWeights,
  type NamedWeights,
  readHeads,
  readPredictions,
  rmsNorm,
  type TensorPredictions,
} from './tfjsOperations.ts';
import type { ForwardResult, ModelConfig } from './types.ts';
import { checkTokens } from './wasm/sequenceTree.ts';

/** A `Decoder` that may have to wait. */
export interface DecoderSteps {
  prefill(prompts: readonly (readonly number[])[]): Steps<ForwardResult>;
  step(rows: Int32Array, tokens: Int32Array): Steps<ForwardResult>;
  dispose(): void;
}

/**
 * Decoder of TensorFlow.js operations, one token a row and step. Keys and values stay on the device, [rows, steps, width] a
 * layer; a row that takes no part in a step gets a hole there, which its mask hides.
 */
export function createTfjsDecoder(
  weights: NamedWeights,
  config: ModelConfig,
  device: Device,
  onDevice: <T>(work: () => T) => T,
): DecoderSteps {
  const { width, heads, layers, context, vocabulary, outputs = 0 } = config;
  /** [rows] tokens so far, and the steps that they took part in. */
  let lengths = new Int32Array(0);
  let partOf: boolean[][] = [];
  let keys: (tf.Tensor | undefined)[] = [];
  let values: (tf.Tensor | undefined)[] = [];

  /** All rows' cache with this step's keys or values [rows of the step, width] added; replaces the one given. */
  const grown = (cache: tf.Tensor | undefined, fresh: tf.Tensor, rows: Int32Array): tf.Tensor => {
    let added = fresh;
    if (rows.length < lengths.length) {
      const place = new Int32Array(lengths.length).fill(rows.length);
      rows.forEach((row, k) => {
        place[row] = k;
      });
      added = tf.gather(tf.concat([fresh, tf.zeros([1, width])], 0), tf.tensor1d(place, 'int32'));
    }
    const column = added.reshape([lengths.length, 1, width]);
    const result = tf.keep(cache ? tf.concat([cache, column], 1) : column.clone());
    cache?.dispose();
    return result;
  };

  const advance = (rows: Int32Array, tokens: Int32Array): TensorPredictions => {
    for (const [row, steps] of partOf.entries()) steps.push(rows.includes(row));
    const steps = partOf[rows[0]].length;
    const mask = tf.tensor4d(
      Float32Array.from({ length: rows.length * steps }, (_, i) => (partOf[rows[Math.floor(i / steps)]][i % steps] ? 0 : -1e9)),
      [rows.length, 1, 1, steps],
    );
    const at = rows.map((row) => lengths[row]++);
    const chosen = rows.length < lengths.length ? tf.tensor1d(rows, 'int32') : null;
    const ofRows = (cache: tf.Tensor) => (chosen ? tf.gather(cache, chosen) : cache);
    let x = tf.add(tf.gather(weights.tok, tf.tensor1d(tokens, 'int32')), tf.gather(weights.pos, tf.tensor1d(at, 'int32'))) as tf.Tensor2D;
    for (let l = 0; l < layers; l++) {
      const layer = layerWeights(weights, l);
      const [q, k, v] = tf.split(tf.matMul(rmsNorm(x, layer.attentionGain), layer.qkv), 3, 1);
      keys[l] = grown(keys[l], k, rows);
      values[l] = grown(values[l], v, rows);
      const attended = attend(
        q.reshape([rows.length, 1, width]),
        ofRows(keys[l] as tf.Tensor),
        ofRows(values[l] as tf.Tensor),
        mask,
        heads,
      );
      x = tf.add(x, tf.matMul(attended.reshape([rows.length, width]) as tf.Tensor2D, layer.output));
      x = tf.add(x, tf.matMul(gelu(tf.matMul(rmsNorm(x, layer.mlpGain), layer.up)), layer.down));
    }
    return readHeads(rmsNorm(x, weights.gf), weights);
  };

  const check = (rows: Int32Array, tokens: Int32Array): void => {
    for (const k of tokens.keys()) checkTokens(tokens, k, k + 1, config);
    for (const row of rows) {
      if (!(lengths[row] < context)) throw new Error(`Row ${row} is at the model's context of ${context} tokens and cannot grow.`);
    }
  };
  const clear = () => {
    tf.dispose([keys, values]);
    keys = [];
    values = [];
  };

  /** One token for each of the rows; its predictions where they are wanted. */
  function* take(rows: Int32Array, tokens: Int32Array, isWanted: boolean): Steps<ForwardResult | null> {
    check(rows, tokens);
    const joined = onDevice(() =>
      tf.tidy(() => {
        const predictions = advance(rows, tokens);
        return isWanted ? joinPredictions(predictions) : undefined;
      }),
    );
    return joined ? yield* readPredictions(joined, rows.length, config, device) : null;
  }

  return {
    *prefill(prompts) {
      clear();
      lengths = new Int32Array(prompts.length);
      partOf = prompts.map(() => []);
      const room = (size: number) => new Float32Array(prompts.length * size);
      const result = { logits: room(vocabulary), hidden: room(width), outputs: room(outputs) };
      const longest = prompts.reduce((most, prompt) => Math.max(most, prompt.length), 0);
      for (let position = 0; position < longest; position++) {
        const rows = Int32Array.from(prompts.keys()).filter((r) => position < prompts[r].length);
        const isLast = (row: number) => position === prompts[row].length - 1;
        const tokens = rows.map((r) => prompts[r][position]);
        const read = yield* take(rows, tokens, rows.some(isLast));
        if (!read) continue;
        rows.forEach((row, k) => {
          if (!isLast(row)) return;
          result.logits.set(read.logits.subarray(k * vocabulary, (k + 1) * vocabulary), row * vocabulary);
          result.hidden.set(read.hidden.subarray(k * width, (k + 1) * width), row * width);
          result.outputs.set(read.outputs.subarray(k * outputs, (k + 1) * outputs), row * outputs);
        });
      }
      return result;
    },
    *step(rows, tokens) {
      return (yield* take(rows, tokens, true)) as ForwardResult;
    },
    dispose: clear,
  };
}
