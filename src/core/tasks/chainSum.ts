/**
 * chain-sum: add four digits modulo 10, either directly or in steps.
 *
 * Prompt `7+5+9+4=`. The response opens with a strategy token: `S2>1>5.` writes the running sums (mod 10) after the
 * second, third and fourth addend; `D5.` answers at once. Reward 1 where the digit directly before `.` is the true sum mod 10.
 */
import type { Span } from '../batch.ts';
import { hashText } from '../random.ts';
import type { RandomStream } from '../random.ts';
import type { Task, Verdict } from './types.ts';

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

/**
 * The steps of a response. A step is right where it follows from the number written before it, so that after one slip
 * only the slip is wrong, and not what was correctly added to it.
 */
function spansOf(addends: readonly number[], response: readonly number[]): Span[] {
  const spans: Span[] = [];
  if (response[0] === DIRECT && isDigit(response[1])) {
    const sum = addends.reduce((a, b) => a + b, 0) % 10;
    spans.push({ kind: 'step', start: 1, end: 2, label: `${addends.join('+')}=${response[1]}`, correct: response[1] === sum });
  }
  if (response[0] !== STEPS) return spans;
  let before = addends[0];
  for (let k = 1; k < addends.length; k++) {
    const position = 2 * k - 1;
    const digit = response[position];
    if (!isDigit(digit) || (k > 1 && response[position - 1] !== THEN)) break;
    spans.push({
      kind: 'step',
      start: position,
      end: position + 1,
      label: `${before}+${addends[k]}=${digit}`,
      correct: digit === (before + addends[k]) % 10,
    });
    before = digit;
  }
  return spans;
}

function verify(prompt: readonly number[], response: readonly number[]): Verdict {
  const addends = addendsOf(prompt);
  const sum = addends.reduce((a, b) => a + b, 0) % 10;
  const answer = response[response.length - 2];
  const isRight = response[response.length - 1] === END && isDigit(answer) && answer === sum;
  return { reward: isRight ? 1 : 0, spans: spansOf(addends, response) };
}

function demonstrate(prompt: readonly number[], random: RandomStream): number[] {
  const addends = addendsOf(prompt);
  if (random.next() < DIRECT_SHARE) {
    const sum = addends.reduce((a, b) => a + b, 0) % 10;
    return [DIRECT, random.next() < DIRECT_RANDOM ? random.integer(10) : sum, END];
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
  },
  vocabulary: GLYPHS,
  endToken: END,
  maxTokens: 10,
  maxPromptTokens: 2 * ADDENDS,
  samplePrompt,
  verify,
  demonstrate,
  isFormatToken: (_prompt, response, position) => response[position] === THEN || response[position] === END,
};
