import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { STREAM, streamAt } from '../random.ts';
import { glyphs, tokenize } from './index.ts';
import { oops } from './oops.ts';

const prompt = tokenize(oops, '7+5+9+4=');
const verify = (text: string) => oops.verify(prompt, tokenize(oops, text));
/** [label, correct, adopted] of each step. */
const steps = (text: string) => (verify(text).spans ?? []).map((span) => [span.label, span.correct, span.adopted]);

describe('oops', () => {
  it('rewards an answer step with the true sum', () => {
    for (const text of ['7+5=2;2+9=1;1+4=5;5.', '7+5=3;!7+5=2;2+9=1;1+4=5;5.', '7+5=3;5.', '5.', '!5.'])
      expect(verify(text).reward, text).toBe(1);
    for (const text of ['7+5=2;2+9=1;1+4=6;6.', '7+5=2;2+9=1;1+4=5;5', '7+5=2;2+9=1;1+4=5;', '15.', '1+4=5.', '.', '', '5;'])
      expect(verify(text).reward, text).toBe(0);
  });

  it('judges every step: what it adds, to what, and whether it was taken back', () => {
    expect(steps('7+5=2;2+9=1;1+4=5;5.')).toEqual([
      ['7+5=2', true, true],
      ['2+9=1', true, true],
      ['1+4=5', true, true],
      ['5.', true, true],
    ]);
    // A slip taken back, redone, and a second slip that stands: the wrong result is what the answer uses.
    expect(steps('7+5=3;!7+5=2;2+9=0;0+4=4;4.')).toEqual([
      ['7+5=3', false, false],
      ['!7+5=2', true, true],
      ['2+9=0', false, true],
      ['0+4=4', true, true],
      ['4.', false, true],
    ]);
    // A right step taken back is no right step any more; done again it is.
    expect(steps('7+5=2;!7+5=2;')).toEqual([
      ['7+5=2', false, false],
      ['!7+5=2', true, false],
    ]);
    // Two at once: back to the first addend.
    expect(steps('7+5=3;3+9=2;!!7+5=2;').map(([, correct]) => correct)).toEqual([false, false, true]);
    // The wrong addend, a number out of nowhere, and one step too many.
    expect(steps('7+9=6;').map(([, correct]) => correct)).toEqual([false]);
    expect(steps('7+5=2;3+9=2;').map(([, correct]) => correct)).toEqual([true, false]);
    expect(steps('7+5=2;2+9=1;1+4=5;5+4=9;').map(([, correct]) => correct)).toEqual([true, true, true, false]);
  });

  it('adopts only what leads to the answer', () => {
    // The answer does not use the last step, so nothing before it either.
    expect(steps('7+5=2;2+9=1;1+4=5;6.').map(([, , adopted]) => adopted)).toEqual([false, false, false, true]);
    // The third step starts from a number that the second did not give.
    expect(steps('7+5=2;2+9=1;8+4=2;2.').map(([, , adopted]) => adopted)).toEqual([false, false, true, true]);
    // Without an answer there is nothing to lead to.
    expect(steps('7+5=2;2+9=1;').map(([, , adopted]) => adopted)).toEqual([false, false]);
  });

  it('takes broken steps for steps, wrong and possible to take back', () => {
    expect(steps('7+!7+5=2;')).toEqual([
      ['7+', false, false],
      ['!7+5=2', true, false],
    ]);
    expect(steps('7+5;2+9=1;').map(([, correct]) => correct)).toEqual([false, false]);
    expect(steps('!!')).toEqual([['!!', false, false]]);
  });

  it('reads as sums, crossed out where they were taken back', () => {
    expect(oops.render?.(prompt, tokenize(oops, '7+5=3;!7+5=2;2+9=0;0+4=4;4.'))).toEqual([
      { start: 0, end: 6, text: '7 + 5 = 3 mod 10: should be 7 + 5 = 2 (taken back)', mark: 'undone' },
      { start: 6, end: 7, text: 'takes the step back' },
      { start: 7, end: 13, text: '7 + 5 = 2 mod 10' },
      { start: 13, end: 19, text: '2 + 9 = 0 mod 10: should be 2 + 9 = 1', mark: 'wrong' },
      { start: 19, end: 25, text: '0 + 4 = 4 mod 10' },
      { start: 25, end: 27, text: 'answers 4, not 5', mark: 'wrong' },
    ]);
    expect(oops.render?.(prompt, tokenize(oops, '7+5;!!5.'))).toEqual([
      { start: 0, end: 4, text: '7+5; is no step (taken back)', mark: 'undone' },
      { start: 4, end: 6, text: 'takes 2 steps back' },
      { start: 6, end: 8, text: 'answers 5' },
    ]);
    expect(oops.render?.(prompt, tokenize(oops, '7+5=2;2+9=1;1+4=5;5+4=9;'))[3]).toEqual({
      start: 18,
      end: 24,
      text: '5 + 4 = 9 mod 10: one step too many',
      mark: 'wrong',
    });
  });

  it('keeps one prompt in eight for evaluation, and never samples it for training', () => {
    const prompts = (heldOut: boolean) =>
      new Set(Array.from({ length: 3000 }, (_, i) => glyphs(oops, oops.samplePrompt(streamAt(2, i), heldOut))));
    const held = prompts(true);
    for (const text of prompts(false)) expect(held.has(text), text).toBe(false);
    expect(held.size).toBeGreaterThan(1000);
    expect(held.size).toBeLessThan(1350);
  });

  it('demonstrates chains with slips, about half of them taken back and done again', () => {
    const trials = 4000;
    let right = 0;
    let slips = 0;
    let takenBack = 0;
    let backInRight = 0;
    for (let i = 0; i < trials; i++) {
      const sampled = oops.samplePrompt(streamAt(3, STREAM.prompts, i));
      const response = oops.demonstrate(sampled, streamAt(3, STREAM.demonstrations, i));
      expect(glyphs(oops, response)).toMatch(/^(!?\d\+\d=\d;){3,5}\d\.$/);
      expect(response.length).toBeLessThanOrEqual(34);
      const { reward, spans = [] } = oops.verify(sampled, response);
      const undos = response.filter((token) => oops.vocabulary[token] === '!').length;
      // Three steps stand and lead to the answer; each undo token took exactly one of the others back.
      expect(spans.filter((span) => span.adopted)).toHaveLength(4);
      expect(spans).toHaveLength(4 + undos);
      for (const span of spans) if (!span.adopted) expect(span.correct).toBe(false);
      right += reward;
      slips += spans.filter((span) => span.correct === false).length;
      takenBack += undos;
      if (reward === 1 && undos > 0) backInRight++;
    }
    expect(right / trials).toBeGreaterThan(0.35);
    expect(right / trials).toBeLessThan(0.45);
    expect(takenBack / slips).toBeGreaterThan(0.3);
    expect(takenBack / slips).toBeLessThan(0.6);
    expect(backInRight / trials).toBeGreaterThan(0.1);
  });

  it('accepts any token sequence without failing: the steps cover it in order', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 14 }), { maxLength: 36 }), fc.boolean(), (start, hasRightDigit) => {
        const response = hasRightDigit ? [...start, ...tokenize(oops, '5.')] : start;
        const { reward, spans = [] } = oops.verify(prompt, response);
        const last = spans.at(-1);
        // The reward is read off the last tokens, the steps off all: they agree on what an answer is.
        expect(reward).toBe(/^!*\d\.$/.test(last?.label ?? '') && last?.correct ? 1 : 0);
        let at = 0;
        for (const span of spans) {
          expect([span.kind, span.start]).toEqual(['step', at]);
          expect(span.end).toBeGreaterThan(span.start);
          at = span.end;
        }
        expect(at).toBe(response.length);
        if (reward === 1) expect(last?.adopted).toBe(true);
        const words = oops.render?.(prompt, response) ?? [];
        for (const [i, word] of words.entries()) expect(word.start).toBe(i === 0 ? 0 : words[i - 1].end);
      }),
    );
  });

  it('calls signs and separators format tokens, digits and the undo token decisions', () => {
    const response = tokenize(oops, '!7+5=2;5.');
    expect(response.map((_, i) => oops.isFormatToken?.(prompt, response, i))).toEqual([
      false,
      false,
      true,
      false,
      true,
      false,
      true,
      false,
      true,
    ]);
  });
});
