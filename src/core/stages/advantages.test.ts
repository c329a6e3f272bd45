import { describe, expect, it } from 'vitest';
import { batchOf } from '../testBatch.ts';
import type { TestResponse } from '../testBatch.ts';
import { groupNormalisation, groupScores } from './groupNormalisation.ts';
import { prefixTreeTd } from './prefixTreeTd.ts';
import { baselines, returnToGo } from './returnToGo.ts';
import { terminalReward } from './terminalReward.ts';
import { tokenGroupAverage } from './tokenGroupAverage.ts';
import type { AdvantageStage } from './types.ts';
import { whiten } from './whitening.ts';

const KNOBS = { klInRewardCoef: 0, klInRewardType: 0, normByStd: 1, stdEps: 0, singletonZero: 0, baseline: 0, gamma: 1, whiten: 0 };

function run(stage: AdvantageStage, groups: TestResponse[][], knobs: Record<string, number> = {}) {
  const input = { batch: batchOf(...groups), knobs: { ...KNOBS, ...knobs }, state: null };
  const result = stage({ ...input, rewards: terminalReward(input) });
  return { ...result, list: [...result.advantages] };
}

const right = (...tokens: number[]) => ({ tokens, reward: 1 });
const wrong = (...tokens: number[]) => ({ tokens, reward: 0 });
/** 1/√2·… : mean ½, sample std √½ of rewards 1, 0. */
const HALF = Math.SQRT1_2;

describe('group normalisation', () => {
  it('centres by the group and divides by the sample std', () => {
    const { list, trace } = run(groupNormalisation, [
      [right(1, 2), wrong(1)],
      [right(1), wrong(1), wrong(2), wrong(3)],
    ]);
    // group 1: (1 − ½)/√½ = √½; group 2: mean ¼, std √(¾/3) = ½: 1.5, −0.5
    expect(list.map((x) => Number(x.toFixed(12)))).toEqual([HALF, HALF, -HALF, 1.5, -0.5, -0.5, -0.5].map((x) => Number(x.toFixed(12))));
    expect([...trace.groupMean.values]).toEqual([0.5, 0.25]);
    expect(trace.groupStd.values[0]).toBeCloseTo(HALF, 15);
    expect(trace.groupStd.values[1]).toBe(0.5);
    expect(trace.advantages.values[3]).toBe(list[3]);
  });
  it('adds ε to the std, not to the mean', () => {
    expect(run(groupNormalisation, [[right(1), wrong(1), wrong(2), wrong(3)]], { stdEps: 0.5 }).list).toEqual([0.75, -0.25, -0.25, -0.25]);
  });
  it('only centres where the division is off', () => {
    expect(run(groupNormalisation, [[right(1), wrong(1), wrong(2), wrong(3)]], { normByStd: 0 }).list).toEqual([0.75, -0.25, -0.25, -0.25]);
  });
  it('divides by the std of all rewards where asked', () => {
    // rewards 1 0 | 3 0: mean 1, squares 0 1 4 1, sample std √2
    const { list, trace } = run(
      groupNormalisation,
      [
        [right(1), wrong(1)],
        [{ tokens: [1], reward: 3 }, wrong(1)],
      ],
      { normByStd: 2 },
    );
    expect(list.map((x) => Number(x.toFixed(12)))).toEqual([0.5, -0.5, 1.5, -1.5].map((x) => Number((x / Math.SQRT2).toFixed(12))));
    expect(trace.groupStd.values[0]).toBeCloseTo(Math.SQRT2, 15);
  });
  it('gives a lone sample its reward (verl) or zero (TRL)', () => {
    expect(run(groupNormalisation, [[{ tokens: [1], reward: 3 }]], { stdEps: 0.5 }).list).toEqual([2]);
    expect(run(groupNormalisation, [[{ tokens: [1], reward: 3 }]], { normByStd: 0 }).list).toEqual([3]);
    expect(run(groupNormalisation, [[{ tokens: [1], reward: 3 }]], { singletonZero: 1 }).list).toEqual([0]);
    const lone = groupScores(batchOf([right(1)]), Float64Array.of(1), KNOBS);
    expect([lone.mean[0], lone.std[0]]).toEqual([0, 1]);
  });
});

describe('return to go', () => {
  const PAIR = [
    { tokens: [1, 2, 3], reward: 1 },
    { tokens: [4], reward: 4 },
  ];
  it('repeats the reward, or discounts it towards the start', () => {
    expect(run(returnToGo, [PAIR]).list).toEqual([1, 1, 1, 4]);
    expect(run(returnToGo, [PAIR], { gamma: 0.5 }).list).toEqual([0.25, 0.5, 1, 4]);
  });
  it('shifts the terminal reward by the group mean before discounting', () => {
    const { list, trace } = run(returnToGo, [PAIR], { gamma: 0.5, baseline: 1 });
    expect(list).toEqual([-0.375, -0.75, -1.5, 1.5]);
    expect([...trace.returns.values]).toEqual(list);
    expect([...trace.baseline.values]).toEqual([2.5, 2.5]);
    expect(run(returnToGo, [[right(1)], PAIR], { baseline: 1 }).list).toEqual([0, -1.5, -1.5, -1.5, 1.5]);
  });
  it('takes the mean of the others', () => {
    expect(run(returnToGo, [[...PAIR, right(1)]], { baseline: 2 }).list).toEqual([-1.5, -1.5, -1.5, 3, -1.5]);
    expect(run(returnToGo, [[PAIR[1]]], { baseline: 2 }).list).toEqual([4]);
  });
  it('subtracts the greedy reward after the return is formed', () => {
    const batch = batchOf(PAIR);
    const greedy = { ...batch, groups: batch.groups.map((group) => ({ ...group, greedyReward: 0.5 })) };
    const input = { batch: greedy, knobs: { ...KNOBS, gamma: 0.5, baseline: 3 }, state: null };
    const { advantages, trace } = returnToGo({ ...input, rewards: terminalReward(input) });
    expect([...advantages]).toEqual([-0.25, 0, 0.5, 3.5]);
    expect([...trace.returns.values]).toEqual([0.25, 0.5, 1, 4]);
    expect(() => baselines(batch, Float64Array.of(1, 4), 'greedy')).toThrow('greedyReward');
  });
  it('sums the KL that lies ahead', () => {
    const withReference = [{ tokens: [1, 2], reward: 1, oldLogprobs: [-1, -1], refLogprobs: [-2, -3] }];
    const { list } = run(returnToGo, [withReference], { klInRewardCoef: 0.1, gamma: 0.5 });
    // q = −0.1, 1 − 0.2; G = −0.1 + 0.5·0.8
    expect(list.map((x) => Number(x.toFixed(12)))).toEqual([0.3, 0.8]);
  });
  it('whitens over all tokens of the batch', () => {
    // A = 1 1 1 4: mean 1.75, population variance 27/16
    const centred = run(returnToGo, [PAIR], { whiten: 1 });
    expect(centred.list).toEqual([-0.75, -0.75, -0.75, 2.25]);
    expect([...centred.trace.unwhitened.values]).toEqual([1, 1, 1, 4]);
    const white = run(returnToGo, [PAIR], { whiten: 2 });
    expect(white.list[3]).toBeCloseTo(2.25 / Math.sqrt(27 / 16), 14);
    expect(white.trace.whitenScale.values[0]).toBeCloseTo(Math.sqrt(27 / 16), 14);
    expect(white.trace.whitenMean.values[0]).toBe(1.75);
  });
  it('floors the variance at 1e-8', () => {
    expect([...whiten(Float64Array.of(1, 1), true).values]).toEqual([0, 0]);
    expect(whiten(Float64Array.of(0, 1e-6), true).values[1]).toBeCloseTo(5e-7 / 1e-4, 15);
    expect(whiten(Float64Array.of(3, 5), false).scale).toBe(1);
  });
});

describe('prefix-tree TD', () => {
  // S2 ✓, S3 ✗, D5 ✗, D5 ✗: V(S) = ½, V(D) = 0, mean ¼, sample std ½
  const GROUP = [right(1, 2), wrong(1, 3), wrong(7, 5), wrong(7, 5)];
  it('adds the change of value to GRPO’s advantage', () => {
    const { list, trace } = run(prefixTreeTd, [GROUP]);
    // S: (0.75 + 0.25)/0.5 = 2; 2: (0.75 + 0.5)/0.5 = 2.5; S: (−0.25 + 0.25)/0.5 = 0; 3: (−0.25 − 0.5)/0.5 = −1.5; D: (−0.25 − 0.25)/0.5 = −1; 5: −0.5
    expect(list).toEqual([2, 2.5, 0, -1.5, -1, -0.5, -1, -0.5]);
    expect([...trace.td.values]).toEqual([0.25, 0.5, 0.25, -0.5, -0.25, 0, -0.25, 0]);
    expect([...trace.valueBefore.values]).toEqual([0.25, 0.5, 0.25, 0.5, 0.25, 0, 0.25, 0]);
    expect([...trace.valueAfter.values]).toEqual([0.5, 1, 0.5, 0, 0, 0, 0, 0]);
    expect([...trace.countBefore.values]).toEqual([4, 2, 4, 2, 4, 2, 4, 2]);
    expect([...trace.countAfter.values]).toEqual([2, 1, 2, 1, 2, 2, 2, 2]);
    expect([...trace.isBranch.values]).toEqual([1, 1, 1, 1, 1, 0, 1, 0]);
    expect([...trace.grpoAdvantages.values]).toEqual([1.5, 1.5, -0.5, -0.5, -0.5, -0.5, -0.5, -0.5]);
    expect([trace.groupMean.values[0], trace.groupStd.values[0]]).toEqual([0.25, 0.5]);
  });
  it('leaves the bracket undivided where the division is off, and adds ε to the divisor', () => {
    expect(run(prefixTreeTd, [GROUP], { normByStd: 0 }).list[1]).toBe(1.25);
    expect(run(prefixTreeTd, [GROUP], { stdEps: 0.5 }).list[1]).toBe(1.25);
  });
  it('is 0 for a lone sample', () => {
    expect(run(prefixTreeTd, [[right(1, 2)], GROUP]).list.slice(0, 3)).toEqual([0, 0, 2]);
    expect(run(prefixTreeTd, [GROUP, [right(1, 2)]]).list.slice(-3)).toEqual([-0.5, 0, 0]);
  });
});

describe('token-level group average', () => {
  it('weighs responses by their length: population std over the group’s tokens', () => {
    // tokens 1 0 0 0: μ = ¼, σ = √(3/16)
    const { list, trace } = run(tokenGroupAverage, [[right(1), wrong(1, 2, 3)]]);
    const sigma = Math.sqrt(3) / 4;
    expect(list.map((x) => Number(x.toFixed(12)))).toEqual([0.75, -0.25, -0.25, -0.25].map((x) => Number((x / sigma).toFixed(12))));
    expect(trace.tokenMean.values[0]).toBe(0.25);
    expect(trace.tokenStd.values[0]).toBeCloseTo(sigma, 15);
    expect(trace.advantageRule.values[0]).toBe(1);
    expect(trace.grpoAdvantages.values[0]).toBeCloseTo(HALF, 15);
    expect([...trace.groupAdvantages.values]).toEqual(list);
  });
  it('only centres where the division is off', () => {
    const { list, trace } = run(tokenGroupAverage, [[right(1), wrong(1, 2, 3)]], { normByStd: 0, stdEps: 1 });
    expect(list).toEqual([0.75, -0.25, -0.25, -0.25]);
    expect(trace.advantageRule.values[0]).toBe(0);
  });
  it('adds ε to the divisor', () => {
    expect(run(tokenGroupAverage, [[right(1), wrong(1)]], { stdEps: 0.5 }).list).toEqual([0.5, -0.5]);
  });
  it('sends a group with any |A| ≥ 5 back to GRPO, and no other', () => {
    // one right token among n + 1: A = √n, so n = 25 gives exactly 5
    const long = (n: number) => wrong(...Array.from({ length: n }, () => 1));
    const { list, trace } = run(tokenGroupAverage, [
      [right(1), long(25)],
      [right(1), long(24)],
      [wrong(1), { ...long(25), reward: 1 }],
    ]);
    expect(list[0]).toBeCloseTo(HALF, 15);
    expect(list[1]).toBeCloseTo(-HALF, 15);
    expect(list[26]).toBeCloseTo(Math.sqrt(24), 12);
    expect(list[51]).toBeCloseTo(-HALF, 15);
    expect([...trace.advantageRule.values]).toEqual([2, 1, 2]);
    // exactly 5: rewards 10 and 0 about their mean
    const centred = run(tokenGroupAverage, [[{ tokens: [1], reward: 10 }, wrong(1)]], { normByStd: 0 });
    expect([...centred.trace.advantageRule.values, ...centred.list]).toEqual([2, 5, -5]);
  });
});

describe('a group that is not the first', () => {
  it('is measured by its own size', () => {
    const batch = batchOf([right(1), wrong(1)], [right(1), wrong(1), wrong(2), wrong(3)], [right(1)]);
    const rewards = Float64Array.of(1, 0, 1, 0, 0, 0, 1);
    const third = 1 / 3;
    expect([...baselines(batch, rewards, 'group-mean')]).toEqual([0.5, 0.5, 0.25, 0.25, 0.25, 0.25, 1]);
    expect([...baselines(batch, rewards, 'leave-one-out')]).toEqual([0, 1, 0, third, third, third, 0]);
  });
  it('of one sample gets nothing from the prefix tree', () => {
    const { list } = run(prefixTreeTd, [[right(1), wrong(2)], [right(1, 2)]]);
    expect(list.slice(2)).toEqual([0, 0]);
    expect(list[0]).not.toBe(0);
  });
});
