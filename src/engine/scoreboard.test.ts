import { beforeAll, describe, expect, it } from 'vitest';
import { EVEN_CONFIG, EVEN_PROMPT, evenTask } from '../../tests/support/evenTask.ts';
import { loadMethod, METHODS } from '../core/methods/index.ts';
import { cosine, gradientQuality } from '../core/metrics/gradientQuality.ts';
import { runEnumeration } from '../core/oracle/enumerate.ts';
import { groupProblem } from '../core/oracle/truth.ts';
import { composeMethod, defaultKnobs } from '../core/pipeline.ts';
import { uniformAt } from '../core/random.ts';
import { temperatureSampling } from '../core/stages/temperatureSampling.ts';
import { createModel } from './createModel.ts';
import { exactGradient } from './exactGradient.ts';
import { prefixEvaluator } from './oracle.ts';
import { assembleBatch } from './rollout.ts';
import { sampleResponses } from './sampler.ts';
import { ascentDirection, gradientSteps, groundSteps, prepareScoreboard, redrawBatch, scoreboardRow } from './scoreboard.ts';
import { testParameters } from './testBatch.ts';
import type { LanguageModel } from './types.ts';

let model: LanguageModel;
beforeAll(async () => {
  model = await createModel(EVEN_CONFIG);
  model.setParameters(testParameters(EVEN_CONFIG, 5));
});

/** One group of the same prompt, with the draws of this number. */
function batchOf(draw: number, size: number) {
  const responses = sampleResponses({
    model,
    task: evenTask,
    prompts: Array.from({ length: size }, () => EVEN_PROMPT),
    baseTemperature: 1,
    choose: {
      kind: 'draw',
      stage: temperatureSampling,
      knobs: { temperature: 1 },
      state: null,
      uniform: (row, position) => uniformAt(draw, row, position),
    },
    keepStates: true,
  });
  return assembleBatch(evenTask, model, [{ prompt: EVEN_PROMPT, responses }], 1);
}

describe('directions of methods', () => {
  it('REINFORCE, which is unbiased, comes to the exact gradient in the mean; its size too', async () => {
    const method = await loadMethod('reinforce');
    const knobs = { ...defaultKnobs(method), baseline: 0 };
    const directions = Array.from({ length: 60 }, (_, draw) => ascentDirection(model, batchOf(draw, 32), composeMethod(method), knobs));
    const found = directions.filter((direction) => direction !== null);
    const problem = groupProblem(evenTask, batchOf(0, 4), 0, { epsilon: 1e-9, maxNodes: 1000, continuations: 8 });
    const { gradient } = exactGradient(model, EVEN_PROMPT, runEnumeration(problem, prefixEvaluator(model, EVEN_PROMPT, 1)), 1);
    const { meanCosine, cosine: single } = gradientQuality(found, gradient);
    expect(meanCosine).toBeGreaterThan(0.98);
    expect(single).toBeLessThan(meanCosine);
    const along = found.reduce((sum, direction) => sum + direction.reduce((s, x, i) => s + x * gradient[i], 0), 0) / found.length;
    expect(Math.abs(along / gradient.reduce((s, x) => s + x * x, 0) - 1)).toBeLessThan(0.1);
  });

  it('is null where the method keeps no group', async () => {
    const method = await loadMethod('dapo');
    const batch = batchOf(0, 4);
    const equal = { ...batch, responses: batch.responses.map((response) => ({ ...response, reward: 1 })) };
    expect(ascentDirection(model, equal, composeMethod(method), defaultKnobs(method))).toBeNull();
  });
});

describe('rows of the scoreboard', () => {
  const request = () => ({
    model,
    task: { ...evenTask, isFormatToken: (_: readonly number[], response: readonly number[], k: number) => response[k] === 0 },
    prompts: [EVEN_PROMPT, [3, 2]],
    groupSize: 6,
    seed: 'rows',
    budget: { epsilon: 1e-9, maxNodes: 1000, continuations: 8 },
  });
  const through = <T>(steps: Generator<unknown, T>): T => {
    let step = steps.next();
    while (!step.done) step = steps.next();
    return step.value;
  };

  it('rank the true advantage first, with correlation 1 and every sign right, on the small task', async () => {
    const ground = prepareScoreboard({ ...request(), resamples: 0 });
    const rows = [];
    for (const { load } of METHODS) rows.push(scoreboardRow(await load(), ground));
    const scored = rows.flatMap(({ method, score }) => (score ? [{ method, ...score }] : []));
    scored.sort((a, b) => b.accuracy.pearson - a.accuracy.pearson);
    expect(scored[0].method).toBe('true-advantage');
    expect(scored[0].accuracy.pearson).toBeCloseTo(1, 12);
    expect(scored[0].accuracy.spearman).toBeCloseTo(1, 12);
    expect(scored[0].accuracy.rightSign).toBe(1);
    expect(scored[0].disagreements).toEqual([]);
    expect(scored[1].accuracy.pearson).toBeLessThan(0.999);
    expect(rows.find(({ method }) => method === 'verpo')).toMatchObject({ missing: ['tests'], score: null, gradient: null });
    expect(scored.find(({ method }) => method === 'grpo')?.disagreements).toHaveLength(3);
  });

  it('hold the exact gradient of the mean over the prompts, and unbiased methods against it', async () => {
    const ground = prepareScoreboard({ ...request(), resamples: 24 });
    const mean = new Float64Array(model.layout.total);
    for (const prompt of request().prompts) {
      const problem = { ...groupProblem(evenTask, batchOf(0, 4), 0, request().budget), prefixes: [] };
      const tree = runEnumeration(
        { ...problem, reward: (response) => evenTask.verify(prompt, response).reward },
        prefixEvaluator(model, prompt, 1),
      );
      exactGradient(model, prompt, tree, 1).gradient.forEach((g, i) => {
        mean[i] += g / 2;
      });
    }
    expect(cosine(ground.exact, mean)).toBeCloseTo(1, 6);
    expect(Math.sqrt(ground.exact.reduce((s, x) => s + x * x, 0) / mean.reduce((s, x) => s + x * x, 0))).toBeCloseTo(1, 5);
    expect(ground.unopened).toBeLessThan(1e-9);
    const truth = scoreboardRow(await loadMethod('true-advantage'), ground).gradient;
    const grpo = scoreboardRow(await loadMethod('grpo'), ground).gradient;
    expect(truth?.batches).toBe(24);
    expect(truth?.meanCosine).toBeGreaterThan(0.97);
    expect(truth?.variance).toBeLessThan(grpo?.variance ?? 0);
  });

  it('are the same for the same seed, and other batches for another', async () => {
    const method = await loadMethod('grpo');
    const row = (seed: string) => scoreboardRow(method, prepareScoreboard({ ...request(), seed, resamples: 3 }));
    expect(row('a')).toEqual(row('a'));
    expect(row('b').gradient?.cosine).not.toBe(row('a').gradient?.cosine);
  });

  it('say what the redrawn batches lack where the tree is wider than the budget', async () => {
    const budget = { epsilon: 1e-9, maxNodes: 3, continuations: 8 };
    const full = { ...request(), baseTemperature: 1, base: model.getParameters(), budget, resamples: 2 };
    const ground = through(groundSteps(full));
    expect(ground.unopened).toBeGreaterThan(0.01);
    const method = await loadMethod('true-advantage');
    expect(through(gradientSteps(ground, composeMethod(method), defaultKnobs(method)))).toEqual({
      quality: null,
      missing: ['trueValues', 'trueAdvantages'],
    });
    expect(redrawBatch(full, 1).tokens).toEqual(ground.redrawn[0].tokens);
  });
});
