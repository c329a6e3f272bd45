/**
 * The scoreboard: every method of the registry on one frozen batch. Its numbers from the batch alone are computed here, one
 * method in each idle moment; the gradients come from the worker when they are asked for.
 */
import { createStore } from 'zustand/vanilla';
import type { RolloutBatch } from '../core/batch.ts';
import { METHODS } from '../core/methods/index.ts';
import { SIGN_THRESHOLD } from '../core/metrics/creditAccuracy.ts';
import { scoreSteps } from '../core/metrics/creditScore.ts';
import type { Disagreement } from '../core/metrics/creditAccuracy.ts';
import type { ScoredUpdate } from '../core/metrics/creditScore.ts';
import { DEFAULT_BUDGET, withTruths } from '../core/oracle/truth.ts';
import type { GroupTruth } from '../core/oracle/truth.ts';
import { missingNeeds } from '../core/pipeline.ts';
import type { Method } from '../core/stages/types.ts';
import type { TruthJob } from '../engine/client.ts';
import type { Lab } from './lab.ts';
import { needSentence } from './needs.ts';
import { INITIAL_SORT, sortedBy } from './scoreboardColumns.ts';
import type { ColumnId } from './scoreboardColumns.ts';
import { createGradientActions, entrant, NO_GRADIENTS } from './scoreboardGradients.ts';
import type { Frozen, ScoreboardState, ScoreRow } from './scoreboardTypes.ts';

/** Draws of the bootstrap over prompts. */
const RESAMPLES = 500;
const SEED = 0;
/** R by default: enough to tell the biased methods from the noisy ones, in a few seconds. */
const BATCHES = 16;
/** Lane beside the credit that a closer look at a disagreement wants. */
const TRUTH_LANE = 'trueAdvantage';

const waitingRows = (): ScoreRow[] =>
  METHODS.map(({ id, title }) => ({ id, title, isSettled: false, score: null, note: null, quality: null, own: null, gradientNote: null }));

const knowsTruth = ({ fields }: RolloutBatch): boolean =>
  fields.trueAdvantages !== undefined && !fields.trueAdvantages.some((value) => Number.isNaN(value));

/** The board of a lab. `idle` runs a piece of work when the page has nothing better to do, again while it says true. Nothing happens until `enter()`. */
export function createScoreboard(lab: Lab, idle: (piece: () => boolean) => void) {
  const store = createStore<ScoreboardState>(() => ({
    frozen: null,
    isBehind: false,
    truthShare: null,
    message: null,
    update: 'first',
    threshold: SIGN_THRESHOLD,
    batches: BATCHES,
    rows: waitingRows(),
    sort: INITIAL_SORT,
    plotted: INITIAL_SORT.column,
    gradients: NO_GRADIENTS,
  }));
  const get = store.getState;
  const set = (change: Partial<ScoreboardState>): void => store.setState(change);
  const setRow = (id: string, change: Partial<ScoreRow>): void =>
    set({ rows: get().rows.map((row) => (row.id === id ? { ...row, ...change } : row)) });
  const gradients = createGradientActions(lab, store);
  let visits = 0;
  let leave: (() => void) | null = null;
  let job: TruthJob | null = null;
  /** Work begun for anything older stops. */
  let round = 0;

  /** Scores one method of the list in each idle moment, the viewed one first. */
  const scoreAll = (): void => {
    const own = ++round;
    const { frozen } = get();
    if (!frozen || !knowsTruth(frozen.batch)) return;
    const first = lab.store.getState().viewMethod;
    const left = [...METHODS].sort((a, b) => Number(b.id === first) - Number(a.id === first));
    const next = (): void => {
      const entry = left.shift();
      if (own !== round) return;
      if (!entry) {
        const scored = get().rows.filter(({ score }) => score !== null).length;
        lab.announce(`${scored} of ${METHODS.length} methods are scored.`);
        return;
      }
      void entry.load().then(
        (method) => {
          const steps = scoreOf(method, frozen);
          idle(() => {
            if (own !== round) return false;
            const step = steps.next();
            if (!step.done) return true;
            setRow(entry.id, { isSettled: true, ...step.value });
            next();
            return false;
          });
        },
        (error: Error) => {
          if (own !== round) return;
          setRow(entry.id, { isSettled: true, score: null, note: error.message });
          next();
        },
      );
    };
    next();
  };

  function* scoreOf(method: Method, { batch, task }: Frozen): Generator<null, Pick<ScoreRow, 'score' | 'note'>> {
    const { composed, knobs } = entrant(lab, method);
    const note = needSentence(method.meta.title, missingNeeds(batch, method, knobs));
    if (note) return { score: null, note };
    const { update, threshold } = get();
    try {
      const options = { update, threshold, resamples: RESAMPLES, seed: SEED };
      return { score: yield* scoreSteps(batch, task, composed, knobs, options), note: null };
    } catch (error) {
      return { score: null, note: (error as Error).message };
    }
  }

  const stopJob = (): void => {
    job?.cancel();
    job = null;
    set({ truthShare: null });
    gradients.stop();
  };

  /** Takes the batch on the lab's screen; numbers of another one go. */
  const freeze = (): void => {
    const { batch, sampled, task, source, step, taskId, seed, checkpointId } = lab.store.getState();
    if (!batch || !sampled || !task) return;
    stopJob();
    // An answer written by hand has no truth, and takes that of all others with it.
    const isEdited = batch !== sampled && knowsTruth(batch);
    const frozen: Frozen = { batch: isEdited ? batch : sampled, shown: batch, task, taskId, source, step, seed, checkpointId };
    set({ frozen, isBehind: false, message: null, rows: waitingRows(), gradients: NO_GRADIENTS });
    if (knowsTruth(frozen.batch)) gradients.recall();
    else void askTruth();
    scoreAll();
  };

  /** The truth of a live batch comes from the worker, prompt by prompt. */
  const askTruth = async (): Promise<void> => {
    const { frozen } = get();
    const id = frozen?.batch.snapshots?.before;
    if (!frozen || !id) {
      set({ message: 'The true values of this batch are not known, and the weights that drew it are not kept: take a step.' });
      return;
    }
    const engine = await lab.openEngine();
    if (!engine || get().frozen !== frozen) return;
    const truths = new Map<number, GroupTruth>();
    const { groups } = frozen.batch;
    set({ truthShare: 0 });
    const own = engine.truth(id, [...groups.keys()], DEFAULT_BUDGET, ({ group, truth }) => {
      truths.set(group, truth);
      if (job === own) set({ truthShare: truths.size / groups.length });
    });
    job = own;
    try {
      await own.done;
      if (job !== own) return;
      job = null;
      set({ truthShare: null, frozen: { ...frozen, batch: withTruths(frozen.batch, truths) } });
      scoreAll();
    } catch (error) {
      if (job === own) set({ truthShare: null, message: (error as Error).message });
    }
  };

  const follow = (): void => {
    const { batch, run } = lab.store.getState();
    const { frozen } = get();
    if (!batch || batch === frozen?.shown) set({ isBehind: false });
    // While it trains the batch on the screen changes ten times a second: the board keeps its own.
    else if (!frozen || run.status !== 'running') freeze();
    else if (!get().isBehind) set({ isBehind: true });
  };

  return {
    store,
    /** Follows the lab while the board is on the screen; what it says is given back to leave again. */
    enter(): () => void {
      visits++;
      leave ??= lab.store.subscribe((now, before) => {
        if (now.batch !== before.batch || now.run.status !== before.run.status) follow();
        if (now.overrides !== before.overrides) scoreAll();
      });
      const { frozen } = get();
      const before = frozen?.batch;
      follow();
      // Knobs may have been moved in the lab.
      if (get().frozen?.batch === before) scoreAll();
      return () => {
        visits--;
        if (visits > 0) return;
        leave?.();
        leave = null;
        round++;
      };
    },
    freeze,
    setUpdate(update: ScoredUpdate) {
      set({ update });
      scoreAll();
    },
    setThreshold(threshold: number) {
      set({ threshold });
      scoreAll();
    },
    setBatches: (batches: number) => set({ batches }),
    /** Sorts by a column, best first; a second time the other way round. A measure is also the one that is drawn. */
    sortBy(column: ColumnId) {
      const sort = sortedBy(get().sort, column);
      set({ sort, plotted: column === 'method' ? get().plotted : column });
    },
    compareGradients: gradients.compare,
    /** Gives up what the worker is asked for. */
    cancel: stopJob,
    /** Back to the lab, with the method viewed and the token pinned, its true advantage beside its credit. */
    async explain(id: string, { token }: Disagreement) {
      const { frozen } = get();
      const place = frozen?.batch.responses.findIndex(({ start, end }) => token >= start && token < end) ?? -1;
      if (!frozen || place < 0) return;
      const { group, start } = frozen.batch.responses[place];
      lab.setWorkspace('lab');
      lab.showLane(TRUTH_LANE);
      lab.showPrompt(group);
      lab.setPin({ group, response: place - frozen.batch.groups[group].start, position: token - start });
      await lab.setViewMethod(id);
    },
  };
}

export type Scoreboard = ReturnType<typeof createScoreboard>;
