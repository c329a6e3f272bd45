import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Knob } from '../core/stages/types.ts';
import { knobControl, knobSpeech, knobText, parseKnob, sliderScale } from './sliderScale.ts';

const clip: Knob = {
  id: 'clipLow',
  label: 'Clip below',
  symbol: '\\epsilon',
  stage: 'loss',
  default: 0.2,
  min: 0,
  max: 1,
  step: 0.01,
  scale: 'lin',
  unit: '',
  meaning: '',
  paper: null,
  applies: 'credit',
};
const temperature: Knob = { ...clip, label: 'Temperature', min: 0.1, max: 10, step: 10, scale: 'log', unit: 'nats' };
const dual: Knob = { ...clip, label: 'Dual clip', min: 1, max: 20, step: 0.5, special: { value: Infinity, label: '∞ = off' } };
const rate: Knob = { ...clip, label: 'Learning rate', min: 1e-5, max: 1e-1, step: 3, scale: 'log' };
const coefficient: Knob = { ...clip, label: 'KL', min: 1e-4, max: 1, step: 6, scale: 'log', special: { value: 0, label: '0 = off' } };

const ranges = fc.oneof(
  fc
    .record({
      min: fc.integer({ min: -50, max: 50 }),
      count: fc.integer({ min: 1, max: 400 }),
      step: fc.constantFrom(0.001, 0.01, 0.05, 0.1, 0.5, 1, 2),
    })
    .map(({ min, count, step }) => ({ min, max: Number((min + count * step).toPrecision(12)), step, scale: 'lin' as const })),
  fc
    .record({
      min: fc.constantFrom(1e-6, 1e-3, 0.03, 0.1, 0.5, 1),
      decades: fc.double({ min: 1, max: 6, noNaN: true }),
      step: fc.integer({ min: 1, max: 60 }),
    })
    .map(({ min, decades, step }) => ({ min, max: min * 10 ** decades, step, scale: 'log' as const })),
);
const specials = fc.constantFrom(undefined, { value: Infinity, label: '∞ = off' }, { value: -1e9, label: 'off' });

describe('sliderScale', () => {
  it('returns to the position it came from, and rises strictly', () => {
    fc.assert(
      fc.property(ranges, specials, (range, special) => {
        const scale = sliderScale({ ...range, special });
        let previous = -Infinity;
        for (let i = 0; i <= scale.last; i++) {
          const value = scale.toValue(i);
          expect(scale.toIndex(value)).toBe(i);
          if (i > 0) expect(value).toBeGreaterThan(previous);
          previous = value;
        }
      }),
    );
  });

  it('reaches both ends exactly and pages within them', () => {
    fc.assert(
      fc.property(ranges, specials, fc.nat(500), (range, special, start) => {
        const scale = sliderScale({ ...range, special });
        expect(scale.toValue(0)).toBe(special && special.value < range.min ? special.value : range.min);
        expect(scale.toValue(scale.last)).toBe(special && special.value > range.max ? special.value : range.max);
        const index = Math.min(start, scale.last);
        expect(scale.page(index, 1)).toBeLessThanOrEqual(scale.last);
        expect(scale.page(index, -1)).toBeGreaterThanOrEqual(0);
        if (index < scale.last) expect(scale.page(index, 1)).toBeGreaterThan(index);
      }),
    );
  });

  it('has no binary dust on a linear scale', () => {
    const scale = sliderScale(clip);
    expect(scale.last).toBe(100);
    expect([0, 3, 29, 100].map(scale.toValue)).toEqual([0, 0.03, 0.29, 1]);
  });

  it('steps 1-2-5 on a log scale of three positions a decade', () => {
    const scale = sliderScale(rate);
    expect(Array.from({ length: scale.last + 1 }, (_, i) => scale.toValue(i))).toEqual([
      1e-5, 2e-5, 5e-5, 1e-4, 2e-4, 5e-4, 1e-3, 2e-3, 5e-3, 1e-2, 2e-2, 5e-2, 1e-1,
    ]);
  });

  it('pages a log scale to the next of 1, 2, 5 and a linear one by ten', () => {
    const log = sliderScale(temperature);
    expect(log.toValue(log.page(log.toIndex(1), 1))).toBe(2);
    expect(log.toValue(log.page(log.toIndex(1.26), -1))).toBe(1);
    expect(sliderScale(clip).page(15, 1)).toBe(25);
    expect(sliderScale(clip).page(5, -1)).toBe(0);
  });

  it('adds an end stop for a special value, on its own side', () => {
    const up = sliderScale(dual);
    expect([up.toValue(up.last - 1), up.toValue(up.last)]).toEqual([20, Infinity]);
    const down = sliderScale(coefficient);
    expect([down.toValue(0), down.toValue(1)]).toEqual([0, 1e-4]);
    expect(down.toIndex(0)).toBe(0);
  });
});

describe('parseKnob', () => {
  it('takes numbers with either decimal sign and keeps them exact', () => {
    expect(parseKnob(clip, '0,237')).toEqual({ value: 0.237, message: null });
  });
  it('clamps with a sentence that names the range', () => {
    expect(parseKnob(clip, '7')).toEqual({ value: 1, message: 'Clip below goes from 0 to 1: set to 1.' });
    expect(parseKnob(temperature, '−3')).toEqual({ value: 0.1, message: 'Temperature goes from 0.1 to 10 nats: set to 0.1.' });
  });
  it('takes the special value by its label, as off, as ∞', () => {
    for (const typed of ['∞ = off', 'off', '∞', 'Infinity']) expect(parseKnob(dual, typed)).toEqual({ value: Infinity, message: null });
    expect(parseKnob(coefficient, '0')).toEqual({ value: 0, message: null });
  });
  it('refuses what is no number', () => {
    expect(parseKnob(dual, 'x')).toEqual({ value: null, message: 'Dual clip takes a number from 1 to 20, or “∞ = off”.' });
    expect(parseKnob(clip, '').value).toBeNull();
    expect(parseKnob(clip, '∞').value).toBeNull();
  });
});

describe('knob words', () => {
  it('speaks the unit, but not after a word', () => {
    expect(knobSpeech(temperature, 2)).toBe('2 nats');
    expect(knobSpeech({ ...dual, unit: '×' }, Infinity)).toBe('∞ = off');
    expect(knobText({ ...clip, options: ['mean', 'sum'] }, 1)).toBe('sum');
  });
  it('chooses the control by the options', () => {
    expect(knobControl(clip)).toBe('slider');
    expect(knobControl({ ...clip, options: ['off', 'on'] })).toBe('switch');
    expect(knobControl({ ...clip, options: ['token', 'sequence', 'none'] })).toBe('radio');
    expect(knobControl({ ...clip, options: ['token mean', 'sequence mean', 'sum over a constant', 'none'] })).toBe('select');
  });
});
