import { describe, expect, it } from 'vitest';
import { meanWithError, sampledValue } from './actions.ts';
import { ORACLE_KNOBS, oracleSettings } from './knobs.ts';
import { DEFAULT_BUDGET } from './truth.ts';

describe('the mean of continuations', () => {
  it('has the standard error of the mean', () => {
    // Three of four: variance (3·(1/4)² + (3/4)²)/3 = 1/4, over 4, root 1/4.
    expect(meanWithError([1, 1, 0, 1])).toEqual({ mean: 0.75, standardError: 0.25 });
    expect(meanWithError([1, 1])).toEqual({ mean: 1, standardError: 0 });
    expect(meanWithError([1]).standardError).toBeNaN();
  });

  it('has Wilson’s interval: none of four is not certainly nothing', () => {
    const { estimate, low, high, kind } = sampledValue([0, 0, 0, 0]);
    expect([estimate, low, kind]).toEqual([0, 0, 'monte-carlo']);
    expect(high).toBeCloseTo(0.4899, 4);
  });
});

describe('the settings of the oracle', () => {
  it('are the defaults where nothing was touched, else what was set', () => {
    expect(oracleSettings({})).toEqual({ budget: DEFAULT_BUDGET, redraws: 16 });
    expect(oracleSettings({ oracleEpsilon: 1e-4, oracleContinuations: 256, oracleRedraws: 4 })).toEqual({
      budget: { ...DEFAULT_BUDGET, epsilon: 1e-4, continuations: 256 },
      redraws: 4,
    });
  });

  it('span what the page offers', () => {
    expect(ORACLE_KNOBS.map(({ min, max }) => [min, max])).toEqual([
      [1e-4, 1e-2],
      [8, 1024],
      [4, 64],
    ]);
  });
});
