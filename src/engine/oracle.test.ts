import { beforeAll, describe, expect, it } from 'vitest';
import { exp } from '../core/math.ts';
import { runEnumeration } from '../core/oracle/enumerate.ts';
import type { OracleProblem } from '../core/oracle/enumerate.ts';
import { uniformAt } from '../core/random.ts';
import { temperatureSampling } from '../core/stages/temperatureSampling.ts';
import type { Task } from '../core/tasks/types.ts';
import { createModel } from './createModel.ts';
import { exactGradient, prefixEvaluator, withTruth } from './oracle.ts';
import { assembleBatch, sampleGroups } from './rollout.ts';
import { testParameters } from './testBatch.ts';
import type { LanguageModel } from './types.ts';

/** A task so small that every response can be listed: four tokens, at most three of them in a response. */
const V = 4;
const END = 0;
const L = 3;
const PROMPT = [1, 2];
const T = 0.7;
const reward = (response: readonly number[]) => (response.reduce((a, b) => a + b, 0) % 2 === 0 ? 1 : 0);
const config = { vocabulary: V, width: 8, heads: 2, layers: 1, hidden: 16, context: 8 };
let model: LanguageModel;
beforeAll(async () => {
  model = await createModel(config);
  model.setParameters(testParameters(config, 5));
});

const problem: OracleProblem = {
  vocabulary: V,
  endToken: END,
  maxTokens: L,
  reward,
  rewardRange: [0, 1],
  prefixes: [[3], [1, 2]],
  epsilon: 1e-9,
  maxNodes: 1000,
};

/** Expected reward below a prefix, the model asked one prefix at a time. */
function bruteForce(prefix: number[]): number {
  if (prefix[prefix.length - 1] === END || prefix.length === L) return reward(prefix);
  const evaluate = prefixEvaluator(model, [...PROMPT, ...prefix], T);
  const logp = evaluate({ parents: Int32Array.of(-1), tokens: Int32Array.of(-1) });
  return logp.reduce((sum, x, v) => sum + exp(x) * bruteForce([...prefix, v]), 0);
}

describe('the oracle on the model', () => {
  it('gives the values of a sum over all responses, to 1e-6', () => {
    const tree = runEnumeration(problem, prefixEvaluator(model, PROMPT, T));
    for (const prefix of [[], [3], [1, 2]]) expect(Math.abs((tree.value(prefix)?.estimate ?? NaN) - bruteForce(prefix))).toBeLessThan(1e-6);
  });

  it('has the slope of the expected reward as its gradient, along itself and three random directions', () => {
    const tree = runEnumeration(problem, prefixEvaluator(model, PROMPT, T));
    const { gradient, residual } = exactGradient(model, PROMPT, tree, T);
    expect(residual).toBeLessThan(1e-8);
    const at = model.getParameters();
    const norm = Math.hypot(...gradient);
    const directions = [gradient.map((g) => g / norm), ...[1, 2, 3].map((k) => gradient.map((_, i) => uniformAt(3, k, i) - 0.5))];
    for (const direction of directions) {
      const h = 3e-3 / Math.hypot(...direction);
      const [up, down] = [h, -h].map((step) => {
        model.setParameters(at.map((w, i) => w + step * direction[i]));
        return bruteForce([]);
      });
      model.setParameters(at);
      const slope = gradient.reduce((sum, g, i) => sum + g * direction[i], 0);
      // The weights are float32: the step is large, so the error is that of the third derivative.
      expect(Math.abs((up - down) / (2 * h) - slope)).toBeLessThan(2e-3 * norm * Math.hypot(...direction));
    }
  });
});

describe('the truth of a batch', () => {
  const task: Task = {
    meta: { id: 'even', title: 'Even', sentence: '', legend: '' },
    vocabulary: ['.', 'a', 'b', 'c'],
    endToken: END,
    maxTokens: L,
    maxPromptTokens: 2,
    samplePrompt: (random) => [1 + random.integer(3), 2],
    verify: (_prompt, response) => ({ reward: reward(response) }),
    demonstrate: () => [END],
  };
  const batchOf = () => {
    const request = { model, task, seed: 1, step: 0, attempt: 0, slots: [0, 1], groupSize: 4, baseTemperature: T };
    const sampled = sampleGroups({ ...request, stage: temperatureSampling, knobs: { temperature: T }, state: null });
    return assembleBatch(task, model, sampled, T);
  };

  it('is a value after each token, and advantages that lead from the prompt’s value to the reward', () => {
    const batch = withTruth(model, task, batchOf(), { epsilon: 1e-6, maxNodes: 1000 });
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

  it('says which prompt is too wide for the budget', () => {
    expect(() => withTruth(model, task, batchOf(), { epsilon: 1e-6, maxNodes: 3 })).toThrow(
      'The tree of prompt 1 needs more than 3 prefixes at ε = 0.000001: raise ε.',
    );
  });
});
