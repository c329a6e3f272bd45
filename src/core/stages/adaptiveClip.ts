import type { KnobValues } from './types.ts';

/** Per-token clip widths ε, [N]. */
export interface ClipWidths {
  low: Float64Array;
  high: Float64Array;
}

/** The same widths for all n tokens. */
export function constantClip(n: number, knobs: KnobValues): ClipWidths {
  return { low: new Float64Array(n).fill(knobs.clipLow), high: new Float64Array(n).fill(knobs.clipHigh) };
}

/** Asymmetric adaptive clipping (HAPO eq. 12–13): h > 0 widens the upper bound, h ≤ 0 the lower one (h < 0 makes 1 − αh > 1). */
export function adaptiveClip(h: Float64Array, knobs: KnobValues): ClipWidths {
  const widths = constantClip(h.length, knobs);
  if (knobs.adaptiveClip === 0) return widths;
  for (let t = 0; t < h.length; t++) {
    if (h[t] > 0) widths.high[t] = knobs.clipHigh * (1 + knobs.clipAlpha * h[t]);
    else widths.low[t] = knobs.clipLow * (1 - knobs.clipAlpha * h[t]);
  }
  return widths;
}
