/** Actions that bring files shipped with the page onto the screen: tasks, checkpoints, recordings. */
import { decodeBatch } from '../core/batchCodec.ts';
import { HEADLINE, METHODS } from '../core/methods/index.ts';
import { loadTask } from '../core/tasks/index.ts';
import { CATALOGUE_PATH, readCatalogue } from './catalogue.ts';
import type { TaskCatalogue } from './catalogue.ts';
import type { LabContext } from './context.ts';
import { checkKnobs } from './knobs.ts';
import { findLane } from './lanes.ts';
import type { CheckpointEntry, LabState } from './types.ts';
import type { LinkState } from './url.ts';

/** What loading needs of training: another checkpoint or task reaches the worker too. */
export interface Training {
  play(): Promise<void>;
  sendCheckpoint(path: string): Promise<void>;
  stopEngine(): void;
  /** A recording is on screen: earlier frames belong to another run. */
  clearFrames(): void;
}

/** `linked` is what the link said of the batch; a null group leaves the choice to the recording. */
export function createLoadActions(context: LabContext, training: Training, linked: Pick<LinkState, 'group' | 'update'>) {
  const { group: linkedGroup, update: linkedUpdate } = linked;
  const { store, deps, notify } = context;
  const get = store.getState;
  let catalogue: Promise<readonly TaskCatalogue[]> | null = null;
  // The last request wins: a slow file must not replace what was asked for after it.
  let ticket = 0;

  const needCatalogue = (): Promise<readonly TaskCatalogue[]> => {
    catalogue ??= deps.fetchFile(CATALOGUE_PATH).then(readCatalogue);
    catalogue.catch(() => {
      catalogue = null;
    });
    return catalogue;
  };

  const showCheckpoint = async (entry: CheckpointEntry, mine: number, extra: Partial<LabState>): Promise<void> => {
    if (!entry.recording) {
      store.setState({ checkpointId: entry.id, ...extra });
      return;
    }
    const batch = decodeBatch(await deps.fetchFile(entry.recording));
    if (mine !== ticket) return;
    context.showBatch(batch, { checkpointId: entry.id, source: 'recorded', step: entry.step, ...extra });
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

  /** What a link asked for and this page does not have, once methods and batch are there to tell. */
  const checkLink = (): void => {
    const { overrides, methods, lanes, update, batch, group } = get();
    const checked = checkKnobs(overrides, Object.values(methods));
    const problems = [...checked.problems];
    const known = lanes.filter((id) => Object.values(methods).some((method) => findLane(id, method)));
    for (const id of lanes) if (!known.includes(id)) problems.push(`There is no lane "${id}".`);
    if (batch && linkedGroup !== null && linkedGroup !== group)
      problems.push(`There is no prompt ${linkedGroup + 1}: prompt ${group + 1} is shown.`);
    if (batch && linkedUpdate !== update) problems.push(`There is no update ${linkedUpdate}: the last one is shown.`);
    if (problems.length === 0) return;
    store.setState({ overrides: checked.overrides, lanes: known });
    context.recompute();
    notify({ id: 'link values', level: 'warning', text: `Part of the link could not be used as it is. ${problems.join(' ')}` });
  };

  const selectCheckpoint = async (id: string): Promise<void> => {
    const mine = ++ticket;
    const entry = get().checkpoints.find((candidate) => candidate.id === id);
    if (!entry) return;
    try {
      await showCheckpoint(entry, mine, {});
      if (mine !== ticket) return;
      store.setState({ metrics: [] });
      await training.sendCheckpoint(entry.checkpoint);
      context.dismiss('load');
      context.announce(`${entry.label}.`);
    } catch (error) {
      fail(error, `The checkpoint "${entry.label}"`, () => void selectCheckpoint(id));
    }
  };

  const openTask = async (taskId: string, isFirst: boolean): Promise<void> => {
    const mine = ++ticket;
    try {
      const [task, tasks] = await Promise.all([loadTask(taskId), needCatalogue()]);
      if (mine !== ticket) return;
      const shelf = tasks.find(({ id }) => id === taskId);
      if (!shelf) throw new Error(`no recording of ${task.meta.title} is shipped with this page.`);
      const wanted = isFirst ? get().checkpointId : '';
      const entry =
        shelf.checkpoints.find(({ id }) => id === wanted) ?? shelf.checkpoints.find(({ id }) => id === shelf.first) ?? shelf.checkpoints[0];
      if (wanted !== '' && entry.id !== wanted) {
        notify({ id: 'link', level: 'warning', text: `There is no checkpoint "${wanted}": ${entry.label} is shown.` });
      }
      const group = isFirst && linkedGroup !== null ? linkedGroup : entry.id === shelf.first ? shelf.group : 0;
      // Credit is computed once, with task, methods and batch all there.
      if (isFirst) await Promise.all([...HEADLINE, get().viewMethod, ...Object.values(get().mix)].map((id) => context.needMethod(id)));
      if (mine !== ticket) return;
      if (!isFirst) training.stopEngine();
      const isPlain = entry.recording === null;
      await showCheckpoint(entry, mine, {
        taskId,
        task,
        checkpoints: shelf.checkpoints,
        baseCheckpoint: shelf.base,
        metrics: shelf.metrics,
        group,
        home: { checkpointId: shelf.first, group: shelf.group },
        ...(isPlain ? { batch: null, sampled: null } : {}),
      });
      context.dismiss('load');
      if (isFirst) checkLink();
      const { until } = get().run;
      if (isFirst && until !== null) {
        const text = `This link was made at step ${until} of a run that starts here. The same seed gives the same samples again.`;
        notify({ id: 'until', level: 'info', text, action: { label: `Train to step ${until}`, run: () => void training.play() } });
      }
    } catch (error) {
      if (mine === ticket) fail(error, 'The recording', () => void openTask(taskId, isFirst));
    }
  };

  return {
    /** The first screen: recording, task and the methods of the switch, in parallel. */
    open: () => openTask(get().taskId, true),
    selectTask(taskId: string): Promise<void> {
      if (taskId === get().taskId) return Promise.resolve();
      store.setState({ pin: null, landedPin: null });
      return openTask(taskId, false);
    },
    selectCheckpoint,
    /** The rest of the shelf, once the first screen stands. A method that fails is loaded again when it is chosen. */
    async loadShelf(): Promise<void> {
      await Promise.allSettled(METHODS.map(({ id }) => context.needMethod(id)));
    },
  };
}
