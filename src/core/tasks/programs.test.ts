import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { STREAM, streamAt } from '../random.ts';
import { glyphs, tokenize } from './index.ts';
import { programs, run } from './programs.ts';

const verify = (target: string, text: string) => programs.verify(tokenize(programs, target), tokenize(programs, text));

describe('interpreter', () => {
  it('runs word by word', () => {
    expect(run([...'x|2*3-'], -2)).toEqual({ stacks: [[-2], [2], [2, 2], [4], [4, 3], [1]], result: 1 });
    expect(run([...'xd*'], 3).result).toBe(9);
    expect(run([...'12-'], 0).result).toBe(-1);
  });

  it('has no result where words find too few numbers, or leave other than one', () => {
    expect(run([...'x+'], 1)).toEqual({ stacks: [[1]], result: null });
    expect(run([...'|'], 1)).toEqual({ stacks: [], result: null });
    expect(run([...'d'], 1)).toEqual({ stacks: [], result: null });
    expect(run([...'x1'], 1)).toEqual({ stacks: [[1], [1, 1]], result: null });
    expect(run([], 1).result).toBe(null);
    expect(run([...'x='], 1).result).toBe(null);
  });

  it('stays in exact integers: what grows beyond a million is broken', () => {
    expect(run([...'3d*d*d*'], 0).result).toBe(6561);
    expect(run([...'3d*d*d*d*'], 0).result).toBe(null);
  });
});

describe('programs', () => {
  it('rewards a program that is right at all five inputs, however it is written', () => {
    for (const text of ['x2*1+.', 'xx+1+.', '12x*+.', '1x2*+.', 'x1+x+.'])
      expect(verify('2x+1=', text), text).toEqual({ reward: 1, parts: [1, 1, 1, 1, 1] });
    expect(verify('3|x|-2xx+1=', 'x|3*xd*2*-1+.').reward).toBe(1);
    expect(verify('xx=', 'x|d*.').reward).toBe(1);
  });

  it('counts partial passes: easy at 0, hard at -2', () => {
    // 2x+1 is 1, 3, 5, 7, -3.
    expect(verify('2x+1=', '1.').parts).toEqual([1, 0, 0, 0, 0]);
    expect(verify('2x+1=', '3.').parts).toEqual([0, 1, 0, 0, 0]);
    expect(verify('2x+1=', 'xd*1+.').parts).toEqual([1, 0, 1, 0, 0]);
    expect(verify('2x+1=', 'x|2*1+.')).toEqual({ reward: 0, parts: [1, 1, 1, 1, 0] });
    expect(verify('xx-3=', 'x3-.').parts).toEqual([1, 1, 0, 0, 0]);
  });

  it('fails every test of a broken program and of one without an end', () => {
    for (const text of ['', '.', 'x2*1+', 'x2*1.', '+1.', 'x+.', 'xx+1+=.', '=x2*1+.'])
      expect(verify('2x+1=', text), text).toEqual({ reward: 0, parts: [0, 0, 0, 0, 0] });
  });

  it('reads as the running stack where it fails first, and says how many tests pass', () => {
    const render = (target: string, text: string) => programs.render?.(tokenize(programs, target), tokenize(programs, text));
    expect(render('2x+1=', 'x|2*1+.')).toEqual([
      { start: 0, end: 1, text: 'x = −2: stack −2' },
      { start: 1, end: 2, text: 'x = −2: stack 2' },
      { start: 2, end: 3, text: 'x = −2: stack 2 2' },
      { start: 3, end: 4, text: 'x = −2: stack 4' },
      { start: 4, end: 5, text: 'x = −2: stack 4 1' },
      { start: 5, end: 6, text: 'x = −2: stack 5' },
      { start: 6, end: 7, text: '4 of 5 tests pass; at x = −2 it gives 5, not −3', mark: 'wrong' },
    ]);
    expect(render('2x+1=', 'x+1.')).toEqual([
      { start: 0, end: 1, text: 'x = 0: stack 0' },
      { start: 1, end: 2, text: 'too few numbers for +, or too large a result', mark: 'wrong' },
      { start: 3, end: 4, text: '0 of 5 tests pass; at x = 0 it leaves no single number', mark: 'wrong' },
    ]);
    expect(render('x=', 'x.')).toEqual([
      { start: 0, end: 1, text: 'x = −2: stack −2' },
      { start: 1, end: 2, text: '5 of 5 tests pass' },
    ]);
    expect(render('x=', 'x')).toEqual([{ start: 0, end: 1, text: 'x = 0: stack 0' }]);
  });

  it('asks for sums of at most two terms and a constant, in two disjoint splits', () => {
    const prompts = (heldOut: boolean) =>
      new Set(Array.from({ length: 3000 }, (_, i) => glyphs(programs, programs.samplePrompt(streamAt(2, i), heldOut))));
    const held = prompts(true);
    for (const text of [...prompts(false), ...held]) {
      expect(text).toMatch(/^[23]?(x|\|x\||xx)([+-][23]?(x|\|x\||xx))?([+-][123])?=$/);
      expect(text.length).toBeLessThanOrEqual(programs.maxPromptTokens);
    }
    for (const text of prompts(false)) expect(held.has(text), text).toBe(false);
    expect(held.size).toBeGreaterThan(60);
  });

  it('demonstrates programs of which about a third are right, a third pass some tests, and few are broken', () => {
    const trials = 4000;
    let right = 0;
    let partial = 0;
    let broken = 0;
    const passes = [0, 0, 0, 0, 0];
    for (let i = 0; i < trials; i++) {
      const prompt = programs.samplePrompt(streamAt(3, STREAM.prompts, i));
      const response = programs.demonstrate(prompt, streamAt(3, STREAM.demonstrations, i));
      expect(response.length).toBeLessThanOrEqual(programs.maxTokens);
      expect(response.indexOf(programs.endToken)).toBe(response.length - 1);
      const { reward, parts = [] } = programs.verify(prompt, response);
      parts.forEach((part, j) => {
        passes[j] += part;
      });
      const passed = parts.reduce((a, b) => a + b, 0);
      right += reward;
      if (passed > 0 && passed < parts.length) partial++;
      if (run([...glyphs(programs, response.slice(0, -1))], 2).result === null) broken++;
    }
    expect(Math.abs(right / trials - 0.36)).toBeLessThan(0.04);
    expect(Math.abs(partial / trials - 0.37)).toBeLessThan(0.04);
    expect(Math.abs(broken / trials - 0.04)).toBeLessThan(0.02);
    // Of different difficulty: 0 is the easiest, 2 and 3 about the same, −2 the hardest.
    expect(passes[0]).toBeGreaterThan(1.3 * passes[1]);
    expect(passes[1]).toBeGreaterThan(1.1 * passes[2]);
    expect(Math.abs(passes[2] / passes[3] - 1)).toBeLessThan(0.05);
    expect(passes[4]).toBeLessThan(passes[3]);
  });

  it('computes what the prompt says: a demonstration without slips passes every test', () => {
    // Draws of 0.99 never reach a share of noise.
    const clean = { next: () => 0.99, integer: () => 0 };
    for (let i = 0; i < 300; i++) {
      const prompt = programs.samplePrompt(streamAt(5, i), i % 2 === 0);
      expect(programs.verify(prompt, programs.demonstrate(prompt, clean)), glyphs(programs, prompt)).toEqual({
        reward: 1,
        parts: [1, 1, 1, 1, 1],
      });
    }
  });

  it('accepts any token sequence without failing', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 10 }), { maxLength: 16 }), (response) => {
        const prompt = tokenize(programs, '2|x|-3=');
        const { reward, parts = [] } = programs.verify(prompt, response);
        expect(parts).toHaveLength(5);
        expect(reward).toBe(parts.every((part) => part === 1) ? 1 : 0);
        for (const word of programs.render?.(prompt, response) ?? []) expect(word.end).toBeLessThanOrEqual(response.length);
      }),
    );
  });
});
