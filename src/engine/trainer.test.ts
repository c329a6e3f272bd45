import { describe, expect, it } from 'vitest';
import { createBagModel } from '../../tests/support/bagModel.ts';
import type { RolloutBatch } from '../core/batch.ts';
import { HEADLINE, loadMethod, METHODS } from '../core/methods/index.ts';
import { hashText, STREAM, streamAt, uniformAt } from '../core/random.ts';
import { temperatureSampling } from '../core/stages/temperatureSampling.ts';
import type { Method } from '../core/stages/types.ts';
import { chainSum } from '../core/tasks/chainSum.ts';
import { glyphs } from '../core/tasks/index.ts';
import type { Task } from '../core/tasks/types.ts';
import type { TrainingSettings } from './protocol.ts';
import { taskModelConfig } from './taskModel.ts';
import { createTrainer, DEFAULT_SETTINGS, trainerMethod, withEffect } from './trainer.ts';
import type { StepResult } from './trainer.ts';
import type { LanguageModel } from './types.ts';

/** The default task with a reward that a bag of words can learn: does the response open with one of the first four tokens? */
const easy: Task = {
  ...chainSum,
  verify: (prompt, response) => ({ ...chainSum.verify(prompt, response), reward: response[0] < 4 ? 1 : 0 }),
};
const QUICK: TrainingSettings = { ...DEFAULT_SETTINGS, prompts: 4, groupSize: 4, learningRate: 0.05 };

function bagModel(): LanguageModel {
  const model = createBagModel(taskModelConfig(chainSum));
  model.setParameters(Float32Array.from({ length: model.layout.total }, (_, i) => 0.4 * (uniformAt(1, i) - 0.5)));
  return model;
}

function trainer(method: Method, options: { task?: Task; settings?: TrainingSettings; seed?: string; model?: LanguageModel } = {}) {
  const model = options.model ?? bagModel();
  return createTrainer({
    model,
    task: options.task ?? easy,
    seed: options.seed ?? 'lecture-1',
    settings: options.settings ?? QUICK,
    method: trainerMethod(method),
    base: model.getParameters(),
  });
}

function done(result: StepResult): Extract<StepResult, { kind: 'done' }> {
  if (result.kind !== 'done') throw new Error(result.reason.kind);
  return result;
}

const prompts = (batch: RolloutBatch) => batch.groups.map((group) => glyphs(chainSum, group.prompt));
const grpo = await loadMethod(HEADLINE[0]);

describe('trainer', () => {
  it('learns what is rewarded', () => {
    const run = trainer(grpo);
    const rewards = Array.from({ length: 30 }, () => done(run.advance()).metrics.reward);
    expect(rewards[0]).toBeLessThan(0.4);
    expect(rewards[29]).toBeGreaterThan(0.9);
  });

  it('records E × M updates of whole groups, each group once an epoch', () => {
    const { batch } = done(trainer(grpo, { settings: { ...QUICK, prompts: 5, epochs: 3 } }).advance());
    expect(batch.updates.map(({ epoch, minibatch }) => [epoch, minibatch])).toEqual([
      [0, 0],
      [0, 1],
      [1, 0],
      [1, 1],
      [2, 0],
      [2, 1],
    ]);
    for (const epoch of [0, 1, 2]) {
      const groups = batch.updates.filter((update) => update.epoch === epoch).flatMap((update) => update.groups);
      expect([...groups].sort()).toEqual([0, 1, 2, 3, 4]);
    }
    for (const update of batch.updates) {
      const tokens = batch.responses
        .filter((response) => update.groups.includes(response.group))
        .reduce((n, { start, end }) => n + end - start, 0);
      expect(update.logprobs).toHaveLength(tokens);
      expect(update.gradLogprobs).toHaveLength(tokens);
    }
    expect(batch.fields.oldLogprobs).toHaveLength(batch.tokens.length);
    expect(batch.fields.refLogprobs).toHaveLength(batch.tokens.length);
    expect(batch.logits?.data).toHaveLength(16 * batch.tokens.length);
  });

  it('starts each step at ratio 1, and moves from there', () => {
    const { batch } = done(trainer(grpo).advance());
    const old = batch.fields.oldLogprobs ?? new Float64Array();
    const ratios = (k: number) => {
      const { groups, logprobs } = batch.updates[k];
      const tokens = groups.flatMap((group) =>
        batch.responses
          .filter((r) => r.group === group)
          .flatMap(({ start, end }) => Array.from({ length: end - start }, (_, i) => start + i)),
      );
      return tokens.map((token, i) => logprobs[i] - old[token]);
    };
    expect(Math.max(...ratios(0).map(Math.abs))).toBeLessThan(1e-5);
    expect(Math.max(...ratios(3).map(Math.abs))).toBeGreaterThan(1e-2);
  });

  it('takes KL and reference log-probs against the base weights', () => {
    const run = trainer(grpo);
    const first = done(run.advance());
    expect(first.metrics.klToBase).toBeCloseTo(0, 10);
    first.batch.fields.refLogprobs?.forEach((value, i) => expect(value).toBeCloseTo(first.batch.fields.oldLogprobs?.[i] ?? NaN, 5));
    expect(done(run.advance()).metrics.klToBase).toBeGreaterThan(1e-4);
  });

  it('never samples a held-out prompt', () => {
    const { batch } = done(trainer(grpo).advance());
    const held = new Set(
      Array.from({ length: 3000 }, (_, i) => glyphs(chainSum, chainSum.samplePrompt(streamAt(0, STREAM.evaluation, i), true))),
    );
    for (const prompt of prompts(batch)) expect(held.has(prompt)).toBe(false);
  });

  it('gives the same rollouts twice over 50 steps, and others for another seed', () => {
    const hashes = (seed: string) => {
      const run = trainer(grpo, { seed });
      return Array.from({ length: 50 }, () => done(run.advance()).metrics.rolloutHash);
    };
    const first = hashes('a');
    expect(hashes('a')).toEqual(first);
    expect(hashes('b')[0]).not.toBe(first[0]);
    expect(new Set(first).size).toBe(50);
  });

  it('changes the method without shifting any other draw', async () => {
    const first = done(trainer(grpo).advance()).batch;
    for (const { load } of METHODS) {
      const method = await load();
      // A filter that draws again, and a temperature of its own, are the only ways to other rollouts.
      if (method.stages.sampling) continue;
      // A bag of words spreads over more prefixes than can be enumerated.
      if (method.needs.includes('trueAdvantages')) continue;
      // A second network is made by the session, of a real model.
      if (method.models) continue;
      expect(done(trainer(method).advance()).metrics.rolloutHash).toBe(done(trainer(grpo).advance()).metrics.rolloutHash);
    }
    const hot = done(trainer(grpo, { settings: { ...QUICK, temperature: 1.5 } }).advance()).batch;
    expect(prompts(hot)).toEqual(prompts(first));
  });

  it('draws rejected groups again with other prompts, and passes over a step where nothing varies', () => {
    const filtering: Method = {
      ...grpo,
      stages: {
        ...grpo.stages,
        sampling: {
          ...temperatureSampling,
          keepGroups: ({ batch }) => ({
            keep: Uint8Array.from(batch.groups, ({ start, end }) =>
              new Set(batch.responses.slice(start, end).map((r) => r.reward)).size > 1 ? 1 : 0,
            ),
            trace: {},
          }),
        },
      },
    };
    const { batch } = done(trainer(filtering).advance());
    const spread = batch.groups.map(({ start, end }) => new Set(batch.responses.slice(start, end).map((r) => r.reward)).size);
    expect(Math.min(...spread)).toBe(2);
    const plain = done(trainer(grpo).advance()).batch;
    expect(prompts(batch)).not.toEqual(prompts(plain));
    const same = prompts(batch).filter((prompt, i) => prompt === prompts(plain)[i]);
    expect(same.length).toBeGreaterThan(0);
    // Hopeless, then a task as any: the step without an update counts, and the next one learns.
    let isHopeless = true;
    const late: Task = { ...easy, verify: (prompt, response) => (isHopeless ? { reward: 0 } : easy.verify(prompt, response)) };
    const model = bagModel();
    const weights = model.getParameters();
    const run = trainer(filtering, { task: late, model });
    expect(run.advance()).toMatchObject({ kind: 'idle', reason: { kind: 'nothing-to-learn', message: expect.stringContaining('0 %') } });
    expect(model.getParameters()).toEqual(weights);
    isHopeless = false;
    expect(done(run.advance()).metrics.step).toBe(2);
    expect(model.getParameters()).not.toEqual(weights);
  });

  it('adds the greedy reward where a method needs it', () => {
    const needy: Method = { ...grpo, needs: [...grpo.needs, 'greedyReward'] };
    const { batch } = done(trainer(needy).advance());
    for (const group of batch.groups) expect([0, 1]).toContain(group.greedyReward);
    expect(done(trainer(grpo).advance()).batch.groups[0].greedyReward).toBeUndefined();
  });

  it('carries the method state from step to step and records what went in', () => {
    const counting: Method = { ...grpo, nextState: ({ state }) => ({ steps: Number(state?.steps ?? 0) + 1 }) };
    const run = trainer(counting);
    expect(done(run.advance()).batch.trainedWith?.state).toBeNull();
    expect(done(run.advance()).batch.trainedWith).toMatchObject({ method: HEADLINE[0], state: { steps: 1 }, knobs: { temperature: 1 } });
    expect(run.state).toEqual({ steps: 2 });
  });

  it('undoes a step that is not finite, says so, and can go on', () => {
    const model = bagModel();
    let isBroken = false;
    const broken: LanguageModel = { ...model, gradientNorm: () => (isBroken ? NaN : model.gradientNorm()) };
    const run = trainer(grpo, { model: broken });
    done(run.advance());
    const before = { parameters: model.getParameters(), optimizer: model.getOptimizer() };
    isBroken = true;
    expect(run.advance()).toMatchObject({ kind: 'stopped', reason: { kind: 'not-a-number', step: 1 } });
    expect({ parameters: model.getParameters(), optimizer: model.getOptimizer() }).toEqual(before);
    isBroken = false;
    expect(done(run.advance()).metrics.step).toBe(2);
  });

  it('undoes a step whose weights overflow', () => {
    const model = bagModel();
    const run = trainer(grpo, { model, settings: { ...QUICK, learningRate: 1e38 } });
    const before = model.getParameters();
    expect(run.advance()).toMatchObject({ kind: 'stopped', reason: { kind: 'not-a-number' } });
    expect(model.getParameters()).toEqual(before);
  });

  it('shows the effect of the step: the logits after its last update', () => {
    const model = bagModel();
    const { batch } = done(trainer(grpo, { model }).advance());
    const after = withEffect(model, batch).logitsAfter;
    expect(after?.data).toHaveLength(batch.logits?.data.length ?? 0);
    expect(after?.data).not.toEqual(batch.logits?.data);
  });

  it('shuffles minibatches by seed, step and epoch alone', () => {
    const groupsOf = (seed: string) => done(trainer(grpo, { seed }).advance()).batch.updates.map((update) => update.groups.join());
    expect(groupsOf('a')).toEqual(groupsOf('a'));
    expect(groupsOf('a')).not.toEqual(groupsOf('b'));
    expect(hashText('a')).not.toBe(hashText('b'));
  });
});
