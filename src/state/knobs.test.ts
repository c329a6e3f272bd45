import { describe, expect, it } from 'vitest';
import type { Knob } from '../core/stages/types.ts';
import { clampKnob, clampMessage, resolveKnobs, shownKnobs } from './knobs.ts';
import { trainingSettings } from './settings.ts';

const knob: Knob = {
  id: 'clipLow',
  label: 'Clip below',
  symbol: '\\epsilon',
  stage: 'loss',
  default: 0.2,
  min: 0,
  max: 0.9,
  step: 0.01,
  scale: 'lin',
  unit: '',
  meaning: '',
  paper: null,
  applies: 'credit',
};

describe('knobs', () => {
  it('keeps a touched value when the method changes, and follows the default otherwise', () => {
    const other = { ...knob, default: 0.3 };
    expect(resolveKnobs([other], {})).toEqual({ clipLow: 0.3 });
    expect(resolveKnobs([other], { clipLow: 0.25 })).toEqual({ clipLow: 0.25 });
  });

  it('brings a value of another method into the range of this one', () => {
    expect(resolveKnobs([{ ...knob, max: 0.5 }], { clipLow: 0.8 })).toEqual({ clipLow: 0.5 });
  });

  it('lets the special value through and clamps the rest, with a message', () => {
    const special = { ...knob, special: { value: Infinity, label: '∞ = off' } };
    expect(clampKnob(special, Infinity)).toBe(Infinity);
    expect(clampKnob(knob, Infinity)).toBe(0.9);
    expect(clampMessage(knob, 7)).toBe('Clip below goes from 0 to 0.9: 7 was set to 0.9.');
    expect(clampMessage(knob, 0.4)).toBeNull();
    expect(clampKnob(knob, Number.NaN)).toBe(0.2);
  });

  it('says which values are the defaults', () => {
    expect(shownKnobs([knob], {})[0].isDefault).toBe(true);
    expect(shownKnobs([knob], { clipLow: 0.21 })[0]).toMatchObject({ value: 0.21, isDefault: false });
  });
});

describe('training settings', () => {
  it('are 8 × 8 samples, 2 × 2 updates at 3e-4 and T = 1 by default', () => {
    expect(trainingSettings({})).toEqual({ prompts: 8, groupSize: 8, epochs: 2, minibatches: 2, learningRate: 3e-4, temperature: 1 });
  });

  it('never ask for more minibatches than there are groups', () => {
    expect(trainingSettings({ prompts: 3, minibatches: 8 }).minibatches).toBe(3);
  });
});
