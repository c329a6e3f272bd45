import { describe, expect, it } from 'vitest';
import type { RolloutBatch } from '../core/batch.ts';
import { METHODS } from '../core/methods/index.ts';
import type { GroupAnswer } from '../engine/client.ts';
import type { GradientAnswer } from '../engine/protocol.ts';
import { createScoreboard } from './scoreboard.ts';
import { testBatch, testLab } from './testLab.ts';

const withTruth = (batch: RolloutBatch): RolloutBatch => {
  // S, and whatever follows it, deserve what the answer earned; D nothing.
  const truth = Float64Array.from(batch.tokens, (_, t) => (t < 2 || t === 5 ? 0.3 : t === 11 ? -0.4 : 0));
  return { ...batch, fields: { ...batch.fields, trueAdvantages: truth, trueValues: truth, trueErrors: truth.map(() => 0) } };
};

/** A board on a lab that shows this batch, with an engine that is answered by hand. */
async function board(batch: RolloutBatch, source: 'recorded' | 'live' = 'recorded') {
  const { lab } = testLab();
  await lab.open();
  lab.store.setState({ batch, sampled: batch, source });
  const asked: string[] = [];
  const answer: { truth?: (found: GroupAnswer) => void; gradients?: (piece: GradientAnswer) => void; done?: () => void } = {};
  const jobOf = () => ({
    done: new Promise<void>((resolve) => {
      answer.done = resolve;
    }),
    cancel: () => void asked.push('cancel'),
  });
  const engine = {
    truth: (id: string, groups: readonly number[], _: unknown, onGroup: (found: GroupAnswer) => void) => {
      asked.push(`truth ${id} ${groups.join()}`);
      answer.truth = onGroup;
      return jobOf();
    },
    gradients: (request: { resamples: number; isOwn: boolean; methods: readonly unknown[] }, onAnswer: (piece: GradientAnswer) => void) => {
      asked.push(`gradients ${request.resamples} ${request.isOwn} ${request.methods.length}`);
      answer.gradients = onAnswer;
      return jobOf();
    },
  };
  const world = { ...lab, openEngine: async () => engine, readCheckpoint: async () => new ArrayBuffer(8) };
  const own = createScoreboard(world as unknown as typeof lab, (piece) => {
    const turn = () => piece() && queueMicrotask(turn);
    queueMicrotask(turn);
  });
  const settled = async () => {
    // 41 methods are loaded and scored: long on a busy machine.
    for (let wait = 0; wait < 4000 && own.store.getState().rows.some(({ isSettled }) => !isSettled); wait++)
      await new Promise((resolve) => setTimeout(resolve, 5));
  };
  const rowOf = (id: string) => own.store.getState().rows.find((row) => row.id === id);
  return { lab, own, asked, answer, settled, rowOf };
}
const turn = () => new Promise((resolve) => setTimeout(resolve, 20));

describe('the scoreboard', { timeout: 30_000 }, () => {
  it('scores every method on a recorded batch without the engine; what a method lacks is a sentence', async () => {
    const { own, asked, settled, rowOf } = await board(withTruth(testBatch()));
    const leave = own.enter();
    await settled();
    expect(asked).toEqual([]);
    expect(own.store.getState().rows).toHaveLength(METHODS.length);
    expect(rowOf('true-advantage')?.score?.accuracy.pearson).toBeCloseTo(1, 12);
    expect(rowOf('grpo')?.score?.accuracy.tokens).toBe(32);
    expect(rowOf('grpo')?.score?.accuracy.signed).toBe(4);
    const lacking = own.store.getState().rows.filter(({ score }) => score === null);
    expect(lacking.length).toBeGreaterThan(0);
    for (const { note, title } of lacking) expect(note).toMatch(new RegExp(`^${title.replaceAll('+', '\\+')} needs .*does not hold\\.$`));
    leave();
  });

  it('asks fewer tokens for their sign above a higher threshold', async () => {
    const { own, settled, rowOf } = await board(withTruth(testBatch()));
    const leave = own.enter();
    await settled();
    own.setThreshold(0.35);
    for (let wait = 0; wait < 1000 && rowOf('grpo')?.score?.accuracy.signed !== 1; wait++) await turn();
    expect(rowOf('grpo')?.score?.accuracy.signed).toBe(1);
    leave();
  });

  it('asks the worker for the truth of a live batch, and scores when all of it is there', async () => {
    const live = { ...testBatch(), snapshots: { before: '41 abc' } };
    const { own, asked, answer, settled, rowOf } = await board(live, 'live');
    const leave = own.enter();
    await turn();
    expect(asked).toEqual(['truth 41 abc 0,1']);
    const truthOf = (length: number) => ({
      kind: 'exact' as const,
      value: 0.5,
      trueValues: new Float64Array(length),
      trueAdvantages: Float64Array.from({ length }, (_, t) => (t % 3) - 1),
      trueErrors: new Float64Array(length),
    });
    answer.truth?.({ group: 0, truth: truthOf(20), nodes: 5 });
    expect(own.store.getState().truthShare).toBe(0.5);
    expect(rowOf('grpo')?.isSettled).toBe(false);
    answer.truth?.({ group: 1, truth: truthOf(12), nodes: 5 });
    answer.done?.();
    await settled();
    expect(rowOf('true-advantage')?.score?.accuracy.spearman).toBeCloseTo(1, 12);
    leave();
  });

  it('keeps its batch while training goes on, says so, and takes the newest when asked or when training stops', async () => {
    const { lab, own } = await board(withTruth(testBatch()));
    const leave = own.enter();
    const first = own.store.getState().frozen?.batch;
    const next = withTruth(testBatch());
    lab.store.setState({ run: { ...lab.store.getState().run, status: 'running' } });
    lab.store.setState({ batch: next, sampled: next, step: 21 });
    expect(own.store.getState()).toMatchObject({ isBehind: true });
    expect(own.store.getState().frozen?.batch).toBe(first);
    lab.store.setState({ run: { ...lab.store.getState().run, status: 'paused' } });
    expect(own.store.getState()).toMatchObject({ isBehind: false });
    expect(own.store.getState().frozen?.batch).toBe(next);
    leave();
    lab.store.setState({ batch: first, sampled: first });
    expect(own.store.getState().frozen?.batch).toBe(next);
  });

  it('compares gradients in the worker, remembers them, and gives them up when told', async () => {
    const { lab, own, asked, answer, rowOf } = await board(withTruth(testBatch()));
    const leave = own.enter();
    own.setBatches(8);
    const done = own.compareGradients();
    await turn();
    expect(asked).toEqual([`gradients 8 false ${METHODS.length}`]);
    answer.gradients?.({ kind: 'progress', share: 0.25 });
    expect(own.store.getState().gradients).toMatchObject({ status: 'running', share: 0.25 });
    answer.gradients?.({ kind: 'method', method: 'grpo', quality: null, missing: ['trueValues'], own: 0.5 });
    expect(rowOf('grpo')).toMatchObject({ own: 0.5, gradientNote: expect.stringContaining('the batches drawn again do not hold') });
    const certificate = { epsilon: 0.001, residual: 0.02, cosineToFiner: 0.99, cosineChange: 0.14, cutShort: 0 };
    answer.gradients?.({ kind: 'certificate', certificate });
    answer.done?.();
    await done;
    expect(own.store.getState().gradients).toMatchObject({ status: 'done', certificate });
    const { batch } = lab.store.getState();
    const other = withTruth(testBatch());
    lab.store.setState({ batch: other, sampled: other });
    expect(rowOf('grpo')?.own).toBeNull();
    lab.store.setState({ batch, sampled: batch });
    expect(rowOf('grpo')?.own).toBe(0.5);
    void own.compareGradients();
    await turn();
    own.cancel();
    expect(asked.at(-1)).toBe('cancel');
    expect(own.store.getState().gradients.status).toBe('idle');
    leave();
  });

  it('leads back to the lab: the method viewed, the token pinned, its true advantage beside its credit', async () => {
    const { lab, own, settled, rowOf } = await board(withTruth(testBatch()));
    lab.setWorkspace('scoreboard');
    const leave = own.enter();
    await settled();
    const [worst] = rowOf('rloo')?.score?.disagreements ?? [];
    await own.explain('rloo', worst);
    const { workspace, viewMethod, group, pin, lanes } = lab.store.getState();
    expect({ workspace, viewMethod, group }).toEqual({ workspace: 'lab', viewMethod: 'rloo', group: worst.token < 20 ? 0 : 1 });
    expect(lanes).toContain('trueAdvantage');
    const { groups, responses } = testBatch();
    expect(pin && responses[groups[pin.group].start + pin.response].start + pin.position).toBe(worst.token);
    leave();
  });
});
