/** The whole path: core's coefficients through the real model's backward pass, against finite differences of core's loss. */
import { describe, expect, it } from 'vitest';
import type { UpdateInput } from '../core/pipeline.ts';
import { computeUpdate, defaultKnobs, prepareCredit } from '../core/pipeline.ts';
import { METHODS } from '../core/methods/index.ts';
import { streamAt, uniformAt } from '../core/random.ts';
import { temperatureSampling } from '../core/stages/temperatureSampling.ts';
import { chainSum } from '../core/tasks/chainSum.ts';
import { createModel } from './createModel.ts';
import { compareWithBase } from './rollout.ts';
import { sampleResponses } from './sampler.ts';
import { logSoftmaxInto } from './distribution.ts';
import { packResponses } from './pack.ts';
import { initialParameters } from './layout.ts';
import { taskModelConfig } from './taskModel.ts';
import { createTrainer, DEFAULT_SETTINGS, trainerMethod } from './trainer.ts';
import { evaluateMinibatch, prepareUpdate } from './update.ts';

const config = taskModelConfig(chainSum);
const model = await createModel(config, { backend: 'wasm' });
/** Larger than at the start of pre-training, so that no direction is flat. */
const parameters = initialParameters(config, 3).map((w) => (w === 1 ? 1 : 3 * w));
/** Responses end early often enough for ragged groups, and rewards vary, in every group. */
const task = { ...chainSum, verify: (_: readonly number[], response: readonly number[]) => ({ reward: response[0] % 2 }) };

/** A direction of unit length, random by its number. */
function direction(k: number): Float64Array {
  const raw = Float64Array.from({ length: parameters.length }, (_, i) => uniformAt(77, k, i) - 0.5);
  const norm = Math.sqrt(raw.reduce((sum, x) => sum + x * x, 0));
  return raw.map((x) => x / norm);
}

describe.each(METHODS.map((entry) => [entry.id, entry] as const))('the parameter gradient of %s', (_, entry) => {
  it.each([1, 1.4])('equals finite differences of core’s loss in three directions at T_base %s', async (temperature) => {
    const method = await entry.load();
    model.setParameters(parameters);
    model.setOptimizer({ first: new Float32Array(parameters.length), second: new Float32Array(parameters.length), steps: 0 });
    // A KL term where the method has one, so that the regulariser is on the path too.
    const defaults = defaultKnobs(method);
    const knobs = { ...defaults, temperature, ...('klCoef' in defaults ? { klCoef: 0.05 } : {}) };
    const ready = trainerMethod(method, {}, knobs);
    const base = parameters.map((w, i) => w + 0.1 * (uniformAt(5, i) - 0.5));
    const settings = { ...DEFAULT_SETTINGS, prompts: 4, groupSize: 6, epochs: 2, minibatches: 1, learningRate: 3e-3, temperature };
    const result = createTrainer({ model, task, seed: 'gradient', settings, method: ready, base }).advance();
    if (result.kind !== 'done') throw new Error(result.reason.kind);

    // The weights have moved since the rollout: ratios are not 1 and some tokens are clipped.
    const batch = { ...result.batch, updates: [] };
    const here = model.getParameters();
    const credit = { batch, composed: ready.composed, knobs, state: null };
    const { kept, rewards, advantages } = prepareCredit(credit);
    const groups = Array.from(kept.keys()).filter((group) => kept[group] === 1);
    expect(groups.length).toBeGreaterThan(0);
    const input: UpdateInput = { ...credit, groups, rewards, advantages };
    const { result: update, gradLogits, entropies, logprobs } = prepareUpdate(model, input);
    if (update.trace.clipState) expect(update.trace.clipState.values.some((state) => state > 0)).toBe(true);
    expect(logprobs.some((value, i) => Math.abs(value - (batch.fields.oldLogprobs?.[update.minibatch.tokenIndex[i]] ?? 0)) > 0.05)).toBe(
      true,
    );
    model.backward(gradLogits);
    const gradient = model.getGradient();

    /** Core's loss at weights moved along a direction. Entropies shape coefficients that are constants to the gradient, so they stay. */
    const moved = (along: Float64Array, distance: number) => {
      model.setParameters(here.map((w, i) => w + distance * along[i]));
      const { logprobs: movedLogprobs } = evaluateMinibatch(model, batch, groups);
      return computeUpdate({ ...input, logprobs: movedLogprobs, entropies });
    };
    /** The branches that tokens are in: piecewise constants, which the gradient takes as they stand. */
    const branches = ({ trace }: ReturnType<typeof computeUpdate>) =>
      [trace.clipState, trace.redistribution].map((entry) => entry?.values.join()).join(';');
    const numericAlong = (along: Float64Array): number => {
      for (let h = 0.01; h > 1e-4; h /= 2) {
        const [up, down] = [moved(along, h), moved(along, -h)];
        if (branches(up) === branches(update) && branches(down) === branches(update)) return (up.loss - down.loss) / (2 * h);
      }
      throw new Error('every step along this direction crosses a bound');
    };
    // The size of a derivative along a random unit direction.
    const typical = Math.sqrt(gradient.reduce((sum, g) => sum + g * g, 0) / gradient.length);
    let largest = 0;
    for (const k of [1, 2, 3]) {
      const along = direction(k);
      const analytic = gradient.reduce((sum, g, i) => sum + g * along[i], 0);
      expect(Math.abs(numericAlong(along) - analytic)).toBeLessThan(0.01 * typical);
      largest = Math.max(largest, Math.abs(analytic));
    }
    expect(largest).toBeGreaterThan(0.3 * typical);
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
