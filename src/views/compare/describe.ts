/** The sentence under a comparison: where the two sides part most on the shown prompt, in the numbers of their lanes. */
import type { RolloutBatch } from '../../core/batch.ts';
import { agreementOf } from '../../core/compare.ts';
import type { Lane } from '../../core/stages/types.ts';
import { formatNumber } from '../../ui/number.ts';
import type { Part } from '../sentence/describe.ts';

export interface CompareText {
  batch: RolloutBatch;
  group: number;
  vocabulary: readonly string[];
  lane: Pick<Lane, 'kind' | 'unit'>;
  a: { name: string; values: Float64Array };
  b: { name: string; values: Float64Array };
}

const text = (words: string): Part => ({ kind: 'text', text: words });
const strong = (words: string): Part => ({ kind: 'strong', text: words });
const code = (words: string): Part => ({ kind: 'code', text: words });

const countOf = (count: number, word: string): string => `${count} ${word}${count === 1 ? '' : 's'}`;

/** States what the numbers say, and nothing of why: the rail and the inspector have the stages and the terms. */
export function describeComparison({ batch, group, vocabulary, lane, a, b }: CompareText): Part[] {
  const { start, end } = batch.groups[group];
  if (start === end) return [text('This prompt has no samples.')];
  const [from, to] = [batch.responses[start].start, batch.responses[end - 1].end];
  const both = [strong(a.name), text(' and '), strong(b.name)];
  const [noneA, noneB] = [a, b].map(({ values }) => values.subarray(from, to).every(Number.isNaN));
  if (noneA && noneB) return [text('Neither '), strong(a.name), text(' nor '), strong(b.name), text(' has a number for this prompt.')];
  if (noneA || noneB)
    return [strong(noneA ? a.name : b.name), text(' has no number for this prompt: only '), strong(noneA ? b.name : a.name), text(' has.')];
  const found = agreementOf(a.values, b.values, from, to);
  const alone = found.onlyOne > 0 ? ` Only one of them has a number for ${countOf(found.onlyOne, 'token')}.` : '';
  if (found.widest < 0) {
    const all = agreementOf(a.values, b.values, 0, batch.tokens.length);
    const elsewhere =
      all.differing === 0
        ? ', and of every other prompt of this step.'
        : `; on other prompts of this step they differ on ${countOf(all.differing, 'token')}.`;
    return [...both, text(` agree on every token of this prompt${elsewhere}${alone}`)];
  }
  const row = batch.responses.findIndex((response) => found.widest >= response.start && found.widest < response.end);
  const response = batch.responses[row];
  const glyphs = (first: number, last: number): string =>
    Array.from(batch.tokens.subarray(first, last), (token) => vocabulary[token] ?? '?').join('');
  const number = (value: number): Part =>
    lane.kind === 'diverging' ? { kind: 'number', text: formatNumber(value, 2, { sign: true }), value } : strong(formatNumber(value, 2));
  const unit = lane.unit === 'none' ? '' : ` ${lane.unit}`;
  const opposite =
    lane.kind === 'diverging' && found.opposite > 0
      ? `, and give ${found.opposite === 1 ? '1 of them' : `${found.opposite} of them`} opposite signs`
      : '';
  return [
    ...both,
    text(' differ most at '),
    code(glyphs(found.widest, found.widest + 1)),
    text(', token '),
    text(`${found.widest - response.start + 1} of response ${row - start + 1} `),
    code(glyphs(response.start, response.end)),
    text(': '),
    number(a.values[found.widest]),
    text(' against '),
    number(b.values[found.widest]),
    text(`${unit}. They differ on ${found.differing} of ${countOf(found.compared, 'token')} here${opposite}.${alone}`),
  ];
}
