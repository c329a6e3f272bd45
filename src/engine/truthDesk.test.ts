import { describe, expect, it } from 'vitest';
import { EVEN_CONFIG, EVEN_PROMPT, evenTask, evenValue } from '../../tests/support/evenTask.ts';
import { uniformAt } from '../core/random.ts';
import { temperatureSampling } from '../core/stages/temperatureSampling.ts';
import { createModel } from './createModel.ts';
import type { FromWorker } from './protocol.ts';
import { assembleBatch } from './rollout.ts';
import { sampleResponses } from './sampler.ts';
import { testParameters } from './testBatch.ts';
import { createTruthDesk } from './truthDesk.ts';

const model = await createModel(EVEN_CONFIG);
const weights = [5, 6, 7, 8, 9].map((seed) => testParameters(EVEN_CONFIG, seed));
const budget = { epsilon: 1e-9, maxNodes: 1000, continuations: 16 };

/** Two groups of four samples of the same prompt. */
function batchOf() {
  const responses = sampleResponses({
    model,
    task: evenTask,
    prompts: Array.from({ length: 8 }, () => EVEN_PROMPT),
    baseTemperature: 1,
    choose: { kind: 'draw', stage: temperatureSampling, knobs: { temperature: 1 }, state: null, uniform: (r, p) => uniformAt(2, r, p) },
    keepStates: true,
  });
  const groups = [responses.slice(0, 4), responses.slice(4)].map((own) => ({ prompt: EVEN_PROMPT, responses: own }));
  return assembleBatch(evenTask, model, groups, 1);
}

/** A desk whose scheduled work is run by hand; `settle` lets promises come through. */
function desk() {
  const posted: FromWorker[] = [];
  const failures: [number, string][] = [];
  const tasks: (() => void)[] = [];
  let models = 0;
  const own = createTruthDesk({
    post: (message) => posted.push(message),
    schedule: (task) => tasks.push(task),
    fail: (error, request) => failures.push([request, (error as Error).message]),
    createModel: () => {
      models++;
      return createModel(EVEN_CONFIG);
    },
  });
  const settle = async () => {
    for (let round = 0; round < 50; round++) {
      await new Promise((resolve) => setTimeout(resolve));
      tasks.shift()?.();
    }
  };
  return { own, posted, failures, tasks, settle, models: () => models };
}

describe('the desk for the truth', () => {
  it('answers with the values under the weights that drew the batch, whatever the run’s weights are by then', async () => {
    const { own, posted, settle } = desk();
    model.setParameters(weights[0]);
    const batch = batchOf();
    const truth = evenValue(model, 1);
    own.keep('a', { task: evenTask, batch, weights: weights[0] });
    model.setParameters(weights[1]);
    own.ask({ kind: 'truth', request: 3, batch: 'a', groups: [1, 0], budget });
    await settle();
    expect(posted.map((message) => message.kind === 'truth' && [message.request, message.group, message.isLast])).toEqual([
      [3, 1, false],
      [3, 0, true],
    ]);
    for (const message of posted) if (message.kind === 'truth') expect(Math.abs(message.truth.value - truth)).toBeLessThan(1e-6);
  });

  it('takes one forward pass at a time, requests in order, and one model for all', async () => {
    const { own, posted, tasks, settle, models } = desk();
    own.keep('a', { task: evenTask, batch: batchOf(), weights: weights[0] });
    own.ask({ kind: 'truth', request: 1, batch: 'a', groups: [0], budget });
    own.ask({ kind: 'truth', request: 2, batch: 'a', groups: [1], budget });
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(tasks).toHaveLength(1);
    tasks.shift()?.();
    expect(posted).toHaveLength(0);
    await settle();
    expect(posted.map((message) => message.kind === 'truth' && message.request)).toEqual([1, 2]);
    expect(models()).toBe(1);
  });

  it('says nothing more of a request that was given up', async () => {
    const { own, posted, tasks, settle } = desk();
    own.keep('a', { task: evenTask, batch: batchOf(), weights: weights[0] });
    own.ask({ kind: 'truth', request: 1, batch: 'a', groups: [0], budget });
    await new Promise((resolve) => setTimeout(resolve, 20));
    tasks.shift()?.();
    own.cancel(1);
    own.ask({ kind: 'truth', request: 2, batch: 'a', groups: [1], budget });
    await settle();
    expect(posted.map((message) => message.kind === 'truth' && message.request)).toEqual([2]);
  });

  it('keeps the weights of four batches, says so for older ones, and goes on with the next request', async () => {
    const { own, posted, failures, settle } = desk();
    const batch = batchOf();
    ['a', 'b', 'c', 'd', 'e'].forEach((id, k) => own.keep(id, { task: evenTask, batch, weights: weights[k] }));
    own.ask({ kind: 'truth', request: 1, batch: 'a', groups: [0], budget });
    own.ask({ kind: 'truth', request: 2, batch: 'b', groups: [0], budget: { ...budget, epsilon: 0 } });
    own.ask({ kind: 'truth', request: 3, batch: 'e', groups: [0], budget });
    await settle();
    expect(failures).toEqual([
      [1, 'The weights that drew these samples are no longer kept: take a step, then ask again.'],
      [2, 'ε is 0; a number above 0 is wanted.'],
    ]);
    expect(posted.map((message) => message.kind === 'truth' && message.request)).toEqual([3]);
  });

  it('forgets everything when another model is on its way', async () => {
    const { own, posted, failures, settle } = desk();
    own.keep('a', { task: evenTask, batch: batchOf(), weights: weights[0] });
    own.ask({ kind: 'truth', request: 1, batch: 'a', groups: [0], budget });
    own.clear();
    await settle();
    expect([posted, failures]).toEqual([[], []]);
    own.ask({ kind: 'truth', request: 2, batch: 'a', groups: [0], budget });
    await settle();
    expect(failures.map(([request]) => request)).toEqual([2]);
  });
});
