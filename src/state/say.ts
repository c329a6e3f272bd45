/** Messages to the user: notices on the page, and a live region that speaks at most once every two seconds. */
import type { StoreApi } from 'zustand/vanilla';
import type { LabState, Notice } from './types.ts';

const SPEAK_EVERY_MS = 2000;
/** More than this and the oldest gives way: a wall of notices is read by nobody. */
const MAX_NOTICES = 3;

export interface Speaker {
  notify(notice: Notice): void;
  dismiss(id: string): void;
  announce(text: string): void;
}

/** `later` runs a function after some milliseconds; `now` is a clock in milliseconds. */
export function createSpeaker(
  store: StoreApi<LabState>,
  clock: { now: () => number; later: (ms: number, run: () => void) => void },
): Speaker {
  let lastSpoken = Number.NEGATIVE_INFINITY;
  let waiting: string | null = null;
  const speak = (): void => {
    if (waiting === null) return;
    lastSpoken = clock.now();
    store.setState({ announcement: waiting });
    waiting = null;
  };
  const announce = (text: string): void => {
    const isScheduled = waiting !== null;
    waiting = text;
    const wait = lastSpoken + SPEAK_EVERY_MS - clock.now();
    if (wait <= 0) speak();
    else if (!isScheduled) clock.later(wait, speak);
  };
  return {
    announce,
    notify(notice) {
      const others = store.getState().notices.filter(({ id }) => id !== notice.id);
      store.setState({ notices: [...others, notice].slice(-MAX_NOTICES) });
    },
    dismiss(id) {
      const notices = store.getState().notices;
      if (notices.some((notice) => notice.id === id)) store.setState({ notices: notices.filter((notice) => notice.id !== id) });
    },
  };
}
