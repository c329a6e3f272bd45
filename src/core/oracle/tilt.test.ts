import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeByValues, listedToy } from './listedToy.ts';
import { bestOf, evaluateDecoding, listTask, optimumAt, tilted } from './tilt.ts';

describe('the tilted policy', () => {
  const coin = [
    { probability: 0.2, reward: 1 },
    { probability: 0.8, reward: 0 },
  ];
  it('by hand: 1 in 5 right, tilted by log 4 it is even', () => {
    const { reward, kl } = tilted(coin, Math.log(4));
    expect(reward).toBeCloseTo(0.5, 12);
    expect(kl).toBeCloseTo(0.5 * Math.log(0.5 / 0.2) + 0.5 * Math.log(0.5 / 0.8), 12);
    expect(optimumAt(coin, kl).reward).toBeCloseTo(0.5, 9);
    expect(optimumAt(coin, 0).reward).toBeCloseTo(0.2, 9);
    // −log 0.2 is all that can be spent: every response is right.
    expect(optimumAt(coin, 5).reward).toBeCloseTo(1, 9);
    expect(optimumAt(coin, 5).kl).toBeCloseTo(-Math.log(0.2), 9);
  });
  it('best-of-N by hand: 1 − 0.8^N', () => {
    expect(bestOf(coin, 1)).toEqual({ reward: expect.closeTo(0.2, 12), kl: 0 });
    expect(bestOf(coin, 4).reward).toBeCloseTo(1 - 0.8 ** 4, 12);
    expect(bestOf(coin, 4).kl).toBeCloseTo(Math.log(4) - 0.75, 12);
  });
});

describe('exact values of a listed task', () => {
  it('the mean of the values after a prefix is its own value, and the base policy is at KL 0', () => {
    const task = listedToy(3, 7);
    const { value, outcomes } = listTask(task);
    expect(outcomes).toHaveLength(625);
    expect(outcomes.reduce((total, { probability }) => total + probability, 0)).toBeCloseTo(1, 12);
    expect(outcomes.reduce((total, { probability, reward }) => total + probability * reward, 0)).toBeCloseTo(value, 12);
    const base = evaluateDecoding(task, (logits) => logits);
    expect(base.reward).toBeCloseTo(value, 12);
    expect(base.kl).toBeCloseTo(0, 12);
  });
});

describe('value-augmented sampling is not optimal: the claim, refuted', () => {
  it('earns less than the KL-optimal tilt at the same KL, on 15 random tasks and at any β', () => {
    let worst = 0;
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 10_000 }),
        fc.integer({ min: 3, max: 40 }),
        fc.constantFrom(0.3, 1, 3, 10),
        (seed, share, beta) => {
          const { decoded, optimum } = decodeByValues(listedToy(seed, share), beta);
          expect(decoded.reward).toBeLessThanOrEqual(optimum.reward + 1e-9);
          worst = Math.max(worst, optimum.reward - decoded.reward);
        },
      ),
      { numRuns: 15 },
    );
    expect(worst).toBeGreaterThan(0.01);
  });
  it('the numbers of the docs page', () => {
    const row = (seed: number, share: number, beta: number) => {
      const { decoded, optimum, outcomes } = decodeByValues(listedToy(seed, share), beta);
      return [
        outcomes.reduce((total, { probability, reward }) => total + probability * reward, 0),
        decoded.kl,
        decoded.reward,
        optimum.reward,
      ];
    };
    const rounded = (values: number[]) => values.map((value) => value.toFixed(3));
    expect(rounded(row(1, 6, 3))).toEqual(['0.148', '0.796', '0.695', '0.707']);
    expect(rounded(row(2, 30, 10))).toEqual(['0.020', '0.981', '0.395', '0.424']);
    expect(rounded(row(2, 30, 30))).toEqual(['0.020', '2.963', '0.809', '0.863']);
    expect(rounded(row(3, 150, 30))).toEqual(['0.004', '1.228', '0.317', '0.337']);
    // Best of 16, at a KL of at most 1.835.
    expect(rounded([6, 30, 150].map((share, k) => bestOf(listTask(listedToy(k + 1, share)).outcomes, 16).reward))).toEqual([
      '0.922',
      '0.281',
      '0.062',
    ]);
  });
});
