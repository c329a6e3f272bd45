import { divergingColour, rampStops, type SequentialFamily, sequentialColour, type Theme } from './colour.ts';
import { formatCompact } from './number.ts';

interface LegendProps {
  kind: 'diverging' | 'sequential';
  family?: SequentialFamily;
  domain: readonly [number, number];
  theme: Theme;
  unit?: string;
  /** Exponent of |value| before colouring, said in words where it is not 1. */
  gamma?: number;
  /** Some cells lie beyond the ends and carry a corner mark. */
  isClipped?: boolean;
}

/** Colour bar with its ends labelled. Diverging bars name the signs, so that colour is not the only word. */
export function Legend({ kind, family = 'plain', domain, theme, unit, gamma = 1, isClipped }: LegendProps) {
  const colourAt =
    kind === 'diverging'
      ? (u: number) => divergingColour(Math.sign(2 * u - 1) * Math.abs(2 * u - 1) ** gamma, theme)
      : (u: number) => sequentialColour(u ** gamma, family, theme);
  const plus = kind === 'diverging' ? '+' : '';
  const [low, high] = [formatCompact(domain[0], 2), plus + formatCompact(domain[1], 2)];
  return (
    <div className="legend">
      <span>{isClipped && kind === 'diverging' ? `≤ ${low}` : low}</span>
      <span
        className="legend-bar"
        aria-hidden="true"
        style={{ backgroundImage: `linear-gradient(to right, ${rampStops(colourAt).join(', ')})` }}
      />
      <span>
        {isClipped ? `≥ ${high}` : high}
        {unit ? ` ${unit}` : ''}
      </span>
      {gamma !== 1 && <span className="legend-note">small values shown larger (|v|^{formatCompact(gamma)})</span>}
    </div>
  );
}
