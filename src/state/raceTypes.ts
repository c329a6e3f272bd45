/** What a race is made of, as the page knows it and as it is kept over a reload. */
import type { Lap, Tally, TrainedMethod, TrainingSettings } from '../engine/protocol.ts';

/** One method at its knobs, with stages of others where it is a mix. */
export interface Entrant {
  /** Follows from `method`: the same entrant is never in a race twice. */
  key: string;
  label: string;
  method: TrainedMethod;
  /** Which of the chart's lines is its; kept while others come and go. */
  line: number;
}

export interface RaceSetup {
  task: string;
  /** File of the weights that all start from, below the page's address, and its name in the menu. */
  checkpoint: string;
  checkpointLabel: string;
  settings: TrainingSettings;
  /** Seeds an entrant: seed-1, seed-2 … */
  seeds: number;
  steps: number;
  /** Steps between two laps, and held-out prompts a lap. */
  every: number;
  prompts: number;
}

export type RaceRunStatus = 'waiting' | 'running' | 'over' | 'failed';

export interface RaceRun {
  id: string;
  entrant: string;
  seed: string;
  status: RaceRunStatus;
  laps: readonly Lap[];
  /** Why it ended before the last step: its last weights stand. */
  stopped: string | null;
  /** Why it could not go on; it may be tried again. */
  failure: string | null;
  /** Over all sampled tokens, once it is over. */
  hash: string;
}

export interface RaceState {
  /** Null until what was kept has been read. */
  setup: RaceSetup | null;
  entrants: readonly Entrant[];
  runs: readonly RaceRun[];
  isRunning: boolean;
  /** Workers at most. */
  workers: number;
  /** Something to tell in one sentence; null for nothing. */
  note: string | null;
}

export interface KeptRace {
  version: 1;
  setup: RaceSetup;
  entrants: readonly Entrant[];
}

/** A run with where it can go on from; without a checkpoint it is over. `laps` reach up to the checkpoint. */
export interface KeptRun {
  id: string;
  entrant: string;
  seed: string;
  laps: readonly Lap[];
  saved: { checkpoint: ArrayBuffer; tally: Tally } | null;
  stopped: string | null;
  hash: string;
}

/** Where a race is kept. Every promise may reject: the race then goes on without. */
export interface RaceStorage {
  read(): Promise<{ race: KeptRace; runs: readonly KeptRun[] } | null>;
  writeRace(race: KeptRace): Promise<void>;
  writeRun(run: KeptRun): Promise<void>;
  removeRun(id: string): Promise<void>;
  clear(): Promise<void>;
}
