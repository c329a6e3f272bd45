import { beforeAll, describe, expect, it } from 'vitest';
import { EVEN_CONFIG, EVEN_PROMPT, evenTask } from '../../../tests/support/evenTask.ts';
import type { RolloutBatch } from '../../core/batch.ts';
import { mean } from '../../core/stats.ts';
import { headFactors, measuredKernel, outerKernel } from '../../core/stages/gradientKernel.ts';
import { influenceOf } from '../../core/stages/tokenHiddenReward.ts';
import { createModel } from '../createModel.ts';
import { packResponses } from '../pack.ts';
import { pairsOf } from '../rollout.ts';
import { scoreSteps } from '../scorer.ts';
import { finish } from '../steps.ts';
import { testParameters } from '../testBatch.ts';
import type { LanguageModel } from '../types.ts';
import { gradientProductSteps, measureGradients } from './gradients.ts';

const parameters = testParameters(EVEN_CONFIG, 5);
/** Two right samples, one of them twice in its beginning, and two wrong ones. */
const RESPONSES = [
  [1, 3, 0],
  [1, 1, 2],
  [2, 1, 3],
  [1, 0],
  [3, 3, 1],
];
let model: LanguageModel;
const scored = (temperature: number) => finish(scoreSteps(model, evenTask, parameters, EVEN_PROMPT, RESPONSES, temperature));
const context = () => ({ model, base: parameters, task: evenTask, second: [], knobs: {} });
const measured = (batch: RolloutBatch) => finish(measureGradients(batch, { kind: 'gradients' }, context()));
beforeAll(async () => {
  model = await createModel(EVEN_CONFIG);
  model.setParameters(parameters);
});

/** Σ over right samples of their mean log-likelihood. */
const likelihood = (batch: RolloutBatch): number =>
  batch.responses
    .filter(({ reward }) => reward > 0)
    .reduce((sum, { start, end }) => sum + mean((batch.fields.oldLogprobs as Float64Array).subarray(start, end)), 0);

/** ∇ log π(token t) by all parameters, from the backward pass of the whole batch. */
function gradientOf(batch: RolloutBatch, t: number): Float32Array {
  const { width, data } = headFactors(batch).left;
  model.forward(packResponses(pairsOf(batch)));
  const grad = new Float32Array(data.length);
  for (let v = 0; v < width; v++) grad[t * width + v] = data[t * width + v];
  model.backward(grad);
  return model.getGradient();
}

/** Central difference of the likelihood of the right samples as the parameters move along ∇ log π(token t), or only a part of it. */
function moved(batch: RolloutBatch, t: number, temperature: number, part: 'out' | 'all'): number {
  const { offset, size } = model.layout.entries.find(({ name }) => name === 'out') as { offset: number; size: number };
  const along = gradientOf(batch, t).map((g, i) => (part === 'all' || (i >= offset && i < offset + size) ? g : 0));
  const length = Math.sqrt(along.reduce((sum, g) => sum + g * g, 0));
  const h = 0.004 / length;
  const [up, down] = [h, -h].map((step) => {
    model.setParameters(parameters.map((w, i) => w + step * along[i]));
    return likelihood(scored(temperature));
  });
  model.setParameters(parameters);
  return (up - down) / (2 * h);
}

describe.each([1, 1.4])('at T_base %s', (temperature) => {
  it('the hidden influence is what the right samples’ likelihood does when only the unembedding moves', () => {
    const batch = scored(temperature);
    const { perLength } = influenceOf(batch);
    const size = Math.max(...perLength.map(Math.abs));
    perLength.forEach((value, t) => expect(Math.abs(moved(batch, t, temperature, 'out') - value)).toBeLessThan(0.01 * size));
  });
  it('the measured one is what it does when every parameter moves', () => {
    const batch = measured(scored(temperature));
    const weights = new Float64Array(batch.tokens.length);
    for (const { reward, start, end } of batch.responses) if (reward > 0) weights.fill(1 / (end - start), start, end);
    const whole = measuredKernel(batch).apply(weights);
    const size = Math.max(...whole.map(Math.abs));
    whole.forEach((value, t) => expect(Math.abs(moved(batch, t, temperature, 'all') - value)).toBeLessThan(0.01 * size));
    // It is no multiple of the cheap one: what lies below the unembedding moves too.
    const { perLength } = influenceOf(batch);
    expect(whole.some((value, t) => Math.abs(value - perLength[t]) > 0.1 * size)).toBe(true);
  });
});

describe('products of whole gradients', () => {
  it('give equal places to tokens drawn alike after the same text, and to no others', () => {
    const { places, width } = finish(gradientProductSteps(model, scored(1)));
    // 1 3 0 | 1 1 2 | 2 1 3 | 1 0 | 3 3 1: the first token of the first, second and fourth sample is the same place.
    expect([...places]).toEqual([0, 1, 2, 0, 3, 4, 5, 6, 7, 0, 8, 9, 10, 11]);
    expect(width).toBe(12);
  });
  it('are those of the gradients that one backward pass over the whole batch gives, and hold the unembedding’s part', () => {
    const batch = measured(scored(1));
    const whole = measuredKernel(batch);
    const { left, right } = headFactors(batch);
    const head = outerKernel(left, right);
    const { offset, size } = model.layout.entries.find(({ name }) => name === 'out') as { offset: number; size: number };
    const gradients = Array.from(batch.tokens, (_, t) => gradientOf(batch, t));
    const dot = (a: Float32Array, b: Float32Array) => a.reduce((sum, x, i) => sum + x * b[i], 0);
    for (let t = 0; t < gradients.length; t++) {
      for (let s = 0; s < gradients.length; s++) {
        expect(whole.pair(t, s)).toBeCloseTo(dot(gradients[t], gradients[s]), 4);
        const [a, b] = [t, s].map((k) => gradients[k].subarray(offset, offset + size));
        expect(head.pair(t, s)).toBeCloseTo(dot(a, b), 4);
      }
    }
  });
  it('leave the weights as they are', () => {
    const before = model.getParameters();
    finish(gradientProductSteps(model, scored(1)));
    expect(model.getParameters()).toEqual(before);
  });
  it('are refused in one sentence where they would not fit into memory', () => {
    const huge = { ...model, layout: { ...model.layout, total: 2 ** 26 } };
    expect(() => finish(gradientProductSteps(huge, scored(1)))).toThrow(
      'This batch has 12 distinct tokens: the gradients of more than 2 do not fit',
    );
  });
});
