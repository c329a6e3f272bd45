import type { RolloutBatch } from '../../core/batch.ts';
import type { CreditResult } from '../../core/pipeline.types.ts';
import type { ClipInput } from './clipDiagram.ts';
import { type Located, traceAt } from './trace.ts';

/** What the clip diagram needs, read from the trace of the clipped surrogate; null where the method's loss has no ratio or no bounds. */
export function clipInput(batch: RolloutBatch, credit: CreditResult, at: Located): ClipInput | null {
  const read = (name: string) => traceAt(batch, credit, at, name)?.value ?? NaN;
  const [ratio, advantage, low, high] = ['ratio', 'lossAdvantages', 'lowerBound', 'upperBound'].map(read);
  if ([ratio, advantage, low, high].some(Number.isNaN)) return null;
  // For a negative advantage the two-sided cap stops the fall just as the dual clip does.
  const caps = ['knob:clipC', 'knob:delta'].map(read).filter((cap) => !Number.isNaN(cap));
  return {
    ratio,
    advantage,
    low,
    high,
    dual: Math.min(Infinity, ...caps),
    state: credit.clipState[at.token],
    hasGradient: read('lossSlope') !== 0,
  };
}
