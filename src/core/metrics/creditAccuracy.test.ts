import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RolloutBatch } from '../batch.ts';
import { batchOf } from '../testBatch.ts';
import { pearson, pearsonWeighted, ranks, spearman, tiesOf, weightedRanks } from './correlation.ts';
import { accuracyDifference, accuracyIntervals, creditAccuracy, formatTokens, largestDisagreements } from './creditAccuracy.ts';
import { fittedScale } from './fittedScale.ts';

describe('correlations', () => {
  it('by hand', () => {
    expect([...ranks([10, 20, 10, 5])]).toEqual([2.5, 4, 2.5, 1]);
    // x − 2 = −1 0 1, y − 3 = −2 −1 3: 5 / √(2·14).
    expect(pearson([1, 2, 3], [1, 2, 6])).toBeCloseTo(5 / Math.sqrt(28), 12);
    expect(spearman([1, 2, 3], [1, 2, 6])).toBeCloseTo(1, 12);
    expect(spearman([3, 2, 1], [1, 2, 6])).toBeCloseTo(-1, 12);
    expect(pearson([1, 1, 1], [1, 2, 3])).toBeNaN();
    expect(pearson([1], [1])).toBeNaN();
  });
  it('with weights are those of the pairs repeated so often', () => {
    const pairs = fc.array(fc.tuple(fc.integer({ min: -9, max: 9 }), fc.integer({ min: -9, max: 9 }), fc.integer({ min: 0, max: 3 })), {
      maxLength: 20,
    });
    fc.assert(
      fc.property(pairs, (list) => {
        const [x, y, weights] = [0, 1, 2].map((k) => list.map((pair) => pair[k]));
        const repeat = (values: number[]) => values.flatMap((value, i) => Array.from({ length: weights[i] }, () => value));
        const [manyX, manyY] = [repeat(x), repeat(y)];
        const apart = (a: number, b: number) => (Number.isNaN(a) ? Number.isNaN(b) : Math.abs(a - b) < 1e-9);
        expect(apart(pearsonWeighted(x, y, weights), pearson(manyX, manyY))).toBe(true);
        expect(repeat([...weightedRanks(tiesOf(x), weights)])).toEqual([...ranks(manyX)]);
      }),
    );
  });
  it('ranks do not care about a growing function, r not about a line', () => {
    const pairs = fc.array(fc.tuple(fc.integer({ min: -50, max: 50 }), fc.integer({ min: -50, max: 50 })), { minLength: 3, maxLength: 30 });
    fc.assert(
      fc.property(pairs, (list) => {
        const [x, y] = [list.map(([a]) => a), list.map(([, b]) => b)];
        const cubes = y.map((value) => value * value * value);
        expect(spearman(x, cubes)).toEqual(spearman(x, y));
        const r = pearson(x, y);
        if (!Number.isNaN(r))
          expect(
            pearson(
              x,
              y.map((value) => 3 * value - 7),
            ),
          ).toBeCloseTo(r, 9);
      }),
    );
  });
});

describe('accuracy of credit', () => {
  const two = (): RolloutBatch =>
    batchOf(
      [
        { tokens: [1, 2, 3], reward: 1, logprobs: [-1, -1, -1] },
        { tokens: [1, 4], reward: 0, logprobs: [-1, -1] },
      ],
      [{ tokens: [5, 6, 7], reward: 1, logprobs: [-1, -1, -1] }],
    );
  const truth = Float64Array.of(0, 0.5, 0, 0, -0.5, 0.2, 0.01, -0.3);

  it('by hand: signs above the threshold, waste on format tokens', () => {
    const credit = Float64Array.of(1, 1, 1, -1, -1, NaN, 1, 1);
    const isFormat = Uint8Array.of(0, 0, 1, 0, 0, 0, 1, 0);
    const score = creditAccuracy({ batch: two(), credit, trueAdvantages: truth, isFormat, threshold: 0.05 });
    // Asked: 0.5 (right), −0.5 (right), 0.2 (no credit: wrong), −0.3 (wrong).
    expect(score.rightSign).toBe(0.5);
    expect(score.onFormat).toBeCloseTo(2 / 7, 12);
    expect(score.tokens).toBe(8);
  });
  it('the truth itself scores 1 everywhere, its negative −1 and no sign', () => {
    const input = { batch: two(), credit: truth, trueAdvantages: truth, threshold: 0.05 };
    expect(creditAccuracy(input)).toMatchObject({ pearson: 1, rightSign: 1 });
    expect(creditAccuracy(input).spearman).toBeCloseTo(1, 12);
    expect(creditAccuracy({ ...input, credit: truth.map((a) => -a) }).rightSign).toBe(0);
    expect(accuracyIntervals(input, 50, 1).rightSign).toEqual([1, 1]);
  });
  it('counts the tokens whose truth is known', () => {
    const known = truth.map((a, t) => (t < 5 ? a : NaN));
    const score = creditAccuracy({ batch: two(), credit: truth, trueAdvantages: known, threshold: 0.05 });
    expect(score).toMatchObject({ tokens: 5, signed: 2, pearson: 1, rightSign: 1 });
    const none = creditAccuracy({ batch: two(), credit: truth, trueAdvantages: truth.map(() => NaN), threshold: 0.05 });
    expect(none).toMatchObject({ tokens: 0, pearson: NaN, spearman: NaN, rightSign: NaN });
  });
  it('names the tokens that it misses most, on the truth’s own scale, each prefix once', () => {
    // Token 1 opens both samples of the first prompt. Scale of (4 0 0 4 0 0 0 0) to the truth (½ 0 0 ½ −1 0 0 0): 4/32.
    const credit = Float64Array.of(4, 0, 0, 4, 0, NaN, 0, 0);
    const trueAdvantages = Float64Array.of(0.5, 0, 0, 0.5, -1, 0.25, NaN, 0);
    const input = { batch: two(), credit, trueAdvantages, threshold: 0.05 };
    expect(largestDisagreements(input, 3)).toEqual([
      { token: 4, error: 1 },
      { token: 5, error: -0.25 },
    ]);
    // 8 in place of the second 4: scale 6/80, so that token 0 misses ½ by 0.2 and its twin, token 3, by 0.1.
    expect(largestDisagreements({ ...input, credit: credit.map((c, t) => (t === 3 ? 8 : c)) }, 9).map(({ token }) => token)).toEqual([
      4, 5, 0,
    ]);
    expect(largestDisagreements({ ...input, credit: trueAdvantages }, 3)).toEqual([]);
  });
  it('takes the format tokens from the task', () => {
    expect(formatTokens({}, two())).toBeUndefined();
    const last = {
      isFormatToken: (prompt: readonly number[], response: readonly number[], k: number) => prompt[0] === 9 && k === response.length - 1,
    };
    expect([...(formatTokens(last, two()) ?? [])]).toEqual([0, 0, 1, 0, 1, 0, 0, 1]);
  });
  it('leaves out tokens that nobody sampled', () => {
    const batch = { ...two(), source: Uint8Array.of(0, 0, 0, 0, 0, 1, 1, 1) };
    expect(creditAccuracy({ batch, credit: truth, trueAdvantages: truth, threshold: 0 }).tokens).toBe(5);
  });
  it('has intervals that hold the estimate and depend on the seed alone', () => {
    const batch = batchOf(...Array.from({ length: 12 }, (_, g) => [{ tokens: [g, 2], reward: g % 2, logprobs: [-1, -1] }]));
    const trueAdvantages = Float64Array.from(batch.tokens, (_, t) => ((t * 7) % 5) / 5 - 0.4);
    const credit = trueAdvantages.map((a, t) => a + ((t * 3) % 4) / 4 - 0.4);
    const input = { batch, credit, trueAdvantages, threshold: 0.05 };
    const interval = accuracyIntervals(input, 200, 7);
    const { pearson: r } = creditAccuracy(input);
    expect(interval.pearson[0]).toBeLessThan(r);
    expect(interval.pearson[1]).toBeGreaterThan(r);
    expect(accuracyIntervals(input, 200, 7)).toEqual(interval);
    expect(accuracyIntervals(input, 200, 8)).not.toEqual(interval);
  });
  it('compares two credits of one batch draw by draw: twice the credit is no other one, and prompts’ luck cancels', () => {
    const batch = batchOf(...Array.from({ length: 12 }, (_, g) => [{ tokens: [g, 2], reward: g % 2, logprobs: [-1, -1] }]));
    const trueAdvantages = Float64Array.from(batch.tokens, (_, t) => ((t * 7) % 5) / 5 - 0.4);
    const credit = trueAdvantages.map((a, t) => a + ((t * 3) % 4) / 4 - 0.4);
    const input = { batch, credit, trueAdvantages, threshold: 0.05 };
    for (const end of accuracyDifference(input, { ...input, credit: credit.map((c) => 2 * c) }, 'pearson', 100, 7))
      expect(end).toBeCloseTo(0, 12);
    const [value, low, high] = accuracyDifference({ ...input, credit: trueAdvantages }, input, 'pearson', 100, 7);
    const { pearson: r } = creditAccuracy(input);
    expect(value).toBeCloseTo(1 - r, 12);
    // The truth's own correlation is 1 in every draw, so the interval is that of the other credit turned round.
    const [lowest, highest] = accuracyIntervals(input, 100, 7).pearson;
    expect(low).toBeCloseTo(1 - highest, 12);
    expect(high).toBeCloseTo(1 - lowest, 12);
  });
  it('fits a scale: credit of twice the truth is halved', () => {
    expect(
      fittedScale(
        truth.map((a) => 2 * a),
        truth,
      ),
    ).toBeCloseTo(0.5, 12);
    expect(fittedScale(new Float64Array(8), truth)).toBe(0);
    // The truth of one group may be known and of another not.
    expect(fittedScale(Float64Array.of(2, 4, 6), Float64Array.of(1, 2, NaN))).toBeCloseTo(0.5, 12);
  });
});
