import { describe, expect, it } from 'vitest';
import { smallBatch } from '../../state/testBatch.ts';
import { createCreditScale } from './creditScale.ts';
import type { ScaleInput } from './creditScale.ts';

const batch = smallBatch([[{ tokens: [1, 2], reward: 1 }]]);
const two = smallBatch([[{ tokens: [1], reward: 1 }], [{ tokens: [2], reward: 1 }]]);
const flat = Float64Array.of(0.94, -0.94);
const peaked = Float64Array.of(2.34, 2.34);
const knobs = {};
const input = (change: Partial<ScaleInput>): ScaleInput => ({
  sampled: batch,
  group: 0,
  lane: 'credit',
  isRunning: false,
  settings: [knobs],
  values: flat,
  compared: () => [flat, peaked],
  ...change,
});

describe('the credit scale', () => {
  it('covers the compared methods and is held while they are switched', () => {
    const scale = createCreditScale();
    expect(scale(input({}))).toBe(2.34);
    expect(scale(input({ values: peaked, compared: () => [] }))).toBe(2.34);
    expect(scale(input({ values: Float64Array.of(9, 9), compared: () => [] }))).toBe(2.34);
  });

  it('moves in 1-2-5 steps while training', () => {
    const scale = createCreditScale();
    expect(scale(input({ isRunning: true }))).toBe(1);
    expect(scale(input({ isRunning: true, sampled: { ...batch }, values: peaked }))).toBe(5);
  });

  it('follows a knob that stretches or shrinks the numbers much, and not a small change', () => {
    const scale = createCreditScale();
    scale(input({}));
    expect(scale(input({ settings: [{}], values: Float64Array.of(1.1, 1.1) }))).toBe(2.34);
    expect(scale(input({ settings: [{}], values: Float64Array.of(0.1, 0.1) }))).toBe(0.1);
    expect(scale(input({ settings: [{}], values: Float64Array.of(3, 3) }))).toBe(5);
  });

  it('is that of the prompt on screen while nothing moves', () => {
    const scale = createCreditScale();
    const values = Float64Array.of(0.5, 3);
    expect(scale(input({ sampled: two, values, compared: () => [] }))).toBe(0.5);
    expect(scale(input({ sampled: two, values, compared: () => [], group: 1 }))).toBe(3);
  });

  it('is another one for advantages and for another batch', () => {
    const scale = createCreditScale();
    scale(input({}));
    expect(scale(input({ lane: 'advantage', compared: () => [flat] }))).toBe(0.94);
  });
});
