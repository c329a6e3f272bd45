/** Training runs without a browser, one model for all of them. The loop is that of a race in the page. */
import { loadMethod } from '../src/core/methods/index.ts';
import { defaultKnobs } from '../src/core/pipeline.ts';
import type { Method, StageName } from '../src/core/stages/types.ts';
import { loadTask } from '../src/core/tasks/index.ts';
import type { Task } from '../src/core/tasks/types.ts';
import { createModel } from '../src/engine/createModel.ts';
import { heldOutPrompts } from '../src/engine/evaluate.ts';
import { createMeasuredRun, placeRun } from '../src/engine/measuredRun.ts';
import type { Lap, Tally, TrainedMethod, TrainingSettings } from '../src/engine/protocol.ts';

import { taskModelConfig } from '../src/engine/taskModel.ts';
import { trainerMethod } from '../src/engine/trainer.ts';
import type { LanguageModel, ModelConfig } from '../src/engine/types.ts';
import { readCheckpoint } from './checkpointFiles.ts';

/** Steps at which the command line prints a run. */
export function marksUpTo(steps: number): number[] {
  const marks = new Set([0, 50, 100, 150, 200, steps].filter((mark) => mark <= steps));
  for (let mark = 300; mark < steps; mark += 100) marks.add(mark);
  return [...marks].sort((a, b) => a - b);
}

export interface HeadlessRequest {
  method: string;
  /** Over the method's defaults. */
  knobs?: Readonly<Record<string, number>>;
  /** Stages taken from other methods. */
  mix?: TrainedMethod['mix'];
  seed: string;
  settings: TrainingSettings;
  steps: number;
  isMeasured(step: number): boolean;
  heldOut: readonly (readonly number[])[];
}

export interface HeadlessRun {
  laps: Lap[];
  tally: Tally;
  /** Why it ended early, and after which step. */
  stopped: string | null;
  stoppedAt: number | null;
}

export interface HeadlessLab {
  task: Task;
  checkpoint: string;
  base: Float32Array;
  /** Holds the weights of the last run. */
  readonly model: LanguageModel;
  heldOut(count: number): number[][];
  train(request: HeadlessRequest): Promise<HeadlessRun>;
  dispose(): void;
}

/** A task, its base model (or another checkpoint of it) and a model to train. */
export async function openHeadlessLab(taskId: string, file?: string): Promise<HeadlessLab> {
  const task = await loadTask(taskId);
  const config = taskModelConfig(task);
  const checkpoint = file ?? `public/checkpoints/${task.meta.id}/base.bin`;
  const base = readCheckpoint(checkpoint, task.meta.id, config).parameters;
  const create = (size: ModelConfig) => createModel(size);
  let model = await create(config);
  return {
    task,
    checkpoint,
    base,
    get model() {
      return model;
    },
    heldOut: (count) => heldOutPrompts(task, count),
    async train({ method: id, knobs, mix = {}, ...request }) {
      const method = await loadMethod(id);
      const sources: Partial<Record<StageName, Method>> = {};
      for (const [stage, other] of Object.entries(mix) as [StageName, string][]) sources[stage] = await loadMethod(other);
      const trained = trainerMethod(method, sources, { ...defaultKnobs(method, sources), ...knobs });
      const { own, second } = await placeRun(trained, { own: model, config, base, seed: request.seed, create }, null);
      model = own;
      const run = createMeasuredRun({
        ...request,
        model,
        task,
        base,
        method: trained,
        second,
        tally: null,
        now: () => performance.now(),
      });
      const laps: Lap[] = [];
      while (!run.isOver) {
        const lap = run.advance();
        if (lap) laps.push(lap);
      }
      return { laps, tally: run.tally, stopped: run.stopped, stoppedAt: run.stopped === null ? null : run.step };
    },
    dispose: () => model.dispose(),
  };
}
