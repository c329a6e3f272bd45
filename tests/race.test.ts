/** A race with the real engine, its workers in this process: against headless runs, and against itself after a reload. */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openHeadlessLab } from '../scripts/headlessRun.ts';
import type { HeadlessLab } from '../scripts/headlessRun.ts';
import { METHODS } from '../src/core/methods/index.ts';
import { defaultKnobs } from '../src/core/pipeline.ts';
import { createModel } from '../src/engine/createModel.ts';
import { everySteps } from '../src/engine/measuredRun.ts';
import type { FromRaceWorker, Lap } from '../src/engine/protocol.ts';
import { createRacePool } from '../src/engine/racePool.ts';
import { createRaceRunner } from '../src/engine/raceRunner.ts';
import type { RaceWorkerLike } from '../src/engine/spawn.ts';
import { DEFAULT_SETTINGS } from '../src/engine/trainer.ts';
import { createRace, entrantOf } from '../src/state/race.ts';
import type { Entrant, KeptRace, KeptRun, RaceRun, RaceSetup, RaceStorage } from '../src/state/raceTypes.ts';

const CHECKPOINT = 'public/checkpoints/chain-sum/base.bin';
const setup: RaceSetup = {
  task: 'chain-sum',
  checkpoint: CHECKPOINT,
  checkpointLabel: 'base',
  settings: { ...DEFAULT_SETTINGS, prompts: 2, groupSize: 3 },
  seeds: 2,
  steps: 25,
  every: 10,
  prompts: 4,
};

/** A worker in this process; `alive` false stops it between two of its turns, as a reload does. */
function workerIn(world: { isAlive: boolean }): RaceWorkerLike {
  const worker: RaceWorkerLike = {
    postMessage: (message) => runner.receive(structuredClone(message)),
    terminate: () => undefined,
    onmessage: null,
    onerror: null,
    onmessageerror: null,
  };
  const runner = createRaceRunner({
    post(message: FromRaceWorker) {
      if (world.isAlive) worker.onmessage?.({ data: structuredClone(message) } as MessageEvent<FromRaceWorker>);
    },
    schedule: (task) => setImmediate(() => world.isAlive && task()),
    now: () => performance.now(),
    createModel: (config) => createModel(config, { backend: 'wasm' }),
  });
  return worker;
}

function memory(): RaceStorage & { runs: Map<string, KeptRun> } {
  let race: KeptRace | null = null;
  const runs = new Map<string, KeptRun>();
  return {
    runs,
    read: async () => race && { race: structuredClone(race), runs: [...runs.values()].map((run) => structuredClone(run)) },
    async writeRace(next) {
      race = structuredClone(next);
    },
    async writeRun(run) {
      runs.set(run.id, structuredClone(run));
    },
    async removeRun(id) {
      runs.delete(id);
    },
    async clear() {
      race = null;
      runs.clear();
    },
  };
}

function raceOn(storage: RaceStorage) {
  const world = { isAlive: true };
  const race = createRace({
    fetchFile: async (path) => new Uint8Array(readFileSync(path)).buffer as ArrayBuffer,
    createPool: async (size, handlers) => createRacePool(size, handlers, () => workerIn(world)),
    storage,
    cores: 3,
    frame: (run) => void setImmediate(run),
    wasmBase: '',
  });
  return { race, world };
}

async function until(check: () => boolean): Promise<void> {
  while (!check()) await new Promise((done) => setTimeout(done, 2));
}

/** What another machine repeats. */
const timeless = (laps: readonly Lap[]) => laps.map(({ seconds: _, ...lap }) => lap);
const results = (runs: readonly RaceRun[]) =>
  Object.fromEntries(runs.map(({ id, laps, hash, status, stopped }) => [id, { laps: timeless(laps), hash, status, stopped }]));

const STRONG: Record<string, Record<string, number>> = { hapo: { temperatureTau: 0.9 } };

let lab: HeadlessLab;
let entrants: Entrant[];
beforeAll(async () => {
  lab = await openHeadlessLab('chain-sum', CHECKPOINT);
  // The first carries statistics from step to step, the second drops groups and so draws again.
  const ids = ['hapo', 'dapo'];
  entrants = await Promise.all(
    ids.map(async (id) => {
      const method = await METHODS.find((entry) => entry.id === id)!.load();
      // So strong that a step without what was carried draws other tokens.
      return entrantOf(method.meta.title, { id, knobs: { ...defaultKnobs(method), ...STRONG[id] }, mix: {} });
    }),
  );
});
afterAll(() => lab.dispose());

describe('a race', () => {
  it('gives the numbers of headless runs with the same seeds, with a reload in the middle and a pause after it', {
    timeout: 120_000,
  }, async () => {
    const storage = memory();
    const before = raceOn(storage);
    await before.race.open(setup, entrants);
    await before.race.run();
    // On its way is a run whose method carries a state: now the page is reloaded.
    const carrier = `${entrants[0].key} seed-1`;
    await until(() => storage.runs.get(carrier) !== undefined);
    before.world.isAlive = false;
    expect(storage.runs.get(carrier)?.saved?.tally.tokens).toBeGreaterThan(0);

    const { race } = raceOn(storage);
    await race.open({ ...setup, steps: 1 }, []);
    const restored = race.store.getState();
    expect(restored.setup).toEqual(setup);
    expect(restored.isRunning).toBe(false);
    expect(restored.runs.find(({ id }) => id === carrier)?.laps.map(({ step }) => step)).toEqual([0, 10, 20]);
    await race.run();
    await until(() => race.store.getState().runs.filter(({ status }) => status === 'over').length > 1);
    await race.pause();
    await until(() => race.store.getState().runs.every(({ status }) => status !== 'running'));
    await race.run();
    await until(() => race.store.getState().runs.every(({ status }) => status === 'over'));

    const raced = results(race.store.getState().runs);
    for (const { key, method } of entrants) {
      for (const seed of ['seed-1', 'seed-2']) {
        const request = {
          settings: setup.settings,
          steps: setup.steps,
          isMeasured: everySteps(setup.every),
          heldOut: lab.heldOut(setup.prompts),
        };
        const { laps, tally, stopped } = await lab.train({ method: method.id, knobs: STRONG[method.id], seed, ...request });
        expect(raced[`${key} ${seed}`]).toEqual({ laps: timeless(laps), hash: tally.hash, status: 'over', stopped });
      }
    }
    // The runs differ, so that equality above says something.
    expect(new Set(Object.values(raced).map(({ hash }) => hash)).size).toBe(4);
  });

  it('takes entrants in and out while it runs, and says what failed', { timeout: 120_000 }, async () => {
    const storage = memory();
    const { race } = raceOn(storage);
    await race.open({ ...setup, steps: 12, seeds: 1 }, entrants.slice(0, 1));
    await race.add(entrantOf('nobody', { id: 'nobody', knobs: {}, mix: {} }));
    await race.run();
    await race.add(entrants[1]);
    await race.add(entrants[1]);
    await until(() => !race.store.getState().isRunning);
    expect(race.store.getState().runs.map(({ status }) => status)).toEqual(['over', 'failed', 'over']);
    expect(race.store.getState().runs[1].failure).toContain('There is no method "nobody"');
    // Results belong to their setup: another number of seeds is more of the same, another number of steps is not.
    await race.configure({ steps: 99, seeds: 2 });
    expect(race.store.getState().setup).toEqual({ ...setup, steps: 12, seeds: 2 });
    expect(race.store.getState().runs).toHaveLength(6);
    await race.remove(entrants[0].key);
    expect(race.store.getState().runs).toHaveLength(4);
    expect([...storage.runs.values()].map(({ entrant }) => entrant)).toEqual([entrants[1].key]);
    await race.clear();
    expect(race.store.getState().runs.every(({ laps, status }) => laps.length === 0 && status === 'waiting')).toBe(true);
    expect(await storage.read()).toBeNull();
  });
});
