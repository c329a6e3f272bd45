/** Named mixes: a method with single stages of others, kept in the browser over a reload. */
import { get, update } from 'idb-keyval';
import { createStore } from 'zustand/vanilla';
import type { StoreApi } from 'zustand/vanilla';
import { METHODS } from '../core/methods/index.ts';
import type { StageName } from '../core/stages/types.ts';
import { isSameMix } from './credit.ts';
import type { Mix } from './types.ts';
import { STAGE_NAMES } from './url.ts';

export interface SavedMix {
  id: number;
  name: string;
  /** The method that the stages are put into. */
  method: string;
  mix: Mix;
}

export interface MixesState {
  list: readonly SavedMix[];
  /** One sentence where the browser keeps nothing. */
  problem: string | null;
}

/** Where mixes are kept. `change` is applied to what is stored at that moment, so that two tabs do not undo each other. */
export interface MixStorage {
  read(): Promise<unknown>;
  update(change: (stored: unknown) => readonly SavedMix[]): Promise<void>;
}

const KEY = 'creditscope.mixes';
export const MAX_NAME = 40;

const browserStorage: MixStorage = { read: () => get(KEY), update: (change) => update(KEY, change) };

/** What can be used of what was stored; what another version or another hand wrote is left out. */
export function readMixes(stored: unknown): SavedMix[] {
  if (!Array.isArray(stored)) return [];
  const isMethod = (id: unknown): id is string => METHODS.some((entry) => entry.id === id);
  return stored.filter((entry): entry is SavedMix => {
    const { id, name, method, mix } = (entry ?? {}) as Partial<SavedMix>;
    const stages = Object.entries(mix ?? {});
    return (
      Number.isInteger(id) &&
      typeof name === 'string' &&
      isMethod(method) &&
      stages.length > 0 &&
      stages.every(([stage, lender]) => STAGE_NAMES.includes(stage as StageName) && isMethod(lender))
    );
  });
}

/** The saved mix that is this method with these stages. */
export const savedAs = (list: readonly SavedMix[], method: string, mix: Mix): SavedMix | null =>
  list.find((saved) => saved.method === method && isSameMix(saved.mix, mix)) ?? null;

export interface Mixes {
  store: StoreApi<MixesState>;
  /** Resolves to the problem with the name in one sentence, or null when it is done. */
  save(name: string, method: string, mix: Mix): Promise<string | null>;
  rename(id: number, name: string): Promise<string | null>;
  remove(id: number): Promise<void>;
  /** Puts a removed one back in its place. */
  restore(saved: SavedMix): Promise<void>;
}

/** Reads what is stored; whatever cannot be stored lasts as long as the page, and is said so. */
export function createMixes(storage: MixStorage = browserStorage): Mixes {
  const store = createStore<MixesState>(() => ({ list: [], problem: null }));
  const list = () => store.getState().list;
  const fail = (): void =>
    store.setState({ problem: 'This browser keeps nothing for this page: mixes last until it is closed, and a link keeps one for good.' });

  // What is read late must not replace what was saved meanwhile.
  const isRead = storage.read().then((stored) => store.setState({ list: readMixes(stored) }), fail);

  const change = async (next: (old: readonly SavedMix[]) => readonly SavedMix[]): Promise<void> => {
    // Shown when it is kept: a reload right after would lose what was shown before.
    let kept: readonly SavedMix[] = [];
    try {
      await storage.update((stored) => {
        kept = next(readMixes(stored));
        return kept;
      });
    } catch {
      fail();
      kept = next(list());
    }
    store.setState({ list: kept });
  };

  const problemOf = (name: string, id: number | null): string | null => {
    if (name === '') return 'Give the mix a name.';
    if (list().some((saved) => saved.name === name && saved.id !== id)) return `There is a mix called “${name}” already.`;
    return METHODS.some(({ title }) => title === name) ? `“${name}” is a method’s name.` : null;
  };
  const clean = (name: string): string => name.trim().replaceAll(/\s+/g, ' ').slice(0, MAX_NAME);

  return {
    store,
    async save(asked, method, mix) {
      await isRead;
      const name = clean(asked);
      const problem = problemOf(name, null);
      if (problem) return problem;
      await change((old) => [...old, { id: 1 + Math.max(0, ...old.map(({ id }) => id)), name, method, mix }]);
      return null;
    },
    async rename(id, asked) {
      await isRead;
      const name = clean(asked);
      const problem = problemOf(name, id);
      if (problem) return problem;
      await change((old) => old.map((saved) => (saved.id === id ? { ...saved, name } : saved)));
      return null;
    },
    remove: (id) => change((old) => old.filter((saved) => saved.id !== id)),
    restore: (saved) => change((old) => (old.some(({ id }) => id === saved.id) ? old : [...old, saved].sort((a, b) => a.id - b.id))),
  };
}

let shared: Mixes | null = null;

/** The mixes of this browser, read when they are first asked for. */
export function mixesOfBrowser(): Mixes {
  shared ??= createMixes();
  return shared;
}
