/** Actions that change what is shown, never what was sampled. */
import { HEADLINE } from '../core/methods/index.ts';
import { composeMethod, knobsOf } from '../core/pipeline.ts';
import type { Knob, StageName } from '../core/stages/types.ts';
import type { LabContext } from './context.ts';
import { isSameMix, mixedMethods } from './credit.ts';
import { shownLanes, toggledLane } from './lanes.ts';
import { clampKnob, clampMessage } from './knobs.ts';
import { landPin } from './pin.ts';
import { SHELF_ORDER } from './shelf.ts';
import type { Compare, Cover, CreditLane, LabState, LessonPlace, Mix, Pin, RowOrder, ThemeChoice, Workspace } from './types.ts';

/** Switching, browsing, pinning and folding. */
export function createViewActions(context: LabContext) {
  const { store, announce, notify } = context;
  const get = store.getState;
  const set = (change: Partial<LabState>): void => store.setState(change);

  /** A method whole, or with the stages of a mix taken from others. */
  const setViewMethod = async (id: string, mix: Mix = {}): Promise<void> => {
    const before = { viewMethod: get().viewMethod, mix: get().mix };
    if (id === before.viewMethod && isSameMix(mix, before.mix) && get().derived) return;
    set({ viewMethod: id, mix, invite: false });
    try {
      await Promise.all([id, ...Object.values(mix)].map(context.needMethod));
    } catch (error) {
      set(before);
      notify({
        id: 'method',
        level: 'error',
        text: `${(error as Error).message} The view stays as it was.`,
        action: { label: 'Try again', run: () => void setViewMethod(id, mix) },
      });
      return;
    }
    // A later click may have won while this method was loading.
    if (get().viewMethod !== id || get().mix !== mix) return;
    context.recompute();
    context.dismiss('method');
    announce(`Viewed as ${get().methods[id].meta.title}.`);
  };

  const setPin = (pin: Pin | null): void => {
    const { batch } = get();
    const landed = pin && batch ? landPin(batch, pin) : { pin, message: null };
    set({ pin, landedPin: landed.pin });
    if (landed.message) notify({ id: 'pin', level: 'info', text: landed.message });
    else context.dismiss('pin');
  };

  let lastCompare: Compare | null = null;
  const setCompare = (compare: Compare | null): void => {
    lastCompare = compare ?? get().compare;
    set({ compare });
  };

  const actions = {
    setViewMethod,
    /** The next or previous method of the shelf. */
    cycleMethod(direction: 1 | -1) {
      const index = SHELF_ORDER.indexOf(get().viewMethod);
      return setViewMethod(SHELF_ORDER[(index + direction + SHELF_ORDER.length) % SHELF_ORDER.length]);
    },
    setPin,
    showPrompt(group: number) {
      const count = get().batch?.groups.length ?? 1;
      set({ group: (group + count) % count });
    },
    setWorkspace: (workspace: Workspace) => set({ workspace }),
    setRowOrder: (rowOrder: RowOrder) => set({ rowOrder }),
    /** Puts a lane beside the credit lane or takes it away. */
    toggleLane(id: string) {
      const { lanes, methods, viewMethod } = get();
      const next = toggledLane(shownLanes(lanes, methods[viewMethod] ?? null), id);
      if (next) set({ lanes: next });
    },
    /** Puts a lane beside the credit lane, in place of the last one where there is no room. */
    showLane(id: string) {
      const { lanes, methods, viewMethod } = get();
      const shown = shownLanes(lanes, methods[viewMethod] ?? null);
      if (!shown.includes(id)) set({ lanes: toggledLane(shown, id) ?? [...shown.slice(0, -1), id] });
    },
    setCompare,
    /** Opens the comparison, the last one or the view with the flat method, or closes it. */
    toggleCompare() {
      const { compare, viewMethod, mix } = get();
      if (compare) {
        setCompare(null);
        return;
      }
      const isFlat = viewMethod === HEADLINE[0] && isSameMix(mix, {});
      const side = { method: HEADLINE[isFlat ? 1 : 0], mix: {}, overrides: null };
      setCompare(lastCompare ?? { side, lane: null, differenceOnly: false });
    },
    /** The difference alone, or all three; opens the comparison first. */
    toggleDifference() {
      const { compare } = get();
      if (compare) set({ compare: { ...compare, differenceOnly: !compare.differenceOnly } });
      else actions.toggleCompare();
    },
    setCreditLane: (creditLane: CreditLane) => set({ creditLane }),
    setUpdate(update: 'last' | number) {
      set({ update });
      context.recompute();
    },
    toggleTree: () => set({ tree: !get().tree }),
    toggleBranches: () => set({ branchesOnly: !get().branchesOnly }),
    setTheme: (theme: ThemeChoice) => set({ theme }),
    toggleShelf: () => set({ shelfOpen: !get().shelfOpen }),
    toggleCurves: () => set({ curvesOpen: !get().curvesOpen }),
    setLesson: (lesson: LessonPlace | null) => set({ lesson, ...(lesson ? {} : { covered: null, shownTokens: null }) }),
    setCovered: (covered: Cover | null) => set({ covered }),
    showTokens: (shownTokens: number | null) => set({ shownTokens }),
    toggleLecture: () => set({ lecture: !get().lecture }),
    setShare: (shareOpen: boolean) => set({ shareOpen }),
    setHelp: (helpOpen: boolean) => set({ helpOpen }),
    setExplaining: (explaining: boolean) => set({ explaining }),
    setShortcuts: (shortcuts: boolean) => set({ shortcuts }),
    /** A slider moved or a number was typed: clamped with a message; credit follows before the next frame. */
    setKnob(knob: Knob, asked: number) {
      context.remember(`knob ${knob.id}`);
      const message = clampMessage(knob, asked);
      if (message) notify({ id: `clamp ${knob.id}`, level: 'warning', text: message });
      else context.dismiss(`clamp ${knob.id}`);
      set({ overrides: { ...get().overrides, [knob.id]: clampKnob(knob, asked) } });
      context.recomputeSoon();
    },
    /** All touched knobs at once. */
    setOverrides(overrides: LabState['overrides']) {
      context.remember('knobs');
      set({ overrides });
      context.recompute();
    },
    resetKnob(knob: Knob) {
      context.remember(`reset ${knob.id}`);
      const { [knob.id]: _, ...overrides } = get().overrides;
      set({ overrides });
      context.recomputeSoon();
    },
    /** Takes one stage from another method; null gives it back. A mix that does not fit is refused in one sentence. */
    async setMix(stage: StageName, id: string | null) {
      const { [stage]: _, ...rest } = get().mix;
      try {
        if (id !== null) await context.needMethod(id);
        const mix = id === null ? rest : { ...get().mix, [stage]: id };
        const method = get().methods[get().viewMethod];
        if (method) {
          composeMethod(method, mixedMethods(get().methods, mix));
          knobsOf(method, mixedMethods(get().methods, mix));
        }
        context.remember('mix');
        set({ mix });
        context.dismiss('mix');
        context.recompute();
      } catch (error) {
        notify({ id: 'mix', level: 'warning', text: (error as Error).message });
      }
    },
  };
  return actions;
}
