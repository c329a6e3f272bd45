/** The steps that were shown, so that ⏮ and ⏭ can go back and forth through them. Pure bookkeeping; batches are frozen. */
import type { RolloutBatch } from '../core/batch.ts';
import type { LabState } from './types.ts';

export interface Frame {
  step: number;
  source: LabState['source'];
  batch: RolloutBatch;
}

/** `at` is the frame on screen; the last one is the present. */
export interface Frames {
  readonly list: readonly Frame[];
  readonly at: number;
}

/** A frame holds about half a megabyte: these are some 15 MB. */
const LIMIT = 30;

/** Adds the newest frame and shows it. A step that goes back in time (after a reset) ends the frames of the run before. */
export function pushFrame(frames: Frames, frame: Frame): Frames {
  const list = [...frames.list.filter(({ step }) => step < frame.step), frame].slice(-LIMIT);
  return { list, at: list.length - 1 };
}

/** Shows the frame of this step, with the newer ones ahead of it; one that is no longer there lies before the first. */
export const atStep = (frames: Frames, step: number): Frames => ({ ...frames, at: frames.list.findIndex((frame) => frame.step === step) });

/** Moves by one frame; null where there is none. */
export function moveFrame(frames: Frames, by: 1 | -1): Frames | null {
  const at = frames.at + by;
  return at >= 0 && at < frames.list.length ? { ...frames, at } : null;
}
