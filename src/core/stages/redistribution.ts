import type { ClipWidths } from './adaptiveClip.ts';
import type { KnobValues } from './types.ts';

/**
 * Differential advantage redistribution (HAPO eq. 10–11): A′ = A (1 + βh) for an uncertain token (h > 0) whose ratio has
 * left the neutral zone (1 − ε_low/2, 1 + ε_high/2), and for a confident one (h ≤ 0) that is still inside; else A′ = A.
 * The code takes the token's own adapted widths, and so do we; the paper does not say.
 */
export function redistribute(
  advantages: Float64Array,
  h: Float64Array,
  ratio: Float64Array,
  widths: ClipWidths,
  knobs: KnobValues,
): Float64Array {
  if (knobs.adaptiveAdvantage === 0) return advantages;
  return advantages.map((advantage, t) => {
    const isNeutral = ratio[t] > 1 - widths.low[t] / 2 && ratio[t] < 1 + widths.high[t] / 2;
    return h[t] > 0 !== isNeutral ? advantage * (1 + knobs.advBeta * h[t]) : advantage;
  });
}
