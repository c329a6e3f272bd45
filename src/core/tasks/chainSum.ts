/**
 * chain-sum: add four digits modulo 10, either directly or in steps.
 *
 * Prompt `7+5+9+4=`. The response opens with a strategy token: `S2>1>5.` writes the running sums (mod 10) after the
 * second, third and fourth addend; `D5.` answers at once. Reward 1 where the digit directly before `.` is the true sum mod 10.
 */
import type { Span } from '../batch.ts';
import { hashText } from '../random.ts';
import type { RandomStream } from '../random.ts';
import type { Annotation, Task, Verdict } from './types.ts';

const GLYPHS = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', '+', '=', 'S', 'D', '>', '.'] as const;
const PLUS = GLYPHS.indexOf('+');
const EQUALS = GLYPHS.indexOf('=');
const STEPS = GLYPHS.indexOf('S');
const DIRECT = GLYPHS.indexOf('D');
const THEN = GLYPHS.indexOf('>');
const END = GLYPHS.indexOf('.');

const ADDENDS = 4;
/** Shares of the noisy demonstrations that the base model imitates. */
const DIRECT_SHARE = 0.5;
const DIRECT_RANDOM = 0.5;
const STEP_RANDOM = 0.15;

const isDigit = (token: number | undefined): token is number => token !== undefined && token >= 0 && token <= 9;

const sumOf = (addends: readonly number[]): number => addends.reduce((a, b) => a + b, 0) % 10;

/** The four addends of a prompt `a+b+c+d=`. */
function addendsOf(prompt: readonly number[]): number[] {
  return prompt.filter((_, position) => position % 2 === 0 && position < 2 * ADDENDS);
}

/** One prompt in eight (about 1,250 of 10,000) is kept for evaluation and is never trained on. */
function isHeldOut(prompt: readonly number[]): boolean {
  return hashText(prompt.map((token) => GLYPHS[token]).join('')) % 8 === 0;
}

function samplePrompt(random: RandomStream, heldOut = false): number[] {
  for (;;) {
    const prompt: number[] = [];
    for (let i = 0; i < ADDENDS; i++) prompt.push(random.integer(10), i < ADDENDS - 1 ? PLUS : EQUALS);
    if (isHeldOut(prompt) === heldOut) return prompt;
  }
}

/** The running sums that a response in steps writes, in order, up to the first token that breaks the pattern. */
function runningSums(response: readonly number[]): number[] {
  const written: number[] = [];
  if (response[0] !== STEPS) return written;
  for (let position = 1; written.length < ADDENDS - 1; position += 2) {
    const digit = response[position];
    if (!isDigit(digit) || (position > 1 && response[position - 1] !== THEN)) break;
    written.push(digit);
  }
  return written;
}

/**
 * The steps of a response. A step is right where it follows from the number written before it, so that after one slip
 * only the slip is wrong, and not what was correctly added to it.
 */
function stepsOf(addends: readonly number[], response: readonly number[]): Span[] {
  if (response[0] === DIRECT && isDigit(response[1])) {
    const correct = response[1] === sumOf(addends);
    return [{ kind: 'step', start: 1, end: 2, label: `${addends.join('+')}=${response[1]}`, correct }];
  }
  let before = addends[0];
  return runningSums(response).map((digit, i) => {
    const start = 2 * i + 1;
    const label = `${before}+${addends[i + 1]}=${digit}`;
    const correct = digit === (before + addends[i + 1]) % 10;
    before = digit;
    return { kind: 'step', start, end: start + 1, label, correct };
  });
}

/** Parts: is the true running sum written after the second, third and fourth addend, and is the answer right? */
function verify(prompt: readonly number[], response: readonly number[]): Verdict {
  const addends = addendsOf(prompt);
  const answer = response[response.length - 2];
  const isRight = response[response.length - 1] === END && isDigit(answer) && answer === sumOf(addends);
  const written = runningSums(response);
  const sums = addends.slice(1).map((_, i) => (written[i] === sumOf(addends.slice(0, i + 2)) ? 1 : 0));
  const chunk: Span = { kind: 'chunk', start: 0, end: response.length, label: 'the whole answer', correct: isRight };
  return { reward: isRight ? 1 : 0, parts: [...sums, isRight ? 1 : 0], spans: [...stepsOf(addends, response), chunk] };
}

/** The answer is the digit before the final dot; all before it is reasoning, the strategy included. One cut off has no answer. */
function split(_prompt: readonly number[], response: readonly number[]): { reasoning: number; isWellFormed: boolean } {
  const last = response.length - 1;
  if (response[last] !== END) return { reasoning: response.length, isWellFormed: false };
  const hasAnswer = isDigit(response[last - 1]);
  const reasoning = hasAnswer ? last - 1 : last;
  const isSteps = response[0] === STEPS && (reasoning === 1 || response[reasoning - 1] === THEN);
  return { reasoning, isWellFormed: hasAnswer && (isSteps || (response[0] === DIRECT && reasoning === 1)) };
}

/** The strategy, and each sum with what it should have been. */
function render(prompt: readonly number[], response: readonly number[]): Annotation[] {
  const addends = addendsOf(prompt);
  const strategy = response[0] === STEPS ? 'in steps' : response[0] === DIRECT ? 'directly' : null;
  let before = addends[0];
  const steps = stepsOf(addends, response).map(({ start, end, correct }): Annotation => {
    const terms = response[0] === DIRECT ? addends : [before, addends[(start + 1) / 2]];
    before = response[start];
    const text = `${terms.join(' + ')} = ${before} mod 10`;
    return correct ? { start, end, text } : { start, end, text: `${text}: should be ${sumOf(terms)}`, mark: 'wrong' };
  });
  return [...(strategy ? [{ start: 0, end: 1, text: strategy }] : []), ...steps];
}

function demonstrate(prompt: readonly number[], random: RandomStream): number[] {
  const addends = addendsOf(prompt);
  if (random.next() < DIRECT_SHARE) {
    return [DIRECT, random.next() < DIRECT_RANDOM ? random.integer(10) : sumOf(addends), END];
  }
  const response = [STEPS];
  let running = addends[0];
  for (let k = 1; k < addends.length; k++) {
    running = random.next() < STEP_RANDOM ? random.integer(10) : (running + addends[k]) % 10;
    if (k > 1) response.push(THEN);
    response.push(running);
  }
  response.push(END);
  return response;
}

/** The default task: adding four digits modulo 10, with a strategy token. */
export const chainSum: Task = {
  meta: {
    id: 'chain-sum',
    title: 'Chain sum',
    sentence: 'The model adds four digits modulo 10; it is right when the digit before the final dot is the true sum.',
    legend: 'S = in steps, D = direct; digits are running sums mod 10; wrong steps underlined',
    provides: ['steps', 'chunks', 'tests', 'answerLogprobs', 'proxyAnswerLogprobs', 'corpusLogprobs'],
    tests: ['sum of 2', 'sum of 3', 'sum of 4', 'answer'],
  },
  vocabulary: GLYPHS,
  endToken: END,
  maxTokens: 10,
  maxPromptTokens: 2 * ADDENDS,
  samplePrompt,
  verify,
  demonstrate,
  reference: {
    answer: (prompt) => [sumOf(addendsOf(prompt)), END],
    split,
    plain: (prompt) => [DIRECT, sumOf(addendsOf(prompt)), END],
  },
  render,
  isFormatToken: (_prompt, response, position) => response[position] === THEN || response[position] === END,
};
