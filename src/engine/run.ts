/** One training run of a session, its moves to the graphics processor and back, and from one method to another. */
import type { Task } from '../core/tasks/types.ts';
import type { Checkpoint } from './checkpoint.ts';
import { equip } from './equipment.ts';
import type { EquipmentWorld } from './equipment.ts';
import { tryGpu } from './gpu.ts';
import type { TrainedMethod, TrainingSettings } from './protocol.ts';
import type { SecondModel } from './secondModels.ts';
import type { SessionHost } from './sessionTypes.ts';
import { createTrainer } from './trainer.ts';
import type { Trainer, TrainerMethod } from './trainer.ts';
import type { AnyModel, DeferredModel, LanguageModel, ModelConfig } from './types.ts';

const NO_GPU = 'Training runs off the GPU: this method trains a second network, which only the WebAssembly engine carries.';

export interface Run {
  task: Task;
  /** The model that trains: `own`, or one on the GPU. */
  model: AnyModel;
  own: LanguageModel;
  /** Sizes of the policy without a head, and the reference model's weights in them. */
  config: ModelConfig;
  base: Float32Array;
  /** Second networks of the method that trains. */
  second: readonly SecondModel[];
  origin: Checkpoint;
  settings: TrainingSettings;
  trained: TrainedMethod;
  method: TrainerMethod;
  seed: string;
  trainer: Trainer;
}

/** The run as it goes on, and what came of the move in words. */
interface Moved {
  run: Run;
  note: string;
}

export function disposeModels({ model, own, second }: Run): void {
  for (const each of second) each.own?.dispose();
  own.dispose();
  if (model !== own) model.dispose();
}

/** The run goes on, from where it stands, on another model that holds the same weights. */
function moveTo(run: Run, model: AnyModel, state = run.trainer.state): Run {
  const { step } = run.trainer;
  return { ...run, model, trainer: createTrainer({ ...run, model, step, state }) };
}

/** Moves the run to the GPU if that is faster. */
export async function moveToGpu(run: Run, host: Pick<SessionHost, 'createGpuModel' | 'now'>): Promise<Moved> {
  const { own, trainer, model } = run;
  if (model !== own) return { run, note: 'Training runs on the GPU already.' };
  if (run.second.length > 0) return { run, note: NO_GPU };
  let gpu: DeferredModel | null = null;
  try {
    gpu = await host.createGpuModel(own.config);
    const { step, state } = trainer;
    const { wasmMs, gpuMs } = await tryGpu({ ...run, model: own, step, state }, gpu, host.now);
    const figures = `${Math.round(gpuMs)} ms a step against ${Math.round(wasmMs)} ms`;
    if (gpuMs < wasmMs) {
      const note = `Training runs on the GPU: ${figures}. It is fast, but the same seed may draw other tokens.`;
      return { run: moveTo(run, gpu), note };
    }
    gpu.dispose();
    return { run, note: `Training stays off the GPU, which is slower here: ${figures}.` };
  } catch (error) {
    gpu?.dispose();
    return { run, note: `Training stays off the GPU. ${error instanceof Error ? error.message : String(error)}` };
  }
}

export function leaveGpu(run: Run): Moved {
  const note = 'Training runs off the GPU: the same seed draws the same tokens everywhere.';
  const { own, model } = run;
  if (model === own) return { run, note };
  own.setParameters(model.getParameters());
  own.setOptimizer(model.getOptimizer());
  model.dispose();
  return { run: moveTo(run, own), note };
}

/** What the run's second networks are made from. */
export const equipmentWorld = (
  { own, config, base, seed }: Pick<Run, 'own' | 'config' | 'base' | 'seed'>,
  create: EquipmentWorld['create'],
): EquipmentWorld => ({ own, config, base, seed, create });

/** The run goes on with another method, or the same at other knobs; second networks that it does not need are given up. */
export async function changeMethod(
  run: Run,
  trained: TrainedMethod,
  method: TrainerMethod,
  create: EquipmentWorld['create'],
): Promise<{ run: Run; note?: string }> {
  const mustLeave = method.composed.models.length > 0 && run.model !== run.own;
  const current = mustLeave ? leaveGpu(run).run : run;
  const { own, second } = await equip(current.second, method, equipmentWorld(current, create));
  const note = mustLeave ? { note: NO_GPU } : {};
  const state = trained.id === current.trained.id ? current.trainer.state : null;
  const next: Run = { ...current, own, second, trained, method };
  if (own !== current.own) return { run: moveTo(next, own, state), ...note };
  next.trainer.setMethod(method, second);
  return { run: next, ...note };
}
