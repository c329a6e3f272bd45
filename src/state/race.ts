/**
 * The race: entrants × seeds from one checkpoint, each run in a worker of its own, kept as it goes. A run is decided by its job
 * alone, so one that goes on after a pause or a reload ends with the numbers that it would have had without.
 */
import { createStore } from 'zustand/vanilla';
import { hashText } from '../core/random.ts';
import type { RaceHandlers, RacePool } from '../engine/client.ts';
import type { Tally, TrainedMethod } from '../engine/protocol.ts';
import type { Entrant, KeptRun, RaceRun, RaceSetup, RaceState, RaceStorage } from './raceTypes.ts';

export interface RaceDeps {
  fetchFile(path: string): Promise<ArrayBuffer>;
  createPool(size: number, handlers: RaceHandlers): Promise<RacePool>;
  storage: RaceStorage;
  /** Cores of the machine. */
  cores: number;
  /** Before the next painted frame, or soon where none is painted. */
  frame(run: () => void): void;
  wasmBase: string;
}

const NOT_KEPT = 'This browser does not keep the results: they are lost when the page is closed. Export them before.';

export const entrantOf = (label: string, method: TrainedMethod): Entrant => ({
  key: hashText(JSON.stringify([method.id, method.knobs, method.mix], (_, value: unknown) => (value === Infinity ? 'Infinity' : value)))
    .toString(16)
    .padStart(8, '0'),
  label,
  method,
  line: 0,
});

/** Every entrant with a line of its own; who has one keeps it. */
function lined(entrants: readonly Entrant[]): Entrant[] {
  const taken = new Set<number>();
  return entrants.map((entrant) => {
    let { line } = entrant;
    if (taken.has(line)) for (line = 0; taken.has(line) || entrants.some((other) => other !== entrant && other.line === line); line++);
    taken.add(line);
    return line === entrant.line ? entrant : { ...entrant, line };
  });
}

const seedName = (index: number): string => `seed-${index + 1}`;

/** True once there is a result that another setup would belie. */
export const hasBegun = ({ runs, isRunning }: Pick<RaceState, 'runs' | 'isRunning'>): boolean =>
  isRunning || runs.some(({ laps }) => laps.length > 0);

export type Race = ReturnType<typeof createRace>;

export function createRace(deps: RaceDeps) {
  const store = createStore<RaceState>(() => ({
    setup: null,
    entrants: [],
    runs: [],
    isRunning: false,
    workers: Math.max(1, deps.cores - 1),
    note: null,
  }));
  const get = store.getState;
  const saved = new Map<string, { checkpoint: ArrayBuffer; tally: Tally }>();
  /** Runs changed since the last painted frame. */
  const changed = new Map<string, RaceRun>();
  /** The newest record of each run that waits to be written. */
  const unwritten = new Map<string, KeptRun>();
  let writing: Promise<void> | null = null;
  let isFlushDue = false;
  let pool: Promise<RacePool> | null = null;
  let start: { path: string; file: Promise<ArrayBuffer> } | null = null;

  const say = (note: string | null): void => store.setState({ note });
  const unkept = (): void => say(NOT_KEPT);
  const runOf = (id: string): RaceRun | undefined => changed.get(id) ?? get().runs.find((run) => run.id === id);

  function flush(): void {
    isFlushDue = false;
    if (changed.size === 0) return;
    const runs = get().runs.map((run) => changed.get(run.id) ?? run);
    changed.clear();
    store.setState({ runs, isRunning: get().isRunning && runs.some(({ status }) => status === 'running' || status === 'waiting') });
  }

  function change(id: string, fields: Partial<RaceRun>): void {
    const run = runOf(id);
    if (!run) return;
    changed.set(id, { ...run, ...fields });
    if (isFlushDue) return;
    isFlushDue = true;
    deps.frame(flush);
  }

  async function writeOff(): Promise<void> {
    for (;;) {
      const [next] = unwritten.values();
      if (!next) return;
      unwritten.delete(next.id);
      await deps.storage.writeRun(next).catch(unkept);
    }
  }

  function keep(run: RaceRun): void {
    const { id, entrant, seed, laps, stopped, hash } = run;
    unwritten.set(id, { id, entrant, seed, laps, stopped, hash, saved: saved.get(id) ?? null });
    writing ??= writeOff().finally(() => {
      writing = null;
    });
  }

  function keepRace(): void {
    const { setup, entrants } = get();
    if (setup) deps.storage.writeRace({ version: 1, setup, entrants }).catch(unkept);
  }

  /** Runs for every entrant and seed, those that are there as they are; in the order in which they are started. */
  function arranged(entrants: readonly Entrant[], seeds: number): RaceRun[] {
    return Array.from({ length: seeds }, (_, s) => seedName(s)).flatMap((seed) =>
      entrants.map(({ key }): RaceRun => {
        const id = `${key} ${seed}`;
        return runOf(id) ?? { id, entrant: key, seed, status: 'waiting', laps: [], stopped: null, failure: null, hash: '' };
      }),
    );
  }

  /** Brings the runs in line with entrants and seeds; a run that is no longer asked for ends unheard. */
  async function rearrange(wanted: readonly Entrant[], setup: RaceSetup): Promise<void> {
    flush();
    const entrants = lined(wanted);
    const runs = arranged(entrants, setup.seeds);
    const gone = get().runs.filter(({ id }) => !runs.some((run) => run.id === id));
    store.setState({ entrants, setup, runs });
    keepRace();
    const open = await pool;
    for (const { id } of gone) {
      open?.drop(id);
      saved.delete(id);
      unwritten.delete(id);
      deps.storage.removeRun(id).catch(unkept);
    }
    await fill();
  }

  const handlers: RaceHandlers = {
    onLap: ({ run, lap }) => change(run, { laps: [...(runOf(run)?.laps ?? []).filter(({ step }) => step < lap.step), lap] }),
    onKept({ run: id, checkpoint, tally }) {
      saved.set(id, { checkpoint, tally });
      const run = runOf(id);
      if (run) keep(run);
    },
    onRaced({ run: id, isOver, stopped, hash }) {
      if (isOver) saved.delete(id);
      change(id, isOver ? { status: 'over', stopped, hash } : { status: 'waiting' });
      const run = runOf(id);
      if (run && isOver) keep(run);
      void fill();
    },
    onFailed(id, message) {
      change(id, { status: 'failed', failure: message });
      void fill();
    },
  };

  /** Gives every free worker a run that waits. */
  async function fill(): Promise<void> {
    if (!get().isRunning) return;
    const { setup } = get();
    if (!setup) return;
    pool ??= deps.createPool(get().workers, handlers);
    if (start?.path !== setup.checkpoint) start = { path: setup.checkpoint, file: deps.fetchFile(setup.checkpoint) };
    try {
      const [open, file] = await Promise.all([pool, start.file]);
      for (const { id } of get().runs) {
        const run = runOf(id);
        if (!get().isRunning || open.free === 0) break;
        const entrant = get().entrants.find(({ key }) => key === run?.entrant);
        if (!run || !entrant || run.status !== 'waiting') continue;
        const { task, settings, steps, every, prompts } = setup;
        const from = saved.get(id) ?? null;
        // Laps after the kept checkpoint are made again, the same.
        if (!from) change(id, { laps: [] });
        change(id, { status: 'running', failure: null });
        const { seed } = run;
        open.start({
          run: id,
          task,
          start: file,
          seed,
          settings,
          method: entrant.method,
          steps,
          every,
          prompts,
          saved: from,
          wasmBase: deps.wasmBase,
        });
      }
    } catch (error) {
      start = null;
      store.setState({ isRunning: false });
      say(`The race could not start: ${error instanceof Error ? error.message : String(error)} Try again.`);
    }
  }

  return {
    store,
    /** What was kept, else what is given. */
    async open(setup: RaceSetup, entrants: readonly Entrant[]): Promise<void> {
      const kept = await deps.storage.read().catch(() => {
        unkept();
        return null;
      });
      if (get().setup) return;
      if (!kept) {
        store.setState({ setup, entrants: lined(entrants), runs: arranged(entrants, setup.seeds) });
        return;
      }
      store.setState({ setup: kept.race.setup, entrants: kept.race.entrants });
      const runs = arranged(kept.race.entrants, kept.race.setup.seeds).map((run): RaceRun => {
        const found = kept.runs.find(({ id }) => id === run.id);
        if (!found) return run;
        if (found.saved) saved.set(run.id, found.saved);
        const { laps, stopped, hash } = found;
        return { ...run, laps, stopped, hash, status: found.saved ? 'waiting' : 'over' };
      });
      store.setState({ runs });
    },
    /** Another setup; once there are results, only the number of seeds may change. */
    configure(fields: Partial<RaceSetup>): Promise<void> {
      const { setup, entrants } = get();
      if (!setup) return Promise.resolve();
      const { seeds = setup.seeds } = fields;
      return rearrange(entrants, hasBegun(get()) ? { ...setup, seeds } : { ...setup, ...fields });
    },
    add(entrant: Entrant): Promise<void> {
      const { setup, entrants } = get();
      if (!setup || entrants.some(({ key }) => key === entrant.key)) return Promise.resolve();
      return rearrange([...entrants, entrant], setup);
    },
    remove(key: string): Promise<void> {
      const { setup, entrants } = get();
      if (!setup) return Promise.resolve();
      return rearrange(
        entrants.filter((entrant) => entrant.key !== key),
        setup,
      );
    },
    /** Starts, or goes on after a pause, a reload or a failure. */
    run(): Promise<void> {
      flush();
      const runs = get().runs.map((run): RaceRun => (run.status === 'failed' ? { ...run, status: 'waiting' } : run));
      store.setState({ runs, isRunning: runs.some(({ status }) => status !== 'over'), note: null });
      keepRace();
      return fill();
    },
    /** Every run stops after its present step and is kept there. */
    async pause(): Promise<void> {
      store.setState({ isRunning: false });
      (await pool)?.hold();
    },
    /** Forgets all results; the entrants and the setup stay. */
    async clear(): Promise<void> {
      store.setState({ isRunning: false });
      (await pool)?.dispose();
      pool = null;
      changed.clear();
      saved.clear();
      unwritten.clear();
      await writing;
      const { setup, entrants } = get();
      store.setState({ runs: [], note: null });
      store.setState({ runs: arranged(entrants, setup?.seeds ?? 0) });
      await deps.storage.clear().catch(unkept);
    },
  };
}
