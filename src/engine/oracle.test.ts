import { beforeAll, describe, expect, it } from 'vitest';
import { EVEN_CONFIG, EVEN_PROMPT, evenTask, evenValue } from '../../tests/support/evenTask.ts';
import { runEnumeration } from '../core/oracle/enumerate.ts';
import type { OracleProblem } from '../core/oracle/enumerate.ts';
import { uniformAt } from '../core/random.ts';
import { temperatureSampling } from '../core/stages/temperatureSampling.ts';
import { createModel } from './createModel.ts';
import { certificateSteps, exactGradient } from './exactGradient.ts';
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

describe('the certificate of the exact gradient', () => {
  /** Every state is the same vector and every probability 1/4: the gradient is that vector times s, the slope of J by the four logits. */
  function evenParameters(): Float32Array {
    const own = new Float32Array(model.layout.total);
    for (const { name, offset, size } of model.layout.entries) if (['tok', 'pos', 'gf'].includes(name)) own.fill(1, offset, offset + size);
    return own;
  }
  const through = <T>(steps: Generator<unknown, T>): T => {
    let step = steps.next();
    while (!step.done) step = steps.next();
    return step.value;
  };

  it('is the estimate and the cosine that are worked out by hand, where ε opens two levels of three and ε/10 all', () => {
    const before = model.getParameters();
    model.setParameters(evenParameters());
    const budget = { epsilon: 0.6, maxNodes: 1000, continuations: 8 };
    const certificate = through(certificateSteps(model, evenTask, [EVEN_PROMPT, [3, 2]], 1, budget));
    const tree = runEnumeration({ ...problem, prefixes: [], epsilon: 0.6 }, prefixEvaluator(model, EVEN_PROMPT, 1));
    const length = Math.hypot(...exactGradient(model, EVEN_PROMPT, tree, 1).gradient);
    const short = through(certificateSteps(model, evenTask, [EVEN_PROMPT], 1, { ...budget, maxNodes: 4 }));
    model.setParameters(before);
    // Opened at ε: the prompt and a, b, c; `.` and `b.` are right: s = (7, −3, −1, −3)/32. At ε/10 eighteen answers of three tokens
    // too, which hold `.` 5, a 16, b 17, c 16 times: s = (5.5, −3.5, 1.5, −3.5)/64. Cosine (77 + 21 − 3 + 21)/√(272 · 57).
    expect(certificate.cosineToFiner).toBeCloseTo(0.931612, 5);
    expect(certificate.cosineChange).toBeCloseTo(0.369832, 4);
    // Left out: (3/4)² of the mass, times 1, times the score √(1 − 2/4 + 4/16) of one token.
    expect(certificate.residual * length).toBeCloseTo(0.487139, 5);
    expect(certificate).toMatchObject({ epsilon: 0.6, cutShort: 0 });
    expect(short.cutShort).toBe(1);
    expect(short.cosineToFiner).toBeCloseTo(1, 9);
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
