import { describe, expect, it } from 'vitest';
import { distributionBars, logProbabilities } from './distribution.ts';
import { smallBatch } from './testBatch.ts';

const logits = smallBatch.logits;
if (!logits) throw new Error('the test batch has logits');

describe('distribution', () => {
  it('is softmax of the row at the temperature', () => {
    expect(Array.from(logProbabilities(logits, 1, 1), Math.exp)).toEqual([0.5, 0.25, 0.25].map((p) => expect.closeTo(p, 12)));
    // At T = ½ the weights are squared: 4, 1, 1.
    expect(Math.exp(logProbabilities(logits, 1, 0.5)[0])).toBeCloseTo(4 / 6, 12);
  });
  it('shows the likeliest, keeps the sampled one, and puts the preview beside it', () => {
    const bars = distributionBars(logits, 0, 2, 1, 0.5, 2);
    expect(bars.map((bar) => [bar.id, bar.isSampled])).toEqual([
      [0, false],
      [2, true],
    ]);
    expect(bars[0].preview).toBeCloseTo(4 / 6, 12);
    expect(distributionBars(logits, 0, 0, 1, null, 3).map((bar) => bar.id)).toEqual([0, 1, 2]);
  });
});
