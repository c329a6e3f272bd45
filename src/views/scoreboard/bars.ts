/** Where the bars of the scoreboard stand: one scale for all rows of the plotted measure. */
import { scaleLinear } from 'd3-scale';
import { quantile } from '../../core/stats.ts';
import type { Measure } from '../../state/scoreboardColumns.ts';
import type { ScoreRow } from '../../state/scoreboardTypes.ts';

/** Places are in percent of the plot's width. */
export interface BarScale {
  at(value: number): number;
  ticks: readonly { value: number; at: number }[];
  /** Where 0 stands. */
  zero: number;
}

/**
 * From below 0 only where a number or an interval goes there: an axis from −1 would waste half of the plot. Without an upper end
 * of its own, up to the ninth tenth of the intervals' ends: one wild method must not flatten all others, its bar is cut off.
 */
function reach(measure: Measure, rows: readonly ScoreRow[]): readonly [number, number] {
  const ends = rows.map((row) => [measure.value(row), ...(measure.interval(row) ?? [])].filter(Number.isFinite));
  const low = Math.max(measure.domain[0], Math.min(0, ...ends.flat()));
  const tops = ends.filter((own) => own.length > 0).map((own) => Math.max(...own));
  const high = measure.domain[1] ?? quantile(tops, 0.9);
  return [low, high > 0 ? high : 1];
}

export function barScale(measure: Measure, rows: readonly ScoreRow[]): BarScale {
  const scale = scaleLinear(reach(measure, rows), [0, 100]).nice(4).clamp(true);
  return { at: scale, ticks: scale.ticks(3).map((value) => ({ value, at: scale(value) })), zero: scale(0) };
}
