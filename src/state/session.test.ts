import { describe, expect, it } from 'vitest';
import { batchToJson } from '../core/batchToJson.ts';
import { HEADLINE } from '../core/methods/index.ts';
import { chainSum } from '../core/tasks/chainSum.ts';
import { openFile } from './openFile.ts';
import { captureSession, misfit, openSession } from './session.ts';
import { decodeSession, encodeSession } from './sessionFile.ts';
import type { Session } from './sessionFile.ts';
import { createSessionShelf } from './sessionShelf.ts';
import type { SavedSession, SessionStorage } from './sessionShelf.ts';
import { testBatch, testLab } from './testLab.ts';
import type { TestWorld } from './testLab.ts';

const fileOf = (name: string, content: ArrayBuffer | string) => {
  const bytes = typeof content === 'string' ? (new TextEncoder().encode(content).buffer as ArrayBuffer) : content;
  return { name, size: bytes.byteLength, arrayBuffer: async () => bytes };
};

async function opened(): Promise<TestWorld> {
  const world = testLab();
  await world.lab.open();
  return world;
}

/** Frames go by by themselves. */
async function withFrames<T>(world: TestWorld, work: Promise<T>): Promise<T> {
  const timer = setInterval(() => world.frame(), 1);
  try {
    return await work;
  } finally {
    clearInterval(timer);
  }
}

const told = (world: TestWorld): string =>
  world.lab.store
    .getState()
    .notices.map(({ text }) => text)
    .join(' ');

async function someSession(): Promise<Session> {
  const world = await opened();
  world.lab.setOverrides({ clipHigh: 0.05 });
  await world.lab.setViewMethod(HEADLINE[1]);
  world.lab.setPin({ group: 0, response: 1, position: 2 });
  world.lab.flipReward(0);
  await world.lab.play();
  return withFrames(world, captureSession(world.lab, 'mine', '2026-01-02T03:04:05.000Z'));
}

describe('a session', () => {
  it('comes back from its file with everything in it', async () => {
    const session = await someSession();
    const back = decodeSession(encodeSession(session));
    expect(back).toEqual(session);
    expect([...new Uint8Array(back.checkpoint!)]).toEqual([1, 2, 3, 4]);
    expect(back.edits).toEqual([{ kind: 'reward', response: 0, reward: 0 }]);
  });

  it('opens in a fresh lab with the same view and the same credit, and training goes on from its state', async () => {
    const session = await someSession();
    const world = await opened();
    await openSession(world.lab, session);
    const state = world.lab.store.getState();
    expect(state.viewMethod).toBe(HEADLINE[1]);
    expect(state.overrides).toEqual({ clipHigh: 0.05 });
    expect(state.landedPin).toEqual({ group: 0, response: 1, position: 2 });
    expect(state.batch?.responses[0].reward).toBe(0);
    expect(state.derived?.credit?.credit.some((value) => value !== 0)).toBe(true);
    const started: ArrayBuffer[] = [];
    const { createEngine } = world.lab.deps;
    world.lab.deps.createEngine = async (handlers) => {
      const client = await createEngine(handlers);
      return { ...client, start: ({ checkpoint }) => void started.push(checkpoint) };
    };
    await world.lab.play();
    expect(started.map((file) => [...new Uint8Array(file)])).toEqual([[1, 2, 3, 4]]);
  });

  it('goes to the checkpoint’s own file again after a reset', async () => {
    const world = await opened();
    await openSession(world.lab, await someSession());
    await world.lab.selectCheckpoint('step-60');
    const started: number[] = [];
    const { createEngine } = world.lab.deps;
    world.lab.deps.createEngine = async (handlers) => ({
      ...(await createEngine(handlers)),
      start: ({ checkpoint }) => void started.push(checkpoint.byteLength),
    });
    await world.lab.play();
    expect(started).toEqual([8]);
  });

  it('is refused in a sentence when its file is damaged, cut off or of another version', async () => {
    const file = encodeSession(await someSession());
    for (const at of [14, 200, file.byteLength - 9]) {
      const bad = new Uint8Array(file.slice(0));
      bad[at] ^= 1;
      expect(() => decodeSession(bad.buffer, 'a.session'), String(at)).toThrow('a.session is cut off or damaged');
    }
    expect(() => decodeSession(file.slice(0, file.byteLength - 8))).toThrow('cut off or damaged');
    expect(() => decodeSession(new ArrayBuffer(40))).toThrow('no session of Creditscope');
  });
});

describe('a file that the user brings', () => {
  it('is opened when it holds a session, with a way back', async () => {
    const world = await opened();
    const before = world.lab.store.getState().batch;
    expect(await openFile(world.lab, fileOf('mine.session', encodeSession(await someSession())))).toBeNull();
    expect(world.lab.store.getState().viewMethod).toBe(HEADLINE[1]);
    const notice = world.lab.store.getState().notices.find(({ id }) => id === 'opened');
    expect(notice?.text).toBe('Opened “mine”, step 20.');
    notice?.action?.run();
    await expect.poll(() => world.lab.store.getState().viewMethod).toBe(HEADLINE[0]);
    expect(world.lab.store.getState().batch).toEqual(before);
  });

  it('is opened as a batch when it holds rollouts of the command line', async () => {
    const world = await opened();
    const batch = testBatch();
    expect(await openFile(world.lab, fileOf('mine.json', JSON.stringify(batchToJson(batch))))).toBeNull();
    const state = world.lab.store.getState();
    expect([state.source, state.step]).toEqual(['opened', 0]);
    expect([...state.batch!.tokens]).toEqual([...batch.tokens]);
    expect(state.batch?.snapshots?.before).toBe('file mine.json');
  });

  it('is refused in a sentence, and what is on the screen stays', async () => {
    const world = await opened();
    const before = world.lab.store.getState().batch;
    const group = { promptTokens: [1], responses: [{ tokens: [1, 999], reward: 1 }] };
    for (const [content, sentence] of [
      ['hello', 'it is neither a session saved by this page nor JSON'],
      ['{"cases": []}', 'it is a file of test cases, not of rollouts'],
      [JSON.stringify(group), 'it fits no task of this page: it has token 999, and the vocabulary of Chain sum ends at'],
      ['{"promptTokens": [1], "responses": []}', 'responses'],
    ] as const) {
      const problem = await openFile(world.lab, fileOf('x.json', content));
      expect(problem).toContain(sentence);
      expect(told(world)).toContain(sentence);
      expect(world.lab.store.getState().batch).toBe(before);
    }
  });

  it('must hold responses that the task could have', () => {
    const task = { ...chainSum, meta: { ...chainSum.meta, title: 'T' }, vocabulary: ['a', 'b'], maxTokens: 3 };
    const batch = testBatch();
    expect(misfit({ ...batch, tokens: Int32Array.from([2]), groups: [] }, task)).toBe('it has token 2, and the vocabulary of T ends at 1');
    const long = { group: 0, start: 0, end: 4, reward: 0 };
    expect(misfit({ ...batch, tokens: new Int32Array(4), groups: [], responses: [long] }, task)).toBe(
      'it has a response of 4 tokens, and those of T have at most 3',
    );
  });
});

function memory(fail: () => Error | null = () => null): SessionStorage {
  const files = new Map<number, [SavedSession, ArrayBuffer]>();
  return {
    list: async () => [...files.values()].map(([entry]) => entry),
    read: async (id) => files.get(id)?.[1] ?? null,
    async write(entry, file) {
      const error = fail();
      if (error) throw error;
      files.set(entry.id, [entry, file]);
    },
    remove: async (id) => void files.delete(id),
  };
}

describe('saved sessions', () => {
  it('are listed, renamed, removed and put back', async () => {
    const shelf = createSessionShelf(memory());
    const session = await someSession();
    expect(await shelf.save(session)).toBeNull();
    expect(await shelf.save(session)).toBe('There is a session called “mine” already.');
    expect(await shelf.save({ ...session, name: '  an   other ' })).toBeNull();
    const names = () => shelf.store.getState().list.map(({ name }) => name);
    expect(names()).toEqual(['an other', 'mine']);
    expect(await shelf.rename(1, 'an other')).toBe('There is a session called “an other” already.');
    expect(await shelf.rename(1, 'first')).toBeNull();
    expect((await shelf.read(1)).name).toBe('first');
    const putBack = await shelf.remove(1);
    expect(names()).toEqual(['an other']);
    expect(await putBack?.()).toBeNull();
    expect(names()).toEqual(['an other', 'first']);
    await expect(shelf.read(7)).rejects.toThrow('not there any more');
  });

  it('say when the storage is full, and when there is none', async () => {
    const session = await someSession();
    const full = createSessionShelf(memory(() => new DOMException('no room', 'QuotaExceededError')));
    expect(await full.save(session)).toContain('storage for this page is full');
    const none = createSessionShelf(memory(() => new Error('denied')));
    expect(await none.save(session)).toContain('keeps nothing for this page');
  });
});
