/**
 * recheck: think, check again, answer. Add two to four digits modulo 10.
 *
 * Prompt `½7+5+9=`: how much effort to spend (¼ ½ ¾ F = full), then the sum. The response thinks, `2>1` (running sums), may
 * check again any number of times, each time opened by the wait token `?`, stops thinking with `|`, and answers: `2>1?2>1|1.`
 * Reward 1 where the response ends with `|`, the true sum, `.`; the effort token changes nothing about that. Every check
 * after the right sum was first reached is redundant, and exactly known to be so.
 */
import type { Span } from '../batch.ts';
import { hashText } from '../random.ts';
import type { RandomStream } from '../random.ts';
import { chunkRanges, thinkingEnd } from '../stages/chunks.ts';
import type { Annotation, Task, Verdict } from './types.ts';

const GLYPHS = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', '+', '=', '>', '?', '|', '.', '¼', '½', '¾', 'F'] as const;
const id = (glyph: (typeof GLYPHS)[number]): number => GLYPHS.indexOf(glyph);
const PLUS = id('+');
const EQUALS = id('=');
const THEN = id('>');
const WAIT = id('?');
const THINK_END = id('|');
const END = id('.');
/** The effort tokens, ascending, and the r that each asks for. */
const FIRST_EFFORT = id('¼');
const EFFORTS = [0.25, 0.5, 0.75, 1];

const MIN_ADDENDS = 2;
const MAX_ADDENDS = 4;
/** Thinking of the longest sum with three re-checks (4 × 5 + 3 tokens), think-end, answer, end: 26; two to spare. */
const MAX_TOKENS = 28;

/** Shares of the noisy demonstrations that the base model imitates; answers at once and re-checks by the effort asked for, ascending. */
const UNTHINKING_SHARE = [0.35, 0.2, 0.05, 0];
const UNTHINKING_RANDOM = 0.5;
const STEP_RANDOM = 0.2;
const ANSWER_RANDOM = 0.45;
/** Cumulative shares of 0, 1, 2 and 3 re-checks. */
const RECHECKS = [
  [0.35, 0.65, 0.88, 1],
  [0.25, 0.55, 0.82, 1],
  [0.15, 0.43, 0.73, 1],
  [0.1, 0.33, 0.63, 1],
];

const isDigit = (token: number | undefined): token is number => token !== undefined && token >= 0 && token <= 9;
const isWait = (token: number): boolean => token === WAIT;
const sumOf = (addends: readonly number[]): number => addends.reduce((a, b) => a + b, 0) % 10;

/** The addends of a prompt `ea+b+…=`. */
function addendsOf(prompt: readonly number[]): number[] {
  return prompt.filter((token) => isDigit(token));
}

/** By the sum alone, so that a held-out sum is not trained at another effort. */
function isHeldOut(addends: readonly number[]): boolean {
  return hashText(addends.join('+')) % 8 === 0;
}

function samplePrompt(random: RandomStream, heldOut = false, level?: number): number[] {
  for (;;) {
    const count = MIN_ADDENDS + random.integer(MAX_ADDENDS - MIN_ADDENDS + 1);
    const addends = Array.from({ length: count }, () => random.integer(10));
    if (isHeldOut(addends) !== heldOut) continue;
    const effort = FIRST_EFFORT + (level ?? random.integer(EFFORTS.length));
    return [effort, ...addends.flatMap((addend, i) => [addend, i < count - 1 ? PLUS : EQUALS])];
  }
}

/** The effort of the first token; the sum as a number, `7+5+9` as 1759. */
function effortOf(prompt: readonly number[]): { effort: number; query: number } {
  return { effort: EFFORTS[prompt[0] - FIRST_EFFORT], query: Number(`1${addendsOf(prompt).join('')}`) };
}

/** A chunk holds the right answer where the last number that it writes is the true sum. */
function spansOf(sum: number, response: readonly number[]): Span[] {
  const end = thinkingEnd(response, THINK_END);
  // A response that never stops thinking may still be ended: its end token is no thought.
  const thought = response[end - 1] === END ? end - 1 : end;
  const chunks = chunkRanges(response, thought, isWait).map(({ start, end: chunkEnd }, c): Span => {
    const written = response.slice(start, chunkEnd).filter(isDigit);
    const label = c === 0 ? 'work' : `re-check ${c}`;
    return { kind: 'chunk', start, end: chunkEnd, label, correct: written[written.length - 1] === sum };
  });
  return [...chunks, { kind: 'thought', start: 0, end: thought, label: 'thinking' }];
}

/** Where the answer stands: the last token but one of a response that ends with `|`, a digit, `.`; else −1. */
function answerPosition(response: readonly number[]): number {
  const position = response.length - 2;
  const isAnswered = response[position - 1] === THINK_END && isDigit(response[position]) && response[position + 1] === END;
  return isAnswered ? position : -1;
}

function verify(prompt: readonly number[], response: readonly number[]): Verdict {
  const sum = sumOf(addendsOf(prompt));
  return { reward: response[answerPosition(response)] === sum ? 1 : 0, spans: spansOf(sum, response) };
}

/** The thinking runs to its end token and includes it; a response that never stops thinking is all reasoning, but for its dot. */
function split(_prompt: readonly number[], response: readonly number[]): { reasoning: number; isWellFormed: boolean } {
  const stop = response.indexOf(THINK_END);
  const isEnded = response[response.length - 1] === END;
  const reasoning = stop >= 0 ? stop + 1 : response.length - (isEnded ? 1 : 0);
  return { reasoning, isWellFormed: stop >= 0 && answerPosition(response) === reasoning };
}

/** What each chunk works out, and the answer; chunks after the first right one are marked redundant. */
function render(prompt: readonly number[], response: readonly number[]): Annotation[] {
  const sum = sumOf(addendsOf(prompt));
  const annotations: Annotation[] = [];
  let isKnown = false;
  for (const { kind, start, end, correct } of spansOf(sum, response)) {
    if (kind !== 'chunk') continue;
    const written = response.slice(start, end).filter(isDigit).join(', ') || 'nothing';
    const text = isWait(response[start]) ? `checks again: ${written}` : `works out ${written}`;
    if (isKnown) annotations.push({ start, end, text: `${text} (the sum was known)`, mark: 'redundant' });
    else annotations.push(correct ? { start, end, text } : { start, end, text: `${text}: the sum is ${sum}`, mark: 'wrong' });
    isKnown ||= correct === true;
  }
  const position = answerPosition(response);
  if (position < 0) return annotations;
  const answer = { start: position, end: position + 1, text: `answers ${response[position]}` };
  return [...annotations, response[position] === sum ? answer : { ...answer, text: `${answer.text}, not ${sum}`, mark: 'wrong' }];
}

/** Running sums after each addend from the second on; a slip is carried on. */
function work(addends: readonly number[], random: RandomStream): number[] {
  let running = addends[0];
  return addends.slice(1).map((addend) => {
    running = random.next() < STEP_RANDOM ? random.integer(10) : (running + addend) % 10;
    return running;
  });
}

/** Sometimes answers at once, the more often the less effort is asked for; else works, checks again zero to three times, and answers what came out last or, often, anything. */
function demonstrate(prompt: readonly number[], random: RandomStream): number[] {
  const addends = addendsOf(prompt);
  const level = prompt[0] - FIRST_EFFORT;
  if (random.next() < UNTHINKING_SHARE[level])
    return [THINK_END, random.next() < UNTHINKING_RANDOM ? random.integer(10) : sumOf(addends), END];
  const u = random.next();
  const rechecks = RECHECKS[level].findIndex((share) => u < share);
  const response: number[] = [];
  let result = 0;
  for (let c = 0; c <= rechecks; c++) {
    const sums = work(addends, random);
    if (c > 0) response.push(WAIT);
    response.push(...sums.flatMap((sum, k) => (k === 0 ? [sum] : [THEN, sum])));
    result = sums[sums.length - 1];
  }
  return [...response, THINK_END, random.next() < ANSWER_RANDOM ? random.integer(10) : result, END];
}

/** Thinking, re-checks that may be redundant, and an answer; the prompt asks for an effort. */
export const recheck: Task = {
  meta: {
    id: 'recheck',
    title: 'Recheck',
    sentence:
      'The model adds two to four digits modulo 10, may check its sum again and again, then answers; it is right when the digit after the bar is the true sum.',
    legend: '¼ ½ ¾ F = effort asked for; digits are running sums mod 10; ? = check again, | = stop thinking; wrong results underlined',
    provides: ['chunks', 'answerLogprobs', 'proxyAnswerLogprobs', 'corpusLogprobs'],
  },
  vocabulary: GLYPHS,
  endToken: END,
  maxTokens: MAX_TOKENS,
  maxPromptTokens: 1 + 2 * MAX_ADDENDS,
  efforts: EFFORTS.length,
  samplePrompt,
  verify,
  demonstrate,
  reference: {
    answer: (prompt) => [sumOf(addendsOf(prompt)), END],
    split,
    plain: (prompt) => [THINK_END, sumOf(addendsOf(prompt)), END],
  },
  render,
  effortOf,
  isFormatToken: (_prompt, response, position) => response[position] === THEN || response[position] === END,
};
