import { describe, expect, it } from 'vitest';
import {
  clamp,
  maskedMean,
  mean,
  nearestQuantile,
  populationStd,
  quantile,
  roundHalfEven,
  sampleStd,
  std,
  sum,
  sumOfSquares,
} from './stats.ts';

describe('sums and spreads', () => {
  it('takes mean and both deviations of 1, 2, 6', () => {
    expect(sum([1, 2, 6])).toBe(9);
    expect(mean([1, 2, 6])).toBe(3);
    expect(sumOfSquares([1, 2, 6], 3)).toBe(14);
    expect(sampleStd([1, 2, 6])).toBe(Math.sqrt(7));
    expect(populationStd([1, 2, 6])).toBeCloseTo(Math.sqrt(14 / 3), 15);
    expect(std).toBe(sampleStd);
  });
  it('has no spread for one value: sample NaN, population 0', () => {
    expect(sampleStd([4])).toBeNaN();
    expect(populationStd([4])).toBe(0);
  });
  it('keeps the rounding of three tenths, which a filter on std > 0 sees', () => {
    expect(populationStd([0.1, 0.1, 0.1])).toBe(1.3877787807814457e-17);
  });
  it('divides the masked mean by n + 1e-8, and nothing by nothing is 0', () => {
    expect(maskedMean([1, 0])).toBe(1 / (2 + 1e-8));
    expect(maskedMean([])).toBe(0);
  });
});

describe('quantiles', () => {
  it('rounds halves to the even neighbour', () => {
    expect([0.5, 1.5, 2.5, 28.5, 29.5, 2.4, 2.6, -0.5, -1.5].map(roundHalfEven)).toEqual([0, 2, 2, 28, 30, 2, 3, 0, -2]);
  });
  it('picks the nearest value, halves to even', () => {
    expect(nearestQuantile([5, 1, 4, 2, 3], 0.8)).toBe(4);
    // index 0.5 · 3 = 1.5 → 2 and 0.5 · 5 = 2.5 → 2
    expect(nearestQuantile([10, 20, 30, 40], 0.5)).toBe(30);
    expect(nearestQuantile([10, 20, 30, 40, 50, 60], 0.5)).toBe(30);
    expect(nearestQuantile([-2, -10], 0)).toBe(-10);
  });
  it('interpolates between neighbours and leaves NaN out', () => {
    expect(quantile([3, NaN, 1], 0.25)).toBe(1.5);
    expect(quantile([1, 2, 10], 1)).toBe(10);
    expect(quantile([NaN], 0.5)).toBeNaN();
  });
});

it('clamps to both ends', () => {
  expect([clamp(-3, -1, 2), clamp(0.5, -1, 2), clamp(7, -1, 2)]).toEqual([-1, 0.5, 2]);
});
