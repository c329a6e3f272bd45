import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { createModel } from './createModel.ts';
import { initialParameters } from './layout.ts';
import { relativeDistance, TEST_CONFIG, testBatch, testNumbers, testParameters, testSequences } from './testBatch.ts';
import type { LanguageModel, ModelConfig } from './types.ts';

const ADAM = { learningRate: 3e-3, beta1: 0.9, beta2: 0.999, epsilon: 1e-8 };
/** Another head size, layer count and vocabulary, so that every tail of the kernels' loops runs. */
const ODD_CONFIG: ModelConfig = { vocabulary: 9, width: 24, heads: 3, layers: 3, hidden: 40, context: 24 };

async function model(backend: LanguageModel['backend'], config: ModelConfig): Promise<LanguageModel> {
  const created = await createModel(config, { backend });
  created.setParameters(testParameters(config));
  return created;
}

const sum = (a: Float32Array, b: Float32Array) => a.reduce((total, value, i) => total + value * b[i], 0);

// Loading all of TensorFlow.js takes seconds on a busy machine: not within the first test's time.
beforeAll(async () => {
  for (const backend of ['wasm', 'tfjs-cpu'] as const) (await model(backend, TEST_CONFIG)).dispose();
}, 120_000);

describe.each([TEST_CONFIG, ODD_CONFIG])('wasm kernels at width $width with $heads heads', (config) => {
  const sequences = testSequences(config, 11);
  const batch = testBatch(sequences);
  const gradLogits = testNumbers(batch.rows.length * config.vocabulary);

  it('agree with TensorFlow.js in logits, hidden states and every weight’s gradient', async () => {
    const wasm = await model('wasm', config);
    const reference = await model('tfjs-cpu', config);
    const ours = wasm.forward(batch);
    const theirs = reference.forward(batch);
    expect(relativeDistance(ours.logits, theirs.logits)).toBeLessThan(3e-6);
    expect(relativeDistance(ours.hidden, theirs.hidden)).toBeLessThan(3e-6);
    wasm.backward(gradLogits);
    reference.backward(gradLogits);
    const a = wasm.getGradient();
    const b = reference.getGradient();
    for (const { name, offset, size } of wasm.layout.entries) {
      expect(relativeDistance(a.subarray(offset, offset + size), b.subarray(offset, offset + size)), name).toBeLessThan(1e-5);
    }
    expect(wasm.gradientNorm()).toBeCloseTo(reference.gradientNorm(), 3);
    wasm.dispose();
    reference.dispose();
  });

  it('give the gradient that finite differences give, along each weight matrix and at random', async () => {
    const wasm = await model('wasm', config);
    const start = wasm.getParameters();
    wasm.forward(batch);
    wasm.backward(gradLogits);
    const gradient = wasm.getGradient();
    const lossAt = (direction: Float32Array, step: number) => {
      wasm.setParameters(start.map((value, i) => value + step * direction[i]));
      return sum(wasm.forward(batch).logits, gradLogits);
    };
    const along = wasm.layout.entries.map(({ offset, size }) => gradient.map((g, i) => (i >= offset && i < offset + size ? g : 0)));
    for (const raw of [...along, testNumbers(gradient.length, 11), testNumbers(gradient.length, 12)]) {
      const length = Math.sqrt(sum(raw, raw));
      const direction = raw.map((value) => value / length);
      const slope = (lossAt(direction, 2e-3) - lossAt(direction, -2e-3)) / 4e-3;
      expect(Math.abs(slope - sum(gradient, direction))).toBeLessThan(2e-3 * wasm.gradientNorm());
    }
    wasm.dispose();
  });

  it.each(['wasm', 'tfjs-cpu'] as const)('decode the logits of the teacher-forced pass (%s)', async (backend) => {
    const tested = await model(backend, config);
    const forced = tested.forward(batch);
    const V = config.vocabulary;
    const rowOf = new Map(Array.from(batch.rows, (row, k) => [row, k]));
    const decoder = tested.createDecoder();
    // Prompts of different lengths: every fourth sequence starts one token later.
    const lengths = sequences.map((_, s) => (s % 4 === 3 ? 5 : 4));
    let next = decoder.prefill(sequences.map((sequence, s) => sequence.slice(0, lengths[s])));
    let rows = Int32Array.from(sequences.keys());
    let worst = 0;
    let compared = 0;
    while (rows.length > 0) {
      rows.forEach((row, i) => {
        const k = rowOf.get(batch.offsets[row] + lengths[row] - 1);
        if (k === undefined) return;
        compared++;
        for (let v = 0; v < V; v++) worst = Math.max(worst, Math.abs(next.logits[i * V + v] - forced.logits[k * V + v]));
      });
      rows = rows.filter((row) => lengths[row] < sequences[row].length);
      if (rows.length > 0)
        next = decoder.step(
          rows,
          rows.map((row) => sequences[row][lengths[row]++]),
        );
    }
    expect(compared).toBeGreaterThan(80);
    // The kernels run the same arithmetic in both, so that the first update's ratios are exactly 1.
    if (backend === 'wasm') expect(worst).toBe(0);
    else expect(worst).toBeLessThan(1e-5);
    decoder.dispose();
    tested.dispose();
  });

  it('treat sequences packed together as they treat each alone', async () => {
    const wasm = await model('wasm', config);
    const together = wasm.forward(batch).logits;
    wasm.backward(gradLogits);
    const gradient = wasm.getGradient();
    const alone: number[] = [];
    const summed = new Float32Array(gradient.length);
    for (const sequence of sequences) {
      const single = testBatch([sequence]);
      const { logits } = wasm.forward(single);
      wasm.backward(gradLogits.slice(alone.length, alone.length + logits.length));
      wasm.getGradient().forEach((g, i) => {
        summed[i] += g;
      });
      alone.push(...logits);
    }
    expect(together).toEqual(Float32Array.from(alone));
    expect(relativeDistance(gradient, summed)).toBeLessThan(1e-5);
    wasm.dispose();
  });
});

describe('the optimiser', () => {
  it.each(['wasm', 'tfjs-cpu'] as const)('takes the steps of Adam in float64 (%s)', async (backend) => {
    const tested = await model(backend, TEST_CONFIG);
    const batch = testBatch(testSequences(TEST_CONFIG, 4));
    const parameters = Float64Array.from(tested.getParameters());
    const first = new Float64Array(parameters.length);
    const second = new Float64Array(parameters.length);
    for (let step = 1; step <= 3; step++) {
      tested.forward(batch);
      tested.backward(testNumbers(batch.rows.length * TEST_CONFIG.vocabulary, step));
      tested.getGradient().forEach((g, i) => {
        first[i] = 0.9 * first[i] + 0.1 * g;
        second[i] = 0.999 * second[i] + 0.001 * g * g;
        const corrected = Math.sqrt(second[i] / (1 - 0.999 ** step)) + 1e-8;
        parameters[i] -= (3e-3 * first[i]) / (1 - 0.9 ** step) / corrected;
      });
      tested.adamStep(ADAM);
    }
    const state = tested.getOptimizer();
    expect(state.steps).toBe(3);
    expect(relativeDistance(tested.getParameters(), Float32Array.from(parameters))).toBeLessThan(1e-6);
    expect(relativeDistance(state.first, Float32Array.from(first))).toBeLessThan(1e-6);
    expect(relativeDistance(state.second, Float32Array.from(second))).toBeLessThan(1e-6);
    tested.dispose();
  });

  it('goes on from a saved state as if it had never stopped', async () => {
    const wasm = await model('wasm', TEST_CONFIG);
    const batch = testBatch(testSequences(TEST_CONFIG, 4));
    const step = (tested: LanguageModel) => {
      const { logits } = tested.forward(batch);
      tested.backward(logits);
      tested.adamStep(ADAM);
    };
    step(wasm);
    const copy = await model('wasm', TEST_CONFIG);
    copy.setParameters(wasm.getParameters());
    copy.setOptimizer(wasm.getOptimizer());
    step(wasm);
    step(copy);
    expect(copy.getParameters()).toEqual(wasm.getParameters());
    wasm.dispose();
    copy.dispose();
  });
});

describe('the wasm model', () => {
  /** A few updates on changing batches, with sampling in between. */
  async function train(steps: number, watch?: (step: number) => void, backend: LanguageModel['backend'] = 'wasm'): Promise<Float32Array> {
    const wasm = await model(backend, TEST_CONFIG);
    for (let step = 0; step < steps; step++) {
      const sequences = testSequences(TEST_CONFIG, 6, step % 5);
      const { logits } = wasm.forward(testBatch(sequences));
      const decoder = wasm.createDecoder();
      decoder.prefill(sequences.map((sequence) => sequence.slice(0, 4)));
      decoder.step(Int32Array.of(1, 3), Int32Array.of(2, 4));
      decoder.dispose();
      wasm.backward(logits.map((z) => 0.01 * z));
      wasm.adamStep(ADAM);
      watch?.(step);
    }
    const parameters = wasm.getParameters();
    wasm.dispose();
    return parameters;
  }

  it('is bit-identical from run to run', async () => {
    expect(await train(10)).toEqual(await train(10));
  });

  it.each([
    // The last batch is that of step 10: they repeat after five steps.
    ['wasm', 301],
    ['tfjs-cpu', 16],
  ] as const)('keeps its memory flat, and gives all of it back (%s)', async (backend, steps) => {
    const before = tf.memory();
    let warm = { numTensors: 0, numBytes: 0 };
    const watch = (step: number) => {
      if (step === 10) warm = tf.memory();
      if (step === steps - 1) expect(tf.memory()).toMatchObject({ numTensors: warm.numTensors, numBytes: warm.numBytes });
    };
    await train(steps, watch, backend);
    expect(warm.numBytes).toBeGreaterThan(before.numBytes);
    expect(tf.memory()).toMatchObject({ numTensors: before.numTensors, numBytes: before.numBytes });
  });

  it('refuses what would reach outside its memory', async () => {
    const wasm = await model('wasm', TEST_CONFIG);
    const one = (ids: number[]) => () =>
      wasm.forward({ ids: Int32Array.from(ids), offsets: Int32Array.of(0, ids.length), rows: Int32Array.of(ids.length - 1) });
    expect(one([1, 19])).toThrow('Token id 19 is outside the vocabulary of 19.');
    expect(one([-1])).toThrow('Token id -1');
    expect(one(new Array(25).fill(1))).toThrow('longer than the model’s context of 24'.replace('’', "'"));
    expect(() => wasm.setParameters(new Float32Array(3))).toThrow('3 numbers');
    wasm.dispose();
    await expect(createModel({ ...TEST_CONFIG, width: 30 })).rejects.toThrow('multiples of 8');
  });
});

describe('createModel', () => {
  it('takes the kernels where SIMD is there, and says why where it is not', async () => {
    const fast = await createModel(TEST_CONFIG);
    expect([fast.backend, fast.fallbackReason]).toEqual(['wasm', undefined]);
    fast.dispose();
    tf.env().set('WASM_HAS_SIMD_SUPPORT', false);
    const slow = await createModel(TEST_CONFIG);
    tf.env().set('WASM_HAS_SIMD_SUPPORT', true);
    expect(slow.backend).toBe('tfjs-cpu');
    expect(slow.fallbackReason).toMatch(/no WebAssembly SIMD/);
    slow.dispose();
    const forced = await createModel(TEST_CONFIG, { forceFallback: true });
    expect(forced.backend).toBe('tfjs-cpu');
    forced.dispose();
  });

  it('draws initial weights N(0, 0.08²) with gains 1, the same for the same seed', () => {
    const weights = initialParameters(TEST_CONFIG, 5).filter((w) => w !== 1);
    const mean = weights.reduce((total, w) => total + w, 0) / weights.length;
    const variance = weights.reduce((total, w) => total + (w - mean) ** 2, 0) / weights.length;
    expect(Math.abs(mean)).toBeLessThan(0.002);
    expect(Math.sqrt(variance)).toBeCloseTo(0.08, 2);
    expect(initialParameters(TEST_CONFIG, 5)).toEqual(initialParameters(TEST_CONFIG, 5));
    expect(initialParameters(TEST_CONFIG, 5)).not.toEqual(initialParameters(TEST_CONFIG, 6));
  });
});
