import { describe, expect, it } from 'vitest';
import { INITIAL_SORT, measureOf, MEASURES, scoreTable, sortedBy, sortRows } from './scoreboardColumns.ts';
import type { ScoreRow } from './scoreboardTypes.ts';

const row = (id: string, pearson: number | null): ScoreRow => ({
  id,
  title: id.toUpperCase(),
  isSettled: true,
  score:
    pearson === null
      ? null
      : {
          accuracy: { pearson, spearman: 0.5, rightSign: 1, onFormat: NaN, tokens: 9, signed: 4 },
          intervals: { pearson: [pearson - 0.1, pearson + 0.1], spearman: [0.4, 0.6], rightSign: [1, 1], onFormat: [NaN, NaN] },
          disagreements: [],
        },
  note: pearson === null ? 'It needs more.' : null,
  quality: null,
  own: null,
  gradientNote: null,
});
const rows = [row('low', -0.25), row('none', null), row('high', 0.75), row('a', 0.5)];
const order = (sorted: readonly ScoreRow[]) => sorted.map(({ id }) => id);

describe('columns of the scoreboard', () => {
  it('sort best first, then the other way round; what has no number stays last', () => {
    expect(order(sortRows(rows, INITIAL_SORT))).toEqual(['high', 'a', 'low', 'none']);
    expect(order(sortRows(rows, sortedBy(INITIAL_SORT, 'pearson')))).toEqual(['low', 'a', 'high', 'none']);
    const byName = sortedBy(INITIAL_SORT, 'method');
    expect(order(sortRows(rows, byName))).toEqual(['a', 'high', 'low', 'none']);
    expect(order(sortRows(rows, sortedBy(byName, 'method')))).toEqual(['none', 'low', 'high', 'a']);
  });
  it('begin with the better end', () => {
    expect(sortedBy(INITIAL_SORT, 'onFormat')).toEqual({ column: 'onFormat', isDescending: false });
    expect(sortedBy(INITIAL_SORT, 'cosine')).toEqual({ column: 'cosine', isDescending: true });
    expect(MEASURES.filter(({ better }) => better === 'low').map(({ id }) => id)).toEqual(['onFormat', 'bias', 'variance']);
    expect(measureOf('method')).toBeNull();
  });
  it('are exported with both ends of their intervals, and nothing where nothing is known', () => {
    const { columns, lines } = scoreTable([row('low', -0.25), row('none', null)]);
    expect(columns.slice(0, 6)).toEqual(['method', 'title', 'pearson', 'pearsonLow', 'pearsonHigh', 'spearman']);
    expect(lines[0].slice(0, 5)).toEqual(['low', 'LOW', -0.25, -0.35, -0.15]);
    expect(lines[0][columns.indexOf('onFormat')]).toBeNull();
    expect(lines[1][columns.indexOf('note')]).toBe('It needs more.');
    expect(lines.every((line) => line.length === columns.length)).toBe(true);
  });
});
