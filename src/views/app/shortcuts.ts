import { KEYED } from '../../state/shelf.ts';
import type { Lab } from '../../state/lab.ts';
import type { Part } from '../../state/types.ts';

/** What a key belongs to: it does nothing where the link has left that part out. */
const KEYED_PARTS: Readonly<Record<string, Part>> = {
  ...{ ' ': 'train', arrowright: 'train', n: 'train', '[': 'train', ']': 'train', r: 'train' },
  ...{ m: 'switch', t: 'toolbar', p: 'toolbar', f: 'train', k: 'shelf', c: 'curves' },
};

/** Asking first keeps a long run from being lost by one key. */
const RESET_ASKS_AFTER = 50;

function typesText(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    target.closest('input:not([type=radio]):not([type=checkbox]):not([type=range]), textarea, select, [contenteditable]') !== null
  );
}

/** These use Space, Enter or the arrows themselves. */
function takesKeys(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    target.closest('button, input, summary, a, [role=grid], [role=menu], [role=radiogroup], [role=slider]') !== null
  );
}

function reset(lab: Lab): void {
  const { metrics } = lab.store.getState();
  if (metrics.length <= RESET_ASKS_AFTER) {
    lab.reset();
    return;
  }
  lab.notify({
    id: 'reset',
    level: 'warning',
    text: `Reset throws away ${metrics.length} steps of training.`,
    action: {
      label: 'Reset',
      run: () => {
        lab.dismiss('reset');
        lab.reset();
      },
    },
  });
}

/** Handles one key press; true where it was a shortcut. */
export function runShortcut(lab: Lab, event: KeyboardEvent): boolean {
  const state = lab.store.getState();
  const control = event.ctrlKey || event.metaKey;
  if (event.altKey || event.defaultPrevented || typesText(event.target)) return false;
  if (control) {
    const key = event.key.toLowerCase();
    if (key !== 'z' && key !== 'y') return false;
    if (key === 'y' || event.shiftKey) lab.redo();
    else lab.undo();
    return true;
  }
  if (state.shortcuts && event.key.toLowerCase() === 'w') {
    lab.setExplaining(!state.explaining);
    return true;
  }
  if (document.querySelector('dialog[open]')) return false;
  if (event.key === 'Escape') {
    if (state.workspace !== 'lab') lab.setWorkspace('lab');
    else if (state.pin) lab.setPin(null);
    else return false;
    return true;
  }
  const part = KEYED_PARTS[event.key.toLowerCase()] ?? (/^[1-9]$/.test(event.key) ? 'switch' : null);
  if (!state.shortcuts || (part && (state.hide.includes(part) || state.embed))) return false;
  const isFree = !takesKeys(event.target);
  if (event.key === ' ' && isFree) lab.togglePlay();
  else if (event.key === 'ArrowRight' && isFree) void lab.step();
  else if (/^[1-9]$/.test(event.key)) {
    const id = KEYED[Number(event.key) - 1];
    if (!id) return false;
    void lab.setViewMethod(id);
  } else {
    const actions: Readonly<Record<string, () => void>> = {
      n: () => void lab.step(),
      '[': () => lab.stepBack(),
      ']': () => lab.stepForward(),
      r: () => reset(lab),
      m: () => void lab.cycleMethod(event.shiftKey ? -1 : 1),
      t: () => lab.toggleTree(),
      f: () => lab.toggleFreeze(),
      d: () => lab.toggleDifference(),
      k: () => lab.toggleShelf(),
      c: () => lab.toggleCurves(),
      l: () => lab.toggleLecture(),
      p: () => lab.showPrompt(state.group + (event.shiftKey ? -1 : 1)),
      '?': () => lab.setHelp(true),
    };
    const action = actions[event.key.toLowerCase()];
    if (!action) return false;
    action();
  }
  return true;
}
