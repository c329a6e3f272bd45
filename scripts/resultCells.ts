/**
 * The figures of `docs/results.md`, one small file a run: `docs/results/<study>/<task>/<method>.<variant>.<seed>.json`. A cell
 * names what was asked for, so that it is taken up again only while the question is the same; it does not see that code changed.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { hashText } from '../src/core/random.ts';

export const RESULTS_FOLDER = 'docs/results';

/** Which run: `variant` names what differs from the default settings, '' for nothing. */
export interface CellKey {
  study: string;
  task: string;
  method: string;
  variant: string;
  seed: string;
}

/** What one run came to. Reward, entropy (nats) and length (tokens) of the final weights on 1,024 held-out prompts at T = 1. */
export interface RunFigures {
  reward: number;
  entropy: number;
  length: number;
  /** Sampled to train, those of rejected groups included. */
  tokens: number;
  hash: string;
  /** Steps without an update, since the method's filter kept no group; absent for none. */
  idle?: number;
  /** The step after which the run could not go on, and why. */
  endedAt?: number;
  stopped?: string;
  /** Steps between two of the curve's points, the first at step 0. */
  every: number;
  /** Held-out reward on 256 prompts as training goes. */
  curve: number[];
  /** Held-out entropy at the same steps, nats. */
  entropies: number[];
}

/** `error`: why there is no run, in one sentence. */
export type Cell = { asked: string } & (RunFigures | { error: string });

export const cellFile = ({ study, task, method, variant, seed }: CellKey, folder = RESULTS_FOLDER): string =>
  join(folder, study, task, `${[method, variant, seed].filter((part) => part !== '').join('.')}.json`);

/** Everything that decides a run, but for its method, its seed and the code, in eight hexadecimal digits. */
export function askedFor(question: object, weights: Float32Array): string {
  const bytes = Buffer.from(weights.buffer, weights.byteOffset, weights.byteLength).toString('base64');
  const text = JSON.stringify(question, (_, value: unknown) => (value === Infinity ? 'Infinity' : value));
  return hashText(text + hashText(bytes))
    .toString(16)
    .padStart(8, '0');
}

/** The kept cell, or null where there is none; `asked` null takes any. */
export function readCell(key: CellKey, asked: string | null = null, folder = RESULTS_FOLDER): Cell | null {
  const file = cellFile(key, folder);
  if (!existsSync(file)) return null;
  const cell = JSON.parse(readFileSync(file, 'utf8')) as Cell;
  return asked === null || cell.asked === asked ? cell : null;
}

/** Written whole or not at all: an interruption loses one run. */
export function writeCell(key: CellKey, cell: Cell, folder = RESULTS_FOLDER): void {
  const file = cellFile(key, folder);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(`${file}.part`, `${JSON.stringify(cell)}\n`);
  renameSync(`${file}.part`, file);
}

/**
 * What a method lacks on a task, as a plain `Error` says it. Anything else (a trap of WebAssembly, a `TypeError`) is a fault of the
 * code and no finding: it is thrown again.
 */
export function lackOf(error: unknown): string {
  if (error instanceof Error && error.constructor === Error) return error.message;
  throw error;
}

/** The variants that a study holds of a task. */
export function cellNames(study: string, task: string, folder = RESULTS_FOLDER): string[] {
  const place = join(folder, study, task);
  return existsSync(place) ? readdirSync(place).filter((name) => name.endsWith('.json')) : [];
}
