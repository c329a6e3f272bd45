/** What the temperature slider would do, before the next rollout is drawn: entropies and distributions at that temperature. */
import { useMemo } from 'react';
import type { TokenMatrix } from '../../core/batch.ts';
import { exp, log } from '../../core/math.ts';
import { trainingSettings } from '../../state/settings.ts';
import { useLabState } from './labContext.ts';

/** The temperature that is set but has not drawn the samples on screen; null when they agree. */
export function usePreviewTemperature(): number | null {
  const asked = useLabState((state) => trainingSettings(state.overrides).temperature);
  const drawn = useLabState((state) => state.batch?.baseTemperature ?? null);
  return drawn === null || drawn === asked ? null : asked;
}

/** [N] entropy in nats of softmax(logits / temperature). */
export function entropiesAt(logits: TokenMatrix, temperature: number): Float64Array {
  const { width, data } = logits;
  const out = new Float64Array(data.length / width);
  const weights = new Float64Array(width);
  for (let t = 0; t < out.length; t++) {
    const row = data.subarray(t * width, (t + 1) * width);
    let top = Number.NEGATIVE_INFINITY;
    for (let v = 0; v < width; v++) if (row[v] > top) top = row[v];
    let total = 0;
    let mean = 0;
    for (let v = 0; v < width; v++) {
      const shifted = (row[v] - top) / temperature;
      weights[v] = exp(shifted);
      total += weights[v];
      mean += weights[v] * shifted;
    }
    out[t] = log(total) - mean / total;
  }
  return out;
}

/** Entropies at the previewed temperature, [N], or null without a preview. */
export function usePreviewEntropies(): Float64Array | null {
  const temperature = usePreviewTemperature();
  const logits = useLabState((state) => state.batch?.logits ?? null);
  return useMemo(() => (temperature !== null && logits ? entropiesAt(logits, temperature) : null), [temperature, logits]);
}
