/** A batch small enough to check by hand, for the tests of this folder and of the views. */
import type { RolloutBatch } from '../core/batch.ts';

/** Groups of responses given as token lists with rewards; every token field is filled with simple numbers, one update per group half. */
export function smallBatch(groups: readonly (readonly { tokens: readonly number[]; reward: number }[])[]): RolloutBatch {
  const tokens: number[] = [];
  const responses: RolloutBatch['responses'][number][] = [];
  const outGroups: RolloutBatch['groups'][number][] = [];
  groups.forEach((members, group) => {
    const start = responses.length;
    for (const { tokens: ids, reward } of members) {
      responses.push({ group, start: tokens.length, end: tokens.length + ids.length, reward });
      tokens.push(...ids);
    }
    outGroups.push({ prompt: [group, 11], start, end: responses.length });
  });
  const count = tokens.length;
  const ramp = (scale: number): Float64Array => Float64Array.from({ length: count }, (_, i) => -scale * (i + 1));
  return {
    groups: outGroups,
    responses,
    tokens: Int32Array.from(tokens),
    fields: { oldLogprobs: ramp(0.1), samplingLogprobs: ramp(0.1), logprobs: ramp(0.1), oldEntropies: ramp(-0.01), entropies: ramp(-0.01) },
    updates: [],
    baseTemperature: 1,
  };
}
