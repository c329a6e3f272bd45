/**
 * countdown: reach a target with three or four numbers, each used exactly once.
 *
 * Prompt `3,5,2:13=` (numbers 1-9, target 10-99). The response is an expression over + - * without parentheses, ended by
 * `.`, e.g. `3+5*2.`. Reward 1 where it uses every number exactly once and its value is the target.
 */
import type { Span } from '../batch.ts';
import { hashText } from '../random.ts';
import type { RandomStream } from '../random.ts';
import { evaluate, OPERATORS, parseExpression, visitCompletions, without } from './expression.ts';
import type { Operator } from './expression.ts';
import type { Annotation, Task, Verdict } from './types.ts';

const GLYPHS = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', '+', '-', '*', ',', ':', '=', '.'] as const;
const id = (glyph: string): number => (GLYPHS as readonly string[]).indexOf(glyph);
const COMMA = id(',');
const COLON = id(':');
const EQUALS = id('=');
const END = id('.');
/** How a person writes them. */
const SIGNS: Readonly<Record<string, string>> = { '*': '×', '-': '−' };

/** Share of prompts with four numbers instead of three. */
const FOUR_SHARE = 0.2;
/** Share of demonstrations that join the numbers at random instead of solving the puzzle. */
const RANDOM_SHARE = 0.7;

interface Puzzle {
  numbers: number[];
  target: number;
}

function puzzleOf(prompt: readonly number[]): Puzzle {
  const colon = prompt.indexOf(COLON);
  return {
    numbers: prompt.slice(0, colon).filter((token) => token !== COMMA),
    target: Number(
      prompt
        .slice(colon + 1, prompt.indexOf(EQUALS))
        .map((token) => GLYPHS[token])
        .join(''),
    ),
  };
}

/** By the multiset of numbers and the target, so that a held-out puzzle is not a reordered training puzzle. */
function isHeldOut(numbers: readonly number[], target: number): boolean {
  return hashText(`${[...numbers].sort((a, b) => a - b).join(',')}:${target}`) % 8 === 0;
}

function shuffled(numbers: readonly number[], random: RandomStream): number[] {
  const out = [...numbers];
  for (let i = out.length - 1; i > 0; i--) {
    const j = random.integer(i + 1);
    [out[i], out[j]] = [out[j], out[i]];
  }
  return out;
}

const randomOperators = (count: number, random: RandomStream): Operator[] =>
  Array.from({ length: count }, () => OPERATORS[random.integer(OPERATORS.length)]);

/** Prompts are solvable by construction: the target is the value of a random expression over the numbers. */
function samplePrompt(random: RandomStream, heldOut = false): number[] {
  for (;;) {
    const count = random.next() < FOUR_SHARE ? 4 : 3;
    const numbers = Array.from({ length: count }, () => 1 + random.integer(9));
    const target = evaluate(shuffled(numbers, random), randomOperators(count - 1, random));
    if (target < 10 || target > 99 || isHeldOut(numbers, target) !== heldOut) continue;
    const prompt = numbers.flatMap((number, i) => (i === 0 ? [number] : [COMMA, number]));
    return [...prompt, COLON, Math.floor(target / 10), target % 10, EQUALS];
  }
}

const canReach = (
  prefix: { numbers: readonly number[]; operators: readonly Operator[] },
  pool: readonly number[],
  target: number,
): boolean => visitCompletions(prefix, pool, (numbers, operators) => evaluate(numbers, operators) === target);

/**
 * One span a number (with the operator before it). A step is right while the target can still be reached and wrong
 * where it put the target out of reach; what comes after that is neither.
 */
function spansOf({ numbers: pool, target }: Puzzle, response: readonly number[]): Span[] {
  const spans: Span[] = [];
  const body = response.map((token) => GLYPHS[token] as string);
  for (let end = 1; end <= body.length; end += 2) {
    const parsed = parseExpression(body.slice(0, end));
    if (!parsed) break;
    const left = without(pool, parsed.numbers);
    const isLost = spans.some((span) => span.correct === false);
    const isRight = left !== null && canReach(parsed, left, target);
    const start = Math.max(0, end - 2);
    spans.push({
      kind: 'step',
      start,
      end,
      label: `${body.slice(0, end).join('')}=${evaluate(parsed.numbers, parsed.operators)}`,
      ...(isLost ? {} : { correct: isRight }),
    });
  }
  return spans;
}

function verify(prompt: readonly number[], response: readonly number[]): Verdict {
  const puzzle = puzzleOf(prompt);
  const isEnded = response[response.length - 1] === END;
  const parsed = isEnded ? parseExpression(response.slice(0, -1).map((token) => GLYPHS[token])) : null;
  const isRight =
    parsed !== null &&
    without(puzzle.numbers, parsed.numbers)?.length === 0 &&
    evaluate(parsed.numbers, parsed.operators) === puzzle.target;
  return { reward: isRight ? 1 : 0, spans: spansOf(puzzle, response) };
}

/** The value of the expression so far, after each number. */
function render(prompt: readonly number[], response: readonly number[]): Annotation[] {
  const puzzle = puzzleOf(prompt);
  return spansOf(puzzle, response).map(({ start, end, label, correct }): Annotation => {
    const [expression, value] = label.split('=');
    const text = `${expression.replace(/[-+*]/g, (sign) => ` ${SIGNS[sign] ?? sign} `)} = ${value.replace('-', '−')}`;
    return correct === false ? { start, end, text: `${text}: ${puzzle.target} is out of reach`, mark: 'wrong' } : { start, end, text };
  });
}

const write = (numbers: readonly number[], operators: readonly Operator[]): number[] => [
  ...numbers.flatMap((number, i) => (i === 0 ? [number] : [id(operators[i - 1]), number])),
  END,
];

function demonstrate(prompt: readonly number[], random: RandomStream): number[] {
  const { numbers, target } = puzzleOf(prompt);
  if (random.next() < RANDOM_SHARE) return write(shuffled(numbers, random), randomOperators(numbers.length - 1, random));
  const solutions: number[][] = [];
  visitCompletions({ numbers: [], operators: [] }, numbers, (chosen, operators) => {
    if (evaluate(chosen, operators) === target) solutions.push(write(chosen, operators));
    return false;
  });
  return solutions[random.integer(solutions.length)];
}

/** The second task: real branching, an expression that hits a target. */
export const countdown: Task = {
  meta: {
    id: 'countdown',
    title: 'Countdown',
    sentence:
      'The model joins three or four numbers with + − × to hit a target; it is right when every number is used exactly once and the value is the target.',
    legend: 'numbers before the colon, then the target; × binds tighter; the step that puts the target out of reach is underlined',
    provides: ['steps'],
  },
  vocabulary: GLYPHS,
  endToken: END,
  maxTokens: 10,
  maxPromptTokens: 11,
  samplePrompt,
  verify,
  demonstrate,
  render,
  isFormatToken: (_prompt, response, position) => response[position] === END,
};
