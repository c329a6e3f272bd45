/** A worker of its own that says what another checkpoint thinks of the tokens on screen; the run is not touched. */
import type { RolloutBatch } from '../core/batch.ts';
import { decodeBatch } from '../core/batchCodec.ts';
import { HEADLINE } from '../core/methods/index.ts';
import { rescored } from '../core/rescore.ts';
import type { EngineClient } from '../engine/client.ts';
import type { Lab } from './lab.ts';
import { trainingSettings } from './settings.ts';

export interface CheckpointScorer {
  /** The batch with this checkpoint's view of its tokens (`rescored`). Rejects with a sentence. */
  score(batch: RolloutBatch): Promise<RolloutBatch>;
  dispose(): void;
}

const tokensOf = (batch: RolloutBatch, group: number): number[][] =>
  batch.responses.slice(batch.groups[group].start, batch.groups[group].end).map(({ start, end }) => [...batch.tokens.subarray(start, end)]);

/** Starts the worker on a checkpoint of the lab's task. Rejects with a sentence. */
export async function createCheckpointScorer(lab: Lab, id: string): Promise<CheckpointScorer> {
  const { checkpoints, baseCheckpoint, taskId: task, seed } = lab.store.getState();
  const entry = checkpoints.find((candidate) => candidate.id === id);
  if (!entry || !baseCheckpoint) throw new Error(`this task has no checkpoint "${id}". Choose another one.`);
  const [checkpoint, base] = await Promise.all([lab.deps.fetchFile(entry.checkpoint), lab.deps.fetchFile(baseCheckpoint)]);
  let failure: string | null = null;
  const fail = (message: string): void => {
    failure = message;
  };
  const engine: EngineClient = await lab.deps.createEngine({
    onReady: () => undefined,
    onBundle: () => undefined,
    onProgress: () => undefined,
    onStopped: () => undefined,
    onError: fail,
    onLost: fail,
  });
  // It never trains; the protocol wants a method all the same.
  const method = { id: HEADLINE[0], knobs: {}, mix: {} };
  engine.start({ task, checkpoint, base, seed, settings: trainingSettings({}), method, wasmBase: lab.deps.wasmBase });
  return {
    async score(batch) {
      try {
        const parts = await Promise.all(
          batch.groups.map(async ({ prompt }, g) => decodeBatch(await engine.score(prompt, tokensOf(batch, g), batch.baseTemperature))),
        );
        return rescored(batch, parts);
      } catch (error) {
        throw new Error(failure ?? (error as Error).message);
      }
    },
    dispose: () => engine.dispose(),
  };
}
