/**
 * Each kernel by itself, against its composed fallback and against finite differences: weights of the other parts are zero, so
 * that a mistake has nowhere to hide. `model.test.ts` does the same for the whole.
 */
import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { createModel } from './createModel.ts';
import { logSoftmaxInto } from './distribution.ts';
import { relativeDistance, testBatch, testNumbers, testParameters, testSequences } from './testBatch.ts';
import type { LanguageModel, ModelConfig } from './types.ts';
import { wasmRuntime } from './wasm/runtime.ts';

/** Heads of 4 and of 20 numbers take the kernels' loops of 16 bytes, of 16 and 32 numbers those of 64. */
const CONFIGS: readonly ModelConfig[] = [
  { vocabulary: 19, width: 32, heads: 2, layers: 1, hidden: 128, context: 24 },
  { vocabulary: 9, width: 24, heads: 6, layers: 1, hidden: 40, context: 24 },
  { vocabulary: 8, width: 40, heads: 2, layers: 1, hidden: 8, context: 24 },
  { vocabulary: 12, width: 64, heads: 2, layers: 1, hidden: 64, context: 24 },
];

/** Parts, and the weights that stay while all other matrices of the layer are zero. */
const PARTS: readonly (readonly [name: string, stays: RegExp])[] = [
  ['embedding, RMSNorm and the product into logits', /^(tok|pos|gf|out)$/],
  ['attention', /^(tok|pos|gf|out|ga0|qkv0|o0)$/],
  ['the MLP', /^(tok|pos|gf|out|gm0|w10|w20)$/],
];

const sum = (a: ArrayLike<number>, b: ArrayLike<number>) => {
  let total = 0;
  for (let i = 0; i < a.length; i++) total += a[i] * b[i];
  return total;
};

async function pair(config: ModelConfig): Promise<{ wasm: LanguageModel; composed: LanguageModel }> {
  return { wasm: await createModel(config, { backend: 'wasm' }), composed: await createModel(config, { backend: 'tfjs-cpu' }) };
}

beforeAll(async () => {
  for (const model of Object.values(await pair(CONFIGS[0]))) model.dispose();
}, 120_000);

describe.each(CONFIGS)('at width $width, $heads heads, hidden $hidden', (config) => {
  const batch = testBatch(testSequences(config, 7));
  const gradLogits = testNumbers(batch.rows.length * config.vocabulary);

  it.each(PARTS)('%s: forward and backward', async (_, stays) => {
    const { wasm, composed } = await pair(config);
    const parameters = testParameters(config);
    for (const { name, shape, offset, size } of wasm.layout.entries)
      if (!stays.test(name) && shape.length > 1) parameters.fill(0, offset, offset + size);
    for (const model of [wasm, composed]) model.setParameters(parameters);
    const [ours, theirs] = [wasm, composed].map((model) => {
      const { logits, hidden } = model.forward(batch);
      model.backward(gradLogits);
      return { logits, hidden, gradient: model.getGradient() };
    });
    expect(relativeDistance(ours.logits, theirs.logits)).toBeLessThan(3e-6);
    expect(relativeDistance(ours.hidden, theirs.hidden)).toBeLessThan(3e-6);
    const lossAt = (direction: Float32Array, step: number) => {
      wasm.setParameters(parameters.map((value, i) => value + step * direction[i]));
      return sum(wasm.forward(batch).logits, gradLogits);
    };
    for (const { name, offset, size } of wasm.layout.entries) {
      const own = ours.gradient.subarray(offset, offset + size);
      const composedOwn = theirs.gradient.subarray(offset, offset + size);
      const length = Math.sqrt(sum(own, own));
      if (stays.test(name)) expect(length, name).toBeGreaterThan(0);
      // Weights whose partner is zero have no gradient at all.
      if (composedOwn.every((g) => g === 0)) expect(length, name).toBe(0);
      else expect(relativeDistance(own, composedOwn), name).toBeLessThan(1e-5);
      if (length === 0) continue;
      const direction = ours.gradient.map((g, i) => (i >= offset && i < offset + size ? g / length : 0));
      const slope = (lossAt(direction, 2e-3) - lossAt(direction, -2e-3)) / 4e-3;
      expect(Math.abs(slope - length), name).toBeLessThan(4e-3 * length);
    }
    wasm.dispose();
    composed.dispose();
  });
});

describe('the matrix product', () => {
  it.each([1, 2, 3, 4, 5, 7, 8, 65])('of %s rows equals the sum of products', async (rows) => {
    const { kernels, allocate, floats } = await wasmRuntime(undefined);
    const [columns, inner] = [24, 20];
    const [a, panels, result] = [rows * inner, inner * columns, rows * columns].map((size) => allocate(size, true));
    const left = testNumbers(rows * inner, 3);
    const right = testNumbers(inner * columns, 4);
    floats(a.address, left.length).set(left);
    // Panels of 8 columns, [columns/8][inner][8].
    const packed = floats(panels.address, right.length);
    for (let k = 0; k < inner; k++)
      for (let c = 0; c < columns; c++) packed[Math.floor(c / 8) * inner * 8 + k * 8 + (c % 8)] = right[k * columns + c];
    kernels.multiply(a.address, panels.address, result.address, rows, columns, inner);
    const found = floats(result.address, rows * columns);
    for (let r = 0; r < rows; r++) {
      for (let c = 0; c < columns; c++) {
        const exact = sum(
          left.subarray(r * inner, (r + 1) * inner),
          Array.from({ length: inner }, (_, k) => right[k * columns + c]),
        );
        expect(Math.abs(found[r * columns + c] - exact)).toBeLessThan(1e-5);
      }
    }
    for (const block of [a, panels, result]) block.dispose();
  });
});

describe('softmax, log-probability and entropy', () => {
  it('agree with TensorFlow.js, and their derivative with finite differences', async () => {
    await tf.setBackend('cpu');
    const logits = testNumbers(13, 5).map((value) => 4 * value);
    for (const temperature of [1, 0.7, 1.8]) {
      const out = new Float64Array(13);
      const entropy = logSoftmaxInto(out, logits, 0, temperature);
      const expected = tf.tidy(() => tf.logSoftmax(tf.tensor1d(logits.map((z) => z / temperature))).dataSync());
      expect(relativeDistance(Float32Array.from(out), Float32Array.from(expected))).toBeLessThan(1e-6);
      expect(Math.abs(entropy + out.reduce((total, logp) => total + Math.exp(logp) * logp, 0))).toBeLessThan(1e-12);
      // ∂ log π(o)/∂z_v = (1[v = o] − π_v)/T, the way back that `prepareUpdate` takes.
      const at = (v: number, step: number) => {
        const moved = Float64Array.from(logits, (z, i) => (i === v ? z + step : z));
        logSoftmaxInto(out, moved, 0, temperature);
        return out[2];
      };
      logSoftmaxInto(out, logits, 0, temperature);
      const derivative = Array.from(out, (logp, v) => ((v === 2 ? 1 : 0) - Math.exp(logp)) / temperature);
      derivative.forEach((expectedSlope, v) => {
        expect(Math.abs((at(v, 1e-5) - at(v, -1e-5)) / 2e-5 - expectedSlope)).toBeLessThan(1e-8);
      });
    }
  });
});
