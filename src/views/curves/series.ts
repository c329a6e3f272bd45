import { scaleLinear } from 'd3-scale';
import { line } from 'd3-shape';
import type { GlossaryId } from '../../content/controls.ts';
import type { LabState } from '../../state/types.ts';

export type StepMetrics = LabState['metrics'][number];

/** One small multiple: which number of a step it shows, and how. */
export interface CurveKind {
  id: GlossaryId;
  label: string;
  unit: string;
  digits: number;
  /** Fixed top of the axis; without one the data's own, rounded up. */
  top?: number;
}

export const CURVES: readonly CurveKind[] = [
  { id: 'meanReward', label: 'mean reward', unit: '', digits: 2, top: 1 },
  { id: 'passAtK', label: 'pass@k', unit: '', digits: 2, top: 1 },
  { id: 'meanEntropy', label: 'entropy', unit: 'nats', digits: 2 },
  { id: 'meanLength', label: 'length', unit: 'tokens', digits: 1 },
  { id: 'clipFraction', label: 'clip fraction', unit: '', digits: 3 },
  { id: 'klToBase', label: 'KL to base', unit: 'nats', digits: 3 },
  { id: 'gradientNorm', label: 'gradient norm', unit: '', digits: 2 },
];

const READ: Readonly<Record<string, (row: StepMetrics, k: number) => number>> = {
  meanReward: (row) => row.reward,
  passAtK: (row, k) => row.passAtK.find(([size]) => size === k)?.[1] ?? NaN,
  meanEntropy: (row) => row.entropy,
  meanLength: (row) => row.length,
  clipFraction: (row) => row.clipFraction,
  klToBase: (row) => row.klToBase,
  gradientNorm: (row) => row.gradientNorm,
};

/** The number of a curve at one step; NaN where the step has none (a k above the group size). */
export function valueAt(kind: CurveKind, row: StepMetrics, k: number): number {
  return READ[kind.id](row, k);
}

/** The k that every row can show, ascending, from the last step; [1] before the first. */
export function sizesOf(metrics: readonly StepMetrics[]): number[] {
  return metrics.at(-1)?.passAtK.map(([k]) => k) ?? [1];
}

/** Top of the vertical axis, which starts at 0: fixed, or the largest value rounded up to a readable number. */
export function axisTop(kind: CurveKind, metrics: readonly StepMetrics[], k: number): number {
  if (kind.top !== undefined) return kind.top;
  let most = 0;
  for (const row of metrics) most = Math.max(most, valueAt(kind, row, k) || 0);
  return most > 0 ? scaleLinear([0, most], [0, 1]).nice(3).domain()[1] : 1;
}

/** Path in a box of 100 × 100, y downwards, over [first step, last step] × [0, top]. One step is a level line; gaps stay gaps. */
export function curvePath(kind: CurveKind, metrics: readonly StepMetrics[], k: number, top: number): string {
  if (metrics.length === 0) return '';
  const x = stepScale(metrics);
  const y = scaleLinear([0, top], [100, 0]).clamp(true);
  const rows = metrics.length === 1 ? [metrics[0], metrics[0]] : metrics;
  const draw = line<StepMetrics>(
    (row, index) => (metrics.length === 1 ? 100 * index : x(row.step)),
    (row) => y(valueAt(kind, row, k)),
  ).defined((row) => Number.isFinite(valueAt(kind, row, k)));
  return draw.digits(2)(rows as StepMetrics[]) ?? '';
}

/** Step → percent of the width. */
export function stepScale(metrics: readonly StepMetrics[]): (step: number) => number {
  const [first, last] = [metrics[0]?.step ?? 0, metrics.at(-1)?.step ?? 1];
  return first === last ? () => 100 : scaleLinear([first, last], [0, 100]);
}

/** Index of the step nearest to a share (0 … 1) of the width. */
export function nearestIndex(metrics: readonly StepMetrics[], share: number): number {
  const x = stepScale(metrics);
  let best = 0;
  for (let i = 1; i < metrics.length; i++) {
    if (Math.abs(x(metrics[i].step) - 100 * share) < Math.abs(x(metrics[best].step) - 100 * share)) best = i;
  }
  return best;
}
