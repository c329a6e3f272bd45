/** What `npm run long-answer -- --write` keeps, and the difference that a claim is made of. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { meanInterval } from '../src/core/metrics/learningCurves.ts';
import type { MeanInterval } from '../src/core/metrics/learningCurves.ts';

const FILE = 'docs/results/long-answer.json';
export const LONG_ANSWER_COMMAND = 'npm run long-answer -- --seeds 3 --write';

/** Mean log-probability of the whole answer on held-out prompts, nats, before and after the run; one entry a seed. */
export interface LongAnswerRun {
  kind: string;
  seed: string;
  before: number;
  after: number;
}

const readRuns = (): readonly LongAnswerRun[] => (existsSync(FILE) ? (JSON.parse(readFileSync(FILE, 'utf8')) as LongAnswerRun[]) : []);

export const writeRuns = (runs: readonly LongAnswerRun[]): void => writeFileSync(FILE, `${JSON.stringify(runs)}\n`);

/** By how much more one kind of reward changes the log-probability than another, seed by seed. */
export function longAnswerDifference(of: string | undefined, against: string | undefined): MeanInterval {
  const runs = readRuns();
  const other = (seed: string) => runs.find((run) => run.kind === against && run.seed === seed);
  return meanInterval(
    runs.flatMap((run) => {
      const pair = run.kind === of ? other(run.seed) : undefined;
      return pair ? [run.after - run.before - (pair.after - pair.before)] : [];
    }),
  );
}
