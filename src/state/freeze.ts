/** One step is held on screen while the run goes on behind it. */
import type { RolloutBatch } from '../core/batch.ts';
import type { Gate, LabContext } from './context.ts';
import { sourceOf } from './sourceOf.ts';

export type Freeze = ReturnType<typeof createFreeze>;

/** `hold` asks the worker to keep the weights of this name, which drew what is on screen: questions about it still come. */
export function createFreeze(context: LabContext, hold: (weights: string) => void) {
  const { store, announce } = context;
  const get = store.getState;
  /** The newest step that came meanwhile. */
  let waiting: { batch: RolloutBatch; change: Parameters<Gate>[1] } | null = null;

  return {
    /** Keeps a step of the run until the picture is let go; false where none is held. */
    takes(batch: RolloutBatch, change: Parameters<Gate>[1]): boolean {
      const { frozen, sampled } = get();
      if (!frozen || !sampled) return false;
      hold(sourceOf(get(), sampled));
      if (!waiting || waiting.change.step < change.step) waiting = { batch, change };
      return true;
    },
    /** Something else was put on the screen. */
    end() {
      waiting = null;
      if (get().frozen) store.setState({ frozen: false });
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
    },
  };
}
