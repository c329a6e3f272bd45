import { rampStops } from '../../ui/colour.ts';
import { DOMAIN_FLOOR, formatCompact } from '../../ui/number.ts';
import { isBeyond, rampColour, rampPosition } from './colours.ts';
import type { Row } from './rows.ts';
import { categoryMark, categoryName } from './text.ts';
import type { LaneView, Theme } from './types.ts';

/** Whether a shown value lies beyond the low or the high end of the domain. */
export function beyondEnds(view: LaneView, rows: readonly Row[]): { low: boolean; high: boolean } {
  let low = false;
  let high = false;
  for (const row of rows) {
    for (let i = row.start; i < row.start + row.length; i++) {
      const value = view.values[i];
      if (Number.isNaN(value) || !isBeyond(rampPosition(value, view, 1), view.lane)) continue;
      if (value > view.domain[1]) high = true;
      else low = true;
    }
  }
  return { low, high };
}

/** What stands under a lane: words where there is nothing to scale, the categories, or the ramp with the ends of its domain. */
export type LegendModel =
  | { kind: 'words'; words: string }
  | { kind: 'categories'; categories: readonly { category: string; colour: string; mark: string; words: string }[] }
  | { kind: 'ramp'; low: string; high: string; stops: readonly string[]; note: string };

export function legendModel(view: LaneView, rows: readonly Row[], theme: Theme, gamma: 1 | 0.5): LegendModel {
  const { lane, domain } = view;
  if (view.noSignal) return { kind: 'words', words: 'no signal: every answer got the same reward' };
  if (view.isEmpty) return { kind: 'words', words: view.emptyWords ?? 'no numbers' };
  if (lane.kind === 'categorical') {
    const categories = (lane.categories ?? []).map((category, value) => ({
      category,
      colour: rampColour(rampPosition(value, view, 1), lane, theme),
      mark: categoryMark(value, lane),
      words: categoryName(category),
    }));
    return { kind: 'categories', categories };
  }
  if (lane.kind === 'diverging' && domain[1] - domain[0] <= 2 * DOMAIN_FLOOR)
    return { kind: 'words', words: `${view.flatWords ?? 'no signal'}: ${formatCompact(lane.centre ?? 0)} on every token` };
  const beyond = beyondEnds(view, rows);
  const sign = lane.kind === 'diverging' && domain[1] > 0 ? '+' : '';
  return {
    kind: 'ramp',
    low: `${beyond.low ? '≤ ' : ''}${formatCompact(domain[0])}`,
    high: `${beyond.high ? '≥ ' : ''}${sign}${formatCompact(domain[1])}`,
    stops: rampStops((u) => rampColour(rampPosition(domain[0] + u * (domain[1] - domain[0]), view, gamma), lane, theme)),
    note: gamma === 1 ? '' : 'γ = ½, small values stretched',
  };
}
