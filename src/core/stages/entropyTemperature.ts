import type { MethodState } from '../batch.ts';
import { exp, log } from '../math.ts';
import { clamp } from '../stats.ts';
import type { EntropyStatistics } from './entropySignal.ts';
import { lowSignOf } from './entropyKnobs.ts';
import type { KnobValues, SamplingStage } from './types.ts';

/** Eq. 8 is unbounded below; at T ≤ 0 there is no distribution, so the temperature stops here. */
const COLDEST = 0.05;
const FLOOR = 1e-6;

/** Entropy in nats of softmax(logits): log Z − Σ p x, with x measured from the largest logit. */
export function entropyOf(logits: ArrayLike<number>): number {
  let max = -Infinity;
  for (let v = 0; v < logits.length; v++) if (logits[v] > max) max = logits[v];
  let total = 0;
  let weighted = 0;
  for (let v = 0; v < logits.length; v++) {
    const x = logits[v] - max;
    const e = exp(x);
    // A logit of −∞ has probability 0 and adds nothing.
    if (e > 0) {
      total += e;
      weighted += e * x;
    }
  }
  return Math.max(0, log(total) - weighted / total);
}

/**
 * The temperature of the next token from its entropy and the previous step's statistics. Rule 0 (released code):
 * T = T_base (1 + τ h), h clamped to [−1, 1]; rule 1 (eq. 8): T = T_base (1 + τ z), z unscaled and unclamped.
 */
export function entropyTemperature(entropy: number, statistics: EntropyStatistics, knobs: KnobValues): { temperature: number; h: number } {
  const z = (log(Math.max(entropy, FLOOR)) - statistics.median) / (statistics.std + FLOOR);
  const scaled = z > 0 ? z * statistics.scalePos : lowSignOf(knobs) * z * statistics.scaleNeg;
  const h = knobs.temperatureRule === 1 ? z : clamp(scaled, -1, 1);
  return { temperature: Math.max(knobs.temperature * (1 + knobs.temperatureTau * h), COLDEST), h };
}

function statisticsOf(state: MethodState): EntropyStatistics | null {
  if (!state || typeof state.median !== 'number') return null;
  return { median: state.median, std: Number(state.std), scalePos: Number(state.scalePos), scaleNeg: Number(state.scaleNeg) };
}

/** Adaptive temperature sampling (HAPO eq. 8); in the first step there are no statistics and T = T_base. */
export const entropyTemperatureSampling: SamplingStage = {
  transform({ logits, out, knobs, state }) {
    const entropy = entropyOf(logits);
    const statistics = statisticsOf(state);
    const { temperature, h } = statistics ? entropyTemperature(entropy, statistics, knobs) : { temperature: knobs.temperature, h: 0 };
    for (let v = 0; v < logits.length; v++) out[v] = logits[v] / temperature;
    return { temperature, trace: { drawEntropy: entropy, drawSignal: h } };
  },
};
