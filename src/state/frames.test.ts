import { describe, expect, it } from 'vitest';
import { moveFrame, pushFrame } from './frames.ts';
import type { Frames } from './frames.ts';
import { smallBatch } from './testBatch.ts';

const batch = smallBatch([[{ tokens: [1], reward: 1 }]]);
const pushAll = (steps: readonly number[]): Frames =>
  steps.reduce<Frames>((frames, step) => pushFrame(frames, { step, source: 'live', batch }), { list: [], at: -1 });

describe('frames', () => {
  it('go back and forth, and stop at both ends', () => {
    const frames = pushAll([1, 2, 3]);
    const back = moveFrame(frames, -1)!;
    expect(back.list[back.at].step).toBe(2);
    expect(moveFrame(moveFrame(back, -1)!, -1)).toBeNull();
    expect(moveFrame(frames, 1)).toBeNull();
  });

  it('end where a reset goes back in time', () => {
    expect(pushAll([1, 2, 3, 2]).list.map(({ step }) => step)).toEqual([1, 2]);
  });

  it('keep the last 30', () => {
    const frames = pushAll(Array.from({ length: 40 }, (_, i) => i));
    expect(frames.list.length).toBe(30);
    expect(frames.list[0].step).toBe(10);
  });
});
