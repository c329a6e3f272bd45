import type { RolloutBatch } from '../../core/batch.ts';
import type { CreditResult } from '../../core/pipeline.types.ts';
import type { ClipInput } from './clipDiagram.ts';
import { type Located, traceAt } from './trace.ts';

/** Trace names that every clipping loss shares; a method with bounds of its own traces them per token under the same names. */
export const CLIP_TRACES = {
  ratio: 'ratio',
  low: 'clipLowBound',
  high: 'clipHighBound',
  dual: 'dualClip',
  advantage: 'lossAdvantage',
} as const;

/** What the clip diagram needs, read from the trace; null where the method has no ratio or no bounds, so nothing can clip. */
export function clipInput(batch: RolloutBatch, credit: CreditResult, at: Located): ClipInput | null {
  const read = (name: string) => traceAt(batch, credit, at, name)?.value;
  const ratio = read(CLIP_TRACES.ratio);
  const [low, high] = [read(CLIP_TRACES.low), read(CLIP_TRACES.high)];
  if (ratio === undefined || (low === undefined && high === undefined)) return null;
  const advantage = read(CLIP_TRACES.advantage) ?? credit.advantages[at.token];
  if (Number.isNaN(ratio) || Number.isNaN(advantage)) return null;
  return {
    ratio,
    advantage,
    low: low ?? -Infinity,
    high: high ?? Infinity,
    dual: read(CLIP_TRACES.dual) ?? Infinity,
    state: credit.clipState[at.token],
  };
}
