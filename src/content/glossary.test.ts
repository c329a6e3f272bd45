import { describe, expect, it } from 'vitest';
import { GLOSSARY, traceName } from './glossary.ts';

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

describe('traceName', () => {
  it('has words for shared names and spells the others out', () => {
    expect(traceName('groupStd')).toBe('spread of the prompt’s rewards');
    expect(traceName('branchBonus')).toBe('branch bonus');
    expect(traceName('prm.logprobs')).toBe('prm logprobs');
    expect(traceName('knob:clipLow')).toBe('knob clip low');
  });
});
