/** What a probe measures with: training whose batches are looked at, and answers to held-out prompts. */
import type { RolloutBatch } from '../src/core/batch.ts';
import { creditBatch, defaultKnobs } from '../src/core/pipeline.ts';
import type { CreditResult } from '../src/core/pipeline.types.ts';
import type { Method } from '../src/core/stages/types.ts';
import type { Task } from '../src/core/tasks/types.ts';
import { createModel } from '../src/engine/createModel.ts';
import { loadSecond } from '../src/engine/equipment.ts';
import { drawAnswers } from '../src/engine/evaluate.ts';
import { placeRun } from '../src/engine/measuredRun.ts';
import { taskModelConfig } from '../src/engine/taskModel.ts';
import { createTrainer, DEFAULT_SETTINGS, trainerMethod } from '../src/engine/trainer.ts';
import type { TrainerMethod } from '../src/engine/trainer.ts';
import type { LanguageModel, ModelConfig } from '../src/engine/types.ts';
import type { HeadlessLab } from './headlessRun.ts';

/** What is measured, once a seed. */
export interface Probed {
  lab: HeadlessLab;
  method: Method;
  /** Over the method's defaults; `temperature` is the run's. */
  knobs: Readonly<Record<string, number>>;
  seed: string;
}

export interface Watched {
  batch: RolloutBatch;
  method: TrainerMethod;
  step: number;
  /** After this step's updates. */
  model: LanguageModel;
  /** The weights that drew the batch. */
  before: Float32Array;
}

export interface WatchOptions {
  steps: number;
  /** Of Adam; 0 draws every batch from the base policy. */
  learningRate?: number;
  /** Weights to begin with instead of the base model's. */
  from?: Float32Array;
}

/** Trains from the base model and shows every step that made an update. Returns the last weights. */
export async function watch(
  { lab, method, knobs, seed }: Probed,
  { steps, learningRate = DEFAULT_SETTINGS.learningRate, from }: WatchOptions,
  look: (seen: Watched) => void = () => undefined,
): Promise<Float32Array> {
  const { task, base } = lab;
  const config = taskModelConfig(task);
  const create = (size: ModelConfig) => createModel(size);
  const trained = trainerMethod(method, {}, { ...defaultKnobs(method), ...knobs });
  const world = { own: await create(config), config, base, seed, create };
  const { own: model, second } = await placeRun(trained, world, null);
  if (from) {
    model.setParameters(from);
    // Networks that start from the policy start from this one.
    loadSecond(second, [], trained, { ...world, own: model });
  }
  const settings = { ...DEFAULT_SETTINGS, learningRate, temperature: knobs.temperature ?? DEFAULT_SETTINGS.temperature };
  const trainer = createTrainer({ model, task, seed, settings, method: trained, base, second });
  for (let step = 0; step < steps; step++) {
    const result = trainer.advance();
    if (result.kind === 'stopped') throw new Error('message' in result.reason ? result.reason.message : result.reason.kind);
    if (result.kind === 'done') look({ batch: result.batch, method: trained, step, model, before: result.before });
  }
  const weights = model.getParameters();
  for (const { own } of second) own?.dispose();
  model.dispose();
  return weights;
}

/** The method's credit of a batch before any update, or at one of its updates. */
export const creditAt = (batch: RolloutBatch, { composed, knobs }: TrainerMethod, update = -1): CreditResult =>
  creditBatch(batch, composed, knobs, { update });

/** [prompts][count] whole answers at T = 1, with their rewards. */
export function answers(
  model: LanguageModel,
  task: Task,
  prompts: readonly (readonly number[])[],
  count: number,
): { length: number; reward: number }[][] {
  const rows = prompts.flatMap((prompt) => Array.from({ length: count }, () => prompt));
  const drawn = drawAnswers({ model, task, prompts: rows, seed: 'probe' }).map(({ tokens }, row) => ({
    length: tokens.length,
    reward: task.verify(rows[row], tokens).reward,
  }));
  return prompts.map((_, p) => drawn.slice(p * count, (p + 1) * count));
}

/** The lab's own model with these weights. */
export function modelWith(lab: HeadlessLab, weights: Float32Array): LanguageModel {
  lab.model.setParameters(weights);
  return lab.model;
}
