import { inkOn } from '../../ui/colour.ts';
import { legendModel } from './legend.ts';
import type { Row } from './rows.ts';
import type { LaneView, Theme } from './types.ts';

interface LaneLegendProps {
  view: LaneView;
  rows: readonly Row[];
  theme: Theme;
  gamma: 1 | 0.5;
}

/** The ramp under a lane with the ends of its domain; says where values lie beyond them and when small values are stretched. */
export function LaneLegend({ view, rows, theme, gamma }: LaneLegendProps) {
  const model = legendModel(view, rows, theme, gamma);
  if (model.kind === 'words') return <div className="mx-legend mx-legend-words">{model.words}</div>;
  if (model.kind === 'categories') {
    return (
      <div className="mx-legend">
        {model.categories.map(({ category, colour, mark, words }) => (
          <span key={category} className="mx-category" title={category}>
            <i className="mx-swatch" style={{ backgroundColor: colour, color: inkOn(colour) }}>
              {mark}
            </i>
            <span className="mx-category-words">{words}</span>
          </span>
        ))}
      </div>
    );
  }
  return (
    <div className="mx-legend">
      <span>{model.low}</span>
      <i className="mx-ramp" style={{ backgroundImage: `linear-gradient(to right, ${model.stops.join(', ')})` }} />
      <span>{model.high}</span>
      {model.note && <span className="mx-note">{model.note}</span>}
    </div>
  );
}
