import type { RolloutBatch } from '../core/batch.ts';
import type { LabState } from './types.ts';

/** Name that the worker knows the weights by that drew a batch as sampled. */
export const sourceOf = ({ taskId, checkpointId }: LabState, sampled: RolloutBatch): string =>
  sampled.snapshots?.before ?? `${taskId}/${checkpointId}`;
