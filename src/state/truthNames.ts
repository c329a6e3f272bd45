/** How the page names batches to the worker's oracle, and hands over those that the worker did not post itself. */
import { encodeBatch } from '../core/batchEncoder.ts';
import type { RolloutBatch } from '../core/batch.ts';
import type { EngineClient } from '../engine/client.ts';
import type { Lab } from './lab.ts';
import { sourceOf } from './sourceOf.ts';
import { withoutTruth } from './truthTypes.ts';
import type { LabState } from './types.ts';

export function createNames(lab: Lab) {
  const get = lab.store.getState;
  /** Batches that the worker was given, by client: a new worker knows none of them. */
  const given = new WeakMap<EngineClient, Set<string>>();
  const names = new WeakMap<readonly unknown[], string>();
  let edits = 0;

  const isEdited = (state: LabState): boolean => state.edits.some(({ kind }) => kind === 'response');

  /** Name of the batch on screen: an edited one has its own. */
  const nameOf = (state: LabState, sampled: RolloutBatch): string => {
    const source = sourceOf(state, sampled);
    if (sampled !== state.sampled || !isEdited(state)) return source;
    const name = names.get(state.edits) ?? `${source} edited ${++edits}`;
    names.set(state.edits, name);
    return name;
  };

  /** Sees to it that the worker has the batch on screen, or the one that is held back. */
  async function give(client: EngineClient, name: string, batch: RolloutBatch): Promise<void> {
    const known = given.get(client) ?? new Set();
    given.set(client, known);
    const state = get();
    const source = sourceOf(state, batch);
    const isLive = batch.snapshots?.before !== undefined;
    if (!isLive && !known.has(source) && state.sampled) {
      const file = state.checkpoints.find(({ id }) => id === state.checkpointId)?.drewRecording;
      if (!file)
        throw new Error('The weights that drew this recording are not shipped with the page: take a step of training, then ask again.');
      const weights = await lab.fetchFile(file);
      client.keep(source, encodeBatch(withoutTruth(state.sampled)), weights);
      known.add(source);
    }
    if (name !== source && !known.has(name)) {
      client.keep(name, encodeBatch(withoutTruth(batch)), source);
      known.add(name);
    }
  }

  return { nameOf, give };
}
