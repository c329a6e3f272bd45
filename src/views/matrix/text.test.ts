import { describe, expect, it } from 'vitest';
import { testLane } from './testBatch.ts';
import {
  categoryName,
  cellName,
  cellNumber,
  inSentence,
  isRight,
  rowName,
  signMark,
  spokenLane,
  spokenValue,
  visibleGlyph,
} from './text.ts';
import type { CellNameInput } from './text.ts';

const advantage = testLane('diverging', 'Advantage');
const entropy = testLane('sequential', 'Entropy', 'nats');
const clip = { ...testLane('categorical', 'Clip'), categories: ['inside', 'clipped'] };

describe('glyphs', () => {
  it('show blanks', () => {
    expect([' ', '\n', '', '<eos>', '>', '5'].map(visibleGlyph)).toEqual(['␣', '⏎', '∅', '⟨eos⟩', '>', '5']);
  });
});

describe('numbers in cells', () => {
  it('print a sign in a diverging lane, with a true minus', () => {
    expect([1.4, -0.47, 0, -0].map((value) => cellNumber(value, advantage))).toEqual(['+1.40', '−0.47', '0.00', '0.00']);
  });

  it('have no plus in a sequential lane', () => {
    expect(cellNumber(0.69, entropy)).toBe('0.69');
  });

  it('lose digits instead of growing', () => {
    expect([-9.994, 9.996, 99.96, -1234].map((value) => cellNumber(value, advantage))).toEqual(['−9.99', '+10.0', '+100', '−1234']);
  });

  it('are absent where there is none, and a number or letter in a categorical lane', () => {
    expect(cellNumber(Number.NaN, advantage)).toBe('');
    expect(cellNumber(1, clip)).toBe('1');
    expect(cellNumber(1, { ...clip, categories: ['none', 'a: first'] })).toBe('a');
    expect(categoryName('a: first')).toBe('first');
  });

  it('shrink to a sign at glyph density', () => {
    expect([2, -2, 0].map((value) => signMark(value, advantage))).toEqual(['+', '−', '']);
    expect(signMark(2, entropy)).toBe('');
  });

  it('keep three figures in the tooltip', () => {
    expect(spokenValue(-0.000412, advantage)).toBe('−0.000412');
    expect(spokenValue(2.2, entropy)).toBe('2.2 nats');
    expect(spokenValue(Number.NaN, entropy)).toBe('none');
  });
});

describe('names', () => {
  const cell: CellNameInput = {
    response: 2,
    position: 6,
    shared: 1,
    glyph: '5',
    lane: 'advantage',
    number: '−0.41',
    clipState: 1,
    marks: undefined,
    isBeyond: false,
    isPreview: false,
    noSignal: false,
  };

  it('say response, token, number and state', () => {
    expect(cellName(cell)).toBe("response 3, token 7 '5' (advantage) −0.41, clipped");
    expect(cellName({ ...cell, clipState: 2, marks: new Set(['wrong', 'undone'] as const), isBeyond: true })).toBe(
      "response 3, token 7 '5' (advantage) −0.41, wrong step, taken back, dual-clipped, beyond the colour scale",
    );
    expect(cellName({ ...cell, lane: spokenLane(entropy), number: '0.69', clipState: 0, isPreview: true })).toBe(
      "response 3, token 7 '5' (entropy, nats) 0.69, preview",
    );
    expect(cellName({ ...cell, number: '', clipState: 0 })).toBe("response 3, token 7 '5' (advantage) none");
    expect(cellName({ ...cell, number: '0.00', clipState: 0, noSignal: true })).toBe("response 3, token 7 '5' (advantage) 0.00, no signal");
  });

  it('say how many share a merged token', () => {
    expect(cellName({ ...cell, shared: 4, clipState: 0 })).toBe("token 7 '5' (mean advantage) −0.41, n4 responses");
  });

  it('name rows', () => {
    expect(rowName(2, 0, 7, false)).toBe('response 3: wrong, 7 tokens');
    expect(rowName(0, 1, 1, true)).toBe('response 1: right, 1 token, edited, not sampled');
  });

  it('lower a label but not an abbreviation', () => {
    expect(['Prefix value', 'KL', 'TD error'].map(inSentence)).toEqual(['prefix value', 'KL', 'TD error']);
  });
});

it('reads 0/1 and −1/1 rewards alike', () => {
  expect([1, 0, -1, 0.1].map(isRight)).toEqual([true, false, false, false]);
});
