/** The one sentence under the matrix: what the viewed method does to this group, in the numbers of its trace. */
import type { RolloutBatch } from '../../core/batch.ts';
import { CLIP_STATE } from '../../core/pipeline.types.ts';
import { buildPrefixTree } from '../../core/prefixTree.ts';
import type { PrefixTree } from '../../core/prefixTree.ts';
import { formatNumber } from '../../ui/number.ts';
import { countWord, sentenceCase, timesWord } from './words.ts';

/** Plain text, a method's name, tokens, or a signed number. */
export type Part = { kind: 'text' | 'strong' | 'code'; text: string } | { kind: 'number'; text: string; value: number };

export interface DescribeInput {
  batch: RolloutBatch;
  group: number;
  vocabulary: readonly string[];
  /** The viewed method's title and what it changes. */
  title: string;
  family: string;
  /** The method has no policy gradient. */
  isWithoutGradient?: boolean;
  /** [N] the numbers of the credit lane, and the advantages beneath them. */
  values: Float64Array;
  advantages: Float64Array;
  /** [N] ratio of each token, by which its credit is multiplied; null where the numbers are not credit. */
  ratios: Float64Array | null;
  /** [N] CLIP_STATE: tokens whose ratio cut their gradient off do not count in the comparison; those that the method leaves out do, as 0. */
  clipState: Uint8Array;
  /** [N] the true value before and after each token, where the method credits their difference. */
  worth: { before: Float64Array; after: Float64Array } | null;
  /** The flat method's title and its numbers of the same kind, [N], for comparison; null where it is the viewed one. */
  flat: { title: string; values: Float64Array; clipState: Uint8Array } | null;
}

const NOTHING = 1e-9;
/** Rows this close are as good examples, and a wrong answer makes the better one. */
const AS_GOOD = 0.25;
/** A response whose numbers differ by less than this share is spoken of as one number. */
const ABOUT = 0.1;
/** Two numbers that would print the same are the same. */
const PRINT_STEP = 0.005;

const text = (words: string): Part => ({ kind: 'text', text: words });
const code = (words: string): Part => ({ kind: 'code', text: words });
const strong = (words: string): Part => ({ kind: 'strong', text: words });
const number = (value: number): Part => ({ kind: 'number', text: formatNumber(value, 2, { sign: true }), value });

interface Row {
  start: number;
  end: number;
  reward: number;
}

/** Builds the sentence. It states counts and numbers that are there, never a cause that it does not know. */
export function describe(input: DescribeInput): Part[] {
  const { batch, group, title, values } = input;
  const { start, end } = batch.groups[group];
  const rows: Row[] = batch.responses.slice(start, end).filter((row) => row.end > row.start);
  if (rows.length === 0) return [text('This prompt has no samples.')];
  const numbers = rows.flatMap((row) => [...values.subarray(row.start, row.end)]);
  const isSame = rows.every((row) => row.reward === rows[0].reward);
  if (numbers.every(Number.isNaN)) {
    const why = isSame ? sameRewards(rows) : 'its sampling stage does not keep this group';
    return [strong(title), text(` leaves this prompt out of the update: ${why}.`)];
  }
  if (numbers.every((value) => Number.isNaN(value) || Math.abs(value) < NOTHING)) {
    if (input.isWithoutGradient)
      return [strong(title), text(' credits no token: it has no policy gradient and trains only its own numbers.')];
    if (isSame)
      return [text(`${sentenceCase(sameRewards(rows))}, so `), strong(title), text(' has nothing to compare: no token gets any credit.')];
    return [strong(title), text(' gives no token of this prompt any credit at this update.')];
  }
  if (numbers.every((value) => Number.isNaN(value) || Math.abs(value) < PRINT_STEP))
    return [strong(title), text(` gives this prompt hardly any credit: less than ${PRINT_STEP} on every token.`)];
  const tree = buildPrefixTree(batch, group);
  const isFlat = rows.every((row) => spread(withoutRatio(input), row, input.clipState).size < PRINT_STEP);
  return isFlat ? describeFlat(input, rows, tree) : describeUneven(input, rows, tree);
}

/** What the method itself says, before the policy moved away from the one that drew the samples. */
function withoutRatio({ values, ratios }: DescribeInput): Float64Array {
  return ratios ? values.map((value, i) => (ratios[i] > 0 ? value / ratios[i] : value)) : values;
}

function sameRewards(rows: readonly Row[]): string {
  const count = countWord(rows.length);
  if (rows.every((row) => row.reward === 1)) return `all ${count} samples were right`;
  if (rows.every((row) => row.reward <= 0)) return `all ${count} samples were wrong`;
  return `its ${count} samples are alike to it`;
}

const isCut = (state: number | undefined): boolean => state === CLIP_STATE.clipped || state === CLIP_STATE.dualClipped;

/** Places of the largest and the smallest |value| of a response, and how far apart they are. */
function spread(values: Float64Array, row: Row, clipState: Uint8Array | null): { size: number; most: number; least: number } {
  let most = -1;
  let least = -1;
  for (let i = row.start; i < row.end; i++) {
    if (Number.isNaN(values[i]) || isCut(clipState?.[i])) continue;
    if (most < 0 || Math.abs(values[i]) > Math.abs(values[most]) + NOTHING) most = i;
    if (least < 0 || Math.abs(values[i]) < Math.abs(values[least]) - NOTHING) least = i;
  }
  return { size: most < 0 ? 0 : Math.abs(values[most] - values[least]), most, least };
}

/** The best row by a score; ties go to the wrong answer, then to the longer, then to the first. */
function bestRow(rows: readonly Row[], score: (row: Row) => number): Row {
  let best = rows[0];
  for (const row of rows.slice(1)) {
    const gain = score(row) - score(best);
    const isTied = Math.abs(gain) <= AS_GOOD * score(best);
    const length = row.end - row.start - (best.end - best.start);
    if (isTied ? row.reward < best.reward || (row.reward === best.reward && length > 0) : gain > 0) best = row;
  }
  return best;
}

function describeFlat(input: DescribeInput, rows: readonly Row[], tree: PrefixTree): Part[] {
  const jump = (i: number): number => Math.abs(tree.valueAfter[i - tree.tokenStart] - tree.valueBefore[i - tree.tokenStart]);
  const places = (row: Row): number[] => Array.from({ length: row.end - row.start }, (_, k) => row.start + k);
  const row = bestRow(
    rows.filter((candidate) => Math.abs(input.advantages[candidate.start]) > NOTHING),
    (candidate) => Math.max(...places(candidate).map(jump)),
  );
  const turn = places(row).reduce((best, i) => (jump(i) > jump(best) + NOTHING ? i : best), row.start);
  const count = row.end - row.start;
  // A length-normalised loss scales a whole response, so that credit may be flat and still not be the advantage.
  const { size, most, least } = spread(input.values, row, input.clipState);
  const isSame = spread(input.values, row, null).size < PRINT_STEP;
  const isAbout = !isSame && most >= 0 && size < ABOUT * Math.abs(input.values[most]);
  const advantage = input.advantages[row.start];
  const value = isSame ? input.values[row.start] : isAbout ? (input.values[most] + input.values[least]) / 2 : advantage;
  const tokens = code(textOf(input, row.start, row.end));
  const body = isSame
    ? [text(' alike: '), number(value), text(` ${timesWord(count)}`)]
    : isAbout
      ? [text(' alike: about '), number(value), text(' each')]
      : [text(' the same advantage, '), number(value)];
  const verb = isSame || isAbout ? (value < 0 ? ' blames every token of ' : ' rewards every token of ') : ' gives every token of ';
  return [strong(input.title), text(verb), tokens, ...body, ...although(input, row, turn, tree, value), text('.')];
}

/** What speaks against giving the whole response one number: most samples through its first part ended the other way. */
function although(input: DescribeInput, row: Row, turn: number, tree: PrefixTree, value: number): Part[] {
  const count = tree.countBefore[turn - tree.tokenStart];
  const share = tree.valueBefore[turn - tree.tokenStart];
  if (turn === row.start || count < 2 || !isBinary(input) || (value < 0 ? share <= 0.5 : share >= 0.5)) return [];
  return [text(', although '), ...through(input, row, turn, tree)];
}

function isBinary({ batch, group }: DescribeInput): boolean {
  const { start, end } = batch.groups[group];
  return batch.responses.slice(start, end).every(({ reward }) => reward === 0 || reward === 1);
}

/** "three of the four samples through S0>8> were right". */
function through(input: DescribeInput, row: Row, place: number, tree: PrefixTree): Part[] {
  const count = tree.countBefore[place - tree.tokenStart];
  const value = tree.valueBefore[place - tree.tokenStart];
  const where = place === row.start ? [] : [text(' through '), code(textOf(input, row.start, place))];
  const all = count === 1 ? 'the one sample' : `the ${countWord(count)} samples`;
  if (!isBinary(input)) return [text(all), ...where, text(` scored ${formatNumber(value, 2)} on average`)];
  const right = Math.round(value * count);
  const subject =
    count === 1
      ? all
      : right === count
        ? `all ${countWord(count)} samples`
        : right === 0
          ? `none of ${all}`
          : `${right < count / 2 ? 'only ' : ''}${countWord(right)} of ${all}`;
  return [text(subject), ...where, text(right === 1 || count === 1 ? ' was right' : ' were right')];
}

function describeUneven(input: DescribeInput, rows: readonly Row[], tree: PrefixTree): Part[] {
  const { values, clipState } = input;
  const row = bestRow(rows, (candidate) => spread(values, candidate, clipState).size);
  const { most, least, size } = spread(values, row, clipState);
  const head = [
    strong(input.title),
    text(' puts '),
    number(values[most]),
    text(` on ${wording(input, row, most)}`),
    code(textOf(input, most, most + 1)),
  ];
  if (size < PRINT_STEP) return [...head, text(', as on every token of '), code(textOf(input, row.start, row.end)), text('.')];
  const isOpposite = values[most] * values[least] < 0;
  const isSmall = Math.abs(values[least]) < Math.abs(values[most]) / 2;
  const amount =
    Math.abs(values[least]) < PRINT_STEP
      ? [text(' and nothing on ')]
      : [text(isOpposite ? ' but ' : isSmall ? ' and only ' : ' and '), number(values[least]), text(' on ')];
  return [...head, ...amount, code(textOf(input, least, least + 1)), ...reason(input, row, most, least, tree), text('.')];
}

/** What stands in the trace beside that number: prefix counts for tree methods, entropies for entropy methods, true values for the truth, else the flat credit. */
function reason(input: DescribeInput, row: Row, most: number, least: number, tree: PrefixTree): Part[] {
  const entropies = input.batch.fields.entropies ?? input.batch.fields.oldEntropies;
  if (input.family === 'tree' && tree.countBefore[most - tree.tokenStart] > 1) return [text(': '), ...through(input, row, most, tree)];
  if (input.family === 'entropy' && entropies) {
    return [
      text(`: the model’s entropy was ${formatNumber(entropies[most], 2)} nats at `),
      code(textOf(input, most, most + 1)),
      text(` and ${formatNumber(entropies[least], 2)} at `),
      code(textOf(input, least, least + 1)),
      ...compared(input, row),
    ];
  }
  if (input.worth) {
    const { before, after } = input.worth;
    return [
      text(`: the chance of the reward went from ${formatNumber(before[most], 2)} to ${formatNumber(after[most], 2)} there`),
      ...compared(input, row),
    ];
  }
  return compared(input, row);
}

function compared({ flat }: DescribeInput, row: Row): Part[] {
  if (!flat) return [];
  const { size, most, least } = spread(flat.values, row, flat.clipState);
  if (most < 0 || size >= ABOUT * Math.abs(flat.values[most])) return [];
  const about = size < PRINT_STEP ? '' : 'about ';
  return [
    text('; '),
    strong(flat.title),
    text(` gives all ${countWord(row.end - row.start)} tokens ${about}`),
    number((flat.values[most] + flat.values[least]) / 2),
  ];
}

/** "the wrong " where the task's own evaluator says so. */
function wording({ batch }: DescribeInput, row: Row, place: number): string {
  const response = batch.responses.find(({ start }) => start === row.start);
  const span = response?.spans?.find(({ kind, start, end }) => kind === 'step' && place - row.start >= start && place - row.start < end);
  return span?.correct === false ? 'the wrong ' : '';
}

function textOf({ batch, vocabulary }: DescribeInput, start: number, end: number): string {
  return Array.from(batch.tokens.subarray(start, end), (token) => vocabulary[token] ?? '?').join('');
}
