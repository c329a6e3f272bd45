import { describe, expect, it } from 'vitest';
import { creditDomain, formatCompact, formatNumber, niceDomain } from './number.ts';

describe('creditDomain', () => {
  it('is the 98 % quantile of the non-zero sizes', () => {
    const values = [...Array.from({ length: 101 }, (_, i) => (i % 2 ? -1 : 1) * (i + 1)), 0, 0, 0, NaN];
    expect(creditDomain(values)).toBeCloseTo(99, 12);
  });
  it('ignores zeros and has a floor', () => {
    expect(creditDomain([0, 0, 0, 2])).toBe(2);
    expect(creditDomain([0, NaN])).toBe(1e-6);
    expect(creditDomain([1e-9])).toBe(1e-6);
  });
});

describe('niceDomain', () => {
  it.each([
    [0.9, 1],
    [1, 1],
    [1.01, 2],
    [2.34, 5],
    [5.1, 10],
    [0.0011, 0.002],
    [0.001, 0.001],
    [1e-6, 1e-6],
    [0, 1e-6],
  ])('%d → %d', (size, nice) => expect(niceDomain(size)).toBe(nice));
});

describe('formatNumber', () => {
  it('has a true minus and, on request, a plus', () => {
    expect(formatNumber(-2.345, 1)).toBe('−2.3');
    expect(formatNumber(1.4, 2, { sign: true })).toBe('+1.40');
    expect(formatNumber(1.4, 2)).toBe('1.40');
  });
  it('gives no sign to what rounds to zero', () => {
    expect(formatNumber(-0.001, 2, { sign: true })).toBe('0.00');
    expect(formatNumber(0, 2, { sign: true })).toBe('0.00');
  });
  it('names what is not a number', () => {
    expect(formatNumber(NaN, 2)).toBe('–');
    expect(formatNumber(-Infinity, 2)).toBe('−∞');
  });
});

describe('formatCompact', () => {
  it.each([
    [0.25, '0.25'],
    [-0.123456, '−0.123'],
    [1234.5, '1230'],
    [0.00001234, '1.23e−5'],
    [2.5e7, '2.5e7'],
    [1e-6, '1e−6'],
    [1.2e20, '1.2e20'],
    [Infinity, '∞'],
    [0, '0'],
  ])('%d → %s', (value, text) => expect(formatCompact(value)).toBe(text));
});
