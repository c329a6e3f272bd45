/** The comparison of the view (A) with another method, other knobs or another checkpoint (B), beside the lab's own store. */
import { createStore } from 'zustand/vanilla';
import type { StoreApi } from 'zustand/vanilla';
import type { RolloutBatch } from '../core/batch.ts';
import { beforeUpdates } from '../core/rescore.ts';
import { createCheckpointScorer } from './checkpointScorer.ts';
import type { CheckpointScorer } from './checkpointScorer.ts';
import { deriveCredit } from './credit.ts';
import type { Lab } from './lab.ts';
import type { CompareSide, Derived, LabState, Mix } from './types.ts';

/** One side: the batch that it is credited on, and its credit. */
export interface ComparedSide {
  batch: RolloutBatch;
  derived: Derived;
}

export interface CompareState {
  /** Null while there is nothing to compare yet. */
  a: ComparedSide | null;
  b: ComparedSide | null;
  isScoring: boolean;
  /** One sentence where the other side cannot be had. */
  problem: string | null;
}

export interface Comparison {
  store: StoreApi<CompareState>;
  /** Lets go of the worker; the lab is not followed any more. */
  dispose(): void;
}

const NOTHING: CompareState = { a: null, b: null, isScoring: false, problem: null };

/** What B's credit is made of; a side whose inputs are these same objects need not be credited again. */
type Inputs = readonly unknown[];
const isAlike = (a: Inputs, b: Inputs): boolean => a.length === b.length && a.every((value, i) => Object.is(value, b[i]));

/** What the other checkpoint says of one batch. */
interface Scored {
  of: RolloutBatch;
  batch: RolloutBatch;
}

/** Follows the lab while something is compared. */
export function createComparison(lab: Lab): Comparison {
  const store = createStore<CompareState>(() => NOTHING);
  let inputs: Inputs = [];
  let scorer: { id: string; task: string; ready: Promise<CheckpointScorer> } | null = null;
  let scored: Scored | null = null;
  /** The batch that is with the worker, or that failed: it is not asked for again. */
  let asked: RolloutBatch | null = null;
  let isDisposed = false;

  const dropScorer = (): void => {
    void scorer?.ready.then((worker) => worker.dispose()).catch(() => undefined);
    scorer = null;
    scored = null;
    asked = null;
  };

  const credited = (state: LabState, batch: RolloutBatch, method: string, mix: Mix, overrides: LabState['overrides']) => {
    const derived = deriveCredit({ ...state, batch, mix, overrides }, method);
    return derived && { batch, derived };
  };

  const compareMethods = (state: LabState, batch: RolloutBatch, side: Extract<CompareSide, { method: string }>): void => {
    const { derived, methods } = state;
    const overrides = side.overrides ?? state.overrides;
    const needed = [side.method, ...Object.values(side.mix)].map((id) => methods[id]);
    const next: Inputs = [batch, state.update, overrides, ...needed];
    const isNew = !isAlike(next, inputs);
    inputs = next;
    const b = !isNew
      ? store.getState().b
      : needed.includes(undefined as never)
        ? null
        : credited(state, batch, side.method, side.mix, overrides);
    store.setState({ a: derived && { batch, derived }, b, isScoring: false, problem: null });
  };

  /** One batch at a time; when it is done, the newest one is next. */
  const askWorker = async (state: LabState, batch: RolloutBatch, checkpoint: string): Promise<void> => {
    if (scorer && (scorer.id !== checkpoint || scorer.task !== state.taskId)) dropScorer();
    if (asked === batch || (asked !== null && store.getState().isScoring)) return;
    scorer ??= { id: checkpoint, task: state.taskId, ready: createCheckpointScorer(lab, checkpoint) };
    const own = scorer;
    asked = batch;
    store.setState({ isScoring: true });
    try {
      const found = await (await own.ready).score(batch);
      if (scorer !== own || isDisposed) return;
      scored = { of: batch, batch: found };
      store.setState({ isScoring: false, problem: null });
    } catch (error) {
      if (scorer !== own || isDisposed) return;
      dropScorer();
      asked = batch;
      store.setState({ b: null, isScoring: false, problem: `The other checkpoint could not be asked: ${(error as Error).message}` });
    }
    update();
  };

  const compareCheckpoints = (state: LabState, batch: RolloutBatch, checkpoint: string): void => {
    void askWorker(state, batch, checkpoint);
    const { viewMethod, mix, overrides, methods } = state;
    const other = scored?.of === batch ? scored.batch : null;
    const next: Inputs = [batch, other, overrides, mix, methods[viewMethod], checkpoint];
    if (isAlike(next, inputs)) return;
    inputs = next;
    // Both before any update: the recorded ratios of A have no counterpart in a model that did not make those updates.
    store.setState({
      a: credited(state, beforeUpdates(batch), viewMethod, mix, overrides),
      b: other && credited(state, other, viewMethod, mix, overrides),
    });
  };

  const update = (): void => {
    const state = lab.store.getState();
    const { compare, batch } = state;
    if (!compare || !batch) {
      dropScorer();
      inputs = [];
      store.setState(NOTHING);
      return;
    }
    if ('checkpoint' in compare.side) compareCheckpoints(state, batch, compare.side.checkpoint);
    else {
      dropScorer();
      compareMethods(state, batch, compare.side);
    }
  };

  /** A link names methods that nothing else may have asked for. */
  const load = (side: CompareSide | undefined): void => {
    if (!side || !('method' in side)) return;
    for (const id of [side.method, ...Object.values(side.mix)]) {
      lab.needMethod(id).catch((error: Error) => store.setState({ problem: error.message }));
    }
  };

  const stop = lab.store.subscribe((state, before) => {
    if (state.compare?.side !== before.compare?.side) load(state.compare?.side);
    // Credit follows a slider before the next frame, as the view's own does: `derived` says when.
    const isMoved =
      state.derived !== before.derived ||
      state.batch !== before.batch ||
      state.methods !== before.methods ||
      state.compare?.side !== before.compare?.side;
    if (isMoved) update();
  });
  load(lab.store.getState().compare?.side);
  update();
  return {
    store,
    dispose() {
      isDisposed = true;
      stop();
      dropScorer();
    },
  };
}

const comparisons = new WeakMap<Lab, Comparison>();

/** The one comparison of a lab, begun when it is first asked for. */
export function comparisonOf(lab: Lab): Comparison {
  const found = comparisons.get(lab) ?? createComparison(lab);
  comparisons.set(lab, found);
  return found;
}

/** A and B change places. A live step has no checkpoint to change places with: false, and nothing is changed. */
export async function swapSides(lab: Lab): Promise<boolean> {
  const { compare, viewMethod, mix, overrides, checkpointId, source } = lab.store.getState();
  if (!compare) return false;
  const { side } = compare;
  if ('checkpoint' in side) {
    if (source === 'live') return false;
    lab.setCompare({ ...compare, side: { checkpoint: checkpointId } });
    await lab.selectCheckpoint(side.checkpoint);
    return true;
  }
  lab.setCompare({ ...compare, side: { method: viewMethod, mix, overrides: side.overrides && overrides } });
  if (side.overrides) lab.setOverrides(side.overrides);
  await lab.setViewMethod(side.method, side.mix);
  return true;
}

/** A's present method and knobs become B; sliders then move A alone. */
export function holdAsB(lab: Lab): void {
  const { compare, viewMethod, mix, overrides } = lab.store.getState();
  lab.setCompare({ lane: null, differenceOnly: false, ...compare, side: { method: viewMethod, mix, overrides } });
}
