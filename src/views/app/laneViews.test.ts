import { describe, expect, it } from 'vitest';
import type { Lane } from '../../core/stages/types.ts';
import { smallBatch } from '../../state/testBatch.ts';
import { hasNoSignal, laneDomain } from './laneViews.ts';

const lane = (change: Partial<Lane>): Lane => ({
  id: 'x',
  label: 'X',
  trace: 'x',
  unit: '',
  kind: 'sequential',
  domain: 'auto',
  meaning: '',
  ...change,
});

describe('domains', () => {
  it('of entropies end at a uniform draw, whatever the numbers', () => {
    expect(laneDomain(lane({ trace: 'oldEntropies' }), Float64Array.of(0.001), 16)[1]).toBeCloseTo(2.7725887, 6);
  });

  it('of a sequential lane start at zero and end at a round number; negative numbers hang below it', () => {
    expect(laneDomain(lane({}), Float64Array.of(0.3, 2.32, Number.NaN), 16)).toEqual([0, 2.5]);
    expect(laneDomain(lane({}), Float64Array.of(-3.9, -0.1), 16)).toEqual([-4, 0]);
  });

  it('of a diverging lane are symmetric about its centre', () => {
    expect(laneDomain(lane({ kind: 'diverging', centre: 1 }), Float64Array.of(0.75, 1, 1.1), 16)).toEqual([0.5, 1.5]);
  });

  it('that are given are kept', () => {
    expect(laneDomain(lane({ domain: [0, 1] }), Float64Array.of(7), 16)).toEqual([0, 1]);
  });
});

describe('no signal', () => {
  const batch = smallBatch([[{ tokens: [1, 2], reward: 1 }], [{ tokens: [3], reward: 0 }]]);
  it('is a group whose advantages are all rounding', () => {
    const advantages = Float64Array.of(1e-11, Number.NaN, 0.5);
    expect(hasNoSignal(batch, 0, advantages)).toBe(true);
    expect(hasNoSignal(batch, 1, advantages)).toBe(false);
  });
});
