import { describe, expect, it } from 'vitest';
import { grpo } from '../methods/grpo.ts';
import { trueAdvantageMethod } from '../methods/true-advantage.ts';
import { composeMethod, defaultKnobs } from '../pipeline.ts';
import { batchOf } from '../testBatch.ts';
import { createSpread, withOthersRedrawn } from './spread.ts';

const answer = (id: number, reward: number, length = 1) => ({ tokens: Array.from({ length }, () => id), reward });

/** Two prompts; the second is never redrawn. */
const batch = batchOf([answer(0, 1, 2), answer(1, 0), answer(2, 0)], [answer(3, 1), answer(4, 0), answer(5, 1)]);

describe('a group whose other answers are drawn again', () => {
  it('keeps the one answer and the other prompts, and has no updates', () => {
    const fresh = batchOf([answer(6, 0, 3), answer(7, 1, 2), answer(8, 1)]);
    const redrawn = withOthersRedrawn(batch, 0, 0, fresh);
    expect([...redrawn.tokens]).toEqual([0, 0, 7, 7, 8, 3, 4, 5]);
    expect(redrawn.responses.map(({ start, end, reward, group }) => [start, end, reward, group])).toEqual([
      [0, 2, 1, 0],
      [2, 4, 1, 0],
      [4, 5, 1, 0],
      [5, 6, 1, 1],
      [6, 7, 0, 1],
      [7, 8, 1, 1],
    ]);
    expect(redrawn.updates).toEqual([]);
    expect([...(withOthersRedrawn(batch, 0, 2, fresh).tokens ?? [])]).toEqual([6, 6, 6, 7, 7, 2, 3, 4, 5]);
  });

  it('has NaN where the new answers lack a field of the batch', () => {
    const known = { ...batch, fields: { ...batch.fields, trueAdvantages: Float64Array.of(0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7) } };
    const redrawn = withOthersRedrawn(known, 0, 1, batchOf([answer(6, 0), answer(7, 1), answer(8, 1)]));
    expect([...(redrawn.fields.trueAdvantages ?? [])]).toEqual([NaN, 0.3, NaN, 0.5, 0.6, 0.7]);
  });
});

describe('the standard deviation of a credit', () => {
  const one = batchOf([answer(0, 1), answer(1, 0), answer(2, 0)]);

  it('is that over the redraws: a right answer beside two right ones gets 0, beside two wrong ones 2/√3', () => {
    const method = { composed: composeMethod(grpo), knobs: defaultKnobs(grpo) };
    const spread = createSpread({ batch: one, group: 0, ...method });
    spread.add(0, batchOf([answer(3, 0), answer(4, 1), answer(5, 1)]));
    expect([...spread.deviations()]).toEqual([NaN, NaN, NaN]);
    spread.add(0, batchOf([answer(3, 0), answer(4, 0), answer(5, 0)]));
    // Values 0 and 1.1547: sample standard deviation 1.1547/√2.
    expect(spread.deviations()[0]).toBeCloseTo(0.8165, 3);
    expect([...spread.deviations().subarray(1)]).toEqual([NaN, NaN]);
  });

  it('is 0 for the truth, which does not ask what the others did', () => {
    const fields = { ...one.fields, trueValues: Float64Array.of(1, 0, 0), trueAdvantages: Float64Array.of(0.4, -0.6, -0.6) };
    const method = { composed: composeMethod(trueAdvantageMethod), knobs: defaultKnobs(trueAdvantageMethod) };
    const spread = createSpread({ batch: { ...one, fields }, group: 0, ...method });
    for (const reward of [0, 1]) spread.add(1, batchOf([answer(3, reward), answer(4, reward), answer(5, 0)]));
    expect(spread.deviations()[1]).toBe(0);
  });
});
