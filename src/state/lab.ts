/** The lab: one store and its actions. React-free; the page and the tests bring the outside world as `LabDeps`. */
import { createStore } from 'zustand/vanilla';
import type { RolloutBatch } from '../core/batch.ts';
import { HEADLINE, loadMethod, METHODS } from '../core/methods/index.ts';
import { TASKS } from '../core/tasks/index.ts';
import type { Gate, LabContext, LabDeps, Snapshot } from './context.ts';
import { deriveCredit } from './credit.ts';
import { applyEdits } from './edits.ts';
import { createEditActions } from './editActions.ts';
import { emptyHistory, mapHistory, record, redo, undo } from './history.ts';
import { createLoadActions } from './loadActions.ts';
import { landPin } from './pin.ts';
import { createRunActions } from './runActions.ts';
import { scheduleUntil } from './schedule.ts';
import { createSpeaker } from './say.ts';
import { PANELS } from './types.ts';
import type { LabState } from './types.ts';
import { createViewActions } from './viewActions.ts';
import { encodeLink } from './url.ts';
import type { LinkState } from './url.ts';

/** What a link without anything in it shows. */
export const LINK_DEFAULTS: LinkState = {
  taskId: TASKS[0].id,
  checkpointId: '',
  seed: 'lecture-1',
  step: null,
  schedule: [],
  group: null,
  viewMethod: HEADLINE[0],
  trainMethod: HEADLINE[0],
  overrides: {},
  mix: {},
  trainMix: {},
  compare: null,
  workspace: 'lab',
  rowOrder: 'reward',
  lanes: null,
  creditLane: 'credit',
  update: 'last',
  layout: 'matrix',
  pin: null,
  theme: 'auto',
  lesson: null,
  lecture: false,
  panels: [],
  hide: [],
  embed: null,
};

/** The ids that a link may name. */
export const LINK_VOCABULARY = { tasks: TASKS.map(({ id }) => id), methods: METHODS.map(({ id }) => id) };

/** What a link says in words of its own. */
export const viewOf = ({ layout, panels, embed }: Pick<LinkState, 'layout' | 'panels' | 'embed'>) => ({
  tree: layout !== 'matrix' || embed === 'tree',
  branchesOnly: layout === 'branches',
  shelfOpen: panels.includes('shelf'),
  curvesOpen: panels.includes('curves'),
  helpOpen: panels.includes('help'),
});

function initialState(link: LinkState): LabState {
  const { step, layout: _, panels: __, ...view } = link;
  return {
    ...view,
    group: link.group ?? 0,
    ...viewOf(link),
    home: { checkpointId: '', group: 0 },
    tasks: TASKS.map(({ id, title }) => ({ id, title })),
    task: null,
    checkpoints: [],
    baseCheckpoint: null,
    source: 'recorded',
    step: 0,
    frozen: false,
    sampled: null,
    batch: null,
    edits: [],
    methods: {},
    derived: null,
    landedPin: null,
    explaining: false,
    shareOpen: false,
    covered: null,
    shownTokens: null,
    shortcuts: true,
    invite: true,
    metrics: [],
    run: { status: 'idle', stepsPerSecond: 0, backend: null, until: link.step, models: [] },
    notices: [],
    announcement: '',
    canStepBack: false,
    canUndo: false,
    canRedo: false,
  };
}

/** The link to what is on screen. Edits by hand are not part of it. */
export function linkOf(state: LabState): LinkState {
  const runStep = state.source === 'live' ? state.step : state.run.until;
  return {
    taskId: state.taskId,
    checkpointId: state.checkpointId === state.home.checkpointId ? '' : state.checkpointId,
    seed: state.seed,
    step: runStep,
    schedule: runStep === null ? [] : scheduleUntil(state.schedule, runStep),
    group: state.group === state.home.group && state.checkpointId === state.home.checkpointId ? null : state.group,
    viewMethod: state.viewMethod,
    trainMethod: state.trainMethod,
    overrides: state.overrides,
    mix: state.mix,
    trainMix: state.trainMix,
    compare: state.compare,
    workspace: state.workspace,
    rowOrder: state.rowOrder,
    lanes: state.lanes,
    creditLane: state.creditLane,
    update: state.update,
    layout: !state.tree ? 'matrix' : state.branchesOnly ? 'branches' : 'tree',
    pin: state.pin,
    theme: state.theme,
    panels: PANELS.filter((panel) => state[`${panel}Open`]),
    lesson: state.lesson,
    lecture: state.lecture,
    hide: state.hide,
    embed: state.embed,
  };
}

export type Lab = ReturnType<typeof createLab>;

/** Builds the lab in the state of a link. Nothing is loaded until `open()`. */
export function createLab(deps: LabDeps, link: LinkState = LINK_DEFAULTS) {
  const store = createStore<LabState>(() => initialState(link));
  const speaker = createSpeaker(store, deps);
  const get = store.getState;
  let history = emptyHistory<Snapshot>();
  let isScheduled = false;

  const snapshot = (): Snapshot => ({ overrides: get().overrides, mix: get().mix, edits: get().edits });
  const setHistory = (next: typeof history): void => {
    history = next;
    store.setState({ canUndo: history.past.length > 0, canRedo: history.future.length > 0 });
  };
  const loading = new Map<string, Promise<void>>();

  const context: LabContext = {
    ...speaker,
    gate: null,
    store,
    deps,
    recompute() {
      const derived = deriveCredit(get(), get().viewMethod);
      if (derived) store.setState({ derived });
    },
    recomputeSoon() {
      if (isScheduled) return;
      isScheduled = true;
      deps.frame(() => {
        isScheduled = false;
        context.recompute();
      });
    },
    remember(key) {
      setHistory(record(history, snapshot(), key, deps.now()));
    },
    showBatch(batch, change) {
      setHistory(mapHistory(history, (past) => ({ ...past, edits: [] })));
      const asked = { ...get(), ...change };
      const { group, pin, update } = asked;
      const landed = pin ? landPin(batch, pin) : { pin: null, message: null };
      const next: LabState = {
        ...asked,
        sampled: batch,
        batch,
        edits: [],
        group: Math.min(group, Math.max(0, batch.groups.length - 1)),
        landedPin: landed.pin,
        update: update !== 'last' && update > batch.updates.length ? 'last' : update,
      };
      store.setState({ ...next, derived: deriveCredit(next, next.viewMethod) });
      if (landed.message) speaker.notify({ id: 'pin', level: 'info', text: landed.message });
      else speaker.dismiss('pin');
    },
    showRecording: () => actions.selectCheckpoint(get().checkpointId),
    needMethod(id) {
      if (get().methods[id]) return Promise.resolve();
      let promise = loading.get(id);
      if (!promise) {
        promise = loadMethod(id).then((method) => store.setState({ methods: { ...get().methods, [id]: method } }));
        // A failed load may be tried again.
        promise.catch(() => loading.delete(id));
        loading.set(id, promise);
      }
      return promise;
    },
  };

  const restore = (result: { history: typeof history; state: Snapshot } | null): boolean => {
    if (!result) return false;
    setHistory(result.history);
    const { sampled } = get();
    store.setState({ ...result.state, batch: sampled && applyEdits(sampled, result.state.edits) });
    context.recompute();
    return true;
  };

  const run = createRunActions(context);
  const actions = {
    ...run,
    ...createViewActions(context),
    ...createEditActions(context, run),
    ...createLoadActions(context, run, link),
    /** Whether nothing but a lesson, and how it is shown, differs from what the page opens with. */
    isPlainView: () =>
      encodeLink(
        { ...linkOf(get()), ...{ lesson: null, lecture: false, hide: [], theme: 'auto', seed: LINK_DEFAULTS.seed } },
        LINK_DEFAULTS,
      ) === '',
    /** Changes what is looked at, of the batch on screen. */
    adjustView(change: Partial<Pick<LabState, 'lanes' | 'creditLane' | 'update' | 'rowOrder' | 'shownTokens'>>) {
      store.setState(change);
      context.recompute();
    },
    /** Goes to another view of what is shipped: task, checkpoint and everything that is looked at. The run on screen ends. */
    async openView(change: Partial<LinkState>) {
      const link: LinkState = {
        ...LINK_DEFAULTS,
        theme: get().theme,
        seed: get().seed,
        lecture: get().lecture,
        hide: get().hide,
        ...change,
      };
      const { step: _, schedule: __, layout: ___, panels: ____, taskId, checkpointId, group, viewMethod, pin, ...plain } = link;
      run.pause();
      if (taskId !== get().taskId) await actions.selectTask(taskId);
      const wanted = checkpointId || get().home.checkpointId;
      const { checkpointId: present, source, frozen, edits } = get();
      if (wanted !== present || source !== 'recorded' || frozen || edits.length > 0) await actions.selectCheckpoint(wanted);
      context.remember('view');
      const home = wanted === get().home.checkpointId ? get().home.group : 0;
      store.setState({ ...plain, ...viewOf(link), group: group ?? home, viewMethod, covered: null, shownTokens: null });
      await Promise.all([viewMethod, link.trainMethod, ...Object.values(link.mix)].map(context.needMethod));
      context.recompute();
      actions.setPin(pin);
    },
    notify: speaker.notify,
    dismiss: speaker.dismiss,
    /** For who works on live batches before they are shown. */
    setGate: (gate: LabContext['gate']) => {
      context.gate = gate;
    },
    showBatch: context.showBatch,
    /** A step of the run that was held back. */
    showHeld(batch: RolloutBatch, change: Parameters<Gate>[1]) {
      if (!run.takes(batch, change)) context.showBatch(batch, change);
    },
    fetchFile: deps.fetchFile,
    /** The link to what is on screen, with changes: what to hide, which panel alone. */
    shareLink: (address: string, change: Partial<LinkState> = {}) =>
      `${address.split('#')[0]}#${encodeLink({ ...linkOf(get()), ...change }, LINK_DEFAULTS)}`,
    announce: speaker.announce,
    undo: () => restore(undo(history, snapshot())),
    redo: () => restore(redo(history, snapshot())),
  };
  store.subscribe((state, before) => {
    if (state.overrides !== before.overrides || state.trainMix !== before.trainMix) run.sendMethod();
  });
  return { store, deps, needMethod: context.needMethod, ...actions };
}
