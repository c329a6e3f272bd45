import { describe, expect, it } from 'vitest';
import { axisTop, CURVES, curvePath, nearestIndex, type StepMetrics, sizesOf, valueAt } from './series.ts';

const row = (step: number, reward: number, clipFraction = 0): StepMetrics => ({
  step,
  reward,
  passAtK: [
    [1, reward],
    [4, 0.9],
  ],
  entropy: 0.5,
  length: 6,
  clipFraction,
  klToBase: 0.01,
  gradientNorm: 3.1,
  loss: 0,
  rolloutHash: '',
});
const kind = (id: string) => {
  const found = CURVES.find((curve) => curve.id === id);
  if (!found) throw new Error(id);
  return found;
};
const metrics = [row(10, 0.25), row(11, 0.5, 0.013), row(14, 1, 0.04)];

describe('curves', () => {
  it('draw steps to scale in a box of 100', () => {
    expect(curvePath(kind('meanReward'), metrics, 1, 1)).toBe('M0,75L25,50L100,0');
  });
  it('draw one step as a level line, and nothing before the first', () => {
    expect(curvePath(kind('meanReward'), [row(3, 0.4)], 1, 1)).toBe('M0,60L100,60');
    expect(curvePath(kind('meanReward'), [], 1, 1)).toBe('');
  });
  it('leave a gap where a step has no number', () => {
    expect(curvePath(kind('passAtK'), metrics, 8, 1)).toBe('');
    expect(valueAt(kind('passAtK'), metrics[0], 4)).toBe(0.9);
  });
  it('round a free axis up and keep a fixed one', () => {
    expect(axisTop(kind('clipFraction'), metrics, 1)).toBe(0.04);
    expect(axisTop(kind('gradientNorm'), metrics, 1)).toBe(4);
    expect(axisTop(kind('meanReward'), metrics, 1)).toBe(1);
    expect(axisTop(kind('clipFraction'), [row(1, 0)], 1)).toBe(1);
  });
  it('find the step under the pointer', () => {
    expect([0, 0.2, 0.6, 0.7, 1].map((share) => nearestIndex(metrics, share))).toEqual([0, 1, 1, 2, 2]);
    expect(nearestIndex([row(1, 0)], 0.3)).toBe(0);
  });
  it('offer the k of the last step', () => {
    expect(sizesOf(metrics)).toEqual([1, 4]);
    expect(sizesOf([])).toEqual([1]);
  });
});
