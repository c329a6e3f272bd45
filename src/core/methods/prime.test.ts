/** PRIME: what its process reward and its model say by hand, and its invariants. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RolloutBatch } from '../batch.ts';
import { composeMethod, creditBatch, defaultKnobs, prepareCredit } from '../pipeline.ts';
import { outcomeCrossEntropy, pairAccuracy } from '../stages/processModel.ts';
import { baselines } from '../stages/returnToGo.ts';
import { whitenMasked } from '../stages/whitening.ts';
import { anyGroup, batchOf, evenly, furnish } from '../testBatch.ts';
import { spreadResponses } from '../trace.ts';
import { prime } from './prime.ts';

const composed = composeMethod(prime);
const knobsFor = (changes: Record<string, number> = {}) => ({ ...defaultKnobs(prime), accuracyFilter: 0, ...changes });
const withModel = (batch: RolloutBatch, q: (t: number) => number): RolloutBatch => {
  const ref = batch.fields.refLogprobs as Float64Array;
  return { ...batch, fields: { ...batch.fields, 'prm.logprobs': ref.map((value, t) => value + q(t)) } };
};
const prepared = (batch: RolloutBatch, changes: Record<string, number> = {}) =>
  prepareCredit({ batch, composed, knobs: knobsFor(changes), state: null });
const groups = fc.array(anyGroup(fc.constantFrom(0, 1)), { minLength: 1, maxLength: 3 });
const near = (a: ArrayLike<number>, b: ArrayLike<number>, tolerance: number) =>
  Array.from(a).forEach((value, t) => {
    if (!(Math.abs(value - b[t]) <= tolerance)) expect.fail(`token ${t}: ${value} against ${b[t]}`);
  });

describe('two responses, one right', () => {
  const base = batchOf([
    { tokens: [1, 2], reward: 1, refLogprobs: [-1, -1] },
    { tokens: [3], reward: 0, refLogprobs: [-1] },
  ]);
  const batch = withModel(base, (t) => [0.5, -0.25, 0.125][t]);
  it('have these centred rewards and returns without a norm', () => {
    const { trace } = prepared(batch, { processNorm: 0, whiten: 0 });
    // Means 0.125 and 0.125; G/(G−1) = 2, Σ m/(G−1) = 0.25: 2q − 0.25.
    expect([...trace.processReward.values]).toEqual([0.75, -0.75, 0]);
    expect([...trace.processReturn.values]).toEqual([0, -0.75, 0]);
    expect([...trace.outcomeReturn.values]).toEqual([1, 1, -1]);
    expect([...trace.advantages.values]).toEqual([1, 0.25, -1]);
  });
  it('have these with the paper’s baseline, the mean of the other', () => {
    expect([...prepared(batch, { processNorm: 0, processBaseline: 1 }).trace.processReward.values]).toEqual([0.375, -0.375, 0]);
  });
  it('give the model this loss and this gradient, the same on every token of a response', () => {
    const { trace } = creditBatch(batch, composed, knobsFor({ betaTrain: 2 }));
    const [right, wrong] = [2 * 0.25, 2 * 0.125].map((x) => 1 / (1 + Math.exp(-x)));
    expect(trace.prmLoss.values[0]).toBeCloseTo(-(Math.log(right) + Math.log(1 - wrong)) / 2, 12);
    near(trace.prmLossGrad.values, [right - 1, right - 1, wrong], 1e-12);
    expect(trace.prmPairAccuracy.values[0]).toBe(1);
  });
});

describe('PRIME', () => {
  it('is whitened RLOO where its model is still the reference', () => {
    fc.assert(
      fc.property(groups, (made) => {
        const batch = withModel(furnish(batchOf(...made)), () => 0);
        const { advantages, trace } = prepared(batch);
        const rewards = Float64Array.from(batch.responses, ({ reward }) => reward);
        const others = baselines(batch, rewards, 'leave-one-out');
        const leaveOneOut = spreadResponses(
          batch,
          rewards.map((r, i) => r - others[i]),
        );
        near(advantages, whitenMasked(leaveOneOut, true).values, 1e-9);
        expect(trace.processReward.values.every((p) => p === 0)).toBe(true);
      }),
    );
  });
  it('takes any factor of its process reward out again with batch_norm', () => {
    fc.assert(
      fc.property(groups, evenly(2, 9), (made, factor) => {
        const batch = furnish(batchOf(...made));
        const q = (t: number) => 1 + Math.cos(3 * t);
        near(prepared(withModel(batch, (t) => factor * q(t))).advantages, prepared(withModel(batch, q)).advantages, 1e-4);
      }),
    );
  });
  it('centres: the mean of p over a response is its own mean minus the others’, and the outcomes of a group cancel', () => {
    fc.assert(
      fc.property(groups, (made) => {
        const batch = furnish(batchOf(...made));
        const { trace } = prepared(batch, { whiten: 0 });
        const meanOf = (values: Float64Array, { start, end }: { start: number; end: number }) =>
          values.subarray(start, end).reduce((a, b) => a + b, 0) / (end - start);
        for (const { start, end } of batch.groups) {
          const members = batch.responses.slice(start, end);
          const means = members.map((response) => meanOf(trace.processScores.values, response));
          const total = means.reduce((a, b) => a + b, 0);
          members.forEach((response, i) => {
            const expected = means[i] - (total - means[i]) / (members.length - 1);
            expect(meanOf(trace.processReward.values, response)).toBeCloseTo(expected, 9);
          });
          expect(members.reduce((sum, response) => sum + trace.outcomeReward.values[response.end - 1], 0)).toBeCloseTo(0, 9);
        }
      }),
      { numRuns: 40 },
    );
  });
  it('drops prompts by accuracy, bounds included, and refuses a lone sample', () => {
    const of = (right: number) => [0, 1, 2, 3, 4].map((i) => ({ tokens: [i], reward: i < right ? 1 : 0, refLogprobs: [-1] }));
    const batch = furnish(batchOf(of(0), of(1), of(4), of(5)));
    expect([...prepared(batch, { accuracyFilter: 1 }).kept]).toEqual([0, 1, 1, 0]);
    expect(() => prepared(furnish(batchOf([{ tokens: [1], reward: 1, refLogprobs: [-1] }])))).toThrow('at least two samples');
  });
});

describe('the process model', () => {
  it('has the derivative that finite differences of its loss give, with the sign of σ − R', () => {
    fc.assert(
      fc.property(groups, evenly(0.1, 3), (made, betaTrain) => {
        const batch = furnish(batchOf(...made));
        const answers = batch.fields['prm.logprobs'] as Float64Array;
        const lossAt = (at: Float64Array) =>
          outcomeCrossEntropy({ batch, knobs: knobsFor({ betaTrain }), state: null, now: { answers: at } });
        const { gradAnswers, trace } = lossAt(answers);
        batch.responses.forEach(({ start, end, reward }, i) => {
          const [up, down] = [1e-5, -1e-5].map((h) => lossAt(answers.map((v, t) => (t === start ? v + h : v))).loss);
          expect((up - down) / 2e-5).toBeCloseTo(gradAnswers[start], 7);
          expect(Math.sign(gradAnswers[start])).toBe(Math.sign(trace.prmProbability.values[i] - reward));
          expect(new Set(gradAnswers.subarray(start, end)).size).toBe(1);
        });
      }),
      { numRuns: 30 },
    );
  });
  it('counts a tie as the later one being better, and ½ where no pair differs', () => {
    const { groups: g, responses } = batchOf(
      [
        { tokens: [1], reward: 1 },
        { tokens: [1], reward: 0 },
        { tokens: [1], reward: 1 },
      ],
      [
        { tokens: [1], reward: 1 },
        { tokens: [1], reward: 1 },
      ],
    );
    // Pairs (1st, 2nd): tied, so wrong; (2nd, 3rd): tied, so right. Then a group without a pair.
    expect(pairAccuracy({ groups: g, responses }, Float64Array.of(0, 0, 0, 3, 1))).toBe((0.5 + 0.5) / 2);
    expect(pairAccuracy({ groups: g, responses }, Float64Array.of(2, 1, 3, 3, 1))).toBe((1 + 0.5) / 2);
  });
});
