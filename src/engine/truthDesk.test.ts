import { describe, expect, it } from 'vitest';
import { EVEN_CONFIG, EVEN_PROMPT, evenTask, evenValue } from '../../tests/support/evenTask.ts';
import { HEADLINE, loadMethod } from '../core/methods/index.ts';
import { defaultKnobs } from '../core/pipeline.ts';
import { uniformAt } from '../core/random.ts';
import { temperatureSampling } from '../core/stages/temperatureSampling.ts';
import { createModel } from './createModel.ts';
import type { FromWorker } from './protocol.ts';
import { assembleBatch } from './rollout.ts';
import { sampleResponses } from './sampler.ts';
import { testParameters } from './testBatch.ts';
import { createTruthDesk, KEPT } from './truthDesk.ts';

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

const kept = (own: Float32Array, batch = batchOf()) => ({ task: evenTask, batch, weights: own, base: weights[4], drawing: null });

/** A desk whose scheduled work is run by hand; `settle` lets promises come through. */
function desk() {
  const posted: FromWorker[] = [];
  const failures: [number, string][] = [];
  const tasks: (() => void)[] = [];
  let models = 0;
  let clock = 0;
  const own = createTruthDesk({
    post: (message) => posted.push(message),
    schedule: (task) => tasks.push(task),
    // Every look at the clock is a turn later: one piece of work a turn.
    now: () => (clock += 1000),
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

/** What was posted beside news of the progress. */
const found = (posted: readonly FromWorker[]) => posted.filter(({ kind }) => kind !== 'working');

describe('the desk for the truth', () => {
  it('answers with the values under the weights that drew the batch, whatever the run’s weights are by then', async () => {
    const { own, posted, settle } = desk();
    model.setParameters(weights[0]);
    const batch = batchOf();
    const truth = evenValue(model, 1);
    own.keep('a', kept(weights[0], batch));
    model.setParameters(weights[1]);
    own.ask({ kind: 'truth', request: 3, batch: 'a', groups: [1, 0], budget });
    await settle();
    expect(found(posted).map((message) => message.kind === 'truth' && [message.request, message.group, message.isLast])).toEqual([
      [3, 1, false],
      [3, 0, true],
    ]);
    for (const message of posted) if (message.kind === 'truth') expect(Math.abs(message.truth.value - truth)).toBeLessThan(1e-6);
  });

  it('takes one forward pass at a time, requests in order, and one model for all', async () => {
    const { own, posted, tasks, settle, models } = desk();
    own.keep('a', kept(weights[0]));
    own.ask({ kind: 'truth', request: 1, batch: 'a', groups: [0], budget });
    own.ask({ kind: 'truth', request: 2, batch: 'a', groups: [1], budget });
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(tasks).toHaveLength(1);
    tasks.shift()?.();
    expect(found(posted)).toHaveLength(0);
    await settle();
    expect(found(posted).map((message) => message.kind === 'truth' && message.request)).toEqual([1, 2]);
    expect(models()).toBe(1);
  });

  it('says nothing more of a request that was given up', async () => {
    const { own, posted, tasks, settle } = desk();
    own.keep('a', kept(weights[0]));
    own.ask({ kind: 'truth', request: 1, batch: 'a', groups: [0], budget });
    await new Promise((resolve) => setTimeout(resolve, 20));
    tasks.shift()?.();
    own.cancel(1);
    own.ask({ kind: 'truth', request: 2, batch: 'a', groups: [1], budget });
    await settle();
    expect(found(posted).map((message) => message.kind === 'truth' && message.request)).toEqual([2]);
  });

  it('keeps the weights of as many batches as the page steps back through, says so for older ones, and goes on with the next request', async () => {
    const { own, posted, failures, settle } = desk();
    const batch = batchOf();
    ['a', 'b', ...Array.from({ length: KEPT - 2 }, (_, k) => `${k}`), 'e'].forEach((id) => own.keep(id, kept(weights[2], batch)));
    own.ask({ kind: 'truth', request: 1, batch: 'a', groups: [0], budget });
    own.ask({ kind: 'truth', request: 2, batch: 'b', groups: [0], budget: { ...budget, epsilon: 0 } });
    own.ask({ kind: 'truth', request: 3, batch: 'e', groups: [0], budget });
    await settle();
    expect(failures).toEqual([
      [1, 'The weights that drew these samples are no longer kept: take a step, then ask again.'],
      [2, 'ε is 0; a number above 0 is wanted.'],
    ]);
    expect(found(posted).map((message) => message.kind === 'truth' && message.request)).toEqual([3]);
  });

  it('outlives the newer ones while it is held', async () => {
    const { own, failures, settle } = desk();
    const batch = batchOf();
    own.keep('held', kept(weights[2], batch));
    own.hold('held');
    for (let k = 0; k <= KEPT; k++) own.keep(`${k}`, kept(weights[2], batch));
    expect(['held', '0', '1', '2'].map(own.has)).toEqual([true, false, false, true]);
    own.ask({ kind: 'truth', request: 1, batch: 'held', groups: [0], budget });
    await settle();
    expect(failures).toEqual([]);
    own.hold('2');
    own.keep('new', kept(weights[2], batch));
    expect(own.has('held')).toBe(false);
  });

  it('forgets everything when another model is on its way', async () => {
    const { own, posted, failures, settle } = desk();
    own.keep('a', kept(weights[0]));
    own.ask({ kind: 'truth', request: 1, batch: 'a', groups: [0], budget });
    own.clear();
    await settle();
    expect([posted, failures]).toEqual([[], []]);
    own.ask({ kind: 'truth', request: 2, batch: 'a', groups: [0], budget });
    await settle();
    expect(failures.map(([request]) => request)).toEqual([2]);
  });

  it('answers with the value of every next token, as a sum over all answers has it', async () => {
    const { own, posted, settle } = desk();
    model.setParameters(weights[0]);
    own.keep('a', kept(weights[0]));
    own.ask({ kind: 'actions', request: 1, batch: 'a', group: 0, prefix: [1], budget });
    await settle();
    const [message] = found(posted);
    if (message?.kind !== 'found' || !('actions' in message.finding)) throw new Error('no values');
    const { value, actions } = message.finding.actions;
    expect(Math.abs(value.estimate - evenValue(model, 1, [1]))).toBeLessThan(1e-6);
    expect(actions).toHaveLength(EVEN_CONFIG.vocabulary);
    actions.forEach(({ estimate, kind }, token) => {
      const whole = [1, token];
      const expected = token === evenTask.endToken ? evenTask.verify(EVEN_PROMPT, whole).reward : evenValue(model, 1, whole);
      expect([kind, Math.abs(estimate - expected) < 1e-6]).toEqual(['exact', true]);
    });
  });

  it('estimates those tokens from continuations that the budget did not reach', async () => {
    const { own, posted, settle } = desk();
    own.keep('a', kept(weights[0]));
    own.ask({ kind: 'actions', request: 1, batch: 'a', group: 0, prefix: [], budget: { ...budget, maxNodes: 1, continuations: 8 } });
    await settle();
    const [message] = found(posted);
    if (message?.kind !== 'found' || !('actions' in message.finding)) throw new Error('no values');
    for (const [token, { kind, low, high }] of message.finding.actions.actions.entries()) {
      expect(kind).toBe(token === evenTask.endToken ? 'exact' : 'monte-carlo');
      expect(low >= 0 && high <= 1).toBe(true);
    }
  });

  it('continues from another token, with the same answers whenever it is asked', async () => {
    const { own, posted, settle } = desk();
    own.keep('a', kept(weights[0]));
    own.ask({ kind: 'whatIf', request: 1, batch: 'a', group: 0, prefix: [1, 2], count: 100 });
    own.ask({ kind: 'whatIf', request: 2, batch: 'a', group: 0, prefix: [1, 2], count: 80 });
    own.ask({ kind: 'whatIf', request: 3, batch: 'a', group: 0, prefix: [1, evenTask.endToken], count: 80 });
    await settle();
    const outcomes = found(posted).map((message) =>
      message.kind === 'found' && 'whatIf' in message.finding ? message.finding.whatIf : null,
    );
    expect(outcomes.map((outcome) => outcome?.count)).toEqual([100, 80, 1]);
    expect(outcomes[0]?.samples).toEqual(outcomes[1]?.samples);
    for (const { tokens, reward } of outcomes[0]?.samples ?? []) {
      expect(tokens.slice(0, 2)).toEqual([1, 2]);
      expect(reward).toBe(evenTask.verify(EVEN_PROMPT, tokens).reward);
    }
    model.setParameters(weights[0]);
    const { mean = NaN, standardError = NaN } = outcomes[0] ?? {};
    expect(Math.abs(mean - evenValue(model, 1, [1, 2]))).toBeLessThan(4 * standardError);
  });

  it('tells how far it is before it answers', async () => {
    const { own, posted, settle } = desk();
    own.keep('a', kept(weights[0]));
    own.ask({ kind: 'truth', request: 1, batch: 'a', groups: [0], budget });
    await settle();
    const done = posted.flatMap((message) => (message.kind === 'working' ? [message.progress.done] : []));
    expect(done.length).toBeGreaterThan(1);
    expect(done.every((share, k) => share >= (done[k - 1] ?? 0) && share <= 1)).toBe(true);
  });

  it('measures how much a credit depends on the rest of the group, the same every time', async () => {
    const { own, posted, settle } = desk();
    own.keep('a', kept(weights[0]));
    const knobs = defaultKnobs(await loadMethod(HEADLINE[0]));
    for (const request of [1, 2])
      own.ask({ kind: 'spread', request, batch: 'a', group: 1, method: { id: HEADLINE[0], knobs, mix: {} }, redraws: 4 });
    await settle();
    const [first, second] = found(posted).map((message) =>
      message.kind === 'found' && 'spread' in message.finding ? [...message.finding.spread] : [],
    );
    expect(first.length).toBeGreaterThan(3);
    expect(first.some((sd) => sd > 0.1)).toBe(true);
    expect(first.every((sd) => sd >= 0)).toBe(true);
    expect(second).toEqual(first);
  });
});
