/** What the groups of actions share: the store, the outside world, and the one function that credits the batch again. */
import type { StoreApi } from 'zustand/vanilla';
import type { RolloutBatch } from '../core/batch.ts';
import type { EngineClient, EngineHandlers } from '../engine/client.ts';
import type { Speaker } from './say.ts';
import type { Edit, LabState } from './types.ts';

/** The outside world, so that the lab can be tested without one. */
export interface LabDeps {
  now(): number;
  later(ms: number, run: () => void): void;
  /** Before the next painted frame. */
  frame(run: () => void): void;
  /** A file shipped with the page, by its path below the page's own address. Rejects with a sentence. */
  fetchFile(path: string): Promise<ArrayBuffer>;
  /** Loads the client of the worker; the worker itself starts with `start`. */
  createEngine(handlers: EngineHandlers): Promise<EngineClient>;
  /** Absolute address of the directory of the engine's .wasm files. */
  wasmBase: string;
}

/** What undo brings back. */
export interface Snapshot {
  overrides: LabState['overrides'];
  mix: LabState['mix'];
  edits: readonly Edit[];
}

/** Takes a bundle's batch to show it later, or leaves it (false) to be shown at once. */
export type Gate = (batch: RolloutBatch, change: Pick<LabState, 'source' | 'step'>) => boolean;

export interface LabContext extends Speaker {
  /** Who holds a live batch back until what is to be shown with it is there; null for nobody. */
  gate: Gate | null;
  store: StoreApi<LabState>;
  deps: LabDeps;
  /** Credits the batch again at once. */
  recompute(): void;
  /** Credits it before the next frame, however often it is asked: for slider drags. */
  recomputeSoon(): void;
  /** Puts the present into the undo history; steps with one key that follow quickly are one. */
  remember(key: string): void;
  /** Shows another batch: edits of the old one end, prompt and pin land in the new one. */
  showBatch(batch: RolloutBatch, change: Partial<LabState>): void;
  /** Puts the recording of the present checkpoint back on the screen; told where it fails. */
  showRecording(): Promise<void>;
  /** Loads a method into the store; rejects with a sentence. */
  needMethod(id: string): Promise<void>;
}
