/** A race in the browser's IndexedDB, one record a run, so that a lap of one run never writes another. */
import { clear, createStore, del, entries, set } from 'idb-keyval';
import type { KeptRace, KeptRun, RaceStorage } from './raceTypes.ts';

const RACE_KEY = 'race';
const runKey = (id: string) => `run ${id}`;

export function browserRaceStorage(): RaceStorage {
  const store = createStore('creditscope-race', 'race');
  return {
    async read() {
      const all = await entries<string, KeptRace | KeptRun>(store);
      const race = all.find(([key]) => key === RACE_KEY)?.[1] as KeptRace | undefined;
      if (race?.version !== 1 || !Array.isArray(race.entrants)) return null;
      return { race, runs: all.filter(([key]) => key.startsWith('run ')).map(([, run]) => run as KeptRun) };
    },
    writeRace: (race) => set(RACE_KEY, race, store),
    writeRun: (run) => set(runKey(run.id), run, store),
    removeRun: (id) => del(runKey(id), store),
    clear: () => clear(store),
  };
}
