/** Undo and redo of whole snapshots. Steps with the same key that follow each other quickly (one slider drag) are one step. */
export interface History<T> {
  readonly past: readonly T[];
  readonly future: readonly T[];
  readonly lastKey: string | null;
  readonly lastTime: number;
}

const LIMIT = 100;
/** A pause longer than this between two changes of one slider makes two undo steps. */
const COALESCE_MS = 1000;

/** No past and no future. */
export function emptyHistory<T>(): History<T> {
  return { past: [], future: [], lastKey: null, lastTime: 0 };
}

/** Remembers `before`, the state that is about to change. */
export function record<T>(history: History<T>, before: T, key: string, now: number): History<T> {
  if (key === history.lastKey && now - history.lastTime < COALESCE_MS) return { ...history, future: [], lastTime: now };
  return { past: [...history.past, before].slice(-LIMIT), future: [], lastKey: key, lastTime: now };
}

/** The state before the last step, or null when there is none. */
export function undo<T>(history: History<T>, current: T): { history: History<T>; state: T } | null {
  const state = history.past[history.past.length - 1];
  if (state === undefined) return null;
  return { history: { past: history.past.slice(0, -1), future: [current, ...history.future], lastKey: null, lastTime: 0 }, state };
}

/** The state that the last undo left, or null when there is none. */
export function redo<T>(history: History<T>, current: T): { history: History<T>; state: T } | null {
  const state = history.future[0];
  if (state === undefined) return null;
  return { history: { past: [...history.past, current], future: history.future.slice(1), lastKey: null, lastTime: 0 }, state };
}

/** Rewrites every remembered snapshot: when a new batch arrives, edits of the old one cannot come back. */
export function mapHistory<T>(history: History<T>, change: (state: T) => T): History<T> {
  return { ...history, past: history.past.map(change), future: history.future.map(change) };
}
