import { CLIP_STATE } from '../../core/pipeline.types.ts';

/** What the loss did with one token. Bounds may be this token's own; ±Infinity where there is none. */
export interface ClipInput {
  ratio: number;
  advantage: number;
  low: number;
  high: number;
  /** Dual-clip constant c (or the cap on the ratio): for negative advantages the surrogate is never below c·A. Infinity = off. */
  dual: number;
  /** CLIP_STATE as the loss reported it. */
  state: number;
  /** The loss's own slope at this token is not zero. */
  hasGradient: boolean;
}

export interface ClipGeometry {
  /** Ratio range drawn. */
  x: readonly [number, number];
  /** Surrogate range drawn; contains 0. */
  y: readonly [number, number];
  /** The surrogate as corner points (ratio, value), left to right. */
  line: readonly (readonly [number, number])[];
  /** Stretches of ratio on which the surrogate is flat: no gradient. */
  flat: readonly (readonly [number, number])[];
  point: readonly [number, number];
}

/** The clipped surrogate min(ρA, clip(ρ)A), with the dual clip where it is on. */
export function surrogate(ratio: number, { advantage, low, high, dual }: ClipInput): number {
  const clipped = Math.min(ratio * advantage, Math.min(Math.max(ratio, low), high) * advantage);
  return advantage < 0 && dual < Infinity ? Math.max(clipped, dual * advantage) : clipped;
}

/** Corner points, flat stretches and ranges of the diagram; scaling to pixels is the caller's. */
export function clipGeometry(input: ClipInput): ClipGeometry {
  const { ratio, advantage, low, high, dual } = input;
  // A cap far beyond everything else would squeeze the bounds into a sliver.
  const hasDual = advantage < 0 && dual <= 2 * Math.max(high, ratio, 1);
  const marks = [1, ratio, low, high, hasDual ? dual : 1].filter(Number.isFinite);
  const [least, most] = [Math.min(...marks), Math.max(...marks)];
  const margin = Math.max(0.2, 0.35 * (most - least));
  const x: [number, number] = [Math.max(0, least - margin), most + margin];

  // For A > 0 only the upper bound bends the line, for A < 0 only the lower one and the dual clip.
  const bends = advantage > 0 ? [high] : advantage < 0 ? [low, hasDual ? dual : Infinity] : [];
  const ratios = [x[0], ...bends.filter((bend) => bend > x[0] && bend < x[1]), x[1]];
  const line = ratios.map((at): [number, number] => [at, surrogate(at, input)]);

  const flat: [number, number][] = [];
  if (advantage > 0 && high < x[1]) flat.push([high, x[1]]);
  if (advantage < 0 && low > x[0]) flat.push([x[0], low]);
  if (hasDual && dual < x[1]) flat.push([dual, x[1]]);

  const values = [0, ...line.map((corner) => corner[1])];
  return { x, y: [Math.min(...values), Math.max(...values)], line, flat, point: [ratio, surrogate(ratio, input)] };
}

/** Which branch won, in words. The verdict is the loss's own; only its reason is worded here. */
export function branchSentence({ ratio, advantage, low, high, state, hasGradient }: ClipInput): string {
  if (state === CLIP_STATE.dualClipped) return 'The dual clip won: the loss may not grow further for a bad token. Clipped: no gradient.';
  if (state === CLIP_STATE.clipped) {
    const side =
      ratio > high
        ? 'already above the upper bound, and a good token would push it further up'
        : 'already below the lower bound, and a bad token would push it further down';
    return `The clipped branch won: the ratio is ${side}. Clipped: no gradient.`;
  }
  if (state === CLIP_STATE.masked) return 'The method leaves this token out of the loss, whatever its ratio: no gradient.';
  if (advantage === 0) return 'The advantage is zero: both branches are zero and nothing moves.';
  if (!hasGradient) return 'The ratio has reached the cap on how far it may count: no gradient.';
  if (ratio > high || ratio < low) {
    return `The unclipped branch won: the ratio is ${ratio > high ? 'above the upper' : 'below the lower'} bound, but this update pulls it back.`;
  }
  return 'Inside the bounds both branches are equal: the token is updated in full.';
}
