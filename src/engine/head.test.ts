/** A head beside the logits: on the kernels, on the composed model, and by finite differences through the whole model. */
import { beforeAll, describe, expect, it } from 'vitest';
import { createModel } from './createModel.ts';
import { fitVector, initialParameters, parameterLayout } from './layout.ts';
import { relativeDistance, TEST_CONFIG, testBatch, testNumbers, testParameters, testSequences } from './testBatch.ts';
import type { LanguageModel, ModelConfig } from './types.ts';

const dot = (a: ArrayLike<number>, b: ArrayLike<number>) => {
  let total = 0;
  for (let i = 0; i < a.length; i++) total += a[i] * b[i];
  return total;
};

async function model(backend: LanguageModel['backend'], config: ModelConfig): Promise<LanguageModel> {
  const created = await createModel(config, { backend });
  const values = testParameters(config);
  // A new head is zero: this one reads something.
  const head = parameterLayout({ ...config, outputs: 0 }).total;
  values.set(testNumbers(values.length - head, 4), head);
  created.setParameters(values);
  return created;
}

beforeAll(async () => {
  for (const backend of ['wasm', 'tfjs-cpu'] as const) (await model(backend, TEST_CONFIG)).dispose();
}, 120_000);

describe.each([1, 8, 10])('a head of %s numbers', (outputs) => {
  const config: ModelConfig = { ...TEST_CONFIG, outputs };
  const sequences = testSequences(config, 7);
  const batch = testBatch(sequences);
  const gradLogits = testNumbers(batch.rows.length * config.vocabulary);
  const gradOutputs = testNumbers(batch.rows.length * outputs, 9);

  it('leaves the logits and their gradient as they are, to the bit', async () => {
    const [headed, plain] = [await model('wasm', config), await createModel(TEST_CONFIG, { backend: 'wasm' })];
    plain.setParameters(headed.getParameters().subarray(0, plain.layout.total));
    expect(headed.forward(batch).logits).toEqual(plain.forward(batch).logits);
    expect(plain.forward(batch).outputs).toHaveLength(0);
    headed.backward(gradLogits);
    plain.backward(gradLogits);
    expect(headed.getGradient().subarray(0, plain.layout.total)).toEqual(plain.getGradient());
    expect(
      headed
        .getGradient()
        .subarray(plain.layout.total)
        .every((g) => g === 0),
    ).toBe(true);
    for (const used of [headed, plain]) used.dispose();
  });

  it('agrees with TensorFlow.js in outputs and every weight’s gradient', async () => {
    const [wasm, composed] = [await model('wasm', config), await model('tfjs-cpu', config)];
    const [ours, theirs] = [wasm, composed].map((tested) => {
      const { outputs: found } = tested.forward(batch);
      tested.backward(gradLogits, gradOutputs);
      return { found, gradient: tested.getGradient() };
    });
    expect(ours.found).toHaveLength(batch.rows.length * outputs);
    expect(relativeDistance(ours.found, theirs.found)).toBeLessThan(3e-6);
    for (const { name, offset, size } of wasm.layout.entries) {
      const part = (values: Float32Array) => values.subarray(offset, offset + size);
      expect(relativeDistance(part(ours.gradient), part(theirs.gradient)), name).toBeLessThan(1e-5);
    }
    composed.backward(gradLogits);
    expect(
      composed
        .getGradient()
        .subarray(parameterLayout(TEST_CONFIG).total)
        .every((g) => g === 0),
    ).toBe(true);
    for (const used of [wasm, composed]) used.dispose();
  });

  it('has the gradient that finite differences give, along each weight matrix', async () => {
    const wasm = await model('wasm', config);
    const start = wasm.getParameters();
    wasm.forward(batch);
    wasm.backward(gradLogits, gradOutputs);
    const gradient = wasm.getGradient();
    const lossAt = (direction: Float32Array, step: number) => {
      wasm.setParameters(start.map((value, i) => value + step * direction[i]));
      const found = wasm.forward(batch);
      return dot(found.logits, gradLogits) + dot(found.outputs, gradOutputs);
    };
    for (const { name, offset, size } of wasm.layout.entries) {
      const length = Math.sqrt(dot(gradient.subarray(offset, offset + size), gradient.subarray(offset, offset + size)));
      const direction = gradient.map((g, i) => (i >= offset && i < offset + size ? g / length : 0));
      const slope = (lossAt(direction, 2e-3) - lossAt(direction, -2e-3)) / 4e-3;
      expect(Math.abs(slope - length), name).toBeLessThan(4e-3 * wasm.gradientNorm());
    }
    wasm.dispose();
  });

  it.each(['wasm', 'tfjs-cpu'] as const)('is read while decoding as in the teacher-forced pass (%s)', async (backend) => {
    const tested = await model(backend, config);
    const forced = tested.forward({ ...batch, rows: Int32Array.from(sequences, (_, s) => batch.offsets[s + 1] - 1) });
    const decoder = tested.createDecoder();
    decoder.prefill(sequences.map((sequence) => sequence.slice(0, -1)));
    const last = decoder.step(
      Int32Array.from(sequences.keys()),
      Int32Array.from(sequences, (sequence) => sequence[sequence.length - 1]),
    );
    expect(relativeDistance(last.outputs, forced.outputs)).toBeLessThan(backend === 'wasm' ? 1e-12 : 3e-6);
    decoder.dispose();
    tested.dispose();
  });
});

describe('weights with and without a head', () => {
  const headed: ModelConfig = { ...TEST_CONFIG, outputs: 3 };
  it('share their trunk: a new head starts at zero, and one without a place is left out', () => {
    const plain = initialParameters(TEST_CONFIG, 5);
    const grown = fitVector(plain, parameterLayout(headed));
    expect(grown).toHaveLength(plain.length + 3 * TEST_CONFIG.width);
    expect(grown).toEqual(initialParameters(headed, 5));
    expect(grown.subarray(plain.length).every((value) => value === 0)).toBe(true);
    expect(fitVector(grown, parameterLayout(TEST_CONFIG))).toEqual(plain);
    expect(fitVector(plain, parameterLayout(TEST_CONFIG))).toBe(plain);
  });
  it('says what is wrong with a head of half a number or a gradient of the wrong size', async () => {
    await expect(createModel({ ...TEST_CONFIG, outputs: 0.5 })).rejects.toThrow('"outputs" is 0.5');
    const tested = await model('wasm', headed);
    const { logits } = tested.forward(testBatch(testSequences(headed, 2)));
    expect(() => tested.backward(logits, new Float32Array(2))).toThrow('gradOutputs has 2 numbers');
    tested.dispose();
  });
});
