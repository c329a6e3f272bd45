import { beforeAll, describe, expect, it } from 'vitest';
import { EVEN_CONFIG, EVEN_PROMPT, evenTask } from '../../tests/support/evenTask.ts';
import { loadMethod } from '../core/methods/index.ts';
import { runEnumeration } from '../core/oracle/enumerate.ts';
import { groupProblem } from '../core/oracle/truth.ts';
import { composeMethod, defaultKnobs } from '../core/pipeline.ts';
import { uniformAt } from '../core/random.ts';
import { temperatureSampling } from '../core/stages/temperatureSampling.ts';
import { createModel } from './createModel.ts';
import { exactGradient, prefixEvaluator } from './oracle.ts';
import { assembleBatch } from './rollout.ts';
import { sampleResponses } from './sampler.ts';
import { ascentDirection, cosine, gradientQuality } from './scoreboard.ts';
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

describe('cosine and noise by hand', () => {
  it('of two directions and a truth in the plane', () => {
    expect(cosine([1, 0], [1, 1])).toBeCloseTo(Math.SQRT1_2, 12);
    expect(cosine([0, 0], [1, 1])).toBeNaN();
    const quality = gradientQuality([Float64Array.of(2, 1), Float64Array.of(2, -1)], Float64Array.of(3, 0));
    expect(quality.cosine).toBeCloseTo(2 / Math.sqrt(5), 12);
    expect(quality.meanCosine).toBe(1);
    // ‖(2, 0)‖² over the mean of 1 and 1.
    expect(quality.signalToNoise).toBe(4);
  });
});

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
