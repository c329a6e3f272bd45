/** The registry of tasks: one lazy import a line, in the order of the page's menu. */
import type { Task } from './types.ts';

export interface TaskEntry {
  id: string;
  title: string;
  load(): Promise<Task>;
}

export const TASKS: readonly TaskEntry[] = [
  { id: 'chain-sum', title: 'Chain sum', load: async () => (await import('./chainSum.ts')).chainSum },
  { id: 'countdown', title: 'Countdown', load: async () => (await import('./countdown.ts')).countdown },
  { id: 'recheck', title: 'Recheck', load: async () => (await import('./recheck.ts')).recheck },
  { id: 'oops', title: 'Oops', load: async () => (await import('./oops.ts')).oops },
  { id: 'programs', title: 'Programs', load: async () => (await import('./programs.ts')).programs },
];

/** The task of this id; an unknown id is an error that lists the known ones. */
export async function loadTask(id: string): Promise<Task> {
  const entry = TASKS.find((task) => task.id === id);
  if (!entry) throw new Error(`There is no task "${id}". Known tasks: ${TASKS.map((task) => task.id).join(', ')}.`);
  return entry.load();
}

/** The glyphs of some tokens as one string, e.g. `S2>1>5.`. */
export function glyphs(task: Pick<Task, 'vocabulary'>, tokens: readonly number[]): string {
  return tokens.map((token) => task.vocabulary[token] ?? '?').join('');
}

/** Token ids of a text in a task's one-character glyphs; an unknown character is an error that names it. */
export function tokenize(task: Pick<Task, 'vocabulary'>, text: string): number[] {
  return [...text].map((glyph) => {
    const token = task.vocabulary.indexOf(glyph);
    if (token < 0) throw new Error(`"${glyph}" is not in this task's vocabulary (${task.vocabulary.join(' ')}).`);
    return token;
  });
}
