import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { batchOf } from '../testBatch.ts';
import { batchPassAtK, passAtK, passAtKSizes } from './passAtK.ts';

describe('unbiased pass@k', () => {
  it('is the share of right samples at k = 1', () => {
    expect(passAtK(8, 2, 1)).toBeCloseTo(0.25, 15);
  });
  it('is 1 − C(n − c, k)/C(n, k)', () => {
    // 1 − C(3, 2)/C(5, 2) = 1 − 3/10
    expect(passAtK(5, 2, 2)).toBeCloseTo(0.7, 15);
    // 1 − C(6, 4)/C(8, 4) = 1 − 15/70
    expect(passAtK(8, 2, 4)).toBeCloseTo(1 - 15 / 70, 15);
  });
  it('is 0 without a right sample, 1 where too few are wrong, NaN for k > n', () => {
    expect([passAtK(4, 0, 4), passAtK(4, 1, 4), passAtK(4, 2, 3), passAtK(4, 2, 5)]).toEqual([0, 1, 1, NaN]);
  });
  it('never falls when k grows', () => {
    const place = fc
      .integer({ min: 2, max: 12 })
      .chain((n) => fc.tuple(fc.constant(n), fc.integer({ min: 0, max: n }), fc.integer({ min: 1, max: n - 1 })));
    fc.assert(fc.property(place, ([n, c, k]) => passAtK(n, c, k + 1) >= passAtK(n, c, k) - 1e-12));
  });
});

describe('pass@k of a batch', () => {
  const right = { tokens: [1], reward: 1 };
  const wrong = { tokens: [1], reward: 0 };
  it('averages over the groups that are large enough', () => {
    const batch = batchOf([right, wrong], [wrong, wrong], [right]);
    expect(batchPassAtK(batch, 1)).toBeCloseTo((0.5 + 0 + 1) / 3, 15);
    expect(batchPassAtK(batch, 2)).toBeCloseTo(0.5, 15);
    expect(batchPassAtK(batch, 3)).toBeNaN();
  });
  it('reads the raw accuracy where there is one', () => {
    expect(
      batchPassAtK(
        batchOf([
          { ...right, accuracy: 0 },
          { ...wrong, accuracy: 1 },
          { ...wrong, accuracy: 0.99 },
        ]),
        1,
      ),
    ).toBeCloseTo(1 / 3, 15);
  });
  it('asks for powers of two up to the group size', () => {
    expect(passAtKSizes(8)).toEqual([1, 2, 4, 8]);
    expect(passAtKSizes(6)).toEqual([1, 2, 4]);
  });
});
