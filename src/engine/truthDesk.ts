/**
 * Questions to the oracle, worked off beside the training: a few forward passes at a time on a model of its own, so that neither
 * waits long for the other. The weights of the newest posted batches are kept for it.
 */
import type { RolloutBatch } from '../core/batch.ts';
import { decodeBatch } from '../core/batchCodec.ts';
import { loadMethod } from '../core/methods/index.ts';
import type { OracleProgress } from '../core/oracle/truth.ts';
import type { Task } from '../core/tasks/types.ts';
import { decodeCheckpoint } from './checkpoint.ts';
import type { Drawing } from './continuations.ts';
import { fitVector } from './layout.ts';
import { actionSteps, truthSteps, whatIfSteps } from './oracle.ts';
import type { TruthSource } from './oracle.ts';
import type { FromWorker, OracleFinding, ToWorker } from './protocol.ts';
import { resolveMethod } from './resolveMethod.ts';
import { spreadSteps } from './spread.ts';
import type { LanguageModel } from './types.ts';

/** Batches that are kept: as many as the page can step back through. Each is some half a megabyte with its weights. */
export const KEPT = 30;
/** Work in one turn, ms. A step of training takes about twice as long, so that it keeps two thirds of its speed. */
const TURN_MS = 20;
/** Between two words of how far the work has come, ms: each has the page drawn anew. */
const TELL_MS = 250;

export type OracleRequest = Extract<ToWorker, { kind: 'truth' | 'actions' | 'whatIf' | 'spread' }>;

export interface Kept {
  task: Task;
  batch: RolloutBatch;
  weights: Float32Array;
  /** Weights that reference log-probs are taken against. */
  base: Float32Array;
  /** What drew the tokens; null for the policy itself. */
  drawing: Drawing | null;
}

export interface TruthHost {
  post(message: FromWorker): void;
  /** Runs a task after pending messages and other scheduled work. */
  schedule(task: () => void): void;
  /** Milliseconds: only the length of a turn and how often progress is told depend on it. */
  now(): number;
  fail(error: unknown, request: number): void;
  /** A model of the run's size that nobody else uses. */
  createModel(): Promise<LanguageModel>;
}

export interface TruthDesk {
  /** Keeps a batch, by its id, with the weights that drew it. */
  keep(id: string, kept: Kept): void;
  /** Whatever is kept under this id outlives the newer ones, until another id is held. */
  hold(id: string): void;
  has(id: string): boolean;
  /** What is kept under an id. Throws a sentence where it is no longer there. */
  find(id: string): Kept;
  /** The weights that drew a kept batch. Throws as `find`. */
  weightsOf(id: string): Float32Array;
  ask(request: OracleRequest): void;
  cancel(request: number): void;
  /** Forgets everything: another model is on its way. */
  clear(): void;
}

/** Whether every token was drawn from the policy itself. */
const isDrawnPlainly = ({ fields }: RolloutBatch): boolean =>
  fields.samplingLogprobs?.every((value, t) => value === fields.oldLogprobs?.[t]) ?? true;

/** What drew a batch: the stage given, or that of the method which trained it; null where it drew from the policy itself. */
export async function drawingOf(batch: RolloutBatch, stage?: Drawing['stage']): Promise<Drawing | null> {
  const { trainedWith } = batch;
  if (!trainedWith || isDrawnPlainly(batch)) return null;
  const drawn = stage ?? (await loadMethod(trainedWith.method)).stages.sampling;
  return drawn ? { stage: drawn, knobs: trainedWith.knobs, state: trainedWith.state } : null;
}

/**
 * Keeps a batch that the page hands over, drawn by a checkpoint or by the weights of a batch that is kept. Where those are gone it
 * is not kept either: who asks about it is told so.
 */
export async function keepGiven(
  desk: TruthDesk,
  { id, batch, weights }: Extract<ToWorker, { kind: 'keep' }>,
  { task, own, base }: { task: Task; own: LanguageModel; base: Float32Array },
): Promise<void> {
  const given = decodeBatch(batch);
  if (typeof weights === 'string') {
    if (desk.has(weights)) desk.keep(id, { ...desk.find(weights), batch: given });
    return;
  }
  const { parameters } = decodeCheckpoint(weights, { task: task.meta.id, config: own.config });
  desk.keep(id, { task, batch: given, weights: parameters, base, drawing: await drawingOf(given) });
}

/** The work that answers a request: progress, and findings as they come. */
async function workOf(
  request: OracleRequest,
  source: TruthSource,
  base: Float32Array,
): Promise<Generator<OracleProgress | OracleFinding, void>> {
  if (request.kind === 'truth') return truthWork(request, source);
  const method = request.kind === 'spread' ? await resolveMethod(request.method) : null;
  return (function* () {
    if (request.kind === 'actions') yield { actions: yield* actionSteps(source, request.group, request.prefix, request.budget) };
    else if (request.kind === 'whatIf') yield { whatIf: yield* whatIfSteps(source, request.group, request.prefix, request.count) };
    else if (method) yield { spread: yield* spreadSteps(source, base, request.group, method, request.redraws) };
  })();
}

function* truthWork(
  { groups, budget }: Extract<OracleRequest, { kind: 'truth' }>,
  source: TruthSource,
): Generator<OracleProgress | OracleFinding, void> {
  let left = groups.length;
  for (const step of truthSteps(source, groups, budget)) yield 'truth' in step ? { ...step, isLast: --left === 0 } : step;
}

export function createTruthDesk(host: TruthHost): TruthDesk {
  const kept = new Map<string, Kept>();
  let held: string | null = null;
  let waiting: OracleRequest[] = [];
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
      await begin(request, oracle);
    } catch (error) {
      if (own === era) finish(request, error);
    }
  }

  function finish(request: OracleRequest, error?: unknown): void {
    if (error !== undefined) host.fail(error, request.request);
    waiting = waiting.filter((other) => other !== request);
    void workOff();
  }

  async function begin(request: OracleRequest, oracle: LanguageModel): Promise<void> {
    const source = find(request.batch);
    const own = era;
    const steps = await workOf(request, { ...source, model: oracle }, source.base);
    if (own !== era) return;
    oracle.setParameters(fitVector(source.weights, oracle.layout));
    let told = host.now();
    const turn = () => {
      if (own !== era) return;
      if (waiting[0] !== request) return void workOff();
      try {
        const end = host.now() + TURN_MS;
        let progress: OracleProgress | null = null;
        do {
          const step = steps.next();
          if (step.done) return finish(request);
          if ('phase' in step.value) progress = step.value;
          else post(request.request, step.value);
        } while (host.now() < end);
        if (progress && host.now() - told >= TELL_MS) {
          told = host.now();
          host.post({ kind: 'working', request: request.request, progress });
        }
        host.schedule(turn);
      } catch (error) {
        finish(request, error);
      }
    };
    host.schedule(turn);
  }

  function post(request: number, finding: OracleFinding): void {
    host.post('truth' in finding ? { kind: 'truth', request, ...finding } : { kind: 'found', request, finding });
  }

  return {
    keep(id, entry) {
      kept.delete(id);
      kept.set(id, entry);
      for (const oldest of kept.keys()) {
        if (kept.size <= KEPT) break;
        if (oldest !== held) kept.delete(oldest);
      }
    },
    hold(id) {
      held = id;
    },
    has: (id) => kept.has(id),
    find,
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
