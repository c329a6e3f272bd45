import { describe, expect, it } from 'vitest';
import type { RolloutBatch } from '../core/batch.ts';
import { applyEdits, flipped } from './edits.ts';
import { smallBatch } from './testBatch.ts';

const plain = smallBatch([
  [
    { tokens: [1, 2], reward: 1 },
    { tokens: [1, 3, 4], reward: 0 },
  ],
  [{ tokens: [5], reward: 0 }],
]);
const batch: RolloutBatch = {
  ...plain,
  logits: { width: 2, data: Float32Array.from({ length: 12 }, (_, i) => i) },
  updates: [
    {
      epoch: 0,
      minibatch: 0,
      groups: [0],
      logprobs: Float64Array.of(-1, -2, -3, -4, -5),
      entropies: Float64Array.of(1, 2, 3, 4, 5),
      gradLogprobs: Float64Array.of(0.1, 0.2, 0.3, 0.4, 0.5),
      loss: 0,
      gradientNorm: 1,
    },
  ],
};
const scored: RolloutBatch = {
  ...smallBatch([[{ tokens: [9, 8, 7, 6], reward: 1 }]]),
  logits: { width: 2, data: Float32Array.of(90, 91, 80, 81, 70, 71, 60, 61) },
};

describe('edits', () => {
  it('flip a reward, mark it, and leave the sampled batch alone', () => {
    const after = applyEdits(batch, [{ kind: 'reward', response: 1, reward: flipped(0) }]);
    expect(after.responses[1]).toMatchObject({ reward: 1, edited: true });
    expect(batch.responses[1]).toMatchObject({ reward: 0 });
    expect(after.responses[0]).toBe(batch.responses[0]);
  });

  it('replace a response by a longer one and move what follows', () => {
    const after = applyEdits(batch, [{ kind: 'response', response: 1, scored }]);
    expect([...after.tokens]).toEqual([1, 2, 9, 8, 7, 6, 5]);
    expect(after.responses.map(({ start, end }) => [start, end])).toEqual([
      [0, 2],
      [2, 6],
      [6, 7],
    ]);
    expect(after.responses[1]).toMatchObject({ group: 0, reward: 1, edited: true });
    expect([...after.fields.oldLogprobs!]).toEqual([-0.1, -0.2, -0.1, -0.2, -0.30000000000000004, -0.4, -0.6000000000000001]);
    expect([...after.logits!.data]).toEqual([0, 1, 2, 3, 90, 91, 80, 81, 70, 71, 60, 61, 10, 11]);
    expect([...after.source!]).toEqual([0, 0, 2, 2, 2, 2, 0]);
  });

  it('give the new tokens ratio 1 in the updates that held the old ones', () => {
    const [update] = applyEdits(batch, [{ kind: 'response', response: 1, scored }]).updates;
    expect([...update.logprobs]).toEqual([-1, -2, -0.1, -0.2, -0.30000000000000004, -0.4]);
    expect([...update.gradLogprobs]).toEqual([0.1, 0.2, 0, 0, 0, 0]);
  });

  it('drop a field that the new tokens do not have', () => {
    const after = applyEdits({ ...batch, hidden: { width: 1, data: new Float32Array(6) } }, [{ kind: 'response', response: 1, scored }]);
    expect(after.hidden).toBeUndefined();
    expect(after.logits).toBeDefined();
  });

  it('can follow each other', () => {
    const after = applyEdits(batch, [
      { kind: 'response', response: 0, scored },
      { kind: 'reward', response: 2, reward: 1 },
    ]);
    expect([...after.tokens]).toEqual([9, 8, 7, 6, 1, 3, 4, 5]);
    expect(after.responses[2].reward).toBe(1);
  });
});
