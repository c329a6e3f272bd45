import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { STREAM, streamAt } from '../random.ts';
import { glyphs, tokenize } from './index.ts';
import { recheck } from './recheck.ts';

const prompt = tokenize(recheck, '½7+5+9=');
const verify = (text: string) => recheck.verify(prompt, tokenize(recheck, text));
const spans = (text: string, kind: string) => (verify(text).spans ?? []).filter((span) => span.kind === kind);

describe('recheck', () => {
  it('rewards the true sum between the bar and the end, whatever was thought', () => {
    for (const text of ['2>1|1.', '|1.', '2>1?2>1?2>1|1.', '9>9|1.', '2>1||1.']) expect(verify(text).reward, text).toBe(1);
    for (const text of ['2>1|2.', '2>1|1', '2>1.', '1.', '|.', '', '.', '2>1|11.', '2>1|1|.']) expect(verify(text).reward, text).toBe(0);
  });

  it('asks nothing else of other efforts', () => {
    for (const effort of '¼½¾F') expect(recheck.verify(tokenize(recheck, `${effort}7+5+9=`), tokenize(recheck, '2>1|1.')).reward).toBe(1);
  });

  it('splits thinking before every wait token and knows which chunks hold the sum', () => {
    expect(verify('2>0?2>1?2|1.').spans).toEqual([
      { kind: 'chunk', start: 0, end: 3, label: 'work', correct: false },
      { kind: 'chunk', start: 3, end: 7, label: 're-check 1', correct: true },
      { kind: 'chunk', start: 7, end: 9, label: 're-check 2', correct: false },
      { kind: 'thought', start: 0, end: 9, label: 'thinking' },
    ]);
    expect(verify('|1.').spans).toEqual([{ kind: 'thought', start: 0, end: 0, label: 'thinking' }]);
    // What comes after the bar is no chunk; thinking that is never stopped runs to the end token.
    expect(spans('2>1|?1.', 'chunk').map(({ end }) => end)).toEqual([3]);
    expect(spans('2>1.', 'thought')).toEqual([{ kind: 'thought', start: 0, end: 3, label: 'thinking' }]);
    expect(spans('2>1?', 'chunk').map(({ start, end, correct }) => [start, end, correct])).toEqual([
      [0, 3, true],
      [3, 4, false],
    ]);
  });

  it('tells the effort, and gives one query to all efforts of a sum', () => {
    expect([...'¼½¾F'].map((effort) => recheck.effortOf?.(tokenize(recheck, `${effort}7+5+9=`)))).toEqual(
      [0.25, 0.5, 0.75, 1].map((effort) => ({ effort, query: 1759 })),
    );
    expect(recheck.effortOf?.(tokenize(recheck, 'F0+5=')).query).not.toBe(recheck.effortOf?.(tokenize(recheck, 'F5+0=')).query);
    for (let level = 0; level < 4; level++) {
      const first = recheck.samplePrompt(streamAt(4, STREAM.prompts, 7), false, 0);
      const other = recheck.samplePrompt(streamAt(4, STREAM.prompts, 7), false, level);
      expect(other.slice(1)).toEqual(first.slice(1));
      expect(recheck.effortOf?.(other).effort).toBe((level + 1) / 4);
    }
  });

  it('reads as what was worked out, with redundant checks marked', () => {
    expect(recheck.render?.(prompt, tokenize(recheck, '2>0?2>1?2>1|2.'))).toEqual([
      { start: 0, end: 3, text: 'works out 2, 0: the sum is 1', mark: 'wrong' },
      { start: 3, end: 7, text: 'checks again: 2, 1' },
      { start: 7, end: 11, text: 'checks again: 2, 1 (the sum was known)', mark: 'redundant' },
      { start: 12, end: 13, text: 'answers 2, not 1', mark: 'wrong' },
    ]);
    expect(recheck.render?.(prompt, tokenize(recheck, '|1.'))).toEqual([{ start: 1, end: 2, text: 'answers 1' }]);
    expect(recheck.render?.(prompt, tokenize(recheck, '?'))[0].text).toBe('checks again: nothing: the sum is 1');
  });

  it('keeps one sum in eight for evaluation, at every effort', () => {
    const sums = (heldOut: boolean) =>
      new Set(Array.from({ length: 3000 }, (_, i) => glyphs(recheck, recheck.samplePrompt(streamAt(2, i), heldOut)).slice(1)));
    const held = sums(true);
    for (const sum of sums(false)) expect(held.has(sum), sum).toBe(false);
    for (const sum of held) expect(sum).toMatch(/^\d(\+\d){1,3}=$/);
  });

  it('demonstrates with the shares of its recipe: 0 to 3 re-checks, most of them redundant, the more the more effort is asked for', () => {
    const trials = 2000;
    let right = 0;
    let redundant = 0;
    const recipe = [
      { unthinking: 0.35, rechecks: [0.35, 0.3, 0.23, 0.12] },
      { unthinking: 0.2, rechecks: [0.25, 0.3, 0.27, 0.18] },
      { unthinking: 0.05, rechecks: [0.15, 0.28, 0.3, 0.27] },
      { unthinking: 0, rechecks: [0.1, 0.23, 0.3, 0.37] },
    ];
    for (const [level, shares] of recipe.entries()) {
      const rechecks = [0, 0, 0, 0];
      let unthinking = 0;
      for (let i = 0; i < trials; i++) {
        const sampled = recheck.samplePrompt(streamAt(3, STREAM.prompts, i), false, level);
        const response = recheck.demonstrate(sampled, streamAt(3, STREAM.demonstrations, level, i));
        const text = glyphs(recheck, response);
        expect(text).toMatch(/^(\d(>\d){0,2}(\?\d(>\d){0,2}){0,3})?\|\d\.$/);
        expect(response.length).toBeLessThanOrEqual(26);
        const { reward, spans: found = [] } = recheck.verify(sampled, response);
        right += reward;
        if (text.startsWith('|')) unthinking++;
        else rechecks[text.split('?').length - 1]++;
        const chunks = found.filter((span) => span.kind === 'chunk');
        if (chunks.slice(0, -1).some((span) => span.correct)) redundant++;
      }
      expect(Math.abs(unthinking / trials - shares.unthinking)).toBeLessThan(0.04);
      for (const [k, share] of shares.rechecks.entries()) expect(Math.abs(rechecks[k] / (trials - unthinking) - share)).toBeLessThan(0.04);
    }
    const all = recipe.length * trials;
    expect(right / all).toBeGreaterThan(0.38);
    expect(right / all).toBeLessThan(0.48);
    expect(redundant / all).toBeGreaterThan(0.5);
  });

  it('accepts any token sequence without failing: chunks cover the thinking part', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 19 }), { maxLength: 28 }), (response) => {
        const { reward, spans: found = [] } = recheck.verify(prompt, response);
        expect([0, 1]).toContain(reward);
        const thought = found[found.length - 1];
        let at = 0;
        for (const span of found.slice(0, -1)) {
          expect([span.kind, span.start]).toEqual(['chunk', at]);
          expect(span.end).toBeGreaterThan(span.start);
          at = span.end;
        }
        expect([thought.kind, thought.start, thought.end]).toEqual(['thought', 0, at]);
        for (const annotation of recheck.render?.(prompt, response) ?? []) expect(annotation.end).toBeLessThanOrEqual(response.length);
      }),
    );
  });

  it('calls running-sum separators and the end format tokens; waiting and stopping are decisions', () => {
    const response = tokenize(recheck, '2>1?2|1.');
    expect(response.map((_, i) => recheck.isFormatToken?.(prompt, response, i))).toEqual([
      false,
      true,
      false,
      false,
      false,
      false,
      false,
      true,
    ]);
  });
});
