/** The opt-in engine on the graphics processor: whether there is one, and the trial that it must win. */
import { streamAt } from '../core/random.ts';
import { packResponses } from './pack.ts';
import { createTrainer } from './trainer.ts';
import type { TrainerOptions } from './trainer.ts';
import type { AnyModel, DeferredModel, LanguageModel, ModelConfig } from './types.ts';

/** Longest time, ms, that the GPU may take to start, compile its programs and take a first step. */
const START_LIMIT = 6_000;
/** How long both engines are measured, ms. */
const TRIAL = 1000;
/** Largest difference of a logit between the two engines; rounding stays far below. */
const TOLERANCE = 0.01;

/** The composed model on this browser's GPU. Throws one sentence where there is none. Its code is loaded only here. */
export async function createGpuModel(config: ModelConfig): Promise<DeferredModel> {
  const { gpu } = navigator as { gpu?: { requestAdapter(): Promise<object | null> } };
  if (!gpu) throw new Error('This browser has no WebGPU.');
  if (!(await gpu.requestAdapter())) throw new Error('WebGPU finds no graphics processor here.');
  const [{ createWebgpuModel }] = await Promise.all([import('./tfjsBackend.ts'), import('@tensorflow/tfjs-backend-webgpu')]);
  return createWebgpuModel(config);
}

/** Throws where the GPU's logits after a prompt are not those of the kernels. */
async function compare(wasm: LanguageModel, gpu: DeferredModel, prompt: readonly number[]): Promise<void> {
  const batch = packResponses([{ prompt, response: prompt.slice(0, wasm.config.context - prompt.length) }]);
  const ours = wasm.forward(batch).logits;
  const theirs = (await gpu.forward(batch)).logits;
  if (!ours.every((logit, i) => Math.abs(logit - theirs[i]) <= TOLERANCE)) throw new Error('The GPU computes other numbers here.');
}

/**
 * Lets both engines take the run's next step in turn for a second and gives the milliseconds of each one's best. Leaves the
 * weights of `options.model` as they were, and the GPU's the same. Throws one sentence where the GPU is wrong or takes too long.
 */
export async function tryGpu(options: TrainerOptions, gpu: DeferredModel, now: () => number): Promise<{ wasmMs: number; gpuMs: number }> {
  const wasm = options.model;
  const before = { parameters: wasm.getParameters(), optimizer: wasm.getOptimizer() };
  const reset = (model: AnyModel) => {
    model.setParameters(before.parameters);
    model.setOptimizer(before.optimizer);
  };
  const start = now();
  const check = () => {
    if (now() - start > START_LIMIT) throw new Error('The GPU takes too long for one step.');
  };
  const timeStep = async (model: AnyModel) => {
    reset(model);
    const begun = now();
    await createTrainer({ ...options, model }).advanceLater(check);
    return now() - begun;
  };
  try {
    reset(gpu);
    await compare(wasm, gpu, options.task.samplePrompt(streamAt(0)));
    // The GPU compiles its programs when they are first used.
    await timeStep(gpu);
    const best = { wasmMs: Number.POSITIVE_INFINITY, gpuMs: Number.POSITIVE_INFINITY };
    for (const begun = now(); best.gpuMs === Number.POSITIVE_INFINITY || now() - begun < TRIAL; ) {
      best.wasmMs = Math.min(best.wasmMs, await timeStep(wasm));
      best.gpuMs = Math.min(best.gpuMs, await timeStep(gpu));
    }
    return best;
  } finally {
    reset(wasm);
    reset(gpu);
  }
}
