import { describe, expect, it } from 'vitest';
import { smallBatch } from '../../state/testBatch.ts';
import { describeComparison } from './describe.ts';

const batch = smallBatch([
  [
    { tokens: [0, 1, 2], reward: 1 },
    { tokens: [0, 2], reward: 0 },
  ],
  [{ tokens: [1], reward: 1 }],
]);
const say = (
  a: number[],
  b: number[],
  lane: { kind: 'diverging' | 'sequential'; unit: string } = { kind: 'diverging', unit: 'none' },
  group = 0,
) =>
  describeComparison({
    batch,
    group,
    vocabulary: ['S', '>', '.'],
    lane,
    a: { name: 'FLAT', values: Float64Array.from(a) },
    b: { name: 'TREE', values: Float64Array.from(b) },
  })
    .map(({ text }) => text)
    .join('');

describe('the sentence of a comparison', () => {
  it('names the token where the two part most, both numbers, and how many tokens differ', () => {
    expect(say([1, 1, 1, -1, -1, 5], [1, 2.5, 1, 0.25, -1, 0])).toBe(
      'FLAT and TREE differ most at >, token 2 of response 1 S>.: +1.00 against +2.50. They differ on 2 of 5 tokens here, and give 1 of them opposite signs.',
    );
    expect(say([1, 1, 1, -1, -1, 5], [1, 1, 1, 2, -1, 0])).toMatch(
      /^FLAT and TREE differ most at S, token 1 of response 2 S\.: −1\.00 against \+2\.00\./,
    );
  });

  it('gives units, and no signs where the numbers have none', () => {
    expect(say([0.5, 0.5, 0.5, 0.5, 0.5, 0], [0.5, 0.5, 0, 0.5, 0.5, 0], { kind: 'sequential', unit: 'nats' })).toBe(
      'FLAT and TREE differ most at ., token 3 of response 1 S>.: 0.50 against 0.00 nats. They differ on 1 of 5 tokens here.',
    );
  });

  it('says where they agree, here or everywhere', () => {
    expect(say([1, 1, 1, -1, -1, 5], [1, 1, 1, -1, -1, 5])).toBe(
      'FLAT and TREE agree on every token of this prompt, and of every other prompt of this step.',
    );
    expect(say([1, 1, 1, -1, -1, 5], [1, 1, 1, -1, -1, 4])).toBe(
      'FLAT and TREE agree on every token of this prompt; on other prompts of this step they differ on 1 token.',
    );
  });

  it('says whose numbers are missing', () => {
    const none = [NaN, NaN, NaN, NaN, NaN, 1];
    expect(say(none, [1, 1, 1, 1, 1, 1])).toBe('FLAT has no number for this prompt: only TREE has.');
    expect(say(none, none)).toBe('Neither FLAT nor TREE has a number for this prompt.');
    expect(say([1, NaN, 1, 1, 1, 1], [1, 1, 1, 1, 1, 1])).toMatch(/Only one of them has a number for 1 token\.$/);
  });
});
