import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RolloutBatch } from '../batch.ts';
import { composeMethod, creditBatch, defaultKnobs } from '../pipeline.ts';
import { anyGroup, batchOf } from '../testBatch.ts';
import { tempo } from './tempo.ts';

const composed = composeMethod(tempo);
const run = (batch: RolloutBatch, changes: Record<string, number> = {}) =>
  creditBatch(batch, composed, { ...defaultKnobs(tempo), ...changes });
const ofResponse = (batch: RolloutBatch, values: Float64Array, i: number) => [
  ...values.subarray(batch.responses[i].start, batch.responses[i].end),
];
const total = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);
const mixed = anyGroup().filter((group) => new Set(group.map(({ reward }) => reward)).size > 1);

describe('TEMPO', () => {
  it('is GRPO where nobody branches', () => {
    fc.assert(
      fc.property(mixed, (group) => {
        const { trace, advantages } = run(batchOf(group));
        advantages.forEach((a, t) => {
          if (trace.isBranch.values[t] === 0) expect(a).toBeCloseTo(trace.grpoAdvantages.values[t], 12);
        });
      }),
    );
  });
  it('telescopes: the changes of value of a response sum to V(response) − mean', () => {
    fc.assert(
      fc.property(mixed, (group) => {
        const batch = batchOf(group);
        const { trace } = run(batch);
        const mean = total(group.map(({ reward }) => reward)) / group.length;
        batch.responses.forEach(({ end }, i) => {
          expect(total(ofResponse(batch, trace.td.values, i))).toBeCloseTo(trace.valueAfter.values[end - 1] - mean, 12);
        });
      }),
    );
  });
  it('gives a response that nobody repeats (T + 1) times GRPO’s advantage in all', () => {
    fc.assert(
      fc.property(mixed, (group) => {
        const batch = batchOf(group);
        const { trace, advantages } = run(batch);
        batch.responses.forEach(({ start, end }, i) => {
          if (trace.countAfter.values[end - 1] !== 1) return;
          expect(total(ofResponse(batch, advantages, i))).toBeCloseTo((end - start + 1) * trace.grpoAdvantages.values[start], 9);
        });
      }),
    );
  });
  it('changes only the first token where all first tokens differ, to twice GRPO’s', () => {
    const group = [0, 1, 2].map((first) => ({ tokens: [first, 9, 8], reward: first === 0 ? 1 : 0 }));
    const { advantages, trace } = run(batchOf(group));
    advantages.forEach((a, t) => expect(a).toBeCloseTo(trace.grpoAdvantages.values[t] * (t % 3 === 0 ? 2 : 1), 12));
  });
  it('does not care what the tokens are called', () => {
    fc.assert(
      fc.property(mixed, (group) => {
        const renamed = group.map((response) => ({ ...response, tokens: response.tokens.map((token) => (token * 7 + 3) % 11) }));
        expect([...run(batchOf(renamed)).credit]).toEqual([...run(batchOf(group)).credit]);
      }),
    );
  });
  it('gives shared prefixes with equal rewards equal advantages, and twins the same', () => {
    fc.assert(
      fc.property(mixed, (group) => {
        const batch = batchOf([...group, group[0]]);
        const { advantages } = run(batch);
        expect(ofResponse(batch, advantages, group.length)).toEqual(ofResponse(batch, advantages, 0));
        group.forEach((a, i) =>
          group.forEach((b, j) => {
            if (a.reward === b.reward && a.tokens[0] === b.tokens[0]) {
              expect(ofResponse(batch, advantages, i)[0]).toBe(ofResponse(batch, advantages, j)[0]);
            }
          }),
        );
      }),
    );
  });
  it('keeps trees of groups apart', () => {
    const group = [
      { tokens: [1, 2], reward: 1 },
      { tokens: [1, 3], reward: 0 },
    ];
    const alone = run(batchOf(group));
    const both = run(
      batchOf(
        group,
        group.map((r) => ({ ...r, reward: 1 - r.reward })),
      ),
    );
    expect([...both.advantages.subarray(0, 4)]).toEqual([...alone.advantages]);
  });
  it('is 0 for a group of one, with and without the division', () => {
    const lone = batchOf([{ tokens: [1, 2], reward: 1 }]);
    expect([...run(lone).advantages, ...run(lone, { normByStd: 0 }).advantages]).toEqual([0, 0, 0, 0]);
  });
});
