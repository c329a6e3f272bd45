import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RolloutBatch } from '../batch.ts';
import { composeMethod, creditBatch, defaultKnobs, missingNeeds } from '../pipeline.ts';
import type { Method } from '../stages/types.ts';
import { anyGroup, batchOf, furnish } from '../testBatch.ts';
import { tempo } from './tempo.ts';
import { treeTdMethod } from './tree-td.ts';
import { trueAdvantageMethod } from './true-advantage.ts';

const run = (batch: RolloutBatch, method: Method) => creditBatch(batch, composeMethod(method), defaultKnobs(method));

describe('Tree TD', () => {
  it('by hand: the branch token takes all of the change', () => {
    // Values: prompt 1/3, after [1] 1/2, after [1, 2] 1, after [1, 3] 0, after [4] 0.
    const group = [
      { tokens: [1, 2, 0], reward: 1 },
      { tokens: [1, 3, 0], reward: 0 },
      { tokens: [4, 0], reward: 0 },
    ];
    const { advantages } = run(batchOf(group), treeTdMethod);
    [1 / 6, 1 / 2, 0, 1 / 6, -1 / 2, 0, -1 / 3, 0].forEach((expected, t) => expect(advantages[t]).toBeCloseTo(expected, 12));
  });
  it('is what TEMPO adds, and a response’s advantages sum to its value minus the group’s mean', () => {
    fc.assert(
      fc.property(anyGroup(), (group) => {
        const batch = batchOf(group);
        const own = run(batch, treeTdMethod);
        expect([...own.advantages]).toEqual([...run(batch, tempo).trace.td.values]);
        const mean = group.reduce((sum, { reward }) => sum + reward, 0) / group.length;
        for (const { start, end } of batch.responses) {
          const total = own.advantages.subarray(start, end).reduce((a, b) => a + b, 0);
          expect(total).toBeCloseTo(own.trace.valueAfter.values[end - 1] - mean, 12);
        }
      }),
    );
  });
});

describe('the true advantage', () => {
  it('is the oracle’s number as it stands: neither centred nor divided, whoever else is in the group', () => {
    fc.assert(
      fc.property(anyGroup(), (group) => {
        const batch = furnish(batchOf(group));
        const { advantages, trace } = run(batch, trueAdvantageMethod);
        expect([...advantages]).toEqual([...(batch.fields.trueAdvantages ?? [])]);
        advantages.forEach((a, t) => expect(trace.trueValueAfter.values[t] - trace.trueValueBefore.values[t]).toBeCloseTo(a, 12));
      }),
    );
  });
  it('refuses a batch without the truth', () => {
    const batch = batchOf([{ tokens: [1], reward: 1 }]);
    expect(missingNeeds(batch, trueAdvantageMethod)).toEqual(['trueValues', 'trueAdvantages']);
    expect(() => run(batch, trueAdvantageMethod)).toThrow('The batch has no trueAdvantages, which this method needs.');
  });
});
