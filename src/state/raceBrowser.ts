/** The browser's side of `RaceDeps`. */
import { browserDeps } from './browser.ts';
import type { RaceDeps } from './race.ts';
import { browserRaceStorage } from './raceStorage.ts';

export function browserRaceDeps(): RaceDeps {
  const { fetchFile, wasmBase } = browserDeps();
  return {
    fetchFile,
    wasmBase,
    storage: browserRaceStorage(),
    cores: navigator.hardwareConcurrency || 2,
    // No frame comes while the page is hidden; the race goes on.
    frame: (run) => void (document.hidden ? setTimeout(run, 100) : requestAnimationFrame(run)),
    async createPool(size, handlers) {
      const { createRacePool } = await import('../engine/client.ts');
      return createRacePool(size, handlers);
    },
  };
}
