import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { UtilityOptions } from './samplingUtility.ts';
import { MOST_SAMPLES, samplingUtility } from './samplingUtility.ts';

const OPTIONS: UtilityOptions = { rewardValues: [0, 1], lengthValues: [1, 3], alpha: 0.5, costWeight: 0.1, lengthNorm: 2 };
/** Right for sure or wrong for sure, short or long for sure. */
const sure = (reward: 0 | 1, length: 0 | 1) => [0, 1].map((b) => [0, 1].map((l) => (b === reward && l === length ? 1 : 0)));
const anyJoint = fc
  .array(fc.array(fc.double({ min: 0.01, max: 1, noNaN: true }), { minLength: 2, maxLength: 2 }), { minLength: 2, maxLength: 2 })
  .map((rows) => {
    const total = rows.flat().reduce((a, b) => a + b, 0);
    return rows.map((row) => row.map((p) => p / total));
  });
const anyJoints = fc.array(anyJoint, { minLength: 1, maxLength: 4 });

describe('the sampling utility', () => {
  it('by hand: a short right sample and a long wrong one', () => {
    const { subsets, best } = samplingUtility([sure(1, 0), sure(0, 1)], OPTIONS);
    expect(subsets.map(({ subset }) => subset)).toEqual([[0], [1], [0, 1]]);
    expect(subsets.map(({ expectedMaxReward }) => expectedMaxReward)).toEqual([1, 0, 1]);
    expect(subsets.map(({ expectedCompute }) => expectedCompute)).toEqual([1, 3, 4]);
    expect(subsets.map(({ expectedLatency }) => expectedLatency)).toEqual([1, 3, 3]);
    // 1 − 0.1 (½·1 + ½·1)/2, 0 − 0.1·3/2, 1 − 0.1 (½·4 + ½·3)/2.
    expect(subsets.map(({ utility }) => utility)).toEqual([0.95, -0.15, 0.825].map((u) => expect.closeTo(u, 12)));
    expect(best.subset).toEqual([0]);
  });
  it('two fair coins: one of them is right three times in four', () => {
    const coin = [
      [0.5, 0],
      [0.5, 0],
    ];
    expect(samplingUtility([coin, coin], OPTIONS).subsets[2].expectedMaxReward).toBe(0.75);
  });
  it('a pause counts what is longer as the lowest reward and as so many tokens', () => {
    const { subsets } = samplingUtility([sure(1, 1)], { ...OPTIONS, pauseHorizon: 2 });
    expect(subsets[0]).toMatchObject({ expectedMaxReward: 0, expectedCompute: 2, expectedLatency: 2 });
    // What ends exactly at the horizon has finished.
    expect(samplingUtility([sure(1, 1)], { ...OPTIONS, pauseHorizon: 3 }).subsets[0]).toMatchObject({ expectedMaxReward: 1 });
  });
  it('E[max] never falls as a subset grows and is at most the largest reward; without a cost all samples go on', () => {
    fc.assert(
      fc.property(anyJoints, (joints) => {
        const { subsets } = samplingUtility(joints, OPTIONS);
        const full = subsets[subsets.length - 1];
        for (const a of subsets) {
          expect(a.expectedMaxReward).toBeLessThanOrEqual(1 + 1e-12);
          for (const b of subsets)
            if (a.subset.every((i) => b.subset.includes(i))) expect(a.expectedMaxReward).toBeLessThanOrEqual(b.expectedMaxReward + 1e-12);
        }
        const free = samplingUtility(joints, { ...OPTIONS, costWeight: 0 });
        expect(free.best.utility).toBeCloseTo(full.expectedMaxReward, 12);
      }),
    );
  });
  it('refuses none, and more than it can list', () => {
    expect(() => samplingUtility([], OPTIONS)).toThrow('There are 0 samples');
    expect(() => samplingUtility(new Array(MOST_SAMPLES + 1).fill(sure(1, 0)), OPTIONS)).toThrow('1 to 12 are wanted');
  });
});
