import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { STREAM, streamAt } from '../random.ts';
import { chainSum } from './chainSum.ts';
import { glyphs, tokenize } from './index.ts';

const prompt = tokenize(chainSum, '7+5+9+4=');
const verify = (text: string) => chainSum.verify(prompt, tokenize(chainSum, text));

describe('chain-sum', () => {
  it('rewards the true sum mod 10 before the end token, whatever came before', () => {
    expect(verify('S2>1>5.').reward).toBe(1);
    expect(verify('D5.').reward).toBe(1);
    expect(verify('S9>9>5.').reward).toBe(1);
    expect(verify('D6.').reward).toBe(0);
    expect(verify('S2>1>4.').reward).toBe(0);
  });

  it('gives nothing to a response without a digit before the end token, or without an end', () => {
    for (const text of ['D.', '.', 'S2>1>5', 'D5>', 'S2>1>5>.', '5']) expect(verify(text).reward, text).toBe(0);
    expect(verify('5.').reward).toBe(1);
  });

  it('marks each step right where it follows from the number before it', () => {
    const steps = (text: string) => (verify(text).spans ?? []).filter((span) => span.kind === 'step');
    expect(steps('S2>2>6.')).toEqual([
      { kind: 'step', start: 1, end: 2, label: '7+5=2', correct: true },
      { kind: 'step', start: 3, end: 4, label: '2+9=2', correct: false },
      { kind: 'step', start: 5, end: 6, label: '2+4=6', correct: true },
    ]);
    expect(steps('D3.')).toEqual([{ kind: 'step', start: 1, end: 2, label: '7+5+9+4=3', correct: false }]);
    expect(steps('S2>>5.')).toHaveLength(1);
    expect(steps('.')).toEqual([]);
  });

  it('tests the running sums as written and the answer, four parts for every response', () => {
    const parts = (text: string) => verify(text).parts;
    expect(parts('S2>1>5.')).toEqual([1, 1, 1, 1]);
    // A wrong sum in the middle: the last one is right again, and so is the answer.
    expect(parts('S2>2>5.')).toEqual([1, 0, 1, 1]);
    expect(parts('S2>1>5>3.')).toEqual([1, 1, 1, 0]);
    expect(parts('S3>2>6.')).toEqual([0, 0, 0, 0]);
    expect(parts('D5.')).toEqual([0, 0, 0, 1]);
    for (const text of ['', '.', 'D', 'S2', '>>>>', 'S2>1>5']) expect(parts(text), text).toHaveLength(4);
  });

  it('holds one chunk: all of the response, right where its answer is', () => {
    for (const [text, correct] of [
      ['S2>1>5.', true],
      ['S2>1>4.', false],
      ['D5', false],
    ] as const) {
      const chunks = (verify(text).spans ?? []).filter((span) => span.kind === 'chunk');
      expect(chunks).toEqual([{ kind: 'chunk', start: 0, end: text.length, label: 'the whole answer', correct }]);
    }
  });

  it('reads as sums, with what a wrong one should have been', () => {
    expect(chainSum.render?.(prompt, tokenize(chainSum, 'S2>2>6.'))).toEqual([
      { start: 0, end: 1, text: 'in steps' },
      { start: 1, end: 2, text: '7 + 5 = 2 mod 10' },
      { start: 3, end: 4, text: '2 + 9 = 2 mod 10: should be 1', mark: 'wrong' },
      { start: 5, end: 6, text: '2 + 4 = 6 mod 10' },
    ]);
    expect(chainSum.render?.(prompt, tokenize(chainSum, 'D3.'))).toEqual([
      { start: 0, end: 1, text: 'directly' },
      { start: 1, end: 2, text: '7 + 5 + 9 + 4 = 3 mod 10: should be 5', mark: 'wrong' },
    ]);
    expect(chainSum.render?.(prompt, tokenize(chainSum, '.'))).toEqual([]);
  });

  it('keeps one prompt in eight for evaluation, and never samples it for training', () => {
    const held = new Set<string>();
    for (let i = 0; i < 4000; i++) {
      held.add(glyphs(chainSum, chainSum.samplePrompt(streamAt(1, STREAM.evaluation, i), true)));
    }
    for (let i = 0; i < 4000; i++) expect(held.has(glyphs(chainSum, chainSum.samplePrompt(streamAt(1, STREAM.prompts, i))))).toBe(false);
    expect(held.size).toBeGreaterThan(1024);
    expect(held.size).toBeLessThan(1350);
  });

  it('demonstrates with the shares of its recipe', () => {
    let direct = 0;
    let directRight = 0;
    let stepsRight = 0;
    const trials = 8000;
    for (let i = 0; i < trials; i++) {
      const response = chainSum.demonstrate(prompt, streamAt(3, STREAM.demonstrations, i));
      const { reward } = chainSum.verify(prompt, response);
      const isDirect = glyphs(chainSum, response).startsWith('D');
      direct += isDirect ? 1 : 0;
      directRight += isDirect ? reward : 0;
      stepsRight += isDirect ? 0 : reward;
    }
    expect(direct / trials).toBeCloseTo(0.5, 1);
    expect(directRight / direct).toBeCloseTo(0.55, 1);
    // Three steps each right with 0.865; two slips seldom cancel.
    expect(stepsRight / (trials - direct)).toBeGreaterThan(0.62);
    expect(stepsRight / (trials - direct)).toBeLessThan(0.7);
  });

  it('accepts any token sequence without failing', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 15 }), { maxLength: 10 }), (response) => {
        const { reward, spans = [] } = chainSum.verify(prompt, response);
        expect([0, 1]).toContain(reward);
        for (const span of spans) expect(span.end).toBeLessThanOrEqual(response.length);
      }),
    );
  });

  it('calls separators and the end format tokens, digits and the strategy decisions', () => {
    const response = tokenize(chainSum, 'S2>1>5.');
    expect(response.map((_, i) => chainSum.isFormatToken?.(prompt, response, i))).toEqual([false, false, true, false, true, false, true]);
  });
});
