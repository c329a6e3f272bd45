/** The files that the worker starts with: those of the checkpoint on screen, or where a saved run stood. */
import type { LabContext } from './context.ts';

/** Where a saved run goes on from. */
export interface Resume {
  /** Weights, moments, method state and second networks. */
  checkpoint: ArrayBuffer;
  /** The batch on screen and the weights that drew it, for what is asked about it later; null where they were not kept. */
  kept: { id: string; batch: ArrayBuffer; weights: ArrayBuffer } | null;
}

export async function startFiles(
  { store, deps }: Pick<LabContext, 'store' | 'deps'>,
  resume: Resume | null,
): Promise<{ checkpoint: ArrayBuffer; base: ArrayBuffer }> {
  const { checkpoints, checkpointId, baseCheckpoint } = store.getState();
  const entry = checkpoints.find(({ id }) => id === checkpointId);
  if (!entry || !baseCheckpoint) throw new Error('no checkpoint of this task is loaded. Choose one in the model menu.');
  const [checkpoint, base] = await Promise.all([resume?.checkpoint ?? deps.fetchFile(entry.checkpoint), deps.fetchFile(baseCheckpoint)]);
  return { checkpoint, base };
}
