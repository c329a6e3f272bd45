import { describe, expect, it } from 'vitest';
import { METHODS } from '../src/core/methods/index.ts';
import { claimVariants, readClaims, sidesOf } from './claims.ts';
import { claimRows, claimsSection, verdictOf } from './claimsTable.ts';
import { printed } from './resultFigures.ts';

const claims = readClaims();
const allRows = claimRows(claims);
const section = claimsSection();

describe('the claims table', () => {
  it.each(METHODS.map(({ id }) => id))('has a row for %s', (id) => {
    const rows = allRows.filter(({ method }) => method === id);
    expect(rows.length).toBeGreaterThan(0);
    expect(section).toContain(`](methods/${id}.md) | ${rows[0].claim} |`);
    for (const { verdict, figure, command } of rows) {
      expect(figure.length).toBeGreaterThan(5);
      // A verdict that rests on a figure says how the figure is made.
      expect(command !== '').toBe(verdict !== 'not tried');
    }
  });

  it('says why a claim was not tried, and breaks no table', () => {
    for (const { claim, measure, why } of claims) {
      expect(measure !== undefined || (why ?? '').length > 5, claim).toBe(true);
      expect(`${claim}${why ?? ''}`).not.toContain('|');
    }
    expect(new Set(claims.map(({ method, claim }) => `${method} ${claim}`)).size).toBe(claims.length);
  });

  it('names the knobs of every variant that it compares', async () => {
    const named = claims.flatMap(({ measure }) => (measure ? sidesOf(measure) : [])).filter(({ variant }) => variant);
    expect(named.length).toBeGreaterThan(0);
    for (const { method, knobs } of claimVariants()) {
      const known = (await METHODS.find(({ id }) => id === method)?.load())?.knobs.map(({ id }) => id) ?? Object.keys(knobs);
      expect(known).toEqual(expect.arrayContaining(Object.keys(knobs)));
    }
  });
});

describe('a verdict', () => {
  const measure = { figure: 'reward' as const, of: { method: 'a' }, against: { method: 'b' }, expect: 'above' as const };
  it('follows from where the interval lies', () => {
    expect(verdictOf(measure, { mean: 0.03, half: 0.02, n: 5 })).toBe('reproduced');
    expect(verdictOf(measure, { mean: 0.03, half: 0.04, n: 5 })).toBe('not reproduced');
    expect(verdictOf(measure, { mean: -0.03, half: 0.02, n: 5 })).toBe('reversed on the toy');
    expect(verdictOf({ ...measure, expect: 'below' }, { mean: -0.03, half: 0.02, n: 5 })).toBe('reproduced');
  });
  it('of "the same" asks for the whole interval inside the margin', () => {
    const same = { ...measure, expect: 'same' as const, margin: 0.05 };
    expect(verdictOf(same, { mean: 0.02, half: 0.02, n: 5 })).toBe('reproduced');
    expect(verdictOf(same, { mean: 0.04, half: 0.02, n: 5 })).toBe('not reproduced');
    expect(verdictOf(same, { mean: -0.08, half: 0.02, n: 5 })).toBe('reversed on the toy');
  });
  it('of "not below" takes what is better, and what is worse by less than the margin', () => {
    const atLeast = { ...measure, expect: 'notBelow' as const, margin: 0.05 };
    expect(verdictOf(atLeast, { mean: 0.3, half: 0.02, n: 5 })).toBe('reproduced');
    expect(verdictOf(atLeast, { mean: -0.02, half: 0.02, n: 5 })).toBe('reproduced');
    expect(verdictOf(atLeast, { mean: -0.04, half: 0.02, n: 5 })).toBe('not reproduced');
    expect(verdictOf(atLeast, { mean: -0.08, half: 0.02, n: 5 })).toBe('reversed on the toy');
    expect(verdictOf({ ...atLeast, expect: 'notAbove' }, { mean: 0.02, half: 0.02, n: 5 })).toBe('reproduced');
    expect(verdictOf({ ...atLeast, expect: 'notAbove' }, { mean: 0.08, half: 0.02, n: 5 })).toBe('reversed on the toy');
  });
  it('of an effect smaller than the claimed factor is no reversal', () => {
    const factor = { ...measure, expect: 'below' as const, times: 0.5 };
    expect(verdictOf(factor, { mean: -2, half: 1, n: 5 })).toBe('reproduced');
    expect(verdictOf(factor, { mean: 2, half: 1, n: 5 })).toBe('not reproduced');
  });
  it('of a figure that falls short of a number is no reversal, but of one on the wrong side of nothing it is', () => {
    const high = { ...measure, against: 0.9 };
    expect(verdictOf(high, { mean: 0.05, half: 0.02, n: 5 })).toBe('reproduced');
    expect(verdictOf(high, { mean: -0.2, half: 0.02, n: 5 })).toBe('not reproduced');
    expect(verdictOf({ ...measure, against: 0 }, { mean: -0.2, half: 0.02, n: 5 })).toBe('reversed on the toy');
  });
  it('waits for a second seed, and is none without a figure', () => {
    expect(verdictOf(measure, { mean: 0.03, half: Number.NaN, n: 1 })).toBe('waiting for runs');
    expect(verdictOf(undefined, { mean: Number.NaN, half: Number.NaN, n: 0 })).toBe('not tried');
  });
});

it('prints signs, and no sign for what rounds to nothing', () => {
  expect(printed({ mean: -0.0123, half: 0.004, n: 5 }, 3, true)).toBe('−0.012 ± 0.004');
  expect(printed({ mean: 0.5, half: Number.NaN, n: 1 }, 2, true)).toBe('+0.50');
  expect(printed({ mean: -0.0001, half: 0.2, n: 2 }, 2)).toBe('0.00 ± 0.20');
  expect(printed({ mean: Number.NaN, half: Number.NaN, n: 0 }, 2)).toBe('–');
});
