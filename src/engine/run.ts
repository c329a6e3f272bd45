/** One training run of a session, and its moves to the graphics processor and back. */
import type { Task } from '../core/tasks/types.ts';
import type { Checkpoint } from './checkpoint.ts';
import { tryGpu } from './gpu.ts';
import type { TrainedMethod, TrainingSettings } from './protocol.ts';
import type { SessionHost } from './sessionTypes.ts';
import { createTrainer } from './trainer.ts';
import type { Trainer, TrainerMethod } from './trainer.ts';
import type { AnyModel, DeferredModel, LanguageModel } from './types.ts';

export interface Run {
  task: Task;
  /** The model that trains: `own`, or one on the GPU. */
  model: AnyModel;
  own: LanguageModel;
  base: Float32Array;
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

export function disposeModels({ model, own }: Run): void {
  own.dispose();
  if (model !== own) model.dispose();
}

/** The run goes on, from where it stands, on another model that holds the same weights. */
function moveTo(run: Run, model: AnyModel): Run {
  const { step, state } = run.trainer;
  return { ...run, model, trainer: createTrainer({ ...run, model, step, state }) };
}

/** Moves the run to the GPU if that is faster. */
export async function moveToGpu(run: Run, host: Pick<SessionHost, 'createGpuModel' | 'now'>): Promise<Moved> {
  const { own, trainer, model } = run;
  if (model !== own) return { run, note: 'Training runs on the GPU already.' };
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
