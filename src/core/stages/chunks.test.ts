import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chunkRanges, mergeShortChunks, thinkingEnd } from './chunks.ts';

const WAIT = 9;
const END_OF_THINKING = 8;
const isWait = (token: number) => token === WAIT;

describe('chunks', () => {
  it('begin before every split token and end before the end of thinking', () => {
    const tokens = [1, 2, WAIT, 1, WAIT, END_OF_THINKING, 2, WAIT];
    const end = thinkingEnd(tokens, END_OF_THINKING);
    expect(end).toBe(5);
    expect(chunkRanges(tokens, end, isWait)).toEqual([
      { start: 0, end: 2 },
      { start: 2, end: 4 },
      { start: 4, end: 5 },
    ]);
  });

  it('run to the end of a response that never stops thinking, and are none where it does not think', () => {
    expect(thinkingEnd([1, WAIT, 2], END_OF_THINKING)).toBe(3);
    expect(chunkRanges([WAIT, 1], 2, isWait)).toEqual([{ start: 0, end: 2 }]);
    expect(chunkRanges([END_OF_THINKING, 1], 0, isWait)).toEqual([]);
  });

  it('cover the thinking part in order, each but the first opened by a split token', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 9 }), { maxLength: 20 }), (tokens) => {
        const end = thinkingEnd(tokens, END_OF_THINKING);
        const chunks = chunkRanges(tokens, end, isWait);
        let at = 0;
        for (const [c, chunk] of chunks.entries()) {
          expect(chunk.start).toBe(at);
          expect(chunk.end).toBeGreaterThan(chunk.start);
          if (c > 0) expect(tokens[chunk.start]).toBe(WAIT);
          expect(tokens.slice(chunk.start + 1, chunk.end)).not.toContain(WAIT);
          at = chunk.end;
        }
        expect(at).toBe(end);
      }),
    );
  });
});

describe('chunks without a line end inside', () => {
  const NEWLINE = 0;
  /** The ends of the merged chunks of these pieces. */
  const ends = (...pieces: number[][]) => {
    const tokens = pieces.flat();
    const startOf = (k: number) => pieces.slice(0, k).flat().length;
    const chunks = pieces.map((_, k) => ({ start: startOf(k), end: startOf(k + 1) }));
    return mergeShortChunks(tokens, chunks, (token) => token === NEWLINE).map(({ end }) => end);
  };
  const line = [1, NEWLINE, 2];

  it('join the next one, and the last stays as it is', () => {
    expect(ends(line, line, [3])).toEqual([3, 6, 7]);
    expect(ends([3], line, line)).toEqual([4, 7]);
    expect(ends([3], [4], [5])).toEqual([3]);
    expect(ends(line, [3], [4])).toEqual([3, 5]);
    expect(ends()).toEqual([]);
  });
  it('are those whose newlines all lead, or all trail; one of each counts as a line end', () => {
    expect(ends([NEWLINE, NEWLINE, 1], [2])).toEqual([4]);
    expect(ends([1, NEWLINE, NEWLINE], [2])).toEqual([4]);
    expect(ends([NEWLINE, NEWLINE], [2])).toEqual([3]);
    expect(ends([NEWLINE, 1, NEWLINE], [2])).toEqual([3, 4]);
  });
});
