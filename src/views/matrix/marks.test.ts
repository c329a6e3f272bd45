import { describe, expect, it } from 'vitest';
import { readingOf, tokenMarks } from './marks.ts';
import { textBatch, VOCABULARY } from './testBatch.ts';

const batch = textBatch({
  '1+1=': [
    ['3>2.', 1],
    ['4.', 0],
  ],
});
const marked = {
  ...batch,
  responses: batch.responses.map((response, i) =>
    i === 0
      ? { ...response, spans: [{ kind: 'step' as const, start: 0, end: 1, label: '1+1=3', correct: false }] }
      : { ...response, spans: [{ kind: 'chunk' as const, start: 0, end: 2, label: 'all', correct: false }] },
  ),
};
const task = {
  vocabulary: VOCABULARY,
  render: (_prompt: readonly number[], response: readonly number[]) =>
    response.length === 4
      ? [
          { start: 0, end: 2, text: 'one try', mark: 'undone' as const },
          { start: 2, end: 4, text: 'another' },
        ]
      : [{ start: 1, end: 2, text: 'the end', mark: 'redundant' as const }],
};
const list = (of: typeof task | { render?: undefined }, group = 0) =>
  [...tokenMarks({ ...marked }, of, group)].map(([token, marks]) => [token, ...marks]);

describe('marks of tokens', () => {
  it('come from wrong steps and from what the task reads, and not from chunks', () => {
    expect(list(task)).toEqual([
      [0, 'wrong', 'undone'],
      [1, 'undone'],
      [5, 'redundant'],
    ]);
    expect(list({})).toEqual([[0, 'wrong']]);
  });
  it('are read once for a batch', () => {
    expect(tokenMarks(marked, task, 0)).toBe(tokenMarks(marked, task, 0));
  });
});

it('reads a response in words', () => {
  expect(readingOf(marked, task, 0).map(({ text }) => text)).toEqual(['one try', 'another']);
  expect(readingOf(marked, {}, 0)).toEqual([]);
});
