/** The weights that a shown batch was drawn with, as the worker is told of them. */
import type { WeightsSource } from '../engine/protocol.ts';
import type { Lab } from './lab.ts';
import type { LabState } from './types.ts';

export interface DrawnBy {
  weights: WeightsSource;
  /** False: those that drew it are not kept, and these are the checkpoint's, after its step. */
  isOwn: boolean;
}

/** Rejects with a sentence where there are none. */
export async function drawnBy(
  lab: Lab,
  { batch, source, checkpointId }: { batch: NonNullable<LabState['batch']> } & Pick<LabState, 'source' | 'checkpointId'>,
): Promise<DrawnBy> {
  const kept = batch.snapshots?.before;
  if (source === 'live' && kept !== undefined) return { weights: { kept }, isOwn: true };
  if (source === 'opened') throw new Error('The weights that drew these samples did not come with their file.');
  const entry = lab.store.getState().checkpoints.find(({ id }) => id === checkpointId);
  const file = entry && (await lab.readCheckpoint(entry.drewRecording ?? entry.checkpoint));
  if (!file) throw new Error('The weights of these samples are not there.');
  return { weights: { checkpoint: file }, isOwn: entry.drewRecording !== undefined };
}
