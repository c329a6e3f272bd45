/** What a race's worker does, without the worker: runs one job at a time in slices, so that it can be held between two steps. */
import { loadTask } from '../core/tasks/index.ts';
import { decodeCheckpoint, encodeRun } from './checkpoint.ts';
import { heldOutPrompts } from './evaluate.ts';
import { createMeasuredRun, everySteps, placeRun } from './measuredRun.ts';
import type { MeasuredRun } from './measuredRun.ts';
import type { FromRaceWorker, RaceJob, ToRaceWorker } from './protocol.ts';
import { resolveMethod } from './resolveMethod.ts';
import { taskModelConfig } from './taskModel.ts';
import type { LanguageModel, ModelConfig } from './types.ts';

/** Steps between two checkpoints of a run: what a reload can cost. */
const KEEP_EVERY = 20;

/** Whether a model is of this task's size; a head on it may come and go. */
const isOfTask = (held: ModelConfig, wanted: ModelConfig): boolean =>
  (Object.keys(wanted) as (keyof ModelConfig)[]).every((key) => key === 'outputs' || held[key] === wanted[key]);

export interface RaceHost {
  post(message: FromRaceWorker, transfer: Transferable[]): void;
  /** Runs a task after pending messages have been taken. */
  schedule(task: () => void): void;
  /** Milliseconds, for a run's `seconds`. */
  now(): number;
  createModel(config: ModelConfig, options: { forceFallback: boolean; wasmBase: string }): Promise<LanguageModel>;
}

export function createRaceRunner(host: RaceHost): { receive(message: ToRaceWorker): void } {
  /** Kept from job to job: a race's jobs are all of one size. */
  let model: LanguageModel | null = null;
  let isHeld = false;

  async function begin(job: RaceJob): Promise<void> {
    const task = await loadTask(job.task);
    const config = taskModelConfig(task);
    const start = decodeCheckpoint(job.start, { task: job.task, config });
    const saved = job.saved && decodeCheckpoint(job.saved.checkpoint, { task: job.task, config });
    const method = await resolveMethod(job.method);
    const base = start.parameters;
    const { wasmBase, seed } = job;
    const create = (size: ModelConfig) => host.createModel(size, { forceFallback: false, wasmBase });
    if (model && !isOfTask(model.config, config)) {
      model.dispose();
      model = null;
    }
    const { own, second } = await placeRun(method, { own: model ?? (await create(config)), config, base, seed, create }, saved);
    model = own;
    const run = createMeasuredRun({
      model: own,
      task,
      seed,
      settings: job.settings,
      method,
      base,
      second,
      step: saved?.meta.step ?? 0,
      state: saved?.meta.methodState ?? null,
      steps: job.steps,
      isMeasured: everySteps(job.every),
      heldOut: heldOutPrompts(task, job.prompts),
      tally: job.saved?.tally ?? null,
      now: host.now,
    });
    const keep = (): void => {
      const checkpoint = encodeRun({ task, model: own, trainer: run, seed, trained: job.method, second });
      host.post({ kind: 'kept', run: job.run, step: run.step, checkpoint, tally: { ...run.tally } }, [checkpoint]);
    };
    const release = (): void => {
      for (const each of second) each.own?.dispose();
    };
    let keptAt = run.step;
    const slice = (): void => {
      try {
        if (isHeld || run.isOver) {
          if (!run.isOver && run.step !== keptAt) keep();
          release();
          end(job, run);
          return;
        }
        const lap = run.advance();
        if (lap) host.post({ kind: 'lap', run: job.run, lap }, []);
        if (!run.isOver && run.step >= keptAt + KEEP_EVERY) {
          keptAt = run.step;
          keep();
        }
        host.schedule(slice);
      } catch (error) {
        release();
        fail(job, error);
      }
    };
    host.schedule(slice);
  }

  function end(job: RaceJob, run: MeasuredRun): void {
    host.post({ kind: 'raced', run: job.run, step: run.step, isOver: run.isOver, stopped: run.stopped, hash: run.tally.hash }, []);
  }

  function fail(job: RaceJob, error: unknown): void {
    host.post({ kind: 'failed', run: job.run, message: error instanceof Error ? error.message : String(error) }, []);
  }

  return {
    receive(message) {
      isHeld = message.kind === 'hold';
      if (message.kind === 'race') begin(message.job).catch((error: unknown) => fail(message.job, error));
    },
  };
}
