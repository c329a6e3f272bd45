import type { FromWorker } from './protocol.ts';
import type { DeferredModel, LanguageModel, ModelConfig } from './types.ts';

/** The session's surroundings: a worker's, or a test's. */
export interface SessionHost {
  post(message: FromWorker, transfer: Transferable[]): void;
  /** Runs a task after pending messages have been taken. */
  schedule(task: () => void): void;
  /** Milliseconds. Only the pace of bundles depends on it, never a number in one. */
  now(): number;
  createModel(config: ModelConfig, options: { forceFallback: boolean; wasmBase: string }): Promise<LanguageModel>;
  /** Throws one sentence where there is no graphics processor. */
  createGpuModel(config: ModelConfig): Promise<DeferredModel>;
}
