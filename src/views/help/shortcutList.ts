/** The list of the help panel. */
export const SHORTCUTS: readonly { keys: string; meaning: string }[] = [
  { keys: 'Space', meaning: 'train or pause' },
  { keys: '→ or N', meaning: 'one step' },
  { keys: '[ and ]', meaning: 'back and forth through the steps that were shown' },
  { keys: 'R', meaning: 'reset to the checkpoint (asks after 50 steps)' },
  { keys: 'M and Shift+M', meaning: 'next and previous method' },
  { keys: '1 … 9', meaning: 'view as the method that bears this number in the shelf' },
  { keys: 'D', meaning: 'compare two methods; then their difference alone, or all three' },
  { keys: 'T', meaning: 'prefix tree or matrix' },
  { keys: 'K', meaning: 'methods and knobs; in the list of methods a letter searches' },
  { keys: 'C', meaning: 'curves' },
  { keys: 'L', meaning: 'lecture mode: larger, and nothing that a class does not need' },
  { keys: 'Page down and Page up', meaning: 'in a lesson: next and previous page; a clicker sends them' },
  { keys: 'P and Shift+P', meaning: 'next and previous prompt' },
  { keys: 'Arrows, Enter, Esc', meaning: 'in the matrix: move, pin a token, unpin' },
  { keys: 'Ctrl+Z, Ctrl+Shift+Z', meaning: 'undo and redo knobs and edits' },
  { keys: '?', meaning: 'this list' },
];
