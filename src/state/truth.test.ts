import { describe, expect, it } from 'vitest';
import { encodeBatch } from '../core/batchEncoder.ts';
import { HEADLINE } from '../core/methods/index.ts';
import { groupTokens } from '../core/batchSlice.ts';
import { testBatch, testLab } from './testLab.ts';
import type { Question, TestWorld } from './testLab.ts';
import { truthOf } from './truthOf.ts';

/** The method of the switch that asks the oracle. */
const TRUTH = HEADLINE[HEADLINE.length - 1];
const settle = () => new Promise((resolve) => setTimeout(resolve, 5));

const truthOfGroup = (group: number, advantage: number) => {
  const [first, last] = groupTokens(testBatch(), group);
  const all = (value: number) => new Float64Array(last - first).fill(value);
  return { kind: 'exact' as const, value: 0.5, trueValues: all(0.5), trueAdvantages: all(advantage), trueErrors: all(1e-4) };
};

/** Answers a question for the truth with one advantage for every token of its group. */
async function answer(question: Question, advantage: number, group = 0): Promise<void> {
  question.onGroup?.({ group, truth: truthOfGroup(group, advantage), nodes: 9 });
  question.answer(undefined);
  await settle();
}

function bundle(world: TestWorld, step: number): void {
  const batch = { ...testBatch(), snapshots: { before: `${step} abc` } };
  world.handlers().onBundle({ step, batch: encodeBatch(batch), metrics: [], stepsPerSecond: 10 });
}

/** A lab whose worker has taken step 21, viewed as the truth. */
async function open() {
  const world = testLab();
  await world.lab.open();
  await world.lab.step();
  world.handlers().onReady({ backend: 'wasm', step: 20 });
  bundle(world, 21);
  await world.lab.setViewMethod(TRUTH);
  const truth = truthOf(world.lab);
  await settle();
  return { ...world, truth, state: world.lab.store.getState };
}

describe('the truth of a live batch', () => {
  it('is asked for the shown prompt, and is the credit once it is there, never zeros', async () => {
    const { questions, state } = await open();
    expect(questions.map(({ asked }) => asked)).toEqual(['truth 21 abc 0 0.001']);
    expect(state().derived?.missing).toEqual(['trueValues', 'trueAdvantages']);
    expect(state().derived?.credit).toBeNull();
    await answer(questions[0], 0.25);
    expect(state().derived?.missing).toEqual([]);
    expect(state().derived?.credit?.advantages[0]).toBe(0.25);
  });

  it('of another prompt is another question; the first one’s answer is kept', async () => {
    const { lab, questions, state } = await open();
    await answer(questions[0], 0.25);
    lab.showPrompt(1);
    expect(state().derived?.credit).toBeNull();
    await settle();
    expect(questions[1].asked).toBe('truth 21 abc 1 0.001');
    await answer(questions[1], -0.5, 1);
    lab.showPrompt(0);
    await settle();
    expect(questions).toHaveLength(2);
    expect(state().derived?.credit?.advantages[0]).toBe(0.25);
  });

  it('holds a newer step back until its own truth is there, and skips those in between', async () => {
    const world = await open();
    const { questions, state, truth } = world;
    await answer(questions[0], 0.25);
    for (const step of [22, 23, 24]) bundle(world, step);
    await settle();
    expect([state().step, truth.store.getState().waiting]).toEqual([21, 24]);
    expect(state().derived?.credit?.advantages[0]).toBe(0.25);
    expect(questions.map(({ asked }) => asked).slice(1)).toEqual(['truth 22 abc 0 0.001']);
    await answer(questions[1], 0.5);
    expect(questions[2].asked).toBe('truth 24 abc 0 0.001');
    await answer(questions[2], 0.75);
    expect([state().step, truth.store.getState().waiting]).toEqual([24, null]);
    expect(state().derived?.credit?.advantages[0]).toBe(0.75);
  });

  it('can be given up: what waits is shown without, and it is asked again on request', async () => {
    const { questions, state, truth } = await open();
    questions[0].onProgress?.({ phase: 'enumerating', done: 0.5, nodes: 300 });
    expect(truth.store.getState().working?.progress?.nodes).toBe(300);
    truth.cancel();
    expect([questions[0].isCancelled, truth.store.getState().working]).toEqual([true, null]);
    await settle();
    expect(questions).toHaveLength(1);
    expect(state().derived?.credit).toBeNull();
    truth.resume();
    await settle();
    expect(questions[1].asked).toBe('truth 21 abc 0 0.001');
  });

  it('says why it cannot be had', async () => {
    const { questions, truth } = await open();
    questions[0].fail('The weights are gone.');
    await settle();
    expect(truth.store.getState()).toMatchObject({ problem: 'The weights are gone.', working: null });
    expect(questions).toHaveLength(1);
  });

  it('is asked again at another ε, and the old one stays meanwhile', async () => {
    const { lab, questions, state, truth } = await open();
    await answer(questions[0], 0.25);
    const { ORACLE_KNOBS } = await import('../core/oracle/knobs.ts');
    lab.setKnob(ORACLE_KNOBS[0], 1e-4);
    await settle();
    expect(questions[1].asked).toBe('truth 21 abc 0 0.0001');
    expect(state().derived?.credit?.advantages[0]).toBe(0.25);
    expect(truth.store.getState().shown?.budget.epsilon).toBe(1e-3);
    await answer(questions[1], 0.26);
    expect(state().derived?.credit?.advantages[0]).toBe(0.26);
    expect(truth.store.getState().shown?.budget.epsilon).toBe(1e-4);
    expect(lab.shareLink('http://x/')).toContain('oracleEpsilon=0.0001');
  });
});

describe('the standard deviation of the credit', () => {
  it('is asked while its lane is shown and is read by the lane', async () => {
    const world = testLab();
    await world.lab.open();
    await world.lab.step();
    world.handlers().onReady({ backend: 'wasm', step: 20 });
    bundle(world, 21);
    world.lab.toggleLane('creditSd');
    truthOf(world.lab);
    await settle();
    expect(world.questions.map(({ asked }) => asked)).toEqual([`spread 21 abc 0 ${HEADLINE[0]} x 16`]);
    const [first, last] = groupTokens(testBatch(), 0);
    world.questions[0].answer(new Float64Array(last - first).fill(0.21));
    await settle();
    const values = world.lab.store.getState().derived?.credit?.trace.creditSd?.values;
    expect([values?.[first], values?.[last]]).toEqual([0.21, NaN]);
  });
});
