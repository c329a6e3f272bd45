/** Values that are drawn, read from a head or learned beside a frozen policy: the engine's side of each, on a task that can be listed. */
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { EVEN_CONFIG, evenTask } from '../../tests/support/evenTask.ts';
import type { RolloutBatch } from '../core/batch.ts';
import { loadMethod } from '../core/methods/index.ts';
import { composeMethod, creditBatch, defaultKnobs, missingNeeds, prepareCredit } from '../core/pipeline.ts';
import { uniformAt } from '../core/random.ts';
import { CANDIDATE_VALUES, VALUE_MODEL } from '../core/stages/valueSampling.ts';
import { JOINT_HEAD, TEACHER_LOGITS } from '../core/stages/jointHead.ts';
import { mean } from '../core/stats.ts';
import type { Method } from '../core/stages/types.ts';
import { candidateValues } from './candidates.ts';
import { createModel } from './createModel.ts';
import { measureSteps } from './measures/index.ts';
import { withTruth } from './oracle.ts';
import { fitSecondModels, secondPass, sharedOutputs, updateSecond } from './secondModels.ts';
import type { SecondModel } from './secondModels.ts';
import { finish } from './steps.ts';
import { testParameters } from './testBatch.ts';
import { createTrainer, DEFAULT_SETTINGS, trainerMethod } from './trainer.ts';
import type { TrainerMethod } from './trainer.ts';
import type { LanguageModel } from './types.ts';
import { pairsOf } from './rollout.ts';
import { updateSteps } from './update.ts';

const SETTINGS = { ...DEFAULT_SETTINGS, prompts: 4, groupSize: 6, epochs: 1, minibatches: 1, learningRate: 3e-3 };
const base = testParameters(EVEN_CONFIG, 5);
const methods: Record<string, Method> = {};
beforeAll(async () => {
  for (const id of ['grpo', 'vineppo', 'zip-rc', 'vas']) methods[id] = await loadMethod(id);
});

interface Run {
  model: LanguageModel;
  second: readonly SecondModel[];
  method: TrainerMethod;
  trainer: ReturnType<typeof createTrainer>;
}

/** A run of the method from the test weights, with its second networks. */
async function run(id: string, changes: Record<string, number> = {}, settings = SETTINGS): Promise<Run> {
  const knobs = { ...defaultKnobs(methods[id]), ...changes };
  const method = trainerMethod(methods[id], {}, knobs);
  const outputs = sharedOutputs(method.composed, knobs);
  const model = await createModel({ ...EVEN_CONFIG, ...(outputs > 0 ? { outputs } : {}) });
  const all = new Float32Array(model.layout.total);
  all.set(base);
  model.setParameters(all);
  const world = { config: EVEN_CONFIG, create: createModel, base, policy: () => base, seed: 'values' };
  const second = await fitSecondModels([], method.composed, knobs, world);
  const trainer = createTrainer({ model, task: evenTask, seed: 'values', settings, method, base, second });
  return { model, second, method, trainer };
}

function step({ trainer }: Run): RolloutBatch {
  const result = trainer.advance();
  if (result.kind !== 'done') throw new Error('the run stopped');
  return result.batch;
}

/** [N] the oracle's V at the state before every token, under the policy of `model`. */
function trueStateValues(batch: RolloutBatch, model: LanguageModel): Float64Array {
  const known = withTruth(model, evenTask, batch);
  const values = new Float64Array(batch.tokens.length);
  for (const { group, start, end } of known.responses)
    for (let t = start; t < end; t++)
      values[t] = t === start ? (known.groups[group].trueValue ?? NaN) : (known.fields.trueValues?.[t - 1] ?? NaN);
  return values;
}

const rootMeanSquare = (a: Float64Array, b: Float64Array) => Math.sqrt(mean(a.map((x, t) => (x - b[t]) * (x - b[t]))));

describe('Monte-Carlo values', () => {
  const tokens = { stepUnit: 1 };
  it('are drawn before the update, from every prefix asked for, and shared by equal ones', async () => {
    const going = await run('vineppo', { ...tokens, continuations: 5 });
    const batch = step(going);
    const known = new Map<string, readonly number[]>();
    for (const { group, start, end, continuations } of batch.responses) {
      expect(continuations).toHaveLength(end - start);
      for (const { after, rewards } of continuations ?? []) {
        const key = `${batch.groups[group].prompt.join()}:${batch.tokens.subarray(start, start + after).join()}`;
        expect(rewards).toHaveLength(5);
        if (known.has(key)) expect(rewards).toEqual(known.get(key));
        known.set(key, rewards);
      }
    }
    expect(known.size).toBeLessThan(batch.tokens.length);
    expect(creditBatch(batch, going.method.composed, going.method.knobs).credit.some((value) => value !== 0)).toBe(true);
    going.model.dispose();
  });
  it('converge to the oracle’s values as K grows', async () => {
    const errors: number[] = [];
    for (const count of [4, 64, 1024]) {
      const going = await run('vineppo', { ...tokens, continuations: count });
      const weights = going.model.getParameters();
      const batch = step(going);
      going.model.setParameters(weights);
      const drawn = new Float64Array(batch.tokens.length);
      for (const { start, continuations } of batch.responses)
        for (const { after, rewards } of continuations ?? []) drawn[start + after] = mean(rewards);
      errors.push(rootMeanSquare(drawn, trueStateValues(batch, going.model)));
      going.model.dispose();
    }
    // A standard error of at most 0.5/√K.
    expect(errors[0]).toBeGreaterThan(errors[1]);
    expect(errors[1]).toBeGreaterThan(errors[2]);
    expect(errors[2]).toBeLessThan(0.5 / Math.sqrt(1024));
  });
  it('need steps, or every token', async () => {
    const batch = step(await run('vineppo', tokens));
    expect(missingNeeds(batch, methods.vineppo, { ...defaultKnobs(methods.vineppo) })).toEqual(['steps']);
  });
});

describe('a joint head on the policy', () => {
  it('has the gradient of its loss and of the KL through the whole model: finite differences in every kind of weight', async () => {
    const going = await run('zip-rc', { teacherKlCoef: 3, teacherTopK: 3 });
    const batch = step(going);
    const { model, method, second } = going;
    // Away from the start, where the head is 0 and so is its push on the trunk.
    model.setParameters(model.getParameters().map((w, i) => w + 0.4 * (uniformAt(3, i) - 0.5)));
    const input = { batch, composed: method.composed, knobs: method.knobs, state: null };
    const prepared = prepareCredit(input);
    const groups = batch.groups.map((_, g) => g);
    const at = () => finish(updateSteps(model, { ...input, ...prepared, groups }, second));
    const { result, gradLogits, gradOutputs } = at();
    expect(result.models[JOINT_HEAD].loss).toBeGreaterThan(1);
    expect(result.trace.klLoss.values[0]).toBeGreaterThan(0.01);
    model.backward(gradLogits, gradOutputs);
    const gradient = model.getGradient();
    const here = model.getParameters();
    const lossOf = () => {
      const { result: there } = at();
      return there.loss + there.models[JOINT_HEAD].loss;
    };
    const typical = Math.sqrt(gradient.reduce((sum, g) => sum + g * g, 0) / gradient.length);
    for (const [k, { name, offset, size }] of model.layout.entries.entries()) {
      const along = Float32Array.from({ length: here.length }, (_, i) => (i >= offset && i < offset + size ? uniformAt(9, k, i) - 0.5 : 0));
      const norm = Math.sqrt(along.reduce((sum, x) => sum + x * x, 0));
      const [up, down] = [0.01, -0.01].map((h) => {
        model.setParameters(here.map((w, i) => w + (h * along[i]) / norm));
        return lossOf();
      });
      const analytic = gradient.reduce((sum, g, i) => sum + (g * along[i]) / norm, 0);
      expect(Math.abs((up - down) / 0.02 - analytic), name).toBeLessThan(0.03 * typical);
    }
    model.dispose();
  });
  it('reads its grid where the batch was drawn, learns it, and holds the policy to the frozen one', async () => {
    const going = await run('zip-rc', {}, { ...SETTINGS, epochs: 2, minibatches: 2 });
    const losses: number[] = [];
    let batch = step(going);
    const { width, values } = batch.measured?.[JOINT_HEAD] ?? { width: 0, values: new Float64Array(0) };
    // A new head says nothing: every cell alike.
    expect([width, values.every((x) => x === 0)]).toEqual([30, true]);
    expect(batch.measured?.[TEACHER_LOGITS]?.width).toBe(EVEN_CONFIG.vocabulary);
    for (let k = 0; k < 60; k++) {
      batch = step(going);
      losses.push(batch.updates[0].models?.[0].loss ?? NaN);
    }
    expect(losses[0]).toBeGreaterThan(2);
    expect(losses[59]).toBeLessThan(1.6);
    const { trace, credit } = creditBatch(batch, going.method.composed, going.method.knobs);
    expect(credit.every((value) => value === 0)).toBe(true);
    expect(mean(trace.teacherKl.values)).toBeLessThan(0.01);
    going.model.dispose();
  });
});

describe('a value network beside a frozen policy', () => {
  let going: Run;
  beforeEach(async () => {
    going = await run('vas', { valueLearningRate: 3e-3 }, { ...SETTINGS, epochs: 2, minibatches: 2 });
  });

  it('has the gradient of its loss, the positions after the ends included', async () => {
    const { second, method, model } = going;
    const batch = step(going);
    const [{ own, spec }] = second;
    if (!own) throw new Error('the value network has no trunk of its own');
    own.setParameters(own.getParameters().map((w, i) => w + 0.4 * (uniformAt(3, i) - 0.5)));
    const { rewards, targets } = prepareCredit({ batch, composed: method.composed, knobs: method.knobs, state: null });
    const at = () => {
      const pass = secondPass(own, spec, method.knobs, pairsOf(batch), 1);
      return { pass, result: spec.loss({ batch, knobs: method.knobs, state: null, now: pass, rewards, ...(targets ? { targets } : {}) }) };
    };
    const here = own.getParameters();
    const { pass, result } = at();
    expect(result.gradEndAnswers?.some((g) => g !== 0)).toBe(true);
    updateSecond(second[0], pass, result, { learningRate: 0, beta1: 0.9, beta2: 0.95, epsilon: 1e-8 }, 1);
    const gradient = own.getGradient();
    const typical = Math.sqrt(gradient.reduce((sum, g) => sum + g * g, 0) / gradient.length);
    for (const [k, { name, offset, size }] of own.layout.entries.entries()) {
      // No token's logits enter a value.
      if (name === 'out') continue;
      const along = Float32Array.from({ length: here.length }, (_, i) => (i >= offset && i < offset + size ? uniformAt(9, k, i) - 0.5 : 0));
      const norm = Math.sqrt(along.reduce((sum, x) => sum + x * x, 0));
      const [up, down] = [0.01, -0.01].map((h) => {
        own.setParameters(here.map((w, i) => w + (h * along[i]) / norm));
        return at().result.loss;
      });
      const analytic = gradient.reduce((sum, g, i) => sum + (g * along[i]) / norm, 0);
      expect(Math.abs((up - down) / 0.02 - analytic), name).toBeLessThan(0.03 * typical);
    }
    expect(model.getParameters()).toEqual(base);
  });
  it('leaves the policy as it is, learns the values of its own draws, and then earns more where they steer', async () => {
    const frozen: number[] = [];
    const steered: number[] = [];
    let batch = step(going);
    for (let k = 0; k < 60; k++) {
      batch = step(going);
      if (k < 40) continue;
      for (const [g, { start, end }] of batch.groups.entries())
        (g % 2 === 0 ? frozen : steered).push(...batch.responses.slice(start, end).map(({ reward }) => reward));
    }
    expect(going.model.getParameters()).toEqual(base);
    const { trace } = creditBatch(batch, going.method.composed, going.method.knobs);
    expect(rootMeanSquare(trace.values.values, trueStateValues(batch, going.model))).toBeLessThan(0.15);
    expect(mean(steered)).toBeGreaterThan(mean(frozen) + 0.1);
    // Even slots were drawn from the policy itself, odd ones were not.
    expect(new Set(trace.isAugmented.values)).toEqual(new Set([0, 1]));
    expect(trace.drawKl.values.every((kl) => kl >= 0)).toBe(true);
  });
  it('knows the value after an end token by default, and leaves it at what it happens to be with the code’s flaw', async () => {
    const flawed = await run('vas', { valueLearningRate: 3e-3, terminalValue: 0 }, { ...SETTINGS, epochs: 2, minibatches: 2 });
    const errorAfterEnd = (each: Run): number => {
      let batch = step(each);
      for (let k = 0; k < 40; k++) batch = step(each);
      const own = each.second[0].own as LanguageModel;
      const texts = batch.responses.map(({ group, start, end }) => [
        ...batch.groups[group].prompt,
        ...batch.tokens.subarray(start, end - 1),
      ]);
      const rows = candidateValues(own, texts);
      return mean(batch.responses.map(({ end, reward }, i) => Math.abs(rows[i][batch.tokens[end - 1]] - reward)));
    };
    const [right, wrong] = [errorAfterEnd(going), errorAfterEnd(flawed)];
    expect(right).toBeLessThan(0.4);
    expect(wrong - right).toBeGreaterThan(0.1);
  });
  it('at β = 0, or drawn with no prompt, draws the frozen policy’s tokens', async () => {
    const plain = await run('grpo', {}, { ...SETTINGS, learningRate: 1e-9 });
    const zero = await run('vas', { valueBeta: 0 });
    const none = await run('vas', { valueDraw: 0 });
    for (const each of [zero, none]) {
      step(each);
      const batch = step(each);
      expect(batch.fields.samplingLogprobs).toEqual(batch.fields.oldLogprobs);
    }
    expect([...step(await run('vas', { valueBeta: 0 })).tokens]).toEqual([...step(plain).tokens]);
  });
  it('the measure gives the value after each candidate, whichever texts are asked for together', async () => {
    const batch = step(going);
    const { second, model, method } = going;
    const entry = batch.measured?.[CANDIDATE_VALUES];
    expect([entry?.level, entry?.width, entry?.values.length]).toEqual(['token', 4, 4 * batch.tokens.length]);
    const own = second[0].own as LanguageModel;
    const again = finish(
      measureSteps(batch, [{ kind: 'candidates', model: VALUE_MODEL, name: CANDIDATE_VALUES }], {
        model,
        base,
        task: evenTask,
        second,
        knobs: method.knobs,
      }),
    ).measured?.[CANDIDATE_VALUES].values as Float64Array;
    batch.responses.slice(0, 3).forEach(({ group, start }) => {
      const [alone] = candidateValues(own, [[...batch.groups[group].prompt]]);
      expect([...again.subarray(start * 4, start * 4 + 4)]).toEqual([...alone]);
    });
    expect(composeMethod(methods.vas).models.map(({ name }) => name)).toEqual([VALUE_MODEL]);
  });
});
