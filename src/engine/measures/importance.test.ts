import { beforeAll, expect, it } from 'vitest';
import { EVEN_CONFIG, EVEN_PROMPT, evenTask } from '../../../tests/support/evenTask.ts';
import type { RolloutBatch } from '../../core/batch.ts';
import { createModel } from '../createModel.ts';
import { STREAM } from '../../core/random.ts';
import { klDivergence, logSoftmaxInto } from '../distribution.ts';
import { normalAt } from '../layout.ts';
import { scoreSteps } from '../scorer.ts';
import { finish } from '../steps.ts';
import { testParameters } from '../testBatch.ts';
import type { LanguageModel } from '../types.ts';
import { gradientImportanceSteps } from './gradientImportance.ts';
import { importanceSteps, measureImportance } from './importance.ts';

const parameters = testParameters(EVEN_CONFIG, 5);
let model: LanguageModel;
beforeAll(async () => {
  model = await createModel(EVEN_CONFIG);
  model.setParameters(parameters);
});
const scored = (responses: number[][], temperature = 1) =>
  finish(scoreSteps(model, evenTask, parameters, EVEN_PROMPT, responses, temperature));

/** log π of the next token, from the model asked for this text alone. */
function nextOf(text: readonly number[], temperature: number): Float64Array {
  const { logits } = model.forward({
    ids: Int32Array.from(text),
    offsets: Int32Array.of(0, text.length),
    rows: Int32Array.of(text.length - 1),
  });
  const row = new Float64Array(EVEN_CONFIG.vocabulary);
  logSoftmaxInto(row, logits, 0, temperature);
  return row;
}

const importanceOf = (batch: RolloutBatch, blot: number) => finish(importanceSteps(model, batch, blot));

it('is the divergence of the answer’s distribution, one text at a time', () => {
  // The answer of 1 3 2 (cut off) is its last token, that of 2 1 0 the token before the end: one token of reasoning.
  const batch = scored(
    [
      [1, 3, 2],
      [2, 1, 0],
    ],
    1.3,
  );
  const context = { model, base: parameters, task: evenTask, second: [], knobs: {} };
  const found = finish(measureImportance(batch, { kind: 'importance' }, context)).fields.importance as Float64Array;
  const kl = (reasoning: number[], blotted: number[]) =>
    klDivergence(nextOf([...EVEN_PROMPT, ...reasoning], 1.3), nextOf([...EVEN_PROMPT, ...blotted], 1.3));
  const wanted = [kl([1, 3], [0, 3]), kl([1, 3], [1, 0]), NaN, kl([2], [0]), NaN, NaN];
  found.forEach((value, t) => (Number.isNaN(wanted[t]) ? expect(value).toBeNaN() : expect(value).toBeCloseTo(wanted[t], 9)));
  expect(found[0]).toBeGreaterThan(1e-4);
});

it('is none where there is no reasoning, and 0 for a token that stands for nothing already', () => {
  const found = importanceOf(scored([[0], [1, 0], [1, 3, 2]]), 1);
  expect([...found.slice(0, 3)]).toEqual([NaN, NaN, NaN]);
  // Blotted with the very token that stands there.
  expect(found[3]).toBe(0);
  expect(found[4]).toBeGreaterThan(0);
});

it('does not depend on how many texts one forward pass holds', () => {
  const one = [
    [1, 3, 2],
    [3, 1, 1],
    [2, 2, 0],
  ];
  const many = importanceOf(scored(Array.from({ length: 120 }, (_, k) => one[k % 3])), 0);
  const alone = importanceOf(scored(one), 0);
  many.forEach((value, t) => expect(Number.isNaN(value) ? -1 : value).toBeCloseTo(Number.isNaN(alone[t % 9]) ? -1 : alone[t % 9], 6));
});

it('by gradients is the slope of the divergence along the token’s own embedding, and leaves the weights as they were', () => {
  const batch = scored([[1, 3, 2]], 1.3);
  const NOISE = 0.4;
  const found = finish(gradientImportanceSteps(model, batch, NOISE));
  expect([...model.getParameters()]).toEqual([...parameters]);
  const { layout, config } = model;
  const at = (name: string) => layout.entries.find((entry) => entry.name === name)?.offset ?? Number.NaN;
  const clean = nextOf([...EVEN_PROMPT, 1, 3], 1.3);
  /** J where the embedding of reasoning token t is `1 + h` times as long, under the same noise. */
  const divergence = (t: number, h: number) => {
    const moved = parameters.slice();
    for (let k = 0; k < 2; k++)
      for (let d = 0; d < config.width; d++) {
        const place = at('pos') + (EVEN_PROMPT.length + k) * config.width + d;
        moved[place] += NOISE * normalAt(0, STREAM.noise, 0, k, d);
        if (k === t) moved[place] += h * parameters[at('tok') + [1, 3][k] * config.width + d];
      }
    model.setParameters(moved);
    const kl = klDivergence(clean, nextOf([...EVEN_PROMPT, 1, 3], 1.3));
    model.setParameters(parameters);
    return kl;
  };
  for (const t of [0, 1]) {
    const slope = Math.abs(divergence(t, 0.02) - divergence(t, -0.02)) / 0.04;
    expect(slope).toBeGreaterThan(1e-5);
    expect(found[t] / slope).toBeCloseTo(1, 1);
  }
  expect(found[2]).toBeNaN();
});

it('by gradients is 0 without noise, and grows with it in proportion where it is small', () => {
  const batch = scored([[1, 3, 2]]);
  const [none, small, double] = [0, 0.001, 0.002].map((noise) => finish(gradientImportanceSteps(model, batch, noise)));
  expect([...none.slice(0, 2)]).toEqual([0, 0]);
  expect(double[0] / small[0]).toBeCloseTo(2, 1);
});
