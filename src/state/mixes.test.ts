import { describe, expect, it } from 'vitest';
import { HEADLINE, METHODS } from '../core/methods/index.ts';
import { createMixes, readMixes, savedAs } from './mixes.ts';
import type { MixStorage, SavedMix } from './mixes.ts';

const [FLAT, TREE, ENTROPY] = HEADLINE;

function memory(first: unknown = undefined): MixStorage & { stored: unknown } {
  const storage = {
    stored: first,
    read: async () => storage.stored,
    update: async (change: (stored: unknown) => readonly SavedMix[]) => {
      storage.stored = change(storage.stored);
    },
  };
  return storage;
}
const settled = () => new Promise((done) => setTimeout(done, 0));
const names = (mixes: ReturnType<typeof createMixes>) => mixes.store.getState().list.map(({ name }) => name);

describe('saved mixes', () => {
  it('come back after a reload, can be renamed and deleted, and deleting can be taken back', async () => {
    const storage = memory();
    const mixes = createMixes(storage);
    expect(await mixes.save('  tree   credit ', FLAT, { advantage: TREE })).toBeNull();
    expect(await mixes.save('two', FLAT, { loss: ENTROPY })).toBeNull();
    const again = createMixes(storage);
    await settled();
    expect(again.store.getState().list).toEqual([
      { id: 1, name: 'tree credit', method: FLAT, mix: { advantage: TREE } },
      { id: 2, name: 'two', method: FLAT, mix: { loss: ENTROPY } },
    ]);
    expect(await again.rename(1, 'tree')).toBeNull();
    const [first] = again.store.getState().list;
    await again.remove(1);
    expect(names(again)).toEqual(['two']);
    await again.restore(first);
    expect(names(createMixes(storage))).toEqual([]);
    expect(readMixes(storage.stored).map(({ name }) => name)).toEqual(['tree', 'two']);
  });

  it('are refused a name that is empty, taken, or a method’s', async () => {
    const mixes = createMixes(memory());
    await mixes.save('mine', FLAT, { advantage: TREE });
    expect(await mixes.save(' ', FLAT, { loss: TREE })).toBe('Give the mix a name.');
    expect(await mixes.save('mine', FLAT, { loss: TREE })).toBe('There is a mix called “mine” already.');
    expect(await mixes.rename(1, METHODS[0].title)).toBe(`“${METHODS[0].title}” is a method’s name.`);
    expect(await mixes.rename(1, 'mine')).toBeNull();
    expect(names(mixes)).toEqual(['mine']);
  });

  it('do not lose what another tab has saved meanwhile', async () => {
    const storage = memory();
    const here = createMixes(storage);
    const there = createMixes(storage);
    await there.save('there', FLAT, { advantage: TREE });
    await here.save('here', FLAT, { loss: TREE });
    expect(names(here)).toEqual(['there', 'here']);
    expect(here.store.getState().list.map(({ id }) => id)).toEqual([1, 2]);
  });

  it('last as long as the page where nothing can be stored, and it is said', async () => {
    const refuse = () => Promise.reject(new Error('denied'));
    const mixes = createMixes({ read: refuse, update: refuse });
    await mixes.save('mine', FLAT, { advantage: TREE });
    expect(names(mixes)).toEqual(['mine']);
    expect(mixes.store.getState().problem).toMatch(/^This browser keeps nothing/);
  });

  it('leave out what is stored in a form that they cannot use', () => {
    const good = { id: 3, name: 'good', method: FLAT, mix: { advantage: TREE } };
    const bad = [
      null,
      7,
      { ...good, method: 'nope' },
      { ...good, mix: { advantage: 'nope' } },
      { ...good, mix: { loss: 1 } },
      { ...good, mix: {} },
    ];
    expect(readMixes([...bad, good])).toEqual([good]);
    expect(readMixes('text')).toEqual([]);
  });

  it('are known again by what they take, not by their name', () => {
    const saved = { id: 1, name: 'mine', method: FLAT, mix: { advantage: TREE } };
    expect(savedAs([saved], FLAT, { advantage: TREE })).toBe(saved);
    expect(savedAs([saved], FLAT, {})).toBeNull();
    expect(savedAs([saved], TREE, { advantage: TREE })).toBeNull();
  });
});
