/**
 * oops: add four digits modulo 10 in explicit steps, with a token that takes the step before it back.
 *
 * Prompt `7+5+9+4=`. The response writes each step out, `7+5=2;2+9=1;1+4=5;`, and the answer, `5.`. The undo token `!`
 * cancels the step before it, which is then done again: `7+5=3;!7+5=2;…`. Reward 1 where the last step is an answer and its
 * digit is the true sum.
 */
import type { Span } from '../batch.ts';
import { hashText } from '../random.ts';
import type { RandomStream } from '../random.ts';
import type { Annotation, Task, Verdict } from './types.ts';

const GLYPHS = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', '+', '=', ';', '!', '.'] as const;
const id = (glyph: (typeof GLYPHS)[number]): number => GLYPHS.indexOf(glyph);
const PLUS = id('+');
const EQUALS = id('=');
const STOP = id(';');
const UNDO = id('!');
const END = id('.');

const ADDENDS = 4;
/** Three steps and two of them again (5 × 6), two undo tokens and the answer: 34; two to spare. */
const MAX_TOKENS = 36;

/** Shares of the noisy demonstrations that the base model imitates. */
const STEP_RANDOM = 0.45;
const UNDO_WRONG = 0.5;
const UNDO_RIGHT = 0.04;
const MAX_UNDOS = 2;

const isDigit = (token: number | undefined): token is number => token !== undefined && token >= 0 && token <= 9;
const sumOf = (addends: readonly number[]): number => addends.reduce((a, b) => a + b, 0) % 10;

function addendsOf(prompt: readonly number[]): number[] {
  return prompt.filter((token) => isDigit(token));
}

/** One prompt in eight (about 1,250 of 10,000) is kept for evaluation and is never trained on. */
function isHeldOut(addends: readonly number[]): boolean {
  return hashText(addends.join('+')) % 8 === 0;
}

function samplePrompt(random: RandomStream, heldOut = false): number[] {
  for (;;) {
    const addends = Array.from({ length: ADDENDS }, () => random.integer(10));
    if (isHeldOut(addends) === heldOut) return addends.flatMap((addend, i) => [addend, i < ADDENDS - 1 ? PLUS : EQUALS]);
  }
}

/** A stretch of a response that ends with `;` or `.`, or before an undo token; undo tokens open the step that follows them. */
interface Segment {
  start: number;
  end: number;
  /** Undo tokens that it opens with. */
  undos: number;
  /** `a+b=c;` as [a, b, c]; null for anything else. */
  sum: readonly [number, number, number] | null;
  /** The digit of `d.`, null for anything else. */
  answer: number | null;
}

function segmentOf(response: readonly number[], start: number, end: number): Segment {
  let undos = 0;
  while (start + undos < end && response[start + undos] === UNDO) undos++;
  const body = response.slice(start + undos, end);
  const [a, plus, b, equals, c, stop] = body;
  const isSum = body.length === 6 && plus === PLUS && equals === EQUALS && stop === STOP && isDigit(a) && isDigit(b) && isDigit(c);
  const isAnswer = body.length === 2 && isDigit(body[0]) && body[1] === END;
  return { start, end, undos, sum: isSum ? [a, b, c] : null, answer: isAnswer ? body[0] : null };
}

/** The segments cover the response in order. */
function segmentsOf(response: readonly number[]): Segment[] {
  const segments: Segment[] = [];
  let start = 0;
  for (let t = 1; t <= response.length; t++) {
    const isClosed = response[t - 1] === STOP || response[t - 1] === END;
    const isUndone = response[t] === UNDO && response[t - 1] !== UNDO;
    if (t < response.length && !isClosed && !isUndone) continue;
    segments.push(segmentOf(response, start, t));
    start = t;
  }
  return segments;
}

interface Step extends Segment {
  /** What the step should have been: the number before it plus the next addend. Null where nothing can follow. */
  wanted: readonly [number, number, number] | null;
  isRight: boolean;
  isTakenBack: boolean;
  isAdopted: boolean;
}

/**
 * Every step, exactly judged. A sum is right where it adds the next addend to the result of the last step that stands; the
 * answer is right where it is the true sum. Adopted are the answer and, backwards from it, the standing steps that hand
 * their result on to it.
 */
function stepsOf(addends: readonly number[], response: readonly number[]): Step[] {
  const standing: Step[] = [];
  const steps = segmentsOf(response).map((segment): Step => {
    for (let k = 0; k < segment.undos; k++) {
      const undone = standing.pop();
      if (undone) undone.isTakenBack = true;
    }
    const before = standing.length > 0 ? standing[standing.length - 1].sum?.[2] : addends[0];
    const next = addends[standing.length + 1];
    const wanted = before === undefined || next === undefined ? null : ([before, next, (before + next) % 10] as const);
    const isRight =
      segment.answer === null ? segment.sum !== null && segment.sum.join() === wanted?.join() : segment.answer === sumOf(addends);
    const step = { ...segment, wanted, isRight, isTakenBack: false, isAdopted: false };
    if (segment.answer === null) standing.push(step);
    return step;
  });
  const last = steps[steps.length - 1];
  if (last === undefined || last.answer === null) return steps;
  last.isAdopted = true;
  let used = last.answer;
  for (const step of standing.reverse()) {
    if (step.sum?.[2] !== used) break;
    step.isAdopted = true;
    used = step.sum[0];
  }
  return steps;
}

const textOf = (tokens: readonly number[]): string => tokens.map((token) => GLYPHS[token]).join('');

const spansOf = (addends: readonly number[], response: readonly number[]): Span[] =>
  stepsOf(addends, response).map(({ start, end, isRight, isTakenBack, isAdopted }) => ({
    kind: 'step',
    start,
    end,
    label: textOf(response.slice(start, end).filter((token) => token !== STOP)),
    correct: isRight && !isTakenBack,
    adopted: isAdopted,
  }));

/** The digit of the answer that a response ends with, or null. */
function answerOf(response: readonly number[]): number | null {
  const [before, digit, end] = [-3, -2, -1].map((place) => response.at(place));
  const isAlone = before === undefined || [STOP, END, UNDO].includes(before);
  return isAlone && isDigit(digit) && end === END ? digit : null;
}

function verify(prompt: readonly number[], response: readonly number[]): Verdict {
  const addends = addendsOf(prompt);
  return {
    reward: answerOf(response) === sumOf(addends) ? 1 : 0,
    // Judged when somebody reads it: the oracle verifies every leaf of a tree, 20,000 of them, and wants the reward alone.
    get spans() {
      return spansOf(addends, response);
    },
  };
}

/** Each sum with what it should have been, and whether it was taken back; the answer. */
function render(prompt: readonly number[], response: readonly number[]): Annotation[] {
  const addends = addendsOf(prompt);
  return stepsOf(addends, response).flatMap(({ start, end, undos, sum, answer, wanted, isRight, isTakenBack }): Annotation[] => {
    const body = { start: start + undos, end };
    const opening = undos > 0 ? [{ start, end: body.start, text: undos > 1 ? `takes ${undos} steps back` : 'takes the step back' }] : [];
    if (body.start === end) return opening;
    if (answer !== null) {
      const text = `answers ${answer}`;
      return [...opening, isRight ? { ...body, text } : { ...body, text: `${text}, not ${sumOf(addends)}`, mark: 'wrong' }];
    }
    const written = sum ? `${sum[0]} + ${sum[1]} = ${sum[2]} mod 10` : `${textOf(response.slice(body.start, end))} is no step`;
    const should = wanted ? `: should be ${wanted[0]} + ${wanted[1]} = ${wanted[2]}` : ': one step too many';
    const text = isRight || !sum ? written : `${written}${should}`;
    if (isTakenBack) return [...opening, { ...body, text: `${text} (taken back)`, mark: 'undone' }];
    return [...opening, isRight ? { ...body, text } : { ...body, text, mark: 'wrong' }];
  });
}

/** Steps with slips; half of the wrong ones, and now and then a right one, are taken back and done again. */
function demonstrate(prompt: readonly number[], random: RandomStream): number[] {
  const addends = addendsOf(prompt);
  const response: number[] = [];
  let running = addends[0];
  let undos = 0;
  for (let k = 1; k < addends.length; ) {
    const right = (running + addends[k]) % 10;
    const written = random.next() < STEP_RANDOM ? random.integer(10) : right;
    response.push(running, PLUS, addends[k], EQUALS, written, STOP);
    if (undos < MAX_UNDOS && random.next() < (written === right ? UNDO_RIGHT : UNDO_WRONG)) {
      response.push(UNDO);
      undos++;
      continue;
    }
    running = written;
    k++;
  }
  return [...response, running, END];
}

/** Sums in explicit steps, of which a wrong one can be taken back. */
export const oops: Task = {
  meta: {
    id: 'oops',
    title: 'Oops',
    sentence:
      'The model adds four digits modulo 10, writes every step out and can take the last one back; it is right when the digit before the final dot is the true sum.',
    legend:
      'each step is a sum mod 10 and ends with ; the ! takes the step before it back; wrong steps underlined, undone ones crossed out',
    provides: ['steps'],
  },
  vocabulary: GLYPHS,
  endToken: END,
  maxTokens: MAX_TOKENS,
  maxPromptTokens: 2 * ADDENDS,
  samplePrompt,
  verify,
  demonstrate,
  render,
  isFormatToken: (_prompt, response, position) => [PLUS, EQUALS, STOP, END].includes(response[position]),
};
