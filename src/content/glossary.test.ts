import { describe, expect, it } from 'vitest';
import { CONTROLS } from './controls.ts';
import { GLOSSARY } from './glossary.ts';
import { traceName } from './traceNames.ts';

describe('glossary', () => {
  it('explains every entry in one or two plain sentences', () => {
    for (const [id, { term, meaning }] of Object.entries(GLOSSARY)) {
      expect(term, id).not.toBe('');
      expect(meaning, id).toMatch(/^[A-Z].*\.$/);
      expect(meaning.length, id).toBeLessThan(170);
      expect(meaning.split(/\.\s/).length, id).toBeLessThanOrEqual(2);
    }
  });
});

describe('the table of controls', () => {
  it('names each place once, so that no entry hides another', () => {
    const places = CONTROLS.flatMap(({ at, name }) => at.split(',').map((place) => `${place.trim()} ${name ?? ''}`));
    expect(places.filter((place, i) => places.indexOf(place) !== i)).toEqual([]);
  });
});

describe('traceName', () => {
  it('has words for shared names and spells the others out', () => {
    expect(traceName('groupStd')).toBe('spread of the prompt’s rewards');
    expect(traceName('branchBonus')).toBe('branch bonus');
    expect(traceName('prm.logprobs')).toBe('prm logprobs');
    expect(traceName('knob:clipLow')).toBe('knob clip low');
  });
});
