/** Saved sessions: named, listed, renamed, removed; kept in the browser's IndexedDB, a small record for the list beside each file. */
import { createStore as createDatabase, delMany, entries, get, setMany } from 'idb-keyval';
import { createStore } from 'zustand/vanilla';
import type { StoreApi } from 'zustand/vanilla';
import { decodeSession, encodeSession } from './sessionFile.ts';
import type { Session } from './sessionFile.ts';

/** What the list says of a session without reading it. */
export interface SavedSession extends Pick<Session, 'name' | 'savedAt' | 'taskId' | 'step' | 'source'> {
  id: number;
  /** Of the file. */
  bytes: number;
}

export interface SessionsState {
  /** The newest first. */
  list: readonly SavedSession[];
  /** One sentence where the browser keeps nothing. */
  problem: string | null;
}

export interface SessionStorage {
  list(): Promise<SavedSession[]>;
  /** Null where it is not there any more. */
  read(id: number): Promise<ArrayBuffer | null>;
  write(entry: SavedSession, file: ArrayBuffer): Promise<void>;
  remove(id: number): Promise<void>;
}

export const MAX_SESSION_NAME = 60;

const FILE = 'file';

function browserStorage(): SessionStorage {
  const database = createDatabase('creditscope-sessions', 'sessions');
  return {
    async list() {
      const all = await entries<string, SavedSession>(database);
      return all.filter(([key]) => key.startsWith('entry ')).map(([, entry]) => entry);
    },
    read: async (id) => (await get<ArrayBuffer>(`${FILE} ${id}`, database)) ?? null,
    // Both or neither.
    write: (entry, file) =>
      setMany(
        [
          [`${FILE} ${entry.id}`, file],
          [`entry ${entry.id}`, entry],
        ],
        database,
      ),
    remove: (id) => delMany([`${FILE} ${id}`, `entry ${id}`], database),
  };
}

const isFull = (error: unknown): boolean => error instanceof Error && error.name === 'QuotaExceededError';

const NOT_KEPT = 'This browser keeps nothing for this page: save the session as a file instead.';
const FULL = 'The browser’s storage for this page is full: remove a saved session, or save this one as a file.';

const clean = (name: string): string => name.trim().replaceAll(/\s+/g, ' ').slice(0, MAX_SESSION_NAME);

export interface SessionShelf {
  store: StoreApi<SessionsState>;
  /** Resolves to the problem in one sentence, or null when it is done; so do the others. */
  save(session: Session): Promise<string | null>;
  rename(id: number, name: string): Promise<string | null>;
  /** Resolves to what puts it back, or null where it could not be removed. */
  remove(id: number): Promise<(() => Promise<string | null>) | null>;
  /** Rejects with a sentence. */
  read(id: number): Promise<Session>;
}

export function createSessionShelf(storage: SessionStorage = browserStorage()): SessionShelf {
  const store = createStore<SessionsState>(() => ({ list: [], problem: null }));
  const list = (): readonly SavedSession[] => store.getState().list;
  const refresh = async (): Promise<void> => {
    const found = await storage.list();
    store.setState({ list: found.sort((a, b) => b.id - a.id), problem: null });
  };
  const isRead = refresh().catch(() => store.setState({ problem: NOT_KEPT }));

  const problemOf = (name: string, id: number | null): string | null => {
    if (name === '') return 'Give the session a name.';
    return list().some((saved) => saved.name === name && saved.id !== id) ? `There is a session called “${name}” already.` : null;
  };
  const write = async (entry: SavedSession, file: ArrayBuffer): Promise<string | null> => {
    try {
      await storage.write(entry, file);
      await refresh();
      return null;
    } catch (error) {
      return isFull(error) ? FULL : NOT_KEPT;
    }
  };
  const entryOf = (id: number, { name, savedAt, taskId, step, source }: Session, bytes: number): SavedSession => ({
    id,
    name,
    savedAt,
    taskId,
    step,
    source,
    bytes,
  });
  const fileOf = async (id: number): Promise<ArrayBuffer> => {
    const file = await storage.read(id).catch(() => null);
    if (!file) throw new Error('This session is not there any more: it may have been removed in another tab.');
    return file;
  };

  return {
    store,
    async save(session) {
      await isRead;
      const name = clean(session.name);
      const problem = problemOf(name, null);
      if (problem) return problem;
      // Another tab may have saved meanwhile.
      await refresh().catch(() => undefined);
      const file = encodeSession({ ...session, name });
      return write(entryOf(1 + Math.max(0, ...list().map(({ id }) => id)), { ...session, name }, file.byteLength), file);
    },
    async rename(id, asked) {
      const name = clean(asked);
      const problem = problemOf(name, id);
      if (problem) return problem;
      try {
        const session = { ...decodeSession(await fileOf(id)), name };
        const file = encodeSession(session);
        return await write(entryOf(id, session, file.byteLength), file);
      } catch (error) {
        return (error as Error).message;
      }
    },
    async remove(id) {
      const entry = list().find((saved) => saved.id === id);
      try {
        const file = await fileOf(id);
        await storage.remove(id);
        await refresh();
        return entry ? () => write(entry, file) : null;
      } catch {
        await refresh().catch(() => undefined);
        return null;
      }
    },
    read: async (id) => decodeSession(await fileOf(id), 'The saved session'),
  };
}

let shared: SessionShelf | null = null;

/** The sessions of this browser, read when they are first asked for. */
export function sessionsOfBrowser(): SessionShelf {
  shared ??= createSessionShelf();
  return shared;
}
