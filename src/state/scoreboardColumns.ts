/** The columns of the scoreboard: what each shows, how it sorts and how it is exported. */
import type { ScoreRow } from './scoreboardTypes.ts';

export type ColumnId =
  | 'method'
  | 'pearson'
  | 'spearman'
  | 'rightSign'
  | 'onFormat'
  | 'own'
  | 'cosine'
  | 'bias'
  | 'variance'
  | 'signalToNoise';

export interface Measure {
  id: Exclude<ColumnId, 'method'>;
  label: string;
  /** On hover and in the export's key: what it is, what it is good for. */
  meaning: string;
  /** Which end is the better one. */
  better: 'high' | 'low';
  /** The axis of its bars; without an upper end, as far as its numbers reach. */
  domain: readonly [number, number | null];
  /** Printed as a percentage. */
  isShare?: boolean;
  /** From the worker, when it is asked for. */
  isGradient?: boolean;
  value(row: ScoreRow): number;
  interval(row: ScoreRow): readonly [number, number] | null;
}

const ofScore = (id: 'pearson' | 'spearman' | 'rightSign' | 'onFormat'): Pick<Measure, 'id' | 'value' | 'interval'> => ({
  id,
  value: ({ score }) => score?.accuracy[id] ?? NaN,
  interval: ({ score }) => score?.intervals[id] ?? null,
});

const ofGradient = (id: 'cosine' | 'bias' | 'variance' | 'signalToNoise'): Pick<Measure, 'id' | 'value' | 'interval' | 'isGradient'> => ({
  id,
  isGradient: true,
  value: ({ quality }) => quality?.[id] ?? NaN,
  interval: ({ quality }) => quality?.intervals[id] ?? null,
});

export const MEASURES: readonly Measure[] = [
  {
    ...ofScore('pearson'),
    label: 'Pearson r',
    meaning: 'Correlation of the credit with the true advantage, over all sampled tokens: 1 is the truth itself at any scale.',
    better: 'high',
    domain: [-1, 1],
  },
  {
    ...ofScore('spearman'),
    label: 'Spearman ρ',
    meaning: 'The same between ranks: does it put the tokens in the right order, whatever the sizes?',
    better: 'high',
    domain: [-1, 1],
  },
  {
    ...ofScore('rightSign'),
    label: 'right sign',
    meaning: 'Among the tokens with a true advantage above the threshold: how many are pushed the right way. No credit is wrong.',
    better: 'high',
    domain: [0, 1],
    isShare: true,
  },
  {
    ...ofScore('onFormat'),
    label: 'on format',
    meaning: 'Share of all credit that lies on format tokens, which decide nothing.',
    better: 'low',
    domain: [0, 1],
    isShare: true,
  },
  {
    id: 'own',
    isGradient: true,
    label: 'cos, this batch',
    meaning: 'Cosine of the method’s gradient on this very batch with the exact gradient of the expected reward.',
    better: 'high',
    domain: [-1, 1],
    value: ({ own }) => own ?? NaN,
    interval: () => null,
  },
  {
    ...ofGradient('cosine'),
    label: 'cosine',
    meaning: 'The same, mean over the batches drawn again: how well one batch points.',
    better: 'high',
    domain: [-1, 1],
  },
  {
    ...ofGradient('bias'),
    label: 'bias²',
    meaning: 'What stays wrong however many batches are averaged, over the exact gradient’s squared length.',
    better: 'low',
    domain: [0, 1],
  },
  {
    ...ofGradient('variance'),
    label: 'variance',
    meaning: 'What is wrong with one batch by chance, on the same scale: averaging takes it away.',
    better: 'low',
    domain: [0, null],
  },
  {
    ...ofGradient('signalToNoise'),
    label: 'signal/noise',
    meaning: 'Squared length of the expected gradient over the variance of one batch’s: above 1 one batch says more than its noise.',
    better: 'high',
    domain: [0, null],
  },
];

export interface Sort {
  column: ColumnId;
  /** Largest first; for methods Z first. */
  isDescending: boolean;
}

export const INITIAL_SORT: Sort = { column: 'pearson', isDescending: true };

export const measureOf = (column: ColumnId): Measure | null => MEASURES.find(({ id }) => id === column) ?? null;

/** The order after a click on a column: best first, and the other way round the second time. */
export function sortedBy(before: Sort, column: ColumnId): Sort {
  if (before.column === column) return { column, isDescending: !before.isDescending };
  return { column, isDescending: measureOf(column)?.better === 'high' };
}

/** Rows in order; those without the number stand last, in the registry's order. */
export function sortRows(rows: readonly ScoreRow[], { column, isDescending }: Sort): ScoreRow[] {
  const measure = measureOf(column);
  const sign = isDescending ? -1 : 1;
  if (!measure) return [...rows].sort((a, b) => sign * a.title.localeCompare(b.title, 'en'));
  return [...rows].sort((a, b) => {
    const [x, y] = [measure.value(a), measure.value(b)];
    if (Number.isNaN(x) || Number.isNaN(y)) return Number(Number.isNaN(x)) - Number(Number.isNaN(y));
    return sign * (x - y);
  });
}

/** The table for files: a header and a line for each method, with both ends of every interval. */
export function scoreTable(rows: readonly ScoreRow[]): { columns: readonly string[]; lines: readonly (string | number | null)[][] } {
  const columns = ['method', 'title', ...MEASURES.flatMap(({ id }) => [id, `${id}Low`, `${id}High`]), 'note'];
  const number = (value: number | undefined): number | null => (value === undefined || !Number.isFinite(value) ? null : value);
  const lines = rows.map((row) => [
    row.id,
    row.title,
    ...MEASURES.flatMap((measure) => {
      const interval = measure.interval(row);
      return [number(measure.value(row)), number(interval?.[0]), number(interval?.[1])];
    }),
    [row.note, row.gradientNote].filter(Boolean).join(' ') || null,
  ]);
  return { columns, lines };
}
