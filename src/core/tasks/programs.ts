/**
 * programs: write a program in a tiny stack language that computes a given function, checked by unit tests.
 *
 * Prompt `2|x|-3=`: the function. The response is a program, one word a token: `x` and `1 2 3` push a number, `d` duplicates the
 * top of the stack, `|` takes its absolute value, `+ - *` replace the two top numbers by their sum, difference
 * or product; `.` ends it. `x|2*3-.` The one number left is the result. Reward 1 where it is right at every test input; a
 * program that takes from an empty stack, leaves other than one number, or is not ended, fails them all.
 */
import { hashText } from '../random.ts';
import type { RandomStream } from '../random.ts';
import type { Annotation, Task, Verdict } from './types.ts';

const GLYPHS = ['x', '1', '2', '3', '+', '-', '*', '|', 'd', '=', '.'] as const;
type Glyph = (typeof GLYPHS)[number];
const id = (glyph: Glyph): number => GLYPHS.indexOf(glyph);
const END = id('.');

/** Test inputs. At 0 only the constant counts; at 1, x, |x| and xx agree; only at −2 does the absolute value show. */
const INPUTS = [0, 1, 2, 3, -2] as const;
/** Beyond this a program is broken: it keeps the interpreter in exact integers. */
const MAX_VALUE = 1_000_000;
const MAX_COEFFICIENT = 3;

/** Share of prompts with two terms before the constant. */
const TWO_TERMS = 0.5;
/** Share of parts of a demonstration (base, coefficient, constant) that are drawn anew, of flipped signs, and of programs that lack a word. */
const PART_RANDOM = 0.3;
const SIGN_FLIPPED = 0.1;
const WORD_LOST = 0.05;

const BASES = ['x', '|x|', 'xx'] as const;
type Base = (typeof BASES)[number];

/** `sign · coefficient · base`. */
interface Term {
  base: Base;
  coefficient: number;
  sign: 1 | -1;
}

/** Σ terms + constant; the first term is positive. */
interface Target {
  terms: readonly Term[];
  constant: number;
}

const valueOfBase: Readonly<Record<Base, (x: number) => number>> = { x: (x) => x, '|x|': Math.abs, xx: (x) => x * x };

const valueAt = ({ terms, constant }: Target, x: number): number =>
  terms.reduce((sum, { base, coefficient, sign }) => sum + sign * coefficient * valueOfBase[base](x), constant);

/** The function as it is written in a prompt, e.g. `2|x|-xx+3=`. */
function writePrompt({ terms, constant }: Target): number[] {
  const text = terms
    .map(({ base, coefficient, sign }, i) => `${sign < 0 ? '-' : i > 0 ? '+' : ''}${coefficient > 1 ? coefficient : ''}${base}`)
    .join('');
  const tail = constant === 0 ? '' : `${constant < 0 ? '-' : '+'}${Math.abs(constant)}`;
  return [...text, ...tail, '='].map((glyph) => id(glyph as Glyph));
}

/** Reads a prompt back. */
function targetOf(prompt: readonly number[]): Target {
  const text = prompt.map((token) => GLYPHS[token]).join('');
  const terms: Term[] = [];
  let constant = 0;
  for (const [, minus, digit, base] of text.matchAll(/(?:(-)|\+)?([123])?(\|x\||xx|x)?(?=[-+=])/g)) {
    const sign = minus ? -1 : 1;
    const size = digit ? Number(digit) : 1;
    if (base) terms.push({ base: base as Base, coefficient: size, sign });
    else if (digit) constant = sign * size;
  }
  return { terms, constant };
}

const randomBase = (random: RandomStream): Base => BASES[random.integer(BASES.length)];
const randomCoefficient = (random: RandomStream): number => 1 + random.integer(MAX_COEFFICIENT);
const randomConstant = (random: RandomStream): number => random.integer(2 * MAX_COEFFICIENT + 1) - MAX_COEFFICIENT;
const randomSign = (random: RandomStream): 1 | -1 => (random.next() < 0.5 ? 1 : -1);

/** One function in eight is kept for evaluation and is never trained on. */
function isHeldOut(prompt: readonly number[]): boolean {
  return hashText(prompt.map((token) => GLYPHS[token]).join('')) % 8 === 0;
}

function samplePrompt(random: RandomStream, heldOut = false): number[] {
  for (;;) {
    const first: Term = { base: randomBase(random), coefficient: randomCoefficient(random), sign: 1 };
    const terms: Term[] = [first];
    if (random.next() < TWO_TERMS) {
      const others = BASES.filter((base) => base !== first.base);
      terms.push({ base: others[random.integer(others.length)], coefficient: randomCoefficient(random), sign: randomSign(random) });
    }
    const prompt = writePrompt({ terms, constant: randomConstant(random) });
    if (isHeldOut(prompt) === heldOut) return prompt;
  }
}

/** The stack after a word, or null where the word finds too few numbers or the result is too large. */
function push(stack: readonly number[], word: Glyph, x: number): number[] | null {
  const [below, top] = [stack[stack.length - 2], stack[stack.length - 1]];
  const [one, two] = [stack.slice(0, -1), stack.slice(0, -2)];
  const bounded = (next: number[]) => (Math.abs(next[next.length - 1]) > MAX_VALUE ? null : next);
  switch (word) {
    case 'x':
      return [...stack, x];
    case '1':
    case '2':
    case '3':
      return [...stack, Number(word)];
    case 'd':
      return top === undefined ? null : [...stack, top];
    case '|':
      return top === undefined ? null : [...one, Math.abs(top)];
    case '+':
      return below === undefined ? null : bounded([...two, below + top]);
    case '-':
      return below === undefined ? null : bounded([...two, below - top]);
    case '*':
      return below === undefined ? null : bounded([...two, below * top]);
    default:
      return null;
  }
}

/** The stacks after each word of an ended program, up to the word that breaks it; `result` is null for a broken one. */
export function run(words: readonly string[], x: number): { stacks: readonly (readonly number[])[]; result: number | null } {
  const stacks: number[][] = [];
  let stack: number[] = [];
  for (const word of words) {
    const next = push(stack, word as Glyph, x);
    if (!next) return { stacks, result: null };
    stack = next;
    stacks.push(stack);
  }
  return { stacks, result: stack.length === 1 ? stack[0] : null };
}

const wordsOf = (response: readonly number[]): Glyph[] => response.filter((token) => token !== END).map((token) => GLYPHS[token]);
const isEnded = (response: readonly number[]): boolean => response[response.length - 1] === END;

/** Parts: one per test input, in order. */
function verify(prompt: readonly number[], response: readonly number[]): Verdict {
  const target = targetOf(prompt);
  const words = wordsOf(response);
  const parts = INPUTS.map((x) => (isEnded(response) && run(words, x).result === valueAt(target, x) ? 1 : 0));
  return { reward: parts.every((part) => part === 1) ? 1 : 0, parts };
}

const signed = (value: number): string => String(value).replace('-', '−');

/** The running stack at the first input where the program fails, or at the last one; then how many tests pass. */
function render(prompt: readonly number[], response: readonly number[]): Annotation[] {
  const target = targetOf(prompt);
  const { parts = [] } = verify(prompt, response);
  const failed = parts.indexOf(0);
  const x = INPUTS[failed < 0 ? INPUTS.length - 1 : failed];
  const words = wordsOf(response);
  const { stacks, result } = run(words, x);
  const annotations: Annotation[] = words.slice(0, stacks.length + 1).map((word, i) => {
    const place = { start: i, end: i + 1 };
    if (i < stacks.length) return { ...place, text: `x = ${signed(x)}: stack ${stacks[i].map(signed).join(' ')}` };
    return {
      ...place,
      text: word === '=' ? '= is no word of the language' : `too few numbers for ${word}, or too large a result`,
      mark: 'wrong',
    };
  });
  if (!isEnded(response)) return annotations;
  const count = parts.filter((part) => part === 1).length;
  const verdict = `${count} of ${INPUTS.length} tests pass`;
  const given = result === null ? 'leaves no single number' : `gives ${signed(result)}, not ${signed(valueAt(target, x))}`;
  const end = { start: response.length - 1, end: response.length };
  return [
    ...annotations,
    failed < 0 ? { ...end, text: verdict } : { ...end, text: `${verdict}; at x = ${signed(x)} it ${given}`, mark: 'wrong' },
  ];
}

/** A program for a function; a square is written `xx*` or `xd*`. */
function compile({ terms, constant }: Target, random: RandomStream): Glyph[] {
  const words: Glyph[] = terms.flatMap(({ base, coefficient, sign }, i) => {
    const square: Glyph[] = random.next() < 0.5 ? ['x', 'x', '*'] : ['x', 'd', '*'];
    const value: Glyph[] = base === 'xx' ? square : base === '|x|' ? ['x', '|'] : ['x'];
    const scaled: Glyph[] = coefficient > 1 ? [...value, `${coefficient}` as Glyph, '*'] : value;
    return i === 0 ? scaled : [...scaled, sign > 0 ? '+' : '-'];
  });
  return constant === 0 ? words : [...words, `${Math.abs(constant)}` as Glyph, constant > 0 ? '+' : '-'];
}

/** A program for a function that differs from the one asked for in some of its parts, and that now and then lacks a word. */
function demonstrate(prompt: readonly number[], random: RandomStream): number[] {
  const { terms, constant } = targetOf(prompt);
  const noisy = <T>(value: T, draw: (random: RandomStream) => T): T => (random.next() < PART_RANDOM ? draw(random) : value);
  const words = compile(
    {
      terms: terms.map(({ base, coefficient, sign }) => ({
        base: noisy(base, randomBase),
        coefficient: noisy(coefficient, randomCoefficient),
        sign: random.next() < SIGN_FLIPPED ? (sign > 0 ? -1 : 1) : sign,
      })),
      constant: noisy(constant, randomConstant),
    },
    random,
  );
  if (random.next() < WORD_LOST) words.splice(random.integer(words.length), 1);
  return [...words.map(id), END];
}

/** Programs with unit tests of different difficulty: partial passes. */
export const programs: Task = {
  meta: {
    id: 'programs',
    title: 'Programs',
    sentence:
      'The model writes a program for a stack machine that computes the function in the prompt; it is right when all five unit tests pass.',
    legend: 'x 1 2 3 push a number, d duplicates the top, | is its absolute value, + − * join the two on top; . ends the program',
    provides: ['tests'],
    tests: INPUTS.map((x) => `x = ${signed(x)}`),
  },
  vocabulary: GLYPHS,
  endToken: END,
  maxTokens: 16,
  maxPromptTokens: 11,
  samplePrompt,
  verify,
  demonstrate,
  render,
  isFormatToken: (_prompt, response, position) => response[position] === END,
};
