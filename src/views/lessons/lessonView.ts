/** What is on the screen as a lesson sees it. */
import type { LessonSet, LessonView } from '../../content/lessons/types.ts';
import { deriveCredit } from '../../state/credit.ts';
import { shownLanes } from '../../state/lanes.ts';
import type { LabState } from '../../state/types.ts';
import type { LinkState } from '../../state/url.ts';

/** Null until there is a batch. Credits are worked out when a fact asks for them, once each. */
export function lessonView(state: LabState): LessonView | null {
  const { batch, task } = state;
  if (!batch || !task) return null;
  const known = new Map<string, ReturnType<LessonView['credit']>>();
  const origin = state.checkpoints.find(({ id }) => id === state.checkpointId)?.step ?? 0;
  return {
    task,
    batch,
    group: state.group,
    viewMethod: state.viewMethod,
    trainMethod: state.trainMethod,
    overrides: state.overrides,
    pin: state.landedPin,
    creditLane: state.creditLane,
    update: state.update,
    isTree: state.tree,
    lanes: shownLanes(state.lanes, state.methods[state.viewMethod] ?? null),
    edits: state.edits.length,
    isLive: state.source === 'live',
    stepsTaken: state.step - origin,
    workspace: state.workspace,
    rewards: state.metrics.map(({ reward }) => reward),
    credit(method = state.viewMethod, knobs = {}) {
      const key = `${method} ${JSON.stringify(knobs)}`;
      let credit = known.get(key);
      if (credit === undefined) {
        const isViewed = method === state.viewMethod && Object.keys(knobs).length === 0;
        const derived = isViewed ? state.derived : deriveCredit({ ...state, mix: {}, overrides: { ...state.overrides, ...knobs } }, method);
        credit = derived?.credit ?? null;
        known.set(key, credit);
      }
      return credit;
    },
  };
}

/** What a page sets, as a link would say it; the pin is found once the batch is there. */
export function linkOfSet(set: LessonSet): Partial<LinkState> {
  const link: Partial<LinkState> = {
    workspace: (set.workspace ?? 'lab') as LinkState['workspace'],
    rowOrder: set.rows ?? 'sampled',
    pin: null,
  };
  if (set.task) link.taskId = set.task;
  if (set.checkpoint) link.checkpointId = set.checkpoint;
  if (set.prompt) link.group = set.prompt - 1;
  if (set.view) link.viewMethod = set.view;
  if (set.train) link.trainMethod = set.train;
  if (set.knobs) link.overrides = set.knobs;
  if (set.mix) link.mix = set.mix;
  if (set.lanes) link.lanes = set.lanes;
  if (set.show) link.creditLane = set.show;
  if (set.update) link.update = set.update;
  if (set.layout) link.layout = set.layout;
  if (set.panels) link.panels = set.panels;
  return link;
}
