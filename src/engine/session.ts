/**
 * What the worker does, without the worker: it answers the protocol's messages, trains between them and posts at most
 * ten bundles a second, only after the page has painted the last one. Frames are dropped, never queued.
 */
import type { RolloutBatch } from '../core/batch.ts';
import { encodeBatch } from '../core/batchEncoder.ts';
import { loadTask } from '../core/tasks/index.ts';
import type { SamplingStage } from '../core/stages/types.ts';
import { decodeCheckpoint, fitCheckpoint } from './checkpoint.ts';
import type { Checkpoint } from './checkpoint.ts';
import type { StepMetrics, ToWorker } from './protocol.ts';
import { equip, loadSecond, resetSecond, statusOf } from './equipment.ts';
import type { EquipmentWorld } from './equipment.ts';
import { fitVector, freshOptimizer } from './layout.ts';
import { resolveMethod } from './resolveMethod.ts';
import { changeMethod, disposeModels, equipmentWorld, leaveGpu, moveToGpu } from './run.ts';
import type { Run } from './run.ts';
import { createRequestDesk } from './sessionRequests.ts';
import { finishLater } from './steps.ts';
import { taskModelConfig } from './taskModel.ts';
import { drawingOf } from './truthDesk.ts';
import type { TruthHost } from './truthDesk.ts';
import type { SessionHost } from './sessionTypes.ts';
import { createTrainer, effectSteps } from './trainer.ts';
import type { ModelConfig } from './types.ts';

/** Shortest time between two bundles, ms. */
const PAINT_INTERVAL = 100;

export type { SessionHost } from './sessionTypes.ts';

/** So many steps in a row without an update, each of ten draws, and a run waits: there is nothing to see. */
const MAX_IDLE = 10;

export function createSession(host: SessionHost): { receive(message: ToWorker): void } {
  let run: Run | null = null;
  let isPlaying = false;
  /** Steps in a row that changed nothing. */
  let idle = 0;
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
  let isFallback = false;
  const create = (config: ModelConfig) => host.createModel(config, { forceFallback: isFallback, wasmBase });
  const beside: TruthHost = {
    post: (message) => host.post(message, []),
    schedule: host.schedule,
    now: host.now,
    fail,
    createModel: () => create(started().config),
  };
  const requests = createRequestDesk(host, beside, create);

  function begin(from: Omit<Run, 'trainer'>): Run {
    const { model, origin } = from;
    const { parameters, optimizer } = fitCheckpoint(origin, model.layout);
    model.setParameters(parameters);
    model.setOptimizer(optimizer ?? freshOptimizer(model.layout));
    const isOwn = origin.meta.method === from.trained.id;
    const state = isOwn ? origin.meta.methodState : null;
    loadSecond(from.second, isOwn ? (origin.models ?? []) : [], from.method, worldOf(from));
    pending = [];
    unposted = null;
    idle = 0;
    return { ...from, trainer: createTrainer({ ...from, step: origin.meta.step, state }) };
  }

  const worldOf = (from: Omit<Run, 'trainer'>): EquipmentWorld => equipmentWorld(from, create);

  function postModels({ second, method }: Run): void {
    host.post({ kind: 'models', models: statusOf(second, method) }, []);
  }

  function started(): Run {
    if (!run) throw new Error('The engine has not started yet. Load a checkpoint first.');
    return run;
  }

  async function postBundle(): Promise<void> {
    if (!run || !unposted || !isPainted) return;
    const { id, before, stage } = unposted;
    const shown = { ...unposted.batch, snapshots: { before: id } };
    requests.keep(id, { task: run.task, batch: shown, weights: before, base: run.base, drawing: await drawingOf(shown, stage) });
    const batch = encodeBatch(await finishLater(effectSteps(run.model, shown)));
    const now = host.now();
    const stepsPerSecond = now > paceStart ? (1000 * paceSteps) / (now - paceStart) : 0;
    host.post({ kind: 'bundle', step: run.trainer.step, batch, metrics: pending, stepsPerSecond }, [batch]);
    if (run.second.length > 0) postModels(run);
    pending = [];
    unposted = null;
    isPainted = false;
    lastPost = now;
    paceStart = now;
    paceSteps = 0;
  }

  /** False where there is nothing to go on to. */
  async function takeStep(): Promise<boolean> {
    const stage = started().method.composed.stages.sampling;
    const result = await started().trainer.advanceLater();
    idle = result.kind === 'idle' ? idle + 1 : 0;
    if (result.kind === 'stopped' || (result.kind === 'idle' && idle >= MAX_IDLE)) {
      idle = 0;
      isPlaying = false;
      await postBundle();
      host.post({ kind: 'stopped', reason: result.reason, step: started().trainer.step }, []);
      return false;
    }
    paceSteps++;
    if (result.kind === 'idle') return true;
    pending.push(result.metrics);
    unposted = { batch: result.batch, before: result.before, id: `${result.metrics.step} ${result.metrics.rolloutHash}`, stage };
    return true;
  }

  /** A step taken by hand goes on until there is something to show. */
  async function stepOnce(): Promise<void> {
    do if (!(await takeStep())) return;
    while (idle > 0);
    await postBundle();
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
    const baseFile = message.base ? decodeCheckpoint(message.base, { task: message.task, config }) : origin;
    const method = await resolveMethod(message.method);
    const plain = await host.createModel(config, { forceFallback: message.forceFallback ?? false, wasmBase: message.wasmBase });
    const base = fitVector(baseFile.parameters, plain.layout);
    isFallback = plain.backend !== 'wasm';
    wasmBase = message.wasmBase;
    const { seed, settings, method: trained } = message;
    const { own, second } = await equip([], method, { own: plain, config, base, seed, create });
    isPlaying = false;
    isPainted = true;
    requests.clear();
    if (run) disposeModels(run);
    run = begin({ task, model: own, own, config, second, base, origin, settings, trained, method, seed });
    ready(run, plain.fallbackReason);
  }

  function ready(current: Run, message?: string): void {
    host.post({ kind: 'ready', backend: current.model.backend, step: current.trainer.step, ...(message ? { message } : {}) }, []);
    if (current.second.length > 0) postModels(current);
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
        return load(current, decodeCheckpoint(message.checkpoint, { task: current.task.meta.id, config: current.config }));
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
        return stepOnce();
      case 'painted':
        isPainted = true;
        // A step taken by hand, or the last one before a pause, is still owed to the page.
        return isPlaying ? undefined : postBundle();
      case 'configure': {
        const method = await resolveMethod(message.method);
        const changed = await changeMethod(current, message.method, method, create);
        run = changed.run;
        run.settings = message.settings;
        run.trainer.setSettings(message.settings);
        if (current.second.length > 0 || run.second.length > 0) postModels(run);
        if (changed.note) ready(run, changed.note);
        return host.post({ kind: 'configured', request: message.request, step: run.trainer.step }, []);
      }
      case 'reset-model': {
        const found = current.second.find(({ spec }) => spec.name === message.name);
        if (!found) throw new Error('This method trains no such network: nothing was reset.');
        resetSecond(found, current.method, worldOf(current));
        return postModels(current);
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
      default:
        return requests.answer(current, message);
    }
  }

  return {
    receive(message) {
      enqueue(() => handle(message), 'request' in message ? message.request : undefined);
    },
  };
}
