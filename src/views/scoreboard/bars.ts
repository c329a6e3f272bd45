/** Where the bars of the scoreboard stand: one scale for all rows of the plotted measure. */
import { scaleLinear } from 'd3-scale';
import type { Measure } from '../../state/scoreboardColumns.ts';
import type { ScoreRow } from '../../state/scoreboardTypes.ts';

/** Places are in percent of the plot's width. */
export interface BarScale {
  at(value: number): number;
  ticks: readonly { value: number; at: number }[];
  /** Where 0 stands. */
  zero: number;
}

/** Whether any number of the measure, or the end of an interval, is below 0: an axis from −1 would waste half of the plot. */
function reach(measure: Measure, rows: readonly ScoreRow[]): readonly [number, number] {
  let [low, high] = [0, measure.domain[1] ?? 0];
  for (const row of rows) {
    const ends = [measure.value(row), ...(measure.interval(row) ?? [])].filter(Number.isFinite);
    low = Math.min(low, ...ends);
    if (measure.domain[1] === null) high = Math.max(high, ...ends);
  }
  return [Math.max(low, measure.domain[0]), high > 0 ? high : 1];
}

export function barScale(measure: Measure, rows: readonly ScoreRow[]): BarScale {
  const scale = scaleLinear(reach(measure, rows), [0, 100]).nice(4).clamp(true);
  return { at: scale, ticks: scale.ticks(4).map((value) => ({ value, at: scale(value) })), zero: scale(0) };
}
