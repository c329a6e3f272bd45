/** Second networks on the real engine: gradients through the whole model, learning, freezing, resetting, saving, completing a batch. */
import { beforeAll, describe, expect, it } from 'vitest';
import type { RolloutBatch } from '../core/batch.ts';
import { decodeBatch } from '../core/batchCodec.ts';
import { encodeBatch } from '../core/batchEncoder.ts';
import { loadMethod } from '../core/methods/index.ts';
import { creditBatch, defaultKnobs, prepareCredit } from '../core/pipeline.ts';
import type { Method } from '../core/stages/types.ts';
import { chainSum } from '../core/tasks/chainSum.ts';
import { decodeCheckpoint, encodeRun } from './checkpoint.ts';
import { createModel } from './createModel.ts';
import { completeBatch, equip, loadSecond, resetSecond, statusOf } from './equipment.ts';
import type { Equipment } from './equipment.ts';
import { fitVector, initialParameters } from './layout.ts';
import { measureSteps } from './measures/index.ts';
import { pairsOf } from './rollout.ts';
import { secondPass, sharedAnswers, updateSecond } from './secondModels.ts';
import { finish } from './steps.ts';
import { taskModelConfig } from './taskModel.ts';
import { createTrainer, DEFAULT_SETTINGS, trainerMethod } from './trainer.ts';
import type { StepResult, Trainer, TrainerMethod } from './trainer.ts';
import type { LanguageModel } from './types.ts';
import { prepareUpdate } from './update.ts';
import { packResponses } from './pack.ts';

const config = taskModelConfig(chainSum);
const base = initialParameters(config, 3).map((w) => (w === 1 ? 1 : 3 * w));
/** Rewards that vary in every group. */
const task = { ...chainSum, verify: (_: readonly number[], response: readonly number[]) => ({ reward: response[0] % 2 }) };
const settings = { ...DEFAULT_SETTINGS, prompts: 3, groupSize: 4, learningRate: 1e-3 };
const create = (size: typeof config) => createModel(size, { backend: 'wasm' });
let ppo: Method;
let prime: Method;
let grpo: Method;
beforeAll(async () => {
  [ppo, prime, grpo] = await Promise.all([loadMethod('ppo-gae'), loadMethod('prime'), loadMethod('grpo')]);
  (await create(config)).dispose();
}, 60_000);

interface Place extends Equipment {
  method: TrainerMethod;
  trainer: Trainer;
}

async function place(
  method: Method,
  knobs: Record<string, number> = {},
  from?: { own: LanguageModel; second: Equipment['second'] },
): Promise<Place> {
  const trained = trainerMethod(method, {}, { ...defaultKnobs(method), accuracyFilter: 0, ...knobs });
  const plain = from?.own ?? (await create(config));
  if (!from) plain.setParameters(base);
  const { own, second } = await equip(from?.second ?? [], trained, worldOf(plain));
  return {
    own,
    second,
    method: trained,
    trainer: createTrainer({ model: own, task, seed: 'two', settings, method: trained, base, second }),
  };
}
const worldOf = (own: LanguageModel) => ({ own, config, base, seed: 'two', create });
const done = (result: StepResult): RolloutBatch => {
  if (result.kind !== 'done') throw new Error(JSON.stringify(result.reason));
  return result.batch;
};
const release = ({ own, second }: Equipment) => {
  for (const each of second) each.own?.dispose();
  own.dispose();
};

/** Every weight matrix in the direction of its own gradient, against a central difference of the loss. */
function compareAlong(model: LanguageModel, gradient: Float32Array, lossAt: () => number): void {
  const start = model.getParameters();
  const whole = Math.sqrt(gradient.reduce((sum, g) => sum + g * g, 0));
  let moving = 0;
  for (const { name, offset, size } of model.layout.entries) {
    const length = Math.sqrt(gradient.subarray(offset, offset + size).reduce((sum, g) => sum + g * g, 0));
    if (length < 1e-3 * whole) continue;
    const at = (step: number) => {
      model.setParameters(start.map((w, i) => (i >= offset && i < offset + size ? w + (step * gradient[i]) / length : w)));
      return lossAt();
    };
    const slope = (at(2e-3) - at(-2e-3)) / 4e-3;
    expect(Math.abs(slope - length), name).toBeLessThan(0.02 * whole);
    moving++;
  }
  model.setParameters(start);
  expect(moving).toBeGreaterThan(5);
}

describe('the gradient of a second network through the whole model', () => {
  it('is that of the critic’s loss, with a trunk of its own', async () => {
    const here = await place(ppo);
    const batch = done(here.trainer.advance());
    const [critic] = here.second;
    const own = critic.own as LanguageModel;
    const { knobs, composed } = here.method;
    const { targets } = prepareCredit({ batch, composed, knobs, state: null });
    const lossAt = () => {
      const now = secondPass(own, critic.spec, knobs, pairsOf(batch), 1);
      return { now, result: critic.spec.loss({ batch, knobs, state: null, now, targets }) };
    };
    const before = own.getParameters();
    const { now, result } = lossAt();
    updateSecond(critic, now, result, { learningRate: 0, beta1: 0.9, beta2: 0.95, epsilon: 1e-8 }, 1);
    expect(own.getParameters()).toEqual(before);
    compareAlong(own, own.getGradient(), () => lossAt().result.loss);
    release(here);
  });

  it('is that of policy and value loss together on a shared trunk', async () => {
    const here = await place(ppo, { criticTrunk: 1 });
    const batch = { ...done(here.trainer.advance()), updates: [] };
    const { knobs, composed } = here.method;
    const credit = { batch, composed, knobs, state: null };
    const { rewards, advantages, targets } = prepareCredit(credit);
    const groups = batch.groups.map((_, g) => g);
    const update = () => prepareUpdate(here.own, { ...credit, groups, rewards, advantages, targets }, here.second);
    const { gradLogits, gradOutputs } = update();
    here.own.backward(gradLogits, gradOutputs);
    const gradient = here.own.getGradient();
    const head = here.own.layout.entries.find(({ name }) => name === 'head');
    expect(gradient.subarray(head?.offset).some((g) => g !== 0)).toBe(true);
    compareAlong(here.own, gradient, () => {
      const { result } = update();
      return result.loss + result.models.critic.loss;
    });
    release(here);
  });

  it('is that of the process model’s cross-entropy, at another temperature too', async () => {
    const here = await place(prime);
    const batch = { ...done(here.trainer.advance()), baseTemperature: 1.4 };
    const [prm] = here.second;
    const own = prm.own as LanguageModel;
    const { knobs } = here.method;
    const lossAt = () => {
      const now = secondPass(own, prm.spec, knobs, pairsOf(batch), 1.4);
      return { now, result: prm.spec.loss({ batch, knobs, state: null, now }) };
    };
    const { now, result } = lossAt();
    updateSecond(prm, now, result, { learningRate: 0, beta1: 0.9, beta2: 0.95, epsilon: 1e-8 }, 1.4);
    compareAlong(own, own.getGradient(), () => lossAt().result.loss);
    release(here);
  });

  it('is scaled down to the clip where it is longer, and left alone where it is not', async () => {
    const here = await place(prime);
    const batch = done(here.trainer.advance());
    const [prm] = here.second;
    const own = prm.own as LanguageModel;
    const { knobs } = here.method;
    const update = (clip?: number) => {
      const now = secondPass(own, prm.spec, knobs, pairsOf(batch), 1);
      const result = prm.spec.loss({ batch, knobs, state: null, now });
      const adam = { learningRate: 0, beta1: 0.9, beta2: 0.95, epsilon: 1e-8, ...(clip === undefined ? {} : { clip }) };
      const norm = updateSecond(prm, now, result, adam, 1)?.gradientNorm ?? NaN;
      return { norm, gradient: own.getGradient() };
    };
    const free = update();
    expect(update(2 * free.norm).gradient).toEqual(free.gradient);
    const held = update(free.norm / 4);
    expect(held.norm).toBe(free.norm);
    expect(own.gradientNorm() / free.norm).toBeCloseTo(0.25, 5);
    const largest = free.gradient.reduce((most, g, i) => (Math.abs(g) > Math.abs(free.gradient[most]) ? i : most), 0);
    expect(held.gradient[largest] / free.gradient[largest]).toBeCloseTo(0.25, 5);
    release(here);
  });
});

describe('a run with a second network', () => {
  it('learns what the prefixes are worth, and the page’s numbers are the optimiser’s', async () => {
    const here = await place(ppo);
    const losses: number[] = [];
    let batch = done(here.trainer.advance());
    expect(batch.fields.values?.every((value) => value === 0)).toBe(true);
    for (let step = 0; step < 25; step++) {
      batch = done(here.trainer.advance());
      losses.push(batch.updates[0].models?.[0].loss ?? Number.NaN);
    }
    const meanOf = (values: number[]) => values.reduce((a, b) => a + b, 0) / values.length;
    expect(meanOf(losses.slice(-5))).toBeLessThan(0.7 * meanOf(losses.slice(0, 5)));
    expect(here.second[0].updates).toBe(26 * 4);
    const shown = decodeBatch(encodeBatch(batch));
    const { trace } = creditBatch(shown, here.method.composed, here.method.knobs, { update: 0 });
    const first = shown.updates[0];
    const [token] = [shown.responses[shown.groups[first.groups[0]].start].start];
    expect(trace.newValues.values[token]).toBe(first.models?.[0].answers[0]);
    expect(here.method.knobs.valueCoef * trace.valueLoss.values[token]).toBeCloseTo(first.models?.[0].loss ?? 0, 12);
    release(here);
  });

  it('is PRIME’s first step with q = 0, and has a model that tells right from wrong later', async () => {
    const here = await place(prime);
    const first = done(here.trainer.advance());
    expect(first.fields['prm.logprobs']).toEqual(first.fields.refLogprobs);
    let batch = first;
    for (let step = 0; step < 15; step++) batch = done(here.trainer.advance());
    expect(batch.models?.[0].loss).toBeLessThan((first.models?.[0].loss ?? 0) - 0.05);
    expect(first.models?.[0].loss).toBeCloseTo(Math.log(2), 9);
    release(here);
  });

  it('leaves a frozen network as it is, and gives up one that the next method does not need', async () => {
    const here = await place(ppo, { criticUpdate: 0 });
    const own = here.second[0].own as LanguageModel;
    const before = own.getParameters();
    done(here.trainer.advance());
    expect(own.getParameters()).toEqual(before);
    expect(statusOf(here.second, here.method)).toMatchObject([{ name: 'critic', isOnline: false, updates: 0 }]);
    const next = await place(grpo, {}, here);
    expect(next.second).toEqual([]);
    expect(done(next.trainer.advance()).fields.values).toBeUndefined();
    const shared = await place(ppo, { criticTrunk: 1 }, next);
    expect(shared.own.config.outputs).toBe(1);
    expect(shared.own.getParameters().subarray(0, base.length)).toHaveLength(base.length);
    release(shared);
  });

  it('goes on from a checkpoint as if it had never stopped, and back to its start when reset', async () => {
    const here = await place(ppo);
    done(here.trainer.advance());
    const file = encodeRun({
      task: chainSum,
      model: here.own,
      trainer: here.trainer,
      seed: 'two',
      trained: { id: 'ppo-gae' },
      second: here.second,
    });
    const expected = done(here.trainer.advance());
    const saved = decodeCheckpoint(file, { config });
    const again = await place(ppo);
    again.own.setParameters(saved.parameters);
    if (saved.optimizer) again.own.setOptimizer(saved.optimizer);
    loadSecond(again.second, saved.models ?? [], again.method, worldOf(again.own));
    expect(again.second[0].updates).toBe(4);
    const { own, second, method } = again;
    const trainer = createTrainer({ model: own, task, seed: 'two', settings, method, base, second, step: 1 });
    const found = done(trainer.advance());
    expect(found.tokens).toEqual(expected.tokens);
    expect(found.fields.values).toEqual(expected.fields.values);
    resetSecond(second[0], method, worldOf(own));
    expect(second[0].updates).toBe(0);
    expect(second[0].own?.getParameters()).toEqual(fitVector(base, (second[0].own as LanguageModel).layout));
    release(here);
    release(again);
  });
});

describe('a batch that lacks what a method needs', () => {
  it('is completed with the weights that drew it, to the bit', async () => {
    const here = await place(grpo);
    const weights = here.own.getParameters();
    const drawn = done(here.trainer.advance());
    const { logits, hidden, fields, ...rest } = drawn;
    const { refLogprobs, ...left } = fields;
    const bare: RolloutBatch = { ...rest, fields: left };
    const asked = { task: chainSum, weights, saved: [], held: [] };
    const forPrime = await completeBatch({ ...asked, batch: bare, method: trainerMethod(prime) }, { config, base, seed: 'two', create });
    // A new process model is the reference model.
    expect(forPrime.fields.refLogprobs).toEqual(refLogprobs);
    expect(forPrime.fields['prm.logprobs']).toEqual(refLogprobs);
    here.own.setParameters(weights);
    const context = { model: here.own, base, task: chainSum, second: [], knobs: {} };
    const states = finish(measureSteps(bare, [{ kind: 'states' }], context));
    expect(states.logits).toEqual(logits);
    expect(states.hidden).toEqual(hidden);
    expect(states.fields).toMatchObject({ oldLogprobs: fields.oldLogprobs, oldEntropies: fields.oldEntropies });
    release(here);
  });
  it('reads a head in a pass of the policy as in one of its own', async () => {
    const here = await place(ppo, { criticTrunk: 1 });
    const batch = done(here.trainer.advance());
    const { outputs } = here.own.forward(packResponses(pairsOf(batch)));
    expect(sharedAnswers(outputs).answers).toHaveLength(batch.tokens.length);
    release(here);
  });
});
