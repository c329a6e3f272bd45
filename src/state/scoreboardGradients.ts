/** The scoreboard's gradients: asked of the worker, remembered for each batch. */
import type { StoreApi } from 'zustand/vanilla';
import type { RolloutBatch } from '../core/batch.ts';
import { encodeBatch } from '../core/batchEncoder.ts';
import { METHODS } from '../core/methods/index.ts';
import { DEFAULT_BUDGET } from '../core/oracle/truth.ts';
import { composeMethod, knobsOf } from '../core/pipeline.ts';
import type { ComposedMethod } from '../core/pipeline.types.ts';
import type { KnobValues, Method } from '../core/stages/types.ts';
import type { TruthJob } from '../engine/client.ts';
import type { GradientAnswer } from '../engine/protocol.ts';
import { drawnBy } from './drawnBy.ts';
import { resolveKnobs } from './knobs.ts';
import type { Lab } from './lab.ts';
import { needSentence } from './needs.ts';
import type { GradientState, ScoreboardState } from './scoreboardTypes.ts';

export const NO_GRADIENTS: GradientState = {
  status: 'idle',
  share: 0,
  unopened: NaN,
  residual: NaN,
  certificate: null,
  isOwn: false,
  message: null,
};

/** A method as the board enters it: its own stages, with the knobs that the user touched. */
export function entrant(lab: Lab, method: Method): { composed: ComposedMethod; knobs: KnobValues } {
  return { composed: composeMethod(method), knobs: resolveKnobs(knobsOf(method), lab.store.getState().overrides) };
}

export function createGradientActions(lab: Lab, store: StoreApi<ScoreboardState>) {
  const get = store.getState;
  let job: TruthJob | null = null;
  /** Gradients of batches that were compared before, by what else they depend on. */
  const known = new WeakMap<RolloutBatch, Map<string, Pick<ScoreboardState, 'rows' | 'gradients'>>>();
  const key = (): string => `${get().batches} ${JSON.stringify(lab.store.getState().overrides)}`;
  const set = (change: Partial<GradientState>): void => store.setState({ gradients: { ...get().gradients, ...change } });

  const hear = (answer: GradientAnswer): void => {
    if (answer.kind === 'progress') set({ share: answer.share });
    else if (answer.kind === 'ground') set({ unopened: answer.unopened, residual: answer.residual });
    else if (answer.kind === 'certificate') set({ certificate: answer.certificate });
    else {
      const title = METHODS.find(({ id }) => id === answer.method)?.title ?? answer.method;
      const lack = needSentence(title, answer.missing ?? []).replace('this batch does', 'the batches drawn again do');
      const found = { quality: answer.quality, own: answer.own, gradientNote: lack === '' ? null : lack };
      store.setState({ rows: get().rows.map((row) => (row.id === answer.method ? { ...row, ...found } : row)) });
    }
  };

  const stop = (): void => {
    job?.cancel();
    job = null;
    if (get().gradients.status === 'running') set({ ...NO_GRADIENTS });
  };

  const clearRows = (): void =>
    store.setState({ rows: get().rows.map((row) => ({ ...row, quality: null, own: null, gradientNote: null })) });

  return {
    stop,
    /** Puts back what is known of the frozen batch. */
    recall(): void {
      const { frozen } = get();
      const before = frozen && known.get(frozen.batch)?.get(key());
      if (!before) return;
      const rows = get().rows.map((row) => {
        const { quality, own, gradientNote } = before.rows.find(({ id }) => id === row.id) ?? row;
        return { ...row, quality, own, gradientNote };
      });
      store.setState({ rows, gradients: before.gradients });
    },
    /** Draws the frozen batch's prompts again R times, and holds each method's gradients against the exact one. */
    async compare(): Promise<void> {
      const { frozen, batches } = get();
      if (!frozen) return;
      stop();
      clearRows();
      set({ ...NO_GRADIENTS, status: 'running' });
      const isCurrent = () => get().frozen === frozen && get().gradients.status === 'running';
      try {
        const engine = await lab.openEngine();
        if (!engine) throw new Error('the model could not be started.');
        const methods = await Promise.all(METHODS.map(async ({ id, load }) => ({ id, knobs: entrant(lab, await load()).knobs })));
        const from = await drawnBy(lab, frozen);
        if (!isCurrent()) return;
        set({ isOwn: from.isOwn });
        const asked = key();
        const shared = { batch: encodeBatch(frozen.batch), methods, resamples: batches, seed: frozen.seed, budget: DEFAULT_BUDGET };
        const own: TruthJob = engine.gradients({ ...shared, ...from }, (answer) => job === own && hear(answer));
        job = own;
        await own.done;
        if (job !== own) return;
        job = null;
        set({ status: 'done', share: 1 });
        const { rows, gradients } = get();
        known.set(frozen.batch, new Map([...(known.get(frozen.batch) ?? []), [asked, { rows, gradients }]]));
        lab.announce('The gradients of all methods are compared.');
      } catch (error) {
        if (isCurrent()) set({ status: 'failed', message: (error as Error).message });
      }
    },
  };
}
