/** Takes the present run, batch and view as one piece, and brings such a piece back onto the screen. */
import type { RolloutBatch } from '../core/batch.ts';
import { encodeBatch } from '../core/batchEncoder.ts';
import { loadTask } from '../core/tasks/index.ts';
import type { Task } from '../core/tasks/types.ts';
import { COMMIT } from './commit.ts';
import { deriveCredit } from './credit.ts';
import { applyEdits } from './edits.ts';
import { LINK_DEFAULTS, LINK_VOCABULARY, linkOf, viewOf } from './lab.ts';
import type { Lab } from './lab.ts';
import type { Session } from './sessionFile.ts';
import { decodeLink, encodeLink } from './url.ts';

/** A bundle that was on its way when training paused is on the screen after so many painted frames. */
const SETTLING_FRAMES = 6;

/** Pauses the training and takes everything as it stands. Rejects with a sentence. */
export async function captureSession(lab: Lab, name: string, savedAt: string): Promise<Session> {
  lab.pause();
  const engine = lab.runningEngine();
  const checkpoint = engine ? await engine.save() : null;
  for (let i = 0; engine && i < SETTLING_FRAMES; i++) await new Promise<void>((done) => lab.deps.frame(done));
  const state = lab.store.getState();
  const { sampled: batch, edits, taskId, checkpointId, source, step, group, metrics, schedule } = state;
  if (!batch) throw new Error('There is nothing on the screen to save yet.');
  const drew = source === 'live' ? batch.snapshots?.before : undefined;
  // The worker keeps the weights of the newest batches only: an older one is saved without.
  const drewBatch = engine && drew !== undefined ? await engine.weightsOf(drew).catch(() => null) : null;
  const link = encodeLink(linkOf(state), LINK_DEFAULTS);
  return {
    name,
    savedAt,
    commit: COMMIT,
    taskId,
    checkpointId,
    link,
    source,
    step,
    group,
    metrics,
    schedule,
    batch,
    edits,
    checkpoint,
    drewBatch,
  };
}

/** Why a batch cannot be one of this task, in a sentence; null where it can. */
export function misfit(batch: RolloutBatch, task: Task): string | null {
  const size = task.vocabulary.length;
  const unknown = [...batch.tokens, ...batch.groups.flatMap(({ prompt }) => prompt)].find((token) => token >= size || token < 0);
  if (unknown !== undefined) return `it has token ${unknown}, and the vocabulary of ${task.meta.title} ends at ${size - 1}`;
  const long = batch.responses.find(({ start, end }) => end - start > task.maxTokens);
  if (long) return `it has a response of ${long.end - long.start} tokens, and those of ${task.meta.title} have at most ${task.maxTokens}`;
  const { logits } = batch;
  if (logits && logits.width !== size) return `its logits are over ${logits.width} tokens, and ${task.meta.title} has ${size}`;
  return null;
}

/** Brings the lab to another task where it stands at one. Rejects with a sentence. */
export async function goToTask(lab: Lab, taskId: string): Promise<void> {
  if (lab.store.getState().taskId === taskId) return;
  await lab.selectTask(taskId);
  if (lab.store.getState().taskId !== taskId)
    throw new Error(`the task "${taskId}" could not be loaded. Check the connection and try again.`);
}

/**
 * Run, batch and view of a session onto the screen. Everything is checked and loaded before anything is changed. Rejects with a
 * sentence.
 */
export async function openSession(lab: Lab, session: Session): Promise<void> {
  const { batch, edits, taskId, checkpointId, source, step, group, metrics, schedule, checkpoint, drewBatch } = session;
  const task = await loadTask(taskId);
  const problem = misfit(batch, task);
  if (problem) throw new Error(`The session cannot be opened: ${problem}.`);
  const link = decodeLink(session.link, LINK_DEFAULTS, LINK_VOCABULARY).state;
  const { lanes, creditLane, update, pin, compare, rowOrder, overrides, mix, trainMix, viewMethod, trainMethod, seed, ...rest } = link;
  const own = { lanes, creditLane, update, pin, compare, rowOrder, overrides, mix, trainMix, viewMethod, trainMethod, seed };
  // Theme, lesson and what a teacher hides are the page's as it stands, not the session's.
  const view = { ...own, ...viewOf(rest), helpOpen: false };
  const named = [view.viewMethod, view.trainMethod, ...Object.values(view.mix), ...Object.values(view.trainMix)];
  await Promise.all(named.map(lab.needMethod));
  await goToTask(lab, taskId);
  const { checkpoints, home } = lab.store.getState();
  // A page of another age may not have the checkpoint that the run began at: reset then leads to its own first one.
  const origin = checkpoints.some(({ id }) => id === checkpointId) ? checkpointId : home.checkpointId;

  lab.stopEngine();
  lab.clearFrames();
  lab.store.setState({ ...view, group, taskId, checkpointId: origin });
  lab.showBatch(batch, { source, step, metrics });
  const shown = lab.store.getState();
  const next = { ...shown, schedule, edits, batch: applyEdits(batch, edits) };
  lab.store.setState({ schedule, edits, batch: next.batch, derived: deriveCredit(next, next.viewMethod) });
  const drew = batch.snapshots?.before;
  const kept = drewBatch && drew !== undefined ? { id: drew, batch: encodeBatch(batch), weights: drewBatch } : null;
  lab.resumeFrom(checkpoint && { checkpoint, kept });
}
