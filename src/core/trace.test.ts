import { describe, expect, it } from 'vitest';
import { sliceGroups } from './batchSlice.ts';
import { batchOf } from './testBatch.ts';
import { perBatch, perGroup, perResponse, perTest, perToken, scatterTrace } from './trace.ts';
import type { TraceEntry } from './stages/types.ts';

/** Three groups of 1, 2 and 1 responses with 1, 1 + 2 and 2 tokens. */
const batch = batchOf(
  [{ tokens: [1], reward: 0 }],
  [
    { tokens: [1], reward: 0 },
    { tokens: [1, 2], reward: 0 },
  ],
  [{ tokens: [1, 2], reward: 0 }],
);

describe('the trace of some groups in that of all', () => {
  it('keeps each level’s place, NaN where no slice reached', () => {
    const target: Record<string, TraceEntry> = {};
    const trace = {
      token: perToken(Float64Array.of(1, 2, 3, 4, 5)),
      response: perResponse(Float64Array.of(1, 2, 3)),
      group: perGroup(Float64Array.of(1, 2)),
      test: perTest(Float64Array.of(1, 2, 3, 4, 5, 6)),
      batch: perBatch(7),
    };
    scatterTrace(target, batch, sliceGroups(batch, [1, 2]), trace);
    const values = Object.fromEntries(Object.entries(target).map(([name, entry]) => [name, [...entry.values]]));
    expect(values).toEqual({
      token: [NaN, 1, 2, 3, 4, 5],
      response: [NaN, 1, 2, 3],
      group: [NaN, 1, 2],
      test: [NaN, NaN, NaN, 1, 2, 3, 4, 5, 6],
      batch: [NaN, 7, 7, 7, 7, 7],
    });
    expect(target.batch.level).toBe('token');
    scatterTrace(target, batch, sliceGroups(batch, [0]), { test: perTest(Float64Array.of(9, 8, 7)) });
    expect([...target.test.values]).toEqual([9, 8, 7, 1, 2, 3, 4, 5, 6]);
  });
  it('keeps a number of the batch as one where asked', () => {
    const target: Record<string, TraceEntry> = {};
    scatterTrace(target, batch, sliceGroups(batch, [1]), { batch: perBatch(7) }, true);
    expect(target.batch).toEqual(perBatch(7));
  });
});
