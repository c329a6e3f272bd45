/**
 * What the worker does, without the worker: it answers the protocol's messages, trains between them and posts at most
 * ten bundles a second, only after the page has painted the last one. Frames are dropped, never queued.
 */
import type { RolloutBatch } from '../core/batch.ts';
import { encodeBatch } from '../core/batchCodec.ts';
import { loadTask } from '../core/tasks/index.ts';
import type { SamplingStage } from '../core/stages/types.ts';
import { decodeCheckpoint, encodeRun } from './checkpoint.ts';
import type { Checkpoint } from './checkpoint.ts';
import type { StepMetrics, ToWorker } from './protocol.ts';
import { freshOptimizer } from './layout.ts';
import { resolveMethod } from './resolveMethod.ts';
import { disposeModels, leaveGpu, moveToGpu } from './run.ts';
import type { Run } from './run.ts';
import { scoreSteps } from './scorer.ts';
import { createScoreboardDesk } from './scoreboardDesk.ts';
import { finishLater } from './steps.ts';
import { taskModelConfig } from './taskModel.ts';
import { createTruthDesk, drawingOf, keepGiven } from './truthDesk.ts';
import type { TruthHost } from './truthDesk.ts';
import type { SessionHost } from './sessionTypes.ts';
import { createTrainer, effectSteps } from './trainer.ts';

/** Shortest time between two bundles, ms. */
const PAINT_INTERVAL = 100;

export type { SessionHost } from './sessionTypes.ts';

export function createSession(host: SessionHost): { receive(message: ToWorker): void } {
  let run: Run | null = null;
  let isPlaying = false;
  let isScheduled = false;
  let isPainted = true;
  /** As the last `play` said. */
  let until = Number.POSITIVE_INFINITY;
  let show: 'all' | 'last' | 'nothing' = 'all';
  let lastPost = -Infinity;
  let pending: StepMetrics[] = [];
  /** The newest step's batch and the weights that drew it, while the page has not been sent it. */
  let unposted: { batch: RolloutBatch; before: Float32Array; id: string; stage: SamplingStage } | null = null;
  let paceStart = 0;
  let paceSteps = 0;
  let queue: Promise<void> = Promise.resolve();
  let wasmBase = '';
  const beside: TruthHost = {
    post: (message) => host.post(message, []),
    schedule: host.schedule,
    now: host.now,
    fail,
    createModel: () => host.createModel(started().own.config, { forceFallback: started().own.backend !== 'wasm', wasmBase }),
  };
  const truth = createTruthDesk(beside);
  const scoreboard = createScoreboardDesk(beside);

  function begin(from: Omit<Run, 'trainer'>): Run {
    const { model, origin } = from;
    model.setParameters(origin.parameters);
    model.setOptimizer(origin.optimizer ?? freshOptimizer(model.layout));
    const state = origin.meta.method === from.trained.id ? origin.meta.methodState : null;
    pending = [];
    unposted = null;
    return { ...from, trainer: createTrainer({ ...from, step: origin.meta.step, state }) };
  }

  function started(): Run {
    if (!run) throw new Error('The engine has not started yet. Load a checkpoint first.');
    return run;
  }

  async function postBundle(): Promise<void> {
    if (!run || !unposted || !isPainted) return;
    const { id, before, stage } = unposted;
    const shown = { ...unposted.batch, snapshots: { before: id } };
    truth.keep(id, { task: run.task, batch: shown, weights: before, base: run.base, drawing: await drawingOf(shown, stage) });
    const batch = encodeBatch(await finishLater(effectSteps(run.model, shown)));
    const now = host.now();
    const stepsPerSecond = now > paceStart ? (1000 * paceSteps) / (now - paceStart) : 0;
    host.post({ kind: 'bundle', step: run.trainer.step, batch, metrics: pending, stepsPerSecond }, [batch]);
    pending = [];
    unposted = null;
    isPainted = false;
    lastPost = now;
    paceStart = now;
    paceSteps = 0;
  }

  async function takeStep(): Promise<void> {
    const stage = started().method.composed.stages.sampling;
    const result = await started().trainer.advanceLater();
    if (result.kind === 'stopped') {
      isPlaying = false;
      await postBundle();
      host.post({ kind: 'stopped', reason: result.reason, step: started().trainer.step }, []);
      return;
    }
    paceSteps++;
    pending.push(result.metrics);
    unposted = { batch: result.batch, before: result.before, id: `${result.metrics.step} ${result.metrics.rolloutHash}`, stage };
  }

  function loop(): void {
    isScheduled = false;
    enqueue(playStep);
  }

  async function playStep(): Promise<void> {
    if (!isPlaying) return;
    try {
      await takeStep();
      if (!isPlaying) return;
      const { step } = started().trainer;
      if (step >= until) return await arrive(step);
      if (host.now() - lastPost >= PAINT_INTERVAL) await report(step);
    } catch (error) {
      isPlaying = false;
      fail(error);
      host.post({ kind: 'stopped', reason: { kind: 'user' }, step: started().trainer.step }, []);
    }
    keepGoing();
  }

  /** At most ten times a second: what is to be seen of the run, or how far it has come. */
  async function report(step: number): Promise<void> {
    if (show === 'all') return postBundle();
    lastPost = host.now();
    host.post({ kind: 'progress', step }, []);
  }

  /** The step to play to has been taken. */
  async function arrive(step: number): Promise<void> {
    isPlaying = false;
    if (show !== 'nothing') await postBundle();
    host.post({ kind: 'stopped', reason: { kind: 'user' }, step }, []);
  }

  /** One thing at a time, in the order of arrival: a step on the GPU takes several turns of the worker. */
  function enqueue(work: () => Promise<void>, request?: number): void {
    queue = queue.then(work).catch((error: unknown) => fail(error, request));
  }

  function keepGoing(): void {
    if (!isPlaying || isScheduled) return;
    isScheduled = true;
    host.schedule(loop);
  }

  function fail(error: unknown, request?: number): void {
    host.post(
      { kind: 'error', message: error instanceof Error ? error.message : String(error), ...(request === undefined ? {} : { request }) },
      [],
    );
  }

  async function start(message: Extract<ToWorker, { kind: 'start' }>): Promise<void> {
    const task = await loadTask(message.task);
    const config = taskModelConfig(task);
    const origin = decodeCheckpoint(message.checkpoint, { task: message.task, config });
    const base = message.base ? decodeCheckpoint(message.base, { task: message.task, config }).parameters : origin.parameters;
    const method = await resolveMethod(message.method);
    const model = await host.createModel(config, { forceFallback: message.forceFallback ?? false, wasmBase: message.wasmBase });
    isPlaying = false;
    isPainted = true;
    truth.clear();
    scoreboard.clear();
    wasmBase = message.wasmBase;
    if (run) disposeModels(run);
    run = begin({ task, model, own: model, base, origin, settings: message.settings, trained: message.method, method, seed: message.seed });
    ready(run, model.fallbackReason);
  }

  function ready(current: Run, message?: string): void {
    host.post({ kind: 'ready', backend: current.model.backend, step: current.trainer.step, ...(message ? { message } : {}) }, []);
  }

  /** Goes to a checkpoint of the same task and waits there; the page hears `ready` with its step. */
  function load(current: Run, origin: Checkpoint): void {
    isPlaying = false;
    run = begin({ ...current, origin });
    ready(run);
  }

  async function handle(message: ToWorker): Promise<void> {
    if (message.kind === 'start') return start(message);
    const current = started();
    switch (message.kind) {
      case 'load':
        return load(current, decodeCheckpoint(message.checkpoint, { task: current.task.meta.id, config: current.model.config }));
      case 'reset':
        return load(current, current.origin);
      case 'play':
        until = message.until ?? Number.POSITIVE_INFINITY;
        show = message.show ?? 'all';
        if (current.trainer.step >= until) return arrive(current.trainer.step);
        isPlaying = true;
        paceStart = host.now();
        paceSteps = 0;
        return keepGoing();
      case 'pause':
        if (!isPlaying) return;
        isPlaying = false;
        await postBundle();
        return host.post({ kind: 'stopped', reason: { kind: 'user' }, step: current.trainer.step }, []);
      case 'step':
        await takeStep();
        return postBundle();
      case 'painted':
        isPainted = true;
        // A step taken by hand, or the last one before a pause, is still owed to the page.
        return isPlaying ? undefined : postBundle();
      case 'configure': {
        const method = await resolveMethod(message.method);
        current.settings = message.settings;
        current.trainer.setSettings(message.settings);
        current.trained = message.method;
        current.method = method;
        current.trainer.setMethod(method);
        return host.post({ kind: 'configured', request: message.request, step: current.trainer.step }, []);
      }
      case 'seed':
        current.seed = message.seed;
        return current.trainer.setSeed(message.seed);
      case 'gpu': {
        isPlaying = false;
        const moved = message.isWanted ? await moveToGpu(current, host) : leaveGpu(current);
        run = moved.run;
        return ready(run, moved.note);
      }
      case 'score': {
        const { model, task, base } = current;
        const batch = encodeBatch(await finishLater(scoreSteps(model, task, base, message.prompt, message.responses, message.temperature)));
        return host.post({ kind: 'scored', request: message.request, batch }, [batch]);
      }
      case 'keep':
        return keepGiven(truth, message, current);
      case 'truth':
      case 'actions':
      case 'whatIf':
      case 'spread':
        return truth.ask(message);
      case 'gradients': {
        const { task, base, own } = current;
        const weights =
          'kept' in message.weights
            ? truth.weightsOf(message.weights.kept)
            : decodeCheckpoint(message.weights.checkpoint, { task: task.meta.id, config: own.config }).parameters;
        return scoreboard.ask(message, { task, base, weights });
      }
      case 'cancel':
        truth.cancel(message.request);
        return scoreboard.cancel(message.request);
      case 'save': {
        const checkpoint = encodeRun(current);
        return host.post({ kind: 'saved', request: message.request, checkpoint }, [checkpoint]);
      }
    }
  }

  return {
    receive(message) {
      enqueue(() => handle(message), 'request' in message ? message.request : undefined);
    },
  };
}
