/** Actions that bring files shipped with the page onto the screen: tasks, checkpoints, recordings. */
import type { RolloutBatch } from '../core/batch.ts';
import { decodeBatch } from '../core/batchCodec.ts';
import { HEADLINE, METHODS } from '../core/methods/index.ts';
import { loadTask } from '../core/tasks/index.ts';
import type { StepMetrics } from '../engine/protocol.ts';
import { CATALOGUE_PATH, readCatalogue } from './catalogue.ts';
import type { TaskCatalogue } from './catalogue.ts';
import type { LabContext } from './context.ts';
import { checkKnobs } from './knobs.ts';
import { findLane } from './lanes.ts';
import type { RunSegment } from './schedule.ts';
import type { CheckpointEntry, LabState } from './types.ts';
import type { LinkState } from './url.ts';

/** What loading needs of training: another checkpoint or task reaches the worker too. */
export interface Training {
  /** Takes the run of a link again. */
  replay(schedule: readonly RunSegment[], step: number): Promise<void>;
  pause(): void;
  readCheckpoint(path: string): Promise<ArrayBuffer | null>;
  loadCheckpoint(checkpoint: ArrayBuffer | null): void;
  stopEngine(): void;
  /** A recording is on screen: earlier frames belong to another run. */
  clearFrames(): void;
}

/** `linked` is what the link said of the batch; a null group leaves the choice to the recording. */
export function createLoadActions(context: LabContext, training: Training, linked: Pick<LinkState, 'group' | 'update' | 'schedule'>) {
  const { group: linkedGroup, update: linkedUpdate } = linked;
  const { store, deps, notify } = context;
  const get = store.getState;
  let catalogue: Promise<readonly TaskCatalogue[]> | null = null;
  // The last request wins: a slow file must not replace what was asked for after it.
  let ticket = 0;
  /** Curves of the run that the page opens with. */
  let homeMetrics: readonly StepMetrics[] = [];

  const needCatalogue = (): Promise<readonly TaskCatalogue[]> => {
    catalogue ??= deps.fetchFile(CATALOGUE_PATH).then(readCatalogue);
    catalogue.catch(() => {
      catalogue = null;
    });
    return catalogue;
  };

  const readRecording = async (entry: CheckpointEntry): Promise<RolloutBatch | null> =>
    entry.recording ? decodeBatch(await deps.fetchFile(entry.recording)) : null;

  const showRecording = (entry: CheckpointEntry, batch: RolloutBatch | null, change: Partial<LabState>): void => {
    const found: Partial<LabState> = { ...change, checkpointId: entry.id, source: 'recorded', step: entry.step };
    if (batch) context.showBatch(batch, found);
    else store.setState({ ...found, batch: null, sampled: null, derived: null });
    training.clearFrames();
  };

  const fail = (error: unknown, what: string, retry: () => void): void => {
    notify({
      id: 'load',
      level: 'error',
      text: `${what} could not be loaded: ${(error as Error).message}${get().batch ? ' What was on screen stays.' : ''}`,
      action: { label: 'Try again', run: retry },
    });
  };

  const loadShelf = async (): Promise<void> => {
    const provides = async (id: string) => (await loadTask(id)).meta.provides ?? [];
    const [tasks] = await Promise.all([
      Promise.allSettled(get().tasks.map(async (entry) => ({ ...entry, provides: await provides(entry.id) }))),
      Promise.allSettled(METHODS.map(({ id }) => context.needMethod(id))),
    ]);
    store.setState({ tasks: get().tasks.map((entry, i) => (tasks[i].status === 'fulfilled' ? tasks[i].value : entry)) });
  };

  /** What a link asked for and this page does not have, once there are methods and a batch to tell by. */
  const checkLink = async (): Promise<void> => {
    const asked = get();
    // A knob or lane may belong to a method that nothing has needed yet.
    if (Object.keys(asked.overrides).length > 0 || asked.lanes?.some((id) => !findLane(id, null))) await loadShelf();
    const { overrides, methods, lanes, update, batch, group } = get();
    // Their words are wanted only where a link sets something.
    const oracle = Object.keys(overrides).length > 0 ? [{ knobs: (await import('../core/oracle/knobs.ts')).ORACLE_KNOBS }] : [];
    const checked = checkKnobs(overrides, [...Object.values(methods), ...oracle]);
    const problems = [...checked.problems];
    const known = lanes?.filter((id) => Object.values(methods).some((method) => findLane(id, method))) ?? null;
    for (const id of lanes ?? []) if (!known?.includes(id)) problems.push(`There is no lane "${id}".`);
    if (batch && linkedGroup !== null && linkedGroup >= batch.groups.length) {
      problems.push(`There is no prompt ${linkedGroup + 1}: prompt ${group + 1} is shown.`);
    }
    if (batch && linkedUpdate !== 'last' && linkedUpdate > batch.updates.length && update === 'last') {
      problems.push(`There is no update ${linkedUpdate}: the last one is shown.`);
    }
    if (problems.length === 0) return;
    store.setState({ overrides: checked.overrides, lanes: known });
    context.recompute();
    notify({ id: 'link values', level: 'warning', text: `Part of the link could not be used as it is. ${problems.join(' ')}` });
  };

  /** A link to a live step: the run up to it is taken again, from the checkpoint on screen. */
  const replayRun = (from: number): void => {
    const { until } = get().run;
    if (until === null) return;
    if (until > from) return void training.replay(linked.schedule, until);
    store.setState({ run: { ...get().run, until: null } });
    notify({
      id: 'until',
      level: 'warning',
      text: `The link names step ${until}, but its run starts at step ${from}: that step is shown.`,
    });
  };

  const selectCheckpoint = async (id: string): Promise<void> => {
    const mine = ++ticket;
    const entry = get().checkpoints.find((candidate) => candidate.id === id);
    if (!entry) return;
    try {
      training.pause();
      // Both or neither: the worker must not train on from weights that are not those on screen.
      const [batch, checkpoint] = await Promise.all([readRecording(entry), training.readCheckpoint(entry.checkpoint)]);
      if (mine !== ticket) return;
      showRecording(entry, batch, { metrics: id === get().home.checkpointId ? homeMetrics : [] });
      training.loadCheckpoint(checkpoint);
      context.dismiss('load');
      context.announce(`${entry.label}.`);
    } catch (error) {
      fail(error, `The checkpoint "${entry.label}"`, () => void selectCheckpoint(id));
    }
  };

  /** The shelf of a task and the checkpoint to open it with: the wanted one, else the task's first. */
  const findCheckpoint = async (taskId: string, wanted: string): Promise<{ shelf: TaskCatalogue; entry: CheckpointEntry }> => {
    const shelf = (await needCatalogue()).find(({ id }) => id === taskId);
    if (!shelf) throw new Error(`no recording of the task "${taskId}" is shipped with this page. Choose another task.`);
    const byId = (id: string): CheckpointEntry | undefined => shelf.checkpoints.find((entry) => entry.id === id);
    return { shelf, entry: byId(wanted) ?? byId(shelf.first) ?? shelf.checkpoints[0] };
  };

  const openTask = async (taskId: string, isFirst: boolean): Promise<void> => {
    const mine = ++ticket;
    const wanted = isFirst ? get().checkpointId : '';
    const methods = isFirst ? [...HEADLINE, get().viewMethod, ...Object.values(get().mix)] : [];
    try {
      const place = findCheckpoint(taskId, wanted);
      // All at once: one after the other, each would wait a round trip for nothing. Credit is computed once, with all there.
      const [{ shelf, entry }, task, batch] = await Promise.all([
        place,
        loadTask(taskId),
        place.then(({ entry: found }) => readRecording(found)),
        ...methods.map(context.needMethod),
      ]);
      if (mine !== ticket) return;
      if (wanted !== '' && entry.id !== wanted) {
        notify({ id: 'link', level: 'warning', text: `There is no checkpoint "${wanted}": ${entry.label} is shown.` });
      }
      if (!isFirst) training.stopEngine();
      const isHome = entry.id === shelf.first;
      homeMetrics = shelf.metrics;
      showRecording(entry, batch, {
        taskId,
        task,
        checkpoints: shelf.checkpoints,
        baseCheckpoint: shelf.base,
        metrics: isHome ? shelf.metrics : [],
        group: (isFirst ? linkedGroup : null) ?? (isHome ? shelf.group : 0),
        home: { checkpointId: shelf.first, group: shelf.group },
        ...(isFirst ? {} : { pin: null }),
      });
      context.dismiss('load');
      if (!isFirst) return;
      await checkLink();
      replayRun(entry.step);
    } catch (error) {
      if (mine === ticket) fail(error, 'The recording', () => void openTask(taskId, isFirst));
    }
  };

  return {
    /** The first screen: recording, task and the methods of the switch, in parallel. */
    open: () => openTask(get().taskId, true),
    selectTask: (taskId: string): Promise<void> => (taskId === get().taskId ? Promise.resolve() : openTask(taskId, false)),
    selectCheckpoint,
    /** The rest of the shelf, once the first screen stands. A method that fails is loaded again when it is chosen. */
    loadShelf,
  };
}
