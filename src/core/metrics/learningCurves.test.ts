import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { firstReached, meanCurve, meanInterval, tQuantile, valueAt } from './learningCurves.ts';

describe('intervals of few seeds', () => {
  it('are as wide as Student says, by hand', () => {
    // 0.7, 0.8, 0.9: s = 0.1, t(2) = 4.3027, half = 4.3027 · 0.1 / √3.
    const { mean, half, n } = meanInterval([0.7, 0.8, 0.9]);
    expect([mean, n]).toEqual([expect.closeTo(0.8, 12), 3]);
    expect(half).toBeCloseTo(0.248416, 5);
  });
  it('leave out what is not a number, and have no width for one seed', () => {
    expect(meanInterval([0.5, Number.NaN])).toEqual({ mean: 0.5, half: Number.NaN, n: 1 });
    expect(meanInterval([]).n).toBe(0);
  });
  it('go over to the normal quantile without a jump', () => {
    // R: qt(.975, 31) = 2.039513, qt(.975, 120) = 1.979930.
    expect(tQuantile(31)).toBeCloseTo(2.0395, 2);
    expect(tQuantile(120)).toBeCloseTo(1.9799, 3);
    expect(tQuantile(30) - tQuantile(31)).toBeGreaterThan(0);
    expect(tQuantile(0)).toBeNaN();
  });
});

describe('curves', () => {
  const run = { x: [0, 10, 20], y: [0.4, 0.6, 0.9], isFinal: false };
  it('are straight between laps and end where the run ends', () => {
    expect(valueAt(run, 5)).toBeCloseTo(0.5, 12);
    expect(valueAt(run, 20)).toBe(0.9);
    expect(valueAt(run, 21)).toBeNaN();
    expect(valueAt({ ...run, isFinal: true }, 21)).toBe(0.9);
    expect(valueAt({ x: [], y: [], isFinal: false }, 0)).toBeNaN();
    expect(valueAt({ ...run, x: [5, 10, 20] }, 0)).toBeNaN();
  });
  it('say when a level was reached', () => {
    expect(firstReached(run, 0.75)).toBeCloseTo(15, 12);
    expect(firstReached(run, 0.4)).toBe(0);
    expect(firstReached(run, 0.95)).toBeNaN();
  });
  it('are averaged over the runs that have come as far', () => {
    const short = { x: [0, 10], y: [0.6, 0.8], isFinal: false };
    const points = meanCurve([run, short], [0, 10, 20, 30]);
    expect(points.map(({ x, n }) => [x, n])).toEqual([
      [0, 2],
      [10, 2],
      [20, 1],
    ]);
    expect(points[1].mean).toBeCloseTo(0.7, 12);
  });
  it('lie between the least and the most of their runs', () => {
    const curve = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 5, maxLength: 5 });
    fc.assert(
      fc.property(fc.array(curve, { minLength: 1, maxLength: 5 }), fc.double({ min: 0, max: 40, noNaN: true }), (ys, place) => {
        const x = [0, 10, 20, 30, 40];
        const [point] = meanCurve(
          ys.map((y) => ({ x, y, isFinal: false })),
          [place],
        );
        const values = ys.map((y) => valueAt({ x, y, isFinal: false }, place));
        expect(point.mean).toBeGreaterThanOrEqual(Math.min(...values) - 1e-12);
        expect(point.mean).toBeLessThanOrEqual(Math.max(...values) + 1e-12);
      }),
    );
  });
});
