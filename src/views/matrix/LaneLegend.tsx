import { inkOn, rampStops } from '../../ui/colour.ts';
import { DOMAIN_FLOOR, formatCompact } from '../../ui/number.ts';
import { isBeyond, rampColour, rampPosition } from './colours.ts';
import type { Row } from './rows.ts';
import { categoryMark, categoryName } from './text.ts';
import type { LaneView, Theme } from './types.ts';

interface LaneLegendProps {
  view: LaneView;
  rows: readonly Row[];
  theme: Theme;
  gamma: 1 | 0.5;
}

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

function Swatch({ colour, mark }: { colour: string; mark: string }) {
  return (
    <i className="mx-swatch" style={{ backgroundColor: colour, color: inkOn(colour) }}>
      {mark}
    </i>
  );
}

/** The ramp under a lane with the ends of its domain; says where values lie beyond them and when small values are stretched. */
export function LaneLegend({ view, rows, theme, gamma }: LaneLegendProps) {
  const { lane, domain } = view;
  if (view.noSignal) {
    return <div className="mx-legend mx-legend-words">no signal: every answer got the same reward</div>;
  }
  if (view.isEmpty) {
    return <div className="mx-legend mx-legend-words">{view.emptyWords ?? 'no numbers'}</div>;
  }
  if (lane.kind === 'categorical') {
    return (
      <div className="mx-legend">
        {(lane.categories ?? []).map((category, value) => (
          <span key={category} className="mx-category" title={category}>
            <Swatch colour={rampColour(rampPosition(value, view, 1), lane, theme)} mark={categoryMark(value, lane)} />
            <span className="mx-category-words">{categoryName(category)}</span>
          </span>
        ))}
      </div>
    );
  }
  if (lane.kind === 'diverging' && domain[1] - domain[0] <= 2 * DOMAIN_FLOOR) {
    return (
      <div className="mx-legend mx-legend-words">
        {view.flatWords ?? 'no signal'}: {formatCompact(lane.centre ?? 0)} on every token
      </div>
    );
  }
  const beyond = beyondEnds(view, rows);
  const sign = lane.kind === 'diverging' && domain[1] > 0 ? '+' : '';
  const stops = rampStops((u) => rampColour(rampPosition(domain[0] + u * (domain[1] - domain[0]), view, gamma), lane, theme));
  return (
    <div className="mx-legend">
      <span>{`${beyond.low ? '≤ ' : ''}${formatCompact(domain[0])}`}</span>
      <i className="mx-ramp" style={{ backgroundImage: `linear-gradient(to right, ${stops.join(', ')})` }} />
      <span>{`${beyond.high ? '≥ ' : ''}${sign}${formatCompact(domain[1])}`}</span>
      {gamma !== 1 && <span className="mx-note">γ = ½, small values stretched</span>}
    </div>
  );
}
