/** The list of checkpoints and recordings shipped with the page: `recordings/index.json`. */
import type { StepMetrics } from '../engine/protocol.ts';
import type { CheckpointEntry } from './types.ts';

/** Where the list lies, below the page's own address. */
export const CATALOGUE_PATH = 'recordings/index.json';

export interface TaskCatalogue {
  id: string;
  /** File of the base model: what KL is taken against. */
  base: string;
  /** Checkpoint shown first. */
  first: string;
  /** Prompt shown first in that checkpoint's recording. */
  group: number;
  checkpoints: readonly CheckpointEntry[];
  /** Curves of the recorded run, where one was kept. */
  metrics: readonly StepMetrics[];
}

/** Reads the list; a damaged one is an error that says what to do. */
export function readCatalogue(file: ArrayBuffer): readonly TaskCatalogue[] {
  const text = new TextDecoder().decode(file);
  try {
    const { tasks } = JSON.parse(text) as { tasks: TaskCatalogue[] };
    if (!Array.isArray(tasks) || tasks.some((task) => !Array.isArray(task.checkpoints) || task.checkpoints.length === 0))
      throw new Error('no tasks');
    return tasks;
  } catch {
    throw new Error(`${CATALOGUE_PATH} is damaged. Reload the page; if that does not help, build it again.`);
  }
}
