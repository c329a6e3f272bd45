import { beforeAll, describe, expect, it } from 'vitest';
import { EVEN_CONFIG, EVEN_PROMPT, evenTask, evenValue } from '../../tests/support/evenTask.ts';
import { runEnumeration } from '../core/oracle/enumerate.ts';
import type { OracleProblem } from '../core/oracle/enumerate.ts';
import { uniformAt } from '../core/random.ts';
import { temperatureSampling } from '../core/stages/temperatureSampling.ts';
import { createModel } from './createModel.ts';
import { exactGradient } from './exactGradient.ts';
import { prefixEvaluator, withTruth } from './oracle.ts';
import { assembleBatch, sampleGroups } from './rollout.ts';
import { testParameters } from './testBatch.ts';
import type { LanguageModel } from './types.ts';

const T = 0.7;
let model: LanguageModel;
beforeAll(async () => {
  model = await createModel(EVEN_CONFIG);
  model.setParameters(testParameters(EVEN_CONFIG, 5));
});

const problem: OracleProblem = {
  vocabulary: EVEN_CONFIG.vocabulary,
  endToken: evenTask.endToken,
  maxTokens: evenTask.maxTokens,
  reward: (response) => evenTask.verify(EVEN_PROMPT, response).reward,
  rewardRange: [0, 1],
  prefixes: [[3], [1, 2]],
  epsilon: 1e-9,
  maxNodes: 1000,
};

describe('the oracle on the model', () => {
  it('gives the values of a sum over all responses, to 1e-6', () => {
    const tree = runEnumeration(problem, prefixEvaluator(model, EVEN_PROMPT, T));
    for (const prefix of [[], [3], [1, 2]])
      expect(Math.abs((tree.value(prefix)?.estimate ?? NaN) - evenValue(model, T, prefix))).toBeLessThan(1e-6);
  });

  it('has the slope of the expected reward as its gradient, along itself and three random directions', () => {
    const tree = runEnumeration(problem, prefixEvaluator(model, EVEN_PROMPT, T));
    const { gradient, residual } = exactGradient(model, EVEN_PROMPT, tree, T);
    expect(residual).toBeLessThan(1e-8);
    const at = model.getParameters();
    const norm = Math.hypot(...gradient);
    const directions = [gradient.map((g) => g / norm), ...[1, 2, 3].map((k) => gradient.map((_, i) => uniformAt(3, k, i) - 0.5))];
    for (const direction of directions) {
      const h = 3e-3 / Math.hypot(...direction);
      const [up, down] = [h, -h].map((step) => {
        model.setParameters(at.map((w, i) => w + step * direction[i]));
        return evenValue(model, T);
      });
      model.setParameters(at);
      const slope = gradient.reduce((sum, g, i) => sum + g * direction[i], 0);
      // The weights are float32: the step is large, so the error is that of the third derivative.
      expect(Math.abs((up - down) / (2 * h) - slope)).toBeLessThan(2e-3 * norm * Math.hypot(...direction));
    }
  });
});

describe('the truth of a batch', () => {
  const batchOf = () => {
    const request = { model, task: evenTask, seed: 1, step: 0, attempt: 0, slots: [0, 1], groupSize: 4, baseTemperature: T };
    const sampled = sampleGroups({ ...request, stage: temperatureSampling, knobs: { temperature: T }, state: null });
    return assembleBatch(evenTask, model, sampled, T);
  };

  it('is a value after each token, and advantages that lead from the prompt’s value to the reward', () => {
    const batch = withTruth(model, evenTask, batchOf(), { epsilon: 1e-6, maxNodes: 1000, continuations: 8 });
    const { trueValues, trueAdvantages, trueErrors } = batch.fields;
    if (!trueValues || !trueAdvantages || !trueErrors) throw new Error('The batch has no truth.');
    for (const response of batch.responses) {
      let sum = batch.groups[response.group].trueValue ?? NaN;
      for (let t = response.start; t < response.end; t++) sum += trueAdvantages[t];
      expect(sum).toBeCloseTo(response.reward, 9);
      expect(trueValues[response.end - 1]).toBe(response.reward);
    }
    expect(batch.groups[0].trueValue).not.toBe(batch.groups[1].trueValue);
    expect(Math.max(...trueErrors)).toBeLessThanOrEqual(1e-6);
  });

  it('is estimated where the tree is wider than the budget, within its interval, and says so', () => {
    const exact = withTruth(model, evenTask, batchOf(), { epsilon: 1e-6, maxNodes: 1000, continuations: 8 });
    const drawn = withTruth(model, evenTask, batchOf(), { epsilon: 1e-6, maxNodes: 3, continuations: 512 });
    expect([exact, drawn].map(({ groups }) => groups.map(({ truthKind }) => truthKind))).toEqual([
      ['exact', 'exact'],
      ['monte-carlo', 'monte-carlo'],
    ]);
    const errors = drawn.fields.trueErrors ?? new Float64Array(0);
    const distances = drawn.fields.trueAdvantages?.map((a, t) => Math.abs(a - (exact.fields.trueAdvantages?.[t] ?? NaN))) ?? [];
    // Intervals of 95 %: about one in twenty may miss.
    expect(distances.filter((distance, t) => distance > errors[t] + 1e-6).length).toBeLessThanOrEqual(Math.ceil(0.1 * errors.length));
    expect(Math.max(...errors)).toBeLessThan(0.08);
    for (const response of drawn.responses) {
      let sum = drawn.groups[response.group].trueValue ?? NaN;
      for (let t = response.start; t < response.end; t++) sum += drawn.fields.trueAdvantages?.[t] ?? NaN;
      expect(sum).toBeCloseTo(response.reward, 9);
    }
  });
});
