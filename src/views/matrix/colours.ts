import type { Lane } from '../../core/stages/types.ts';
import { divergingColour, sequentialColour } from '../../ui/colour.ts';
import type { SequentialFamily } from '../../ui/colour.ts';
import type { LaneView, Theme } from './types.ts';

/** Entropy, value and the rest keep to hue families of their own, so that lanes side by side are not confused. */
export function familyOf(lane: Lane): SequentialFamily {
  if (lane.kind === 'categorical') return 'plain';
  if (/entropy/i.test(lane.id) || lane.unit === 'nats') return 'entropy';
  return /value|reward/i.test(lane.id) ? 'value' : 'plain';
}

function stretch(size: number, gamma: 1 | 0.5): number {
  return gamma === 1 ? size : Math.sqrt(size);
}

/** Place of a value on its ramp: [−1, 1] for a diverging lane, [0, 1] otherwise; not clamped, so that |t| > 1 is beyond the domain. */
export function rampPosition(value: number, view: Pick<LaneView, 'lane' | 'domain'>, gamma: 1 | 0.5): number {
  const [low, high] = view.domain;
  const width = high - low;
  if (!(width > 0)) return 0;
  if (view.lane.kind !== 'diverging') return value <= low ? (value - low) / width : stretch((value - low) / width, gamma);
  const t = (2 * (value - low)) / width - 1;
  return t < 0 ? -stretch(-t, gamma) : stretch(t, gamma);
}

export function rampColour(t: number, lane: Lane, theme: Theme): string {
  return lane.kind === 'diverging' ? divergingColour(t, theme) : sequentialColour(t, familyOf(lane), theme);
}

/** Rounding of a domain's ends must not mark its own largest value. */
const BEYOND = 1 + 1e-9;

export function isBeyond(t: number, lane: Lane): boolean {
  return t > BEYOND || (lane.kind === 'diverging' ? t < -BEYOND : t < -1e-9);
}
