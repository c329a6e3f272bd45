import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RolloutBatch } from '../batch.ts';
import { composeMethod, creditBatch, defaultKnobs } from '../pipeline.ts';
import type { TestResponse } from '../testBatch.ts';
import { batchOf } from '../testBatch.ts';
import { e1 } from './e1.ts';
import { grpo } from './grpo.ts';

const GROUP = 0;
const QUERY = 1;

/** A response of `thinking` tokens of thought and two more. */
const thinker = (thinking: number, reward: number): TestResponse => ({
  tokens: Array.from({ length: thinking + 2 }, (_, t) => t % 5),
  reward,
  spans: [{ kind: 'thought', start: 0, end: thinking, label: '' }],
});
const thinkers = fc.array(fc.tuple(fc.integer({ min: 0, max: 12 }), fc.constantFrom(0, 1)), { minLength: 1, maxLength: 6 });
const effort = fc.double({ min: 0.1, max: 3, noNaN: true });

const batchFrom = (...groups: [number, number][][]): RolloutBatch =>
  batchOf(...groups.map((group) => group.map(([thinking, reward]) => thinker(thinking, reward))));
const asking = (batch: RolloutBatch, efforts: readonly number[]): RolloutBatch => ({
  ...batch,
  groups: batch.groups.map((group, g) => ({ ...group, effort: efforts[g], query: 7 })),
});
const run = (batch: RolloutBatch, knobs: Record<string, number> = {}) =>
  creditBatch(batch, composeMethod(e1), { ...defaultKnobs(e1), ...knobs });
const rewards = (batch: RolloutBatch, knobs: Record<string, number> = {}) => [...run(batch, knobs).trace.shapedReward.values];

describe('e1', () => {
  it('never pays more than correctness, and never less when the effort grows', () => {
    fc.assert(
      fc.property(thinkers, effort, effort, (group, a, b) => {
        const batch = batchFrom(group);
        const [low, high] = [Math.min(a, b), Math.max(a, b)].map((r) => rewards(batch, { effort: r }));
        batch.responses.forEach(({ reward }, i) => {
          expect(low[i]).toBeLessThanOrEqual(high[i]);
          expect(high[i]).toBeLessThanOrEqual(reward);
        });
      }),
    );
  });
  it('does not change when all lengths are scaled together', () => {
    fc.assert(
      fc.property(thinkers, effort, fc.integer({ min: 2, max: 4 }), (group, r, factor) => {
        const scaled = group.map(([thinking, reward]): [number, number] => [factor * thinking, reward]);
        expect(rewards(batchFrom(scaled), { effort: r })).toEqual(rewards(batchFrom(group), { effort: r }));
      }),
    );
  });
  it('is plain GRPO once the effort reaches the largest ratio', () => {
    fc.assert(
      fc.property(thinkers, (group) => {
        const batch = batchFrom(group);
        const largest = Math.max(...run(batch).trace.relativeLength.values);
        expect(rewards(batch, { effort: largest })).toEqual(batch.responses.map(({ reward }) => reward));
        const plain = creditBatch(batch, composeMethod(grpo), defaultKnobs(grpo));
        expect([...run(batch, { effort: largest }).credit]).toEqual([...plain.credit]);
      }),
    );
  });
  it('has a rollout of ratio at most 1 in every group, and with the question’s average in every question', () => {
    fc.assert(
      fc.property(fc.array(thinkers, { minLength: 1, maxLength: 3 }), (groups) => {
        const batch = asking(
          batchFrom(...groups),
          groups.map(() => 0.5),
        );
        const relative = (avgSource: number) => [...run(batch, { avgSource }).trace.relativeLength.values];
        for (const { start, end } of batch.groups) expect(Math.min(...relative(GROUP).slice(start, end))).toBeLessThanOrEqual(1 + 1e-12);
        expect(Math.min(...relative(QUERY))).toBeLessThanOrEqual(1 + 1e-12);
      }),
    );
  });
  it('can put a whole high-effort group above the question’s average', () => {
    const long = batchFrom(
      [[2, 1]],
      [
        [9, 1],
        [10, 1],
      ],
    );
    const { trace } = run(asking(long, [0.25, 1]), { avgSource: QUERY });
    expect([...trace.averageLength.values]).toEqual([7, 7]);
    expect([...trace.relativeLength.values].slice(1).every((ratio) => ratio > 1)).toBe(true);
  });
  it('keeps questions apart', () => {
    const batch = batchFrom([[2, 1]], [[10, 1]]);
    const groups = batch.groups.map((group, g) => ({ ...group, query: g }));
    expect([...run({ ...batch, groups }, { avgSource: QUERY }).trace.averageLength.values]).toEqual([2, 10]);
    expect([...run(batch, { avgSource: QUERY }).trace.averageLength.values]).toEqual([2, 10]);
  });
  it('pays nobody where all are equally long and the effort is below 1: learning stops', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 9 }), fc.double({ min: 0.1, max: 0.99, noNaN: true }), (thinking, r) => {
        const group: [number, number][] = [0, 1, 1].map((reward) => [thinking, reward]);
        const result = run(batchFrom(group), { effort: r });
        expect([...result.trace.shapedReward.values]).toEqual([0, 0, 0]);
        expect(result.credit.every((value) => value === 0)).toBe(true);
      }),
    );
  });
  it('takes the prompt’s effort before the knob', () => {
    const batch = batchFrom([
      [4, 1],
      [8, 1],
    ]);
    expect(rewards(asking(batch, [3]), { effort: 0.1 })).toEqual([1, 1]);
    expect(rewards(batch, { effort: 1 })).toEqual([1, 0]);
    expect([...run(asking(batch, [0.5]), { effort: 3 }).trace.effort.values]).toEqual([0.5]);
  });
  it('measures the thinking alone, and the whole response where none is marked', () => {
    const marked = batchFrom([
      [4, 1],
      [8, 1],
    ]);
    const bare: RolloutBatch = { ...marked, responses: marked.responses.map(({ spans: _, ...response }) => response) };
    expect([...run(marked).trace.thinkingLength.values]).toEqual([4, 8]);
    expect([...run(bare).trace.thinkingLength.values]).toEqual([6, 10]);
  });
  it('marks the thinking past the budget, and only where the answer is not paid', () => {
    const { trace } = run(
      batchFrom([
        [2, 1],
        [6, 1],
      ]),
      { effort: 1 },
    );
    // ℓ̄ = 4: tokens 5 and 6 of the second response are past it, its two tokens after the thinking are not.
    expect([...trace.pastBudget.values]).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 0, 0]);
    fc.assert(
      fc.property(thinkers, effort, (group, r) => {
        const batch = batchFrom(group);
        const result = run(batch, { effort: r });
        batch.responses.forEach(({ start, end }, i) => {
          const isPast = result.trace.pastBudget.values.subarray(start, end).includes(1);
          expect(isPast).toBe(result.trace.withinBudget.values[i] === 0);
        });
      }),
    );
  });
});
