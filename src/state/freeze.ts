/** Which step of the run is on screen: the newest, an earlier one, or one that is held while the run goes on behind it. */
import type { RolloutBatch } from '../core/batch.ts';
import type { Gate, LabContext } from './context.ts';
import { atStep, moveFrame, pushFrame } from './frames.ts';
import type { Frames } from './frames.ts';
import { sourceOf } from './sourceOf.ts';
import type { LabState } from './types.ts';

type Change = Parameters<Gate>[1];

export interface FreezeWorld {
  /** Asks the worker to keep the weights of this name: questions about the held picture still come. */
  hold(weights: string): void;
  pause(): void;
}

export function createFreeze(context: LabContext, { hold, pause }: FreezeWorld) {
  const { store, announce } = context;
  const get = store.getState;
  let frames: Frames = { list: [], at: -1 };
  /** The newest step that came while the picture was held. */
  let waiting: { batch: RolloutBatch; change: Change } | null = null;

  const setFrames = (next: Frames): void => {
    frames = next;
    store.setState({ canStepBack: frames.at > 0 });
  };
  const end = (): void => {
    waiting = null;
    if (get().frozen) store.setState({ frozen: false });
  };

  const picture = {
    /** Keeps a step of the run until the picture is let go; false where none is held. */
    takes(batch: RolloutBatch, change: Change): boolean {
      const { frozen, sampled } = get();
      if (!frozen || !sampled) return false;
      hold(sourceOf(get(), sampled));
      if (!waiting || waiting.change.step < change.step) waiting = { batch, change };
      return true;
    },
    /** A step of the run: it is shown, held back, or kept until the picture is let go; `told` is told at once. */
    comes(batch: RolloutBatch, change: Change, told: Partial<LabState>) {
      const { sampled, source, step } = get();
      if (frames.list.length === 0 && sampled && source !== 'live') setFrames(pushFrame(frames, { step, source, batch: sampled }));
      const isHeld = picture.takes(batch, change);
      if (isHeld || context.gate?.(batch, change)) store.setState(told);
      else context.showBatch(batch, { ...change, ...told });
      const next = pushFrame(frames, { ...change, batch });
      setFrames(isHeld ? atStep(next, step) : next);
    },
    /** Back and forth through the steps that came; false where there is none. */
    move(by: 1 | -1): boolean {
      const next = moveFrame(frames, by);
      if (!next) return false;
      pause();
      end();
      setFrames(next);
      const { batch, step, source } = next.list[next.at];
      context.showBatch(batch, { step, source });
      return true;
    },
    /** Another run begins. */
    clear() {
      end();
      setFrames({ list: [], at: -1 });
    },
    /** Holds the picture, or lets it go: the newest step comes, after its truth where that is shown. */
    toggle() {
      const { frozen, step, batch } = get();
      if (!batch) return;
      const due = waiting;
      waiting = null;
      store.setState({ frozen: !frozen });
      announce(frozen ? 'The picture follows the run again.' : `Frozen at step ${step}; training goes on behind it.`);
      if (due && !context.gate?.(due.batch, due.change)) context.showBatch(due.batch, due.change);
      if (frozen) setFrames({ ...frames, at: frames.list.length - 1 });
    },
  };
  return picture;
}
