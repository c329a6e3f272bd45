import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { STREAM, streamAt } from '../random.ts';
import { countdown } from './countdown.ts';
import { evaluate, OPERATORS, parseExpression, visitCompletions } from './expression.ts';
import { glyphs, loadTask, TASKS, tokenize } from './index.ts';

const prompt = tokenize(countdown, '3,5,2:13=');
const verify = (text: string) => countdown.verify(prompt, tokenize(countdown, text));

describe('expression', () => {
  const numbers = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 4 });

  it('evaluates as JavaScript does', () => {
    fc.assert(
      fc.property(numbers, fc.array(fc.constantFrom(...OPERATORS), { minLength: 3, maxLength: 3 }), (ns, all) => {
        const operators = all.slice(0, ns.length - 1);
        const text = ns.map((n, i) => (i === 0 ? `${n}` : `${operators[i - 1]}${n}`)).join('');
        expect(evaluate(ns, operators)).toBe(new Function(`return ${text}`)());
        expect(parseExpression([...text])).toEqual({ numbers: ns, operators });
      }),
    );
  });

  it('binds the product tighter', () => {
    expect(evaluate([9, 2, 3], ['-', '*'])).toBe(3);
    expect(evaluate([2, 3, 9], ['*', '-'])).toBe(-3);
  });

  it('visits every arrangement once', () => {
    const seen: string[] = [];
    visitCompletions({ numbers: [], operators: [] }, [1, 2, 2], (ns, ops) => {
      seen.push(`${ns}${ops}`);
      return false;
    });
    expect(seen).toHaveLength(3 * 9);
    expect(new Set(seen).size).toBe(27);
  });
});

describe('countdown', () => {
  it('rewards an expression that uses every number exactly once and hits the target', () => {
    for (const text of ['3+5*2.', '5*2+3.', '2*5+3.']) expect(verify(text).reward, text).toBe(1);
    for (const text of [
      '3*5-2',
      '3*5-2+',
      '3+5+5.',
      '5+8.',
      '3*5.',
      '3+5+2.',
      '.',
      '3+.',
      '+3.',
      '6+7.',
      '3,5.',
      '13.',
      '3*5-2.5.',
      '3+2*5+0.',
    ])
      expect(verify(text).reward, text).toBe(0);
    expect(verify('3*5-2.').reward).toBe(1);
  });

  it('marks the step that puts the target out of reach', () => {
    expect(verify('3+5+2.').spans).toEqual([
      { kind: 'step', start: 0, end: 1, label: '3=3', correct: true },
      { kind: 'step', start: 1, end: 3, label: '3+5=8', correct: true },
      { kind: 'step', start: 3, end: 5, label: '3+5+2=10', correct: false },
    ]);
    const lost = verify('3-5+2.').spans ?? [];
    expect(lost.map((span) => span.correct)).toEqual([true, false, undefined]);
    expect((verify('3+3.').spans ?? []).map((span) => span.correct)).toEqual([true, false]);
  });

  it('reads as the value so far, and says where the target gets out of reach', () => {
    expect(countdown.render?.(prompt, tokenize(countdown, '3-5*2.'))).toEqual([
      { start: 0, end: 1, text: '3 = 3' },
      { start: 1, end: 3, text: '3 − 5 = −2: 13 is out of reach', mark: 'wrong' },
      { start: 3, end: 5, text: '3 − 5 × 2 = −7' },
    ]);
    expect(countdown.render?.(prompt, tokenize(countdown, '.'))).toEqual([]);
  });

  it('makes solvable prompts of legal size in two disjoint splits, and demonstrations of which about a third solve them', () => {
    const key = (text: string) => `${text.slice(0, text.indexOf(':')).split(',').sort().join()}${text.slice(text.indexOf(':'))}`;
    const held = new Set<string>();
    let right = 0;
    for (let i = 0; i < 1500; i++) {
      const isHeldOut = i % 2 === 0;
      const sampled = countdown.samplePrompt(streamAt(5, STREAM.prompts, i), isHeldOut);
      const text = glyphs(countdown, sampled);
      expect(text).toMatch(/^[1-9](,[1-9]){2,3}:[1-9][0-9]=$/);
      expect(sampled.length).toBeLessThanOrEqual(countdown.maxPromptTokens);
      if (isHeldOut) held.add(key(text));
      else expect(held.has(key(text))).toBe(false);
      const response = countdown.demonstrate(sampled, streamAt(6, STREAM.demonstrations, i));
      expect(response.length).toBeLessThanOrEqual(countdown.maxTokens);
      right += countdown.verify(sampled, response).reward;
    }
    expect(right / 1500).toBeGreaterThan(0.28);
    expect(right / 1500).toBeLessThan(0.43);
  });

  it('accepts any token sequence without failing', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 16 }), { maxLength: 10 }), (response) => {
        const { reward, spans = [] } = countdown.verify(prompt, response);
        expect([0, 1]).toContain(reward);
        for (const span of spans) expect(span.end).toBeLessThanOrEqual(response.length);
      }),
    );
  });
});

describe('tasks', () => {
  it('load by id, fit the model, and an unknown id says which there are', async () => {
    for (const entry of TASKS) {
      const task = await entry.load();
      expect(task.meta.id).toBe(entry.id);
      expect(task.vocabulary.length).toBeLessThanOrEqual(32);
      expect(task.maxPromptTokens + task.maxTokens).toBeLessThanOrEqual(64);
    }
    await expect(loadTask('sudoku')).rejects.toThrow('chain-sum, countdown');
  });
});
