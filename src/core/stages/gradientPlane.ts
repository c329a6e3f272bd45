import type { RolloutBatch } from '../batch.ts';
import type { CreditResult } from '../pipeline.types.ts';
import { mean } from '../stats.ts';
import { gradientKernel } from './discriminativeWeight.ts';
import type { GradientKernel } from './gradientKernel.ts';
import type { PlaneMark, PlaneView, TokenPlane } from './plane.ts';

/** Rounds of the power iteration: the axis is for the eye. */
const ROUNDS = 60;
const MARKS = [
  { name: 'plusBefore', side: 1, isBefore: true },
  { name: 'minusBefore', side: -1, isBefore: true },
  { name: 'plusAfter', side: 1, isBefore: false },
  { name: 'minusAfter', side: -1, isBefore: false },
] as const;

const dot = (a: Float64Array, b: Float64Array): number => a.reduce((sum, x, t) => sum + x * b[t], 0);

/**
 * [N] coordinates along the first principal axis of what is left of the gradients once their mean and the direction with the
 * coordinates `x` are taken out: power iteration on the inner products. The largest coordinate is positive.
 */
export function residualAxis(kernel: GradientKernel, x: Float64Array): Float64Array {
  const centred = (values: Float64Array): Float64Array => {
    const middle = mean(values);
    return values.map((value) => value - middle);
  };
  const first = centred(x);
  const residual = (q: Float64Array): Float64Array => {
    const along = dot(first, q);
    return centred(kernel.apply(centred(q))).map((value, t) => value - along * first[t]);
  };
  let q = x.map((_, t) => ((t * 0.618034) % 1) - 0.5);
  let size = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const next = residual(q);
    size = Math.sqrt(dot(next, next));
    // All gradients lie on one line.
    if (!(size > 1e-12)) return new Float64Array(x.length);
    q = next.map((value) => value / size);
  }
  let largest = 0;
  for (const value of q) if (Math.abs(value) > Math.abs(largest)) largest = value;
  // ‖R q‖ is the eigenvalue, and the coordinates' squares sum to it.
  return q.map((value) => Math.sign(largest) * Math.sqrt(size) * value);
}

/** x: signed distance from the plane halfway between the refined centres; y: the first principal axis of the rest. */
function planeOf(batch: RolloutBatch, credit: CreditResult): TokenPlane | null {
  const { trace, knobs } = credit;
  if (MARKS.some(({ name }) => !trace[name])) return null;
  const [, , plus, minus] = MARKS.map(({ name }) => trace[name].values.map((w) => (Number.isNaN(w) ? 0 : w)));
  const kernel = gradientKernel(batch, knobs.gradientProxy);
  const difference = plus.map((w, t) => w - minus[t]);
  const along = kernel.apply(difference);
  const length = Math.sqrt(dot(difference, along));
  if (!(length > 1e-12)) return null;
  const middle = (dot(plus, along) + dot(minus, along)) / 2;
  const x = along.map((value) => (value - middle) / length);
  const y = residualAxis(kernel, x);
  const marks = MARKS.flatMap(({ name, side, isBefore }): PlaneMark[] => {
    const weights = trace[name].values.map((w) => (Number.isNaN(w) ? 0 : w));
    // A side without tokens has no centre.
    return weights.every((w) => w === 0) ? [] : [{ side, isBefore, x: dot(weights, x), y: dot(weights, y) }];
  });
  return { x, y, side: trace.side.values, marks };
}

export const GRADIENT_PLANE: PlaneView = {
  title: 'Token gradients',
  x: 'along the line between the two centres',
  y: 'first principal axis of the rest',
  meaning: 'Rings are the plain centres, crosses the refined ones. Left of the dashed line a gradient is more like those pushed down.',
  of: planeOf,
};
