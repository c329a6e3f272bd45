import { formatCompact, formatNumber } from '../../ui/number.ts';
import { axisTop, CURVES, curvePath, sizesOf, valueAt } from '../curves/series.ts';
import type { StepMetrics } from '../curves/series.ts';
import { PRINT } from './printColours.ts';
import { element, px, textAt } from './svg.ts';
import type { Figure } from './svg.ts';

const PLOT_WIDTH = 250;
const PLOT_HEIGHT = 110;
const AXIS_WIDTH = 42;
const PITCH_X = PLOT_WIDTH + AXIS_WIDTH + 24;
const PITCH_Y = PLOT_HEIGHT + 62;
const COLUMNS = 4;
const WANTED_K = 4;

/** The page's path in a box of 100 × 100, in the place of its plot: not every renderer keeps a stroke's width under a scale. */
const placed = (path: string, left: number, top: number): string =>
  path.replaceAll(
    /(-?[\d.]+),(-?[\d.]+)/g,
    (_, x: string, y: string) => `${px(left + (Number(x) * PLOT_WIDTH) / 100)},${px(top + (Number(y) * PLOT_HEIGHT) / 100)}`,
  );

/** The curves of the run, a small plot each, with the last number beside its name. */
export function curvesFigure(metrics: readonly StepMetrics[]): Figure {
  const sizes = sizesOf(metrics);
  const k = sizes.includes(WANTED_K) ? WANTED_K : (sizes.at(-1) ?? 1);
  const last = metrics.at(-1);
  const plots = CURVES.map((kind, i) => {
    const left = (i % COLUMNS) * PITCH_X + AXIS_WIDTH;
    const top = Math.floor(i / COLUMNS) * PITCH_Y + 24;
    const end = axisTop(kind, metrics, k);
    const name = kind.id === 'passAtK' ? `pass@${k}` : kind.label;
    const value = last ? valueAt(kind, last, k) : Number.NaN;
    const now = Number.isNaN(value) ? '–' : `${formatNumber(value, kind.digits)}${kind.unit && ` ${kind.unit}`}`;
    const quiet = { size: 10, fill: PRINT.muted } as const;
    return element(
      'g',
      { class: 'curve' },
      textAt(left, top - 8, name, { size: 12, bold: true, fill: PRINT.ink }),
      textAt(left + PLOT_WIDTH, top - 8, now, { size: 12, fill: PRINT.ink, anchor: 'end', role: 'number' }),
      element('rect', { x: left, y: top, width: PLOT_WIDTH, height: PLOT_HEIGHT, fill: 'none', stroke: PRINT.line }),
      element('path', { d: placed(curvePath(kind, metrics, k, end), left, top), fill: 'none', stroke: PRINT.right, 'stroke-width': 1.75 }),
      textAt(left - 5, top + 9, formatCompact(end), { ...quiet, anchor: 'end' }),
      textAt(left - 5, top + PLOT_HEIGHT, '0', { ...quiet, anchor: 'end' }),
      textAt(left, top + PLOT_HEIGHT + 13, `step ${metrics[0]?.step ?? ''}`, quiet),
      textAt(left + PLOT_WIDTH, top + PLOT_HEIGHT + 13, String(last?.step ?? ''), { ...quiet, anchor: 'end' }),
    );
  });
  const rows = Math.ceil(CURVES.length / COLUMNS);
  return { width: COLUMNS * PITCH_X, height: rows * PITCH_Y, body: plots.join(''), defs: '' };
}
