/** Runs of `experiment` kept in files, one a method and seed, each with what was asked for. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { hashText } from '../src/core/random.ts';

/** On the held-out prompts. */
export interface Point {
  step: number;
  reward: number;
  /** Mean response length, tokens. */
  length: number;
  /** Mean token entropy, nats. */
  entropy: number;
}

export interface Run {
  method: string;
  seed: string;
  points: Point[];
  hash: string;
  /** Why it ended early, and after which step; the points after it are of the weights at which it ended. */
  stopped?: string;
  stoppedAt?: number;
  millisecondsPerStep: number;
}

export interface Question {
  task: string;
  checkpoint: Float32Array;
  settings: object;
  knobs: object;
  steps: number;
  prompts: number;
}

interface Cell {
  asked: string;
  run: Run;
}

/** Everything that decides a run, but for its method, its seed and the code, as one line. */
export function asked({ checkpoint, ...rest }: Question): string {
  const weights = hashText(Buffer.from(checkpoint.buffer, checkpoint.byteOffset, checkpoint.byteLength).toString('base64'));
  return JSON.stringify({ ...rest, weights }, (_, value: unknown) => (value === Infinity ? 'Infinity' : value));
}

const fileOf = (folder: string, method: string, seed: string) => join(folder, `${method}.${seed}.json`);
const read = (file: string) => JSON.parse(readFileSync(file, 'utf8')) as Cell;

/** The kept run, or null where there is none or another question was asked. */
export function readCell(folder: string, method: string, seed: string, question: string): Run | null {
  const file = fileOf(folder, method, seed);
  if (!existsSync(file)) return null;
  const cell = read(file);
  return cell.asked === question ? cell.run : null;
}

export function writeCell(folder: string, run: Run, question: string): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(fileOf(folder, run.method, run.seed), `${JSON.stringify({ asked: question, run } satisfies Cell)}\n`);
}

/** All kept runs with what was asked for them. */
export function readCells(folder: string): { run: Run; question: Omit<Question, 'checkpoint'> }[] {
  const files = readdirSync(folder).filter((name) => name.endsWith('.json'));
  return files.map((name) => {
    const { asked: question, run } = read(join(folder, name));
    return { run, question: JSON.parse(question) as Omit<Question, 'checkpoint'> };
  });
}
