/**
 * Requests for the truth, worked off beside the training: one forward pass at a time on a model of its own, so that neither
 * waits long for the other. The weights of the newest posted batches are kept for it.
 */
import type { RolloutBatch } from '../core/batch.ts';
import type { Task } from '../core/tasks/types.ts';
import { truthSteps } from './oracle.ts';
import type { FromWorker, ToWorker } from './protocol.ts';
import type { LanguageModel } from './types.ts';

/** Posted batches whose weights are kept. */
const KEPT = 4;

export type TruthRequest = Extract<ToWorker, { kind: 'truth' }>;

interface Kept {
  task: Task;
  batch: RolloutBatch;
  weights: Float32Array;
}

export interface TruthHost {
  post(message: FromWorker): void;
  /** Runs a task after pending messages and other scheduled work. */
  schedule(task: () => void): void;
  fail(error: unknown, request: number): void;
  /** A model of the run's size that nobody else uses. */
  createModel(): Promise<LanguageModel>;
}

export interface TruthDesk {
  /** Keeps a posted batch, by its id, with the weights that drew it. */
  keep(id: string, kept: Kept): void;
  /** The weights that drew a kept batch. Throws a sentence where they are no longer there. */
  weightsOf(id: string): Float32Array;
  ask(request: TruthRequest): void;
  cancel(request: number): void;
  /** Forgets everything: another model is on its way. */
  clear(): void;
}

export function createTruthDesk(host: TruthHost): TruthDesk {
  const kept = new Map<string, Kept>();
  let waiting: TruthRequest[] = [];
  let model: LanguageModel | null = null;
  let isBusy = false;
  /** Changes when everything is forgotten, so that work begun before stops. */
  let era = 0;

  function find(id: string): Kept {
    const found = kept.get(id);
    if (!found) throw new Error('The weights that drew these samples are no longer kept: take a step, then ask again.');
    return found;
  }

  /** Takes up the first request that waits; each leads to the next. */
  async function workOff(): Promise<void> {
    const own = era;
    isBusy = waiting.length > 0;
    const [request] = waiting;
    if (!request) return;
    try {
      const oracle = model ?? (await host.createModel());
      if (own !== era) return oracle.dispose();
      model = oracle;
      begin(request, oracle);
    } catch (error) {
      if (own === era) finish(request, error);
    }
  }

  function finish(request: TruthRequest, error?: unknown): void {
    if (error !== undefined) host.fail(error, request.request);
    waiting = waiting.filter((other) => other !== request);
    void workOff();
  }

  function begin(request: TruthRequest, oracle: LanguageModel): void {
    const source = find(request.batch);
    oracle.setParameters(source.weights);
    const steps = truthSteps(oracle, source.task, source.batch, request.groups, request.budget);
    let left = request.groups.length;
    const own = era;
    const slice = () => {
      if (own !== era) return;
      if (waiting[0] !== request) return void workOff();
      try {
        const step = steps.next();
        if (step.value) {
          left--;
          host.post({ kind: 'truth', request: request.request, ...step.value, isLast: left === 0 });
        }
        if (step.done) finish(request);
        else host.schedule(slice);
      } catch (error) {
        finish(request, error);
      }
    };
    host.schedule(slice);
  }

  return {
    keep(id, entry) {
      kept.set(id, entry);
      for (const oldest of kept.keys()) {
        if (kept.size <= KEPT) break;
        kept.delete(oldest);
      }
    },
    weightsOf: (id) => find(id).weights,
    ask(request) {
      waiting.push(request);
      if (!isBusy) void workOff();
    },
    cancel(request) {
      waiting = waiting.filter((other) => other.request !== request);
    },
    clear() {
      era++;
      kept.clear();
      waiting = [];
      isBusy = false;
      model?.dispose();
      model = null;
    },
  };
}
