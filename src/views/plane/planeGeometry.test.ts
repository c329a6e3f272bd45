import { describe, expect, it } from 'vitest';
import { batchOf } from '../../core/testBatch.ts';
import { HEIGHT, nearestToken, nextToken, pinOf, planeScale, tokenAt, WIDTH } from './planeGeometry.ts';

const plane = {
  x: Float64Array.of(-1, 3, 1, -2),
  y: Float64Array.of(0, 1, -1, 0),
  side: Float64Array.of(-1, 1, 1, -1),
  marks: [],
};
const batch = batchOf(
  [{ tokens: [1], reward: 1 }],
  [
    { tokens: [1, 2], reward: 1 },
    { tokens: [3], reward: 0 },
  ],
);

describe('the picture', () => {
  const scale = planeScale(plane);
  it('fills its frame, larger y above, with the middle line inside', () => {
    expect([scale.x(-2), scale.x(3)]).toEqual([12, WIDTH - 12]);
    expect([scale.y(-1), scale.y(1)]).toEqual([HEIGHT - 12, 12]);
    expect(planeScale({ ...plane, x: Float64Array.of(1, 2, 3, 4) }).x(0)).toBe(12);
  });
  it('finds the token under the pointer, and none far from all', () => {
    expect(nearestToken(plane, scale, scale.x(1) + 3, scale.y(-1))).toBe(2);
    expect(nearestToken(plane, scale, scale.x(1), scale.y(-1) - 40)).toBeNull();
  });
  it('walks through the tokens of one prompt from left to right, and stops at the ends', () => {
    expect([1, 2, 3].map((from) => nextToken(plane, from, [1, 4], 1))).toEqual([1, 1, 2]);
    expect([1, 2, 3].map((from) => nextToken(plane, from, [1, 4], -1))).toEqual([2, 3, 3]);
  });
});

it('a token and its pin are one thing', () => {
  for (let token = 0; token < 4; token++) expect(tokenAt(batch, pinOf(batch, token))).toBe(token);
  expect(pinOf(batch, 3)).toEqual({ group: 1, response: 1, position: 0 });
  expect(tokenAt(batch, { group: 1, response: 1, position: 4 })).toBeNull();
  expect(tokenAt(batch, null)).toBeNull();
});
