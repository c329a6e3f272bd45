import { describe, expect, it } from 'vitest';
import { HEADLINE, loadMethod } from './methods/index.ts';
import { composeMethod, creditBatch, defaultKnobs } from './pipeline.ts';
import { beforeUpdates, rescored } from './rescore.ts';
import { batchOf, furnish } from './testBatch.ts';

const drawn = () =>
  furnish(
    batchOf(
      [
        { tokens: [1, 2], reward: 1, oldLogprobs: [-1, -2], logprobs: [-0.5, -2], refLogprobs: [-1, -1], oldEntropies: [0.3, 0.4] },
        { tokens: [3], reward: 0, oldLogprobs: [-3], logprobs: [-3], refLogprobs: [-3], oldEntropies: [0.5] },
      ],
      [{ tokens: [0, 0], reward: 1, oldLogprobs: [-1, -1], logprobs: [-1, -1], refLogprobs: [-1, -1], oldEntropies: [1, 1] }],
    ),
  );
const scored = () => [
  batchOf([
    { tokens: [1, 2], reward: 0, oldLogprobs: [-0.1, -0.2], oldEntropies: [0.01, 0.02] },
    { tokens: [3], reward: 0, oldLogprobs: [-0.3], oldEntropies: [0.03] },
  ]),
  batchOf([{ tokens: [0, 0], reward: 0, oldLogprobs: [-0.4, -0.5], oldEntropies: [0.04, 0.05] }]),
];

describe('the same tokens under another policy', () => {
  it('keep their rewards and take the other policy’s log-probs and entropies', () => {
    const other = rescored(drawn(), scored());
    expect([...other.tokens]).toEqual([1, 2, 3, 0, 0]);
    expect(other.responses.map(({ reward }) => reward)).toEqual([1, 0, 1]);
    expect([...other.fields.oldLogprobs!]).toEqual([-0.1, -0.2, -0.3, -0.4, -0.5]);
    expect([...other.fields.oldEntropies!]).toEqual([0.01, 0.02, 0.03, 0.04, 0.05]);
  });

  it('lose what is only known of the policy that drew them', () => {
    const other = rescored(drawn(), scored());
    expect(other.fields.logprobs).toBeUndefined();
    expect(other.fields.trueAdvantages).toBeUndefined();
    // The scored batches hold none, and the drawing policy's distance to the reference is not the other's.
    expect(other.fields.refLogprobs).toBeUndefined();
    expect(other.groups[0].greedyReward).toBeUndefined();
    expect(other.responses[0].continuations).toBeUndefined();
    expect(other.updates).toEqual([]);
  });

  it('are refused where they are not the same', () => {
    expect(() => rescored(drawn(), scored().reverse())).toThrow('not those of the batch');
    expect(() => rescored(drawn(), scored().slice(1))).toThrow('not those of the batch');
  });

  it('are credited at ratio 1 on both sides', async () => {
    const method = await loadMethod(HEADLINE[0]);
    const credit = (batch: Parameters<typeof creditBatch>[0]) =>
      creditBatch(batch, composeMethod(method), defaultKnobs(method)).trace.ratio.values;
    expect(credit(drawn())[0]).toBeCloseTo(1.6487212707, 9);
    expect([...credit(beforeUpdates(drawn()))]).toEqual([1, 1, 1, 1, 1]);
    expect([...credit(rescored(drawn(), scored()))]).toEqual([1, 1, 1, 1, 1]);
  });
});
