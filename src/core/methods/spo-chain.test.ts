import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RolloutBatch } from '../batch.ts';
import { exp, log } from '../math.ts';
import { CLIP_STATE } from '../pipeline.types.ts';
import { composeMethod, creditBatch, defaultKnobs } from '../pipeline.ts';
import { SEGMENT_RULE, segmentStarts } from '../stages/segmentAdvantage.ts';
import type { TestResponse } from '../testBatch.ts';
import { anyGroup, batchOf } from '../testBatch.ts';
import { grpo } from './grpo.ts';
import { spoChain } from './spo-chain.ts';

const composed = composeMethod(spoChain);
const run = (batch: RolloutBatch, changes: Record<string, number> = {}) =>
  creditBatch(batch, composed, { ...defaultKnobs(spoChain), ...changes });
const total = (values: Iterable<number>) => [...values].reduce((a, b) => a + b, 0);
const probabilities = (values: number[]) => values.map(log);
/** Continuations for every prefix of every response. */
const withContinuations = (batch: RolloutBatch, rewards: readonly number[]): RolloutBatch => ({
  ...batch,
  responses: batch.responses.map((response) => ({
    ...response,
    continuations: Array.from({ length: response.end - response.start }, (_, after) => ({
      after,
      rewards: rewards.slice(after % rewards.length),
    })),
  })),
});
const everywhere = { probThreshold: 1 };
const interval = fc.integer({ min: 1, max: 4 });

describe('the cuts', () => {
  it('stand before every k-th uncertain token', () => {
    const old = Float64Array.from(probabilities([0.5, 0.99, 0.8, 0.2, 0.9, 0.1]));
    const at = (cutpointInterval: number, probThreshold = 0.9) => segmentStarts(old, { cutpointInterval, probThreshold });
    expect([at(1), at(2), at(3), at(9)]).toEqual([[0, 2, 3, 5], [0, 3], [0, 5], [0]]);
    expect(at(1, 0.05)).toEqual([]);
  });
});

describe('SPO-chain', () => {
  it('telescopes: one advantage a segment, and the segments sum to r − V(first cut)', () => {
    fc.assert(
      fc.property(anyGroup(), interval, fc.boolean(), (group, cutpointInterval, isDrawn) => {
        const batch = isDrawn ? withContinuations(batchOf(group), [1, 0, 0.5]) : batchOf(group);
        const { trace } = run(batch, { cutpointInterval });
        batch.responses.forEach(({ start, end, reward }) => {
          const own = Array.from({ length: end - start }, (_, k) => start + k);
          const starts = own.filter((t) => trace.segmentStart.values[t] === 1);
          if (starts.length === 0) return;
          const segments = starts.map((t) => trace.segmentAdvantages.values[t]);
          expect(total(segments)).toBeCloseTo(reward - trace.segmentStartValue.values[starts[0]], 12);
          own.forEach((t) => {
            const segment = starts.filter((first) => first <= t).length - 1;
            expect(trace.segmentAdvantages.values[t]).toBe(segment < 0 ? 0 : segments[segment]);
          });
        });
      }),
    );
  });
  it('takes V from the continuations of that very prefix, else from the samples that share it', () => {
    const group: TestResponse[] = [
      { tokens: [1, 2, 3], reward: 1 },
      { tokens: [1, 2, 4], reward: 0 },
      { tokens: [1, 5, 6], reward: 0 },
    ];
    const batch = batchOf(group);
    const plain = run(batch);
    expect([...plain.trace.segmentStartValue.values.subarray(0, 3)]).toEqual([1 / 3, 1 / 3, 1 / 2]);
    expect([...plain.trace.segmentStartCount.values.subarray(0, 3)]).toEqual([3, 3, 2]);
    expect([...plain.advantages.subarray(0, 3)]).toEqual([0, 1 / 2 - 1 / 3, 1 / 2]);
    expect(plain.trace.valueSource.values.every((source) => source === 0)).toBe(true);
    const drawn = {
      ...batch,
      responses: batch.responses.map((r, i) => (i ? r : { ...r, continuations: [{ after: 1, rewards: [1, 1, 0, 1] }] })),
    };
    const mixed = run(drawn);
    expect([...mixed.trace.segmentStartValue.values.subarray(0, 3)]).toEqual([1 / 3, 3 / 4, 1 / 2]);
    expect([...mixed.trace.segmentStartCount.values.subarray(0, 3)]).toEqual([3, 4, 2]);
    expect([...mixed.trace.valueSource.values]).toEqual([0, 1, 0, 0, 0, 0, 0, 0, 0]);
  });
  it('trains the uncertain tokens alone: certain ones have no advantage, no credit and no part in the mean', () => {
    fc.assert(
      fc.property(anyGroup(), interval, (group, cutpointInterval) => {
        const batch = batchOf(group);
        const result = run(batch, { cutpointInterval, klCoef: 0.2 });
        const old = batch.fields.oldLogprobs as Float64Array;
        const uncertain = old.map((x) => (exp(x) < 0.9 ? 1 : 0));
        const count = total(uncertain);
        uncertain.forEach((keep, t) => {
          expect(result.trace.probMask.values[t]).toBe(keep);
          expect(result.trace.weight.values[t]).toBeCloseTo(keep / Math.max(count, 1), 12);
          if (keep === 1) return;
          expect(Math.abs(result.credit[t])).toBe(0);
          expect(result.clipState[t]).toBe(CLIP_STATE.masked);
          if (exp(old[t]) > 0.9) expect(result.advantages[t]).toBe(0);
        });
      }),
    );
  });
  it('masks at the threshold itself, where the advantage still stands', () => {
    const half = log(0.5);
    const batch = batchOf([
      { tokens: [1, 2], reward: 1, oldLogprobs: [-2, half] },
      { tokens: [3, 2], reward: 0, oldLogprobs: [-2, half] },
    ]);
    const { advantages, trace } = run(batch, { probThreshold: exp(half) });
    expect([...advantages]).toEqual([0.5, 0.5, -0.5, -0.5]);
    expect([...trace.probMask.values]).toEqual([1, 0, 1, 0]);
  });
  it('says nothing before the first cut, nor where no token is uncertain', () => {
    const batch = batchOf([
      { tokens: [1, 2, 3], reward: 1, oldLogprobs: probabilities([0.95, 0.95, 0.5]) },
      { tokens: [1, 2, 4], reward: 0, oldLogprobs: probabilities([0.95, 0.95, 0.5]) },
      { tokens: [5], reward: 0, oldLogprobs: probabilities([0.99]) },
    ]);
    const { advantages, credit, trace } = run(batch);
    expect([...advantages]).toEqual([0, 0, 0.5, 0, 0, -0.5, 0]);
    expect(Number.isNaN(trace.segmentStartValue.values[0])).toBe(true);
    expect(credit.some(Number.isNaN)).toBe(false);
    const certain = run(batch, { probThreshold: 0.05 });
    expect([certain.loss, ...certain.credit].every((x) => x === 0)).toBe(true);
    expect(trace.segmentRule.values[0]).toBe(SEGMENT_RULE.certain);
    expect(run(batch, { probThreshold: 0.95 + 1e-9, cutpointInterval: 1 }).trace.segmentRule.values[6]).toBe(SEGMENT_RULE.certain);
  });
  it('is GRPO’s centred advantage with one segment, every token uncertain and no division', () => {
    fc.assert(
      fc.property(anyGroup(), (group) => {
        const batch = batchOf(group);
        const ours = run(batch, { ...everywhere, cutpointInterval: 20 });
        const plain = creditBatch(batch, composeMethod(grpo), {
          ...defaultKnobs(spoChain),
          ...defaultKnobs(grpo),
          normByStd: 0,
          aggMode: 0,
          logRatioClamp: 10,
        });
        ours.credit.forEach((value, t) => expect(value).toBeCloseTo(plain.credit[t], 9));
      }),
    );
  });
  it('from the samples’ own tree, equal rewards give none, a shift changes nothing, a scale scales', () => {
    fc.assert(
      fc.property(anyGroup(fc.integer({ min: -3, max: 3 })), interval, (group, cutpointInterval) => {
        const at = (f: (r: number) => number) =>
          run(batchOf(group.map((response) => ({ ...response, reward: f(response.reward) }))), { cutpointInterval }).advantages;
        const base = at((r) => r);
        at((r) => 2 * r + 8).forEach((a, t) => expect(a).toBeCloseTo(2 * base[t], 9));
        expect(at(() => 0.25).every((a) => a === 0)).toBe(true);
      }),
    );
  });
  it('is 0 for a lone sample, which is its own value', () => {
    expect([...run(batchOf([{ tokens: [1, 2], reward: 1 }])).advantages]).toEqual([0, 0]);
  });
});
