import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RolloutBatch } from '../batch.ts';
import { softmax } from '../math.ts';
import { anyGroup, batchOf } from '../testBatch.ts';
import { terminalReward } from './terminalReward.ts';
import { valueTargets } from './valueSampling.ts';
import { augmentLogits, drawKl } from './valueAugmentation.ts';

const V = 5;
const numbers = (count: number, most = 3) =>
  fc.array(fc.double({ min: -most, max: most, noNaN: true }), { minLength: count, maxLength: count });
const shape = (logits: number[], values: number[], beta: number, topK: number) => {
  const out = new Float64Array(logits.length);
  const top = augmentLogits(logits, values, beta, topK, out);
  return { out, top };
};

describe('value-augmented logits', () => {
  it('by hand: the top two move by β (v − mean of the two)', () => {
    const { out, top } = shape([2, 0, 1], [0, 9, 1], 3, 2);
    expect(top).toEqual([0, 2]);
    expect([...out]).toEqual([0.5, 0, 2.5]);
  });
  it('β = 0 and top-1 leave the policy as it is; a constant on all values changes nothing', () => {
    fc.assert(
      fc.property(
        numbers(V),
        numbers(V),
        fc.integer({ min: 1, max: V }),
        fc.double({ min: -5, max: 5, noNaN: true }),
        (logits, values, k, x) => {
          expect([...shape(logits, values, 0, k).out]).toEqual(logits.map((z) => expect.closeTo(z, 12)));
          expect([...shape(logits, values, x, 1).out]).toEqual(logits.map((z) => expect.closeTo(z, 12)));
          const moved = values.map((v) => v + x);
          shape(logits, moved, 2, k).out.forEach((z, a) => expect(z).toBeCloseTo(shape(logits, values, 2, k).out[a], 9));
        },
      ),
    );
  });
  it('with the whole vocabulary the expected value never falls as β grows, and the KL never falls from β = 0', () => {
    fc.assert(
      fc.property(
        numbers(V),
        numbers(V, 1),
        fc.double({ min: 0, max: 5, noNaN: true }),
        fc.double({ min: 0, max: 5, noNaN: true }),
        (logits, values, b, more) => {
          const at = (beta: number) => {
            const { out } = shape(logits, values, beta, V);
            return { value: softmax(out).reduce((total, p, a) => total + p * values[a], 0), kl: drawKl(out, logits, 1) };
          };
          const [low, high] = [at(b), at(b + more)];
          expect(high.value).toBeGreaterThanOrEqual(low.value - 1e-12);
          expect(high.kl).toBeGreaterThanOrEqual(low.kl - 1e-12);
          expect(at(0).kl).toBeLessThan(1e-12);
        },
      ),
    );
  });
  it('the KL by hand: from two even tokens to 3 : 1', () => {
    expect(drawKl([Math.log(3), 0], [0, 0], 1)).toBeCloseTo(0.75 * Math.log(1.5) + 0.25 * Math.log(0.5), 14);
    expect(drawKl([0, -Infinity], [0, 0], 0.5)).toBeCloseTo(Math.log(2), 14);
  });
});

describe('λ-returns', () => {
  /** TD errors, advantages and targets of a batch at these values. */
  const run = (batch: RolloutBatch, values: Float64Array, gamma: number, gaeLambda: number) => {
    const input = {
      batch: { ...batch, fields: { ...batch.fields, values } },
      knobs: { gamma, gaeLambda, valueBeta: 3, candidates: 20 },
      state: null,
    };
    const { advantages, targets, trace } = valueTargets({ ...input, rewards: terminalReward(input) });
    return { tdErrors: trace.tdError.values, advantages, returns: targets as Float64Array };
  };
  it('by hand: three tokens, reward 1, γ 0.5, λ 0.5', () => {
    const batch = batchOf([{ tokens: [1, 2, 3], reward: 1 }]);
    const { tdErrors, advantages, returns } = run(batch, Float64Array.of(0.2, 0.4, 0.8), 0.5, 0.5);
    // δ: 0.5·0.4 − 0.2, 0.5·0.8 − 0.4, 1 − 0.8.
    expect([...tdErrors]).toEqual([0, 0, 0.2].map((x) => expect.closeTo(x, 12)));
    expect([...advantages]).toEqual([0.0125, 0.05, 0.2].map((x) => expect.closeTo(x, 12)));
    expect([...returns]).toEqual([0.2125, 0.45, 1].map((x) => expect.closeTo(x, 12)));
  });
  it('λ = γ = 1: every target is the reward; λ = 0: q + γ V of the next state', () => {
    fc.assert(
      fc.property(anyGroup(), fc.double({ min: 0, max: 1, noNaN: true }), (group, gamma) => {
        const batch = batchOf(group);
        const values = Float64Array.from(batch.tokens, (id, t) => Math.sin(id + 3 * t));
        const full = run(batch, values, 1, 1);
        const one = run(batch, values, gamma, 0);
        for (const { start, end, reward } of batch.responses)
          for (let t = start; t < end; t++) {
            expect(full.returns[t]).toBeCloseTo(reward, 10);
            expect(one.returns[t]).toBeCloseTo(t + 1 < end ? gamma * values[t + 1] : reward, 12);
            expect(one.advantages[t]).toBe(one.tdErrors[t]);
          }
      }),
    );
  });
});
