import type { RolloutBatch } from './batch.ts';
import type { BatchSlice } from './batchSlice.ts';
import type { Trace, TraceEntry, TraceLevel } from './stages/types.ts';

export const perToken = (values: Float64Array): TraceEntry => ({ level: 'token', values });
export const perResponse = (values: Float64Array): TraceEntry => ({ level: 'response', values });
export const perGroup = (values: Float64Array): TraceEntry => ({ level: 'group', values });
/** `values` holds so many tests for each group, row-major; NaN where a group has fewer. */
export const perTest = (values: Float64Array): TraceEntry => ({ level: 'test', values });
export const perBatch = (value: number): TraceEntry => ({ level: 'batch', values: Float64Array.of(value) });

/** Repeats a value per response on its tokens: [responses] → [N]. */
export function spreadResponses(batch: RolloutBatch, values: ArrayLike<number>): Float64Array {
  const out = new Float64Array(batch.tokens.length);
  batch.responses.forEach((response, i) => out.fill(values[i], response.start, response.end));
  return out;
}

/** Number of entries of a level in a batch; of `test`, for each test. */
function sizeOf(batch: RolloutBatch, level: TraceLevel): number {
  switch (level) {
    case 'batch':
      return 1;
    case 'group':
    case 'test':
      return batch.groups.length;
    case 'response':
      return batch.responses.length;
    case 'token':
      return batch.tokens.length;
    case 'forced':
      return batch.forced?.tokens.length ?? 0;
  }
}

/** Where the entries of a level stand in the whole batch. */
function indexOf({ responseIndex, tokenIndex, forcedIndex }: BatchSlice, level: TraceLevel): Int32Array {
  if (level === 'response') return responseIndex;
  return level === 'forced' ? forcedIndex : tokenIndex;
}

/**
 * Writes a slice's trace into the whole batch's, NaN where no slice reached. A number of the slice as a whole (level
 * `batch`) becomes a token trace, spread over the slice's tokens, unless `keepBatchLevel`.
 */
export function scatterTrace(
  target: Record<string, TraceEntry>,
  batch: RolloutBatch,
  slice: BatchSlice,
  trace: Trace,
  keepBatchLevel = false,
): void {
  for (const [name, entry] of Object.entries(trace)) {
    const spread = entry.level === 'batch' && !keepBatchLevel;
    const level = spread ? 'token' : entry.level;
    const width = level === 'test' ? entry.values.length / slice.groups.length : 1;
    let place = target[name];
    if (!place || place.level !== level) {
      place = { level, values: new Float64Array(sizeOf(batch, level) * width).fill(NaN) };
      target[name] = place;
    }
    if (entry.level === 'batch' && keepBatchLevel) place.values[0] = entry.values[0];
    else {
      const isByGroup = level === 'group' || level === 'test';
      const index = isByGroup ? slice.groups : indexOf(slice, level);
      for (let i = 0; i < index.length * width; i++) {
        const to = index[Math.floor(i / width)] * width + (i % width);
        place.values[to] = spread ? entry.values[0] : entry.values[i];
      }
    }
  }
}
