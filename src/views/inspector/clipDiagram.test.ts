import { describe, expect, it } from 'vitest';
import { branchSentence, clipGeometry, surrogate } from './clipDiagram.ts';

const good = { ratio: 1.5, advantage: 2, low: 0.8, high: 1.28, dual: Infinity, state: 1, hasGradient: false };
const bad = { ratio: 1.1, advantage: -1, low: 0.8, high: 1.28, dual: 3, state: 0, hasGradient: true };

describe('surrogate', () => {
  it('stops rising above the upper bound for a good token', () => {
    expect([0.5, 1, 1.28, 2].map((ratio) => surrogate(ratio, good))).toEqual([1, 2, 2.56, 2.56]);
  });
  it('stops rising below the lower bound and falling beyond the dual clip for a bad one', () => {
    expect([0.5, 0.8, 1, 3, 5].map((ratio) => surrogate(ratio, bad))).toEqual([-0.8, -0.8, -1, -3, -3]);
  });
});

describe('clipGeometry', () => {
  it('bends once for a good token, and marks what has no gradient', () => {
    const { line, flat, point, x } = clipGeometry(good);
    expect(point).toEqual([1.5, 2.56]);
    expect(line.map((corner) => corner[1])).toEqual([x[0] * 2, 2.56, 2.56]);
    expect(flat).toEqual([[1.28, x[1]]]);
    expect(x[0]).toBeCloseTo(0.555, 12);
    expect(x[1]).toBeCloseTo(1.745, 12);
  });
  it('bends twice for a bad one with the dual clip', () => {
    const far = { ...bad, ratio: 2 };
    const { line, flat, x, y } = clipGeometry(far);
    expect(line.map((corner) => corner[0]).slice(1, 3)).toEqual([0.8, 3]);
    expect(flat.map(([from]) => from)).toEqual([x[0], 3]);
    expect(y).toEqual([-3, 0]);
  });
  it('leaves out a dual clip that is far to the right', () => {
    const { line, flat, x } = clipGeometry({ ...bad, dual: 10 });
    expect(line.map((corner) => corner[0]).slice(1, -1)).toEqual([0.8]);
    expect(flat).toHaveLength(1);
    expect(x[1]).toBeLessThan(2);
  });
  it('is a straight line without bounds, and never reaches a negative ratio', () => {
    const { line, flat, x } = clipGeometry({ ...bad, low: -Infinity, high: Infinity, dual: Infinity, ratio: 0.01 });
    expect(flat).toEqual([]);
    expect(line).toHaveLength(2);
    expect(x[0]).toBe(0);
  });
  it('is flat at zero for a zero advantage', () => {
    expect(clipGeometry({ ...bad, advantage: 0 }).y.map(Math.abs)).toEqual([0, 0]);
  });
});

describe('branchSentence', () => {
  it('says what the loss reported', () => {
    expect(branchSentence(good)).toMatch(/clipped branch won: the ratio is already above.*no gradient/);
    expect(branchSentence({ ...bad, ratio: 0.5, state: 1 })).toMatch(/already below the lower bound/);
    expect(branchSentence({ ...bad, ratio: 4, state: 2 })).toMatch(/dual clip/i);
    expect(branchSentence({ ...bad, state: 3, hasGradient: false })).toMatch(/leaves this token out .* no gradient/);
    expect(branchSentence(bad)).toMatch(/Inside the bounds/);
    expect(branchSentence({ ...good, ratio: 0.5, state: 0, hasGradient: true })).toMatch(/unclipped branch won: the ratio is below/);
    expect(branchSentence({ ...bad, ratio: 3, hasGradient: false })).toMatch(/cap .* no gradient/);
    expect(branchSentence({ ...good, advantage: 0, state: 0 })).toMatch(/zero/);
  });
});
