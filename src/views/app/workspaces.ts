import type { ComponentType } from 'react';
import type { Workspace } from '../../state/types.ts';

interface Room {
  id: Workspace;
  /** On its tab. */
  label: string;
  /** Heading of its page, and what it is for in one sentence. */
  title: string;
  purpose: string;
  /** Its code comes when it is entered. It takes no props: what it shows is the lab's. */
  load: () => Promise<ComponentType>;
}

/** The rooms beside the lab, in the order of their tabs. */
export const ROOMS: readonly Room[] = [
  {
    id: 'scoreboard',
    label: 'Scoreboard',
    title: 'Which scheme gives the right credit?',
    purpose: 'Every method on the same samples, against the true advantage, which only a model this small lets us compute.',
    load: async () => (await import('../scoreboard/Scoreboard.tsx')).Scoreboard,
  },
  {
    id: 'race',
    label: 'Race',
    title: 'Does better credit train faster?',
    purpose: 'Methods train from the same weights with the same seeds.',
    load: async () => (await import('../race/Race.tsx')).Race,
  },
  {
    id: 'learn',
    label: 'Learn',
    title: 'Learn it, or teach it',
    purpose: 'Short lessons beside the live lab. Every number in them is worked out from what is on the screen.',
    load: async () => (await import('../lessons/LessonList.tsx')).LessonList,
  },
];
