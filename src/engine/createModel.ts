import type { LanguageModel, ModelConfig } from './types.ts';
import { hasSimd } from './wasm/runtime.ts';
import { createWasmModel } from './wasmBackend.ts';

export interface CreateModelOptions {
  /** A backend that must be used; an error if it cannot. Left out: wasm, or the fallback where wasm cannot run. */
  backend?: LanguageModel['backend'];
  /** Folder (ending in "/") of kernels.wasm and tfjs/*.wasm. Left out in Node: the project's own files. */
  wasmBase?: string;
  /** Take the fallback although wasm could run. */
  forceFallback?: boolean;
}

/** The model on TensorFlow.js' plain operations; its code is loaded only here. */
async function createFallback(config: ModelConfig, fallbackReason?: string): Promise<LanguageModel> {
  const { createCpuModel } = await import('./tfjsBackend.ts');
  const model = await createCpuModel(config);
  return fallbackReason === undefined ? model : { ...model, fallbackReason };
}

/** A model with all weights zero: give it `initialParameters` or a checkpoint's. `fallbackReason` says why it is not the fast one. */
export async function createModel(config: ModelConfig, options: CreateModelOptions = {}): Promise<LanguageModel> {
  const { backend, wasmBase, forceFallback } = options;
  if (backend === 'tfjs-cpu') return createFallback(config);
  if (backend === 'wasm') return createWasmModel(config, wasmBase);
  if (forceFallback) return createFallback(config, 'The slow engine was asked for.');
  if (!(await hasSimd()))
    return createFallback(
      config,
      'This browser has no WebAssembly SIMD, so training runs on the slow engine: a newer browser is about 50 times faster.',
    );
  return createWasmModel(config, wasmBase);
}
