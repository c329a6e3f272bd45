import { perBatch, perToken } from '../trace.ts';
import { adaptiveClip } from './adaptiveClip.ts';
import { ratios, surrogateLoss } from './clippedSurrogate.ts';
import { lowSignOf } from './entropyKnobs.ts';
import { entropySignal } from './entropySignal.ts';
import { requireField } from './fields.ts';
import { redistribute } from './redistribution.ts';
import type { LossStage } from './types.ts';

/**
 * The surrogate whose advantages and bounds follow each token's entropy: the signal h over the whole minibatch, then the
 * clip widths, then the redistribution (which reads the widths). All three are constants for the gradient.
 */
export const entropyAdaptiveLoss: LossStage = (input) => {
  const { batch, knobs, advantages } = input;
  const entropies = requireField(batch, 'entropies');
  const { median, std, scalePos, lowScale, h } = entropySignal(entropies, knobs.entropyPivot, lowSignOf(knobs));
  const widths = adaptiveClip(h, knobs);
  const redistributed = redistribute(advantages, h, ratios(input).ratio, widths, knobs);
  const result = surrogateLoss(input, redistributed, widths);
  return {
    ...result,
    trace: {
      ...result.trace,
      entropies: perToken(entropies),
      median: perBatch(median),
      std: perBatch(std),
      scalePos: perBatch(scalePos),
      scaleNeg: perBatch(lowScale),
      hHat: perToken(h),
      clipLow: perToken(widths.low),
      clipHigh: perToken(widths.high),
      redistribution: perToken(redistributed.map((value, t) => (advantages[t] === 0 ? 1 : value / advantages[t]))),
    },
  };
};
