import { expect, it } from 'vitest';
import type { Measure } from '../../state/scoreboardColumns.ts';
import type { ScoreRow } from '../../state/scoreboardTypes.ts';
import { barScale } from './bars.ts';

const measure = (
  domain: Measure['domain'],
  values: readonly number[],
  intervals: readonly (readonly [number, number])[] = [],
): Measure => ({
  id: 'variance',
  label: '',
  meaning: '',
  better: 'low',
  domain,
  value: (row) => values[Number(row.id)],
  interval: (row) => intervals[Number(row.id)] ?? null,
});
const rows = (count: number) => Array.from({ length: count }, (_, i) => ({ id: String(i) }) as ScoreRow);

it('begins at 0 unless a number or an interval is below it', () => {
  const above = barScale(measure([-1, 1], [0.5, 0.9]), rows(2));
  expect([above.zero, above.at(0.5), above.at(1)]).toEqual([0, 50, 100]);
  const below = barScale(
    measure(
      [-1, 1],
      [0.5, 0.1],
      [
        [0.4, 0.6],
        [-1, 0.3],
      ],
    ),
    rows(2),
  );
  expect([below.zero, below.at(-1), below.at(0.5)]).toEqual([50, 0, 75]);
});

it('cuts a wild number off where the axis has no end of its own', () => {
  const values = [...Array.from({ length: 20 }, () => 1), 1000];
  const { at, ticks } = barScale(measure([0, null], values), rows(21));
  expect([at(0.5), at(1), at(1000)]).toEqual([50, 100, 100]);
  expect(ticks[ticks.length - 1].value).toBe(1);
  expect(barScale(measure([0, null], [Number.NaN]), rows(1)).at(0)).toBe(0);
});
