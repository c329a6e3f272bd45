/** The whole path: core's coefficients through the real model's backward pass, against finite differences of each method's loss. */
import { beforeAll, describe, expect, it } from 'vitest';
import { holdLoss, sameBranches } from '../../tests/support/heldLoss.ts';
import type { RolloutBatch } from '../core/batch.ts';
import { gather } from '../core/batchSlice.ts';
import { loadMethod, METHODS } from '../core/methods/index.ts';
import { composeMethod, defaultKnobs, prepareCredit } from '../core/pipeline.ts';
import { streamAt, uniformAt } from '../core/random.ts';
import { temperatureSampling } from '../core/stages/temperatureSampling.ts';
import { chainSum } from '../core/tasks/chainSum.ts';
import { furnish } from '../core/testBatch.ts';
import { createModel } from './createModel.ts';
import { compareWithBase } from './rollout.ts';
import { sampleResponses } from './sampler.ts';
import { logSoftmaxInto } from './distribution.ts';
import { packResponses } from './pack.ts';
import { initialParameters } from './layout.ts';
import { taskModelConfig } from './taskModel.ts';
import { createTrainer, DEFAULT_SETTINGS, trainerMethod } from './trainer.ts';
import { evaluateMinibatch, prepareUpdate } from './update.ts';

const all = await Promise.all(METHODS.map(async (entry) => ({ entry, method: await entry.load() })));
const config = taskModelConfig(chainSum);
const model = await createModel(config, { backend: 'wasm' });
/** Larger than at the start of pre-training, so that no direction is flat. */
const parameters = initialParameters(config, 3).map((w) => (w === 1 ? 1 : 3 * w));
/** Responses end early often enough for ragged groups, and rewards vary, in every group. */
const task = {
  ...chainSum,
  verify: (_: readonly number[], response: readonly number[]) => ({ reward: response[0] % 2 }),
  // Untrained responses have no form that a method could read.
  reference: undefined,
};

/** A direction of unit length, random by its number. */
function direction(k: number): Float64Array {
  const raw = Float64Array.from({ length: parameters.length }, (_, i) => uniformAt(77, k, i) - 0.5);
  const norm = Math.sqrt(raw.reduce((sum, x) => sum + x * x, 0));
  return raw.map((x) => x / norm);
}

/** A rollout and weights that have moved since: ratios are not 1, and some tokens are clipped. */
async function drifted(temperature: number) {
  model.setParameters(parameters);
  model.setOptimizer({ first: new Float32Array(parameters.length), second: new Float32Array(parameters.length), steps: 0 });
  const base = parameters.map((w, i) => w + 0.1 * (uniformAt(5, i) - 0.5));
  const settings = { ...DEFAULT_SETTINGS, prompts: 4, groupSize: 6, epochs: 2, minibatches: 1, learningRate: 3e-3, temperature };
  const method = trainerMethod(await loadMethod('grpo'));
  const result = createTrainer({ model, task, seed: 'gradient', settings, method, base }).advance();
  if (result.kind !== 'done') throw new Error(result.reason.kind);
  const batch: RolloutBatch = furnish({ ...result.batch, updates: [] });
  const here = model.getParameters();
  const groups = batch.groups.map((_, g) => g);
  const directions = [1, 2, 3].map(direction);
  type Evaluated = ReturnType<typeof evaluateMinibatch>;
  const found = new Map<string, Evaluated>();
  /** log π of the whole batch, forced texts included, at weights moved along a direction; shared by all methods. */
  const evaluatedAt = (k: number, distance: number): Evaluated => {
    const key = `${k} ${distance}`;
    let values = found.get(key);
    if (!values) {
      model.setParameters(here.map((w, i) => w + distance * directions[k][i]));
      values = evaluateMinibatch(model, batch, groups);
      model.setParameters(here);
      found.set(key, values);
    }
    return values;
  };
  return { batch, here, directions, evaluatedAt };
}

describe.each([1, 1.4])('the parameter gradient at T_base %s', (temperature) => {
  let place: Awaited<ReturnType<typeof drifted>>;
  beforeAll(async () => {
    place = await drifted(temperature);
  });

  /** A method that trains its own numbers alone has no loss on log π. */
  const withPolicyLoss = all.filter(({ method }) => method.trains === 'policy').map(({ entry }) => [entry.id, entry] as const);
  it.each(withPolicyLoss)('of %s equals finite differences of its loss in three directions', async (id, entry) => {
    const method = await entry.load();
    const { batch, here, directions, evaluatedAt } = place;
    model.setParameters(here);
    // A KL term where the method has one, so that the regulariser is on the path too.
    const defaults = defaultKnobs(method);
    const knobs = { ...defaults, temperature, ...('klCoef' in defaults ? { klCoef: 0.05 } : {}) };
    const credit = { batch, composed: composeMethod(method), knobs, state: null };
    const { kept, rewards, advantages } = prepareCredit(credit);
    const groups = Array.from(kept.keys()).filter((group) => kept[group] === 1);
    const { result: update, gradLogits, logprobs, forcedLogprobs } = prepareUpdate(model, { ...credit, groups, rewards, advantages });
    const { tokenIndex, forcedIndex } = update.minibatch;
    if (update.trace.clipState) expect(update.trace.clipState.values.some((state) => state > 0)).toBe(true);
    expect(logprobs.some((value, i) => Math.abs(value - (batch.fields.oldLogprobs?.[tokenIndex[i]] ?? 0)) > 0.05)).toBe(true);
    model.backward(gradLogits);
    const gradient = model.getGradient();

    const held = holdLoss(id, { batch: update.minibatch.batch, knobs, trace: update.trace });
    const { loss, branches } = held(logprobs, forcedLogprobs);
    expect(Math.abs(loss - update.loss)).toBeLessThan(1e-9);
    /** The slope of the loss along a direction, over the largest step at which every token keeps its branch. */
    const numericAlong = (k: number): number => {
      for (let h = 0.01; h > 1e-4; h /= 2) {
        const [up, down] = [h, -h].map((distance) => {
          const moved = evaluatedAt(k, distance);
          return held(gather(moved.logprobs, tokenIndex), gather(moved.forcedLogprobs, forcedIndex));
        });
        if (sameBranches(up.branches, branches) && sameBranches(down.branches, branches)) return (up.loss - down.loss) / (2 * h);
      }
      throw new Error('every step along this direction crosses a bound');
    };
    // The size of a derivative along a random unit direction.
    const typical = Math.sqrt(gradient.reduce((sum, g) => sum + g * g, 0) / gradient.length);
    let largest = 0;
    directions.forEach((along, k) => {
      const analytic = gradient.reduce((sum, g, i) => sum + g * along[i], 0);
      expect(Math.abs(numericAlong(k) - analytic)).toBeLessThan(0.01 * typical);
      largest = Math.max(largest, Math.abs(analytic));
    });
    // One direction in three may be flat by chance, not all.
    expect(largest).toBeGreaterThan(0.1 * typical);
  });
});

describe('the sampler on the real model', () => {
  it('records log-probs equal to the teacher-forced ones to 1e-5', () => {
    model.setParameters(parameters);
    const prompts = Array.from({ length: 64 }, (_, i) => chainSum.samplePrompt(streamAt(2, i)));
    const responses = sampleResponses({
      model,
      task: chainSum,
      prompts,
      baseTemperature: 0.9,
      choose: {
        kind: 'draw',
        stage: temperatureSampling,
        knobs: { temperature: 1 },
        state: null,
        uniform: (row, position) => uniformAt(4, row, position),
      },
      keepStates: true,
    });
    const { logits, hidden } = model.forward(
      packResponses(responses.map((response, i) => ({ prompt: prompts[i], response: response.tokens }))),
    );
    const logp = new Float64Array(config.vocabulary);
    let k = 0;
    for (const response of responses) {
      response.tokens.forEach((token, t) => {
        logSoftmaxInto(logp, logits, k * config.vocabulary, 0.9);
        expect(Math.abs(response.logprobs[t] - logp[token])).toBeLessThan(1e-5);
        for (let i = 0; i < config.width; i++)
          expect(Math.abs(response.hidden[t * config.width + i] - hidden[k * config.width + i])).toBeLessThan(1e-4);
        k++;
      });
    }
    expect(k).toBeGreaterThan(100);
  });

  it('leaves the weights as they were when it compares with the base', async () => {
    model.setParameters(parameters);
    const result = createTrainer({
      model,
      task,
      seed: 'x',
      settings: { ...DEFAULT_SETTINGS, prompts: 2, groupSize: 4, learningRate: 0 },
      method: trainerMethod(await METHODS[0].load()),
      base: parameters,
    });
    const step = result.advance();
    if (step.kind !== 'done') throw new Error(step.reason.kind);
    compareWithBase(
      model,
      parameters.map((w) => 2 * w),
      step.batch,
    );
    expect(model.getParameters()).toEqual(parameters);
  });
});
