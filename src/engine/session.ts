/**
 * What the worker does, without the worker: it answers the protocol's messages, trains between them and posts at most
 * ten bundles a second, only after the page has painted the last one. Frames are dropped, never queued.
 */
import type { RolloutBatch } from '../core/batch.ts';
import { encodeBatch } from '../core/batchCodec.ts';
import { loadMethod } from '../core/methods/index.ts';
import type { Method, StageName } from '../core/stages/types.ts';
import { loadTask } from '../core/tasks/index.ts';
import type { Task } from '../core/tasks/types.ts';
import { decodeCheckpoint, encodeCheckpoint } from './checkpoint.ts';
import type { Checkpoint } from './checkpoint.ts';
import type { FromWorker, StepMetrics, ToWorker, TrainedMethod, TrainingSettings } from './protocol.ts';
import { scoreResponses } from './scorer.ts';
import { taskModelConfig } from './taskModel.ts';
import { createTrainer, trainerMethod, withEffect } from './trainer.ts';
import type { Trainer, TrainerMethod } from './trainer.ts';
import type { LanguageModel, ModelConfig } from './types.ts';

/** Shortest time between two bundles, ms. */
const PAINT_INTERVAL = 100;

/** The session's surroundings: a worker's, or a test's. */
export interface SessionHost {
  post(message: FromWorker, transfer: Transferable[]): void;
  /** Runs a task after pending messages have been taken. */
  schedule(task: () => void): void;
  /** Milliseconds. Only the pace of bundles depends on it, never a number in one. */
  now(): number;
  createModel(config: ModelConfig, options: { forceFallback: boolean; wasmBase: string }): Promise<LanguageModel>;
}

interface Run {
  task: Task;
  model: LanguageModel;
  base: Float32Array;
  origin: Checkpoint;
  settings: TrainingSettings;
  trained: TrainedMethod;
  method: TrainerMethod;
  seed: string;
  trainer: Trainer;
}

async function resolveMethod(trained: TrainedMethod): Promise<TrainerMethod> {
  const mix: Partial<Record<StageName, Method>> = {};
  for (const [stage, id] of Object.entries(trained.mix) as [StageName, string][]) mix[stage] = await loadMethod(id);
  return trainerMethod(await loadMethod(trained.id), mix, trained.knobs);
}

const zeros = (model: LanguageModel) => ({
  first: new Float32Array(model.layout.total),
  second: new Float32Array(model.layout.total),
  steps: 0,
});

export function createSession(host: SessionHost): { receive(message: ToWorker): void } {
  let run: Run | null = null;
  let isPlaying = false;
  let isScheduled = false;
  let isPainted = true;
  let lastPost = -Infinity;
  let pending: StepMetrics[] = [];
  /** The newest step's batch, while the page has not been sent it. */
  let unposted: RolloutBatch | null = null;
  let paceStart = 0;
  let paceSteps = 0;
  let queue: Promise<void> = Promise.resolve();

  function begin(from: Omit<Run, 'trainer'>): Run {
    const { model, origin } = from;
    model.setParameters(origin.parameters);
    model.setOptimizer(origin.optimizer ?? zeros(model));
    const state = origin.meta.method === from.trained.id ? origin.meta.methodState : null;
    pending = [];
    unposted = null;
    return { ...from, trainer: createTrainer({ ...from, step: origin.meta.step, state }) };
  }

  function started(): Run {
    if (!run) throw new Error('The engine has not started yet. Load a checkpoint first.');
    return run;
  }

  function postBundle(): void {
    if (!run || !unposted || !isPainted) return;
    const batch = encodeBatch(withEffect(run.model, unposted));
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

  function takeStep(): void {
    const result = started().trainer.advance();
    if (result.kind === 'stopped') {
      isPlaying = false;
      postBundle();
      host.post({ kind: 'stopped', reason: result.reason, step: started().trainer.step }, []);
      return;
    }
    paceSteps++;
    pending.push(result.metrics);
    unposted = result.batch;
  }

  function loop(): void {
    isScheduled = false;
    if (!isPlaying) return;
    try {
      takeStep();
      if (host.now() - lastPost >= PAINT_INTERVAL) postBundle();
    } catch (error) {
      isPlaying = false;
      fail(error);
      host.post({ kind: 'stopped', reason: { kind: 'user' }, step: started().trainer.step }, []);
    }
    keepGoing();
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
    run?.model.dispose();
    run = begin({ task, model, base, origin, settings: message.settings, trained: message.method, method, seed: message.seed });
    host.post(
      { kind: 'ready', backend: model.backend, step: run.trainer.step, ...(model.fallbackReason ? { message: model.fallbackReason } : {}) },
      [],
    );
  }

  /** Goes to a checkpoint of the same task and waits there; the page hears `ready` with its step. */
  function load(current: Run, origin: Checkpoint): void {
    isPlaying = false;
    run = begin({ ...current, origin });
    host.post({ kind: 'ready', backend: current.model.backend, step: run.trainer.step }, []);
  }

  function save(current: Run): ArrayBuffer {
    const { task, model, trainer, seed, trained } = current;
    return encodeCheckpoint({
      meta: {
        format: 'creditscope-checkpoint',
        version: 1,
        task: task.meta.id,
        label: `step ${trainer.step}`,
        step: trainer.step,
        config: model.config,
        seed,
        method: trained.id,
        methodState: trainer.state,
        hasOptimizer: true,
        optimizerSteps: 0,
      },
      parameters: model.getParameters(),
      optimizer: model.getOptimizer(),
    });
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
        isPlaying = true;
        paceStart = host.now();
        paceSteps = 0;
        return keepGoing();
      case 'pause':
        if (!isPlaying) return;
        isPlaying = false;
        postBundle();
        return host.post({ kind: 'stopped', reason: { kind: 'user' }, step: current.trainer.step }, []);
      case 'step':
        takeStep();
        return postBundle();
      case 'painted':
        isPainted = true;
        // A step taken by hand, or the last one before a pause, is still owed to the page.
        return isPlaying ? undefined : postBundle();
      case 'settings':
        current.settings = message.settings;
        return current.trainer.setSettings(message.settings);
      case 'method': {
        const method = await resolveMethod(message.method);
        current.trained = message.method;
        current.method = method;
        return current.trainer.setMethod(method);
      }
      case 'seed':
        current.seed = message.seed;
        return current.trainer.setSeed(message.seed);
      case 'score': {
        const batch = encodeBatch(
          scoreResponses(current.model, current.task, current.base, message.prompt, message.responses, message.temperature),
        );
        return host.post({ kind: 'scored', request: message.request, batch }, [batch]);
      }
      case 'save': {
        const checkpoint = save(current);
        return host.post({ kind: 'saved', request: message.request, checkpoint }, [checkpoint]);
      }
    }
  }

  return {
    receive(message) {
      queue = queue.then(() => handle(message)).catch((error: unknown) => fail(error, 'request' in message ? message.request : undefined));
    },
  };
}
