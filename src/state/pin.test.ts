import { describe, expect, it } from 'vitest';
import { landPin } from './pin.ts';
import { smallBatch } from './testBatch.ts';

const batch = smallBatch([
  [
    { tokens: [1, 2], reward: 1 },
    { tokens: [1, 3, 4], reward: 0 },
  ],
]);

describe('landing a pin', () => {
  it('keeps a pin whose token exists', () => {
    const pin = { group: 0, response: 1, position: 2 };
    expect(landPin(batch, pin)).toEqual({ pin, message: null });
  });

  it('moves to the last token of a shorter response, and says so', () => {
    expect(landPin(batch, { group: 0, response: 0, position: 6 })).toEqual({
      pin: { group: 0, response: 0, position: 1 },
      message: 'Sample 1 has only 2 tokens now: the pin moved to its last.',
    });
  });

  it('moves to the last sample and to the last prompt', () => {
    expect(landPin(batch, { group: 0, response: 7, position: 1 }).pin).toEqual({ group: 0, response: 1, position: 1 });
    expect(landPin(batch, { group: 4, response: 0, position: 0 })).toEqual({
      pin: { group: 0, response: 0, position: 0 },
      message: 'There is no prompt 5 now: the pin moved to prompt 1.',
    });
  });
});
