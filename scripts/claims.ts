/** The papers' claims as data: `docs/results/claims.json`. */
import { readFileSync } from 'node:fs';
import type { FigureName } from './resultFigures.ts';
import { isProbe } from './probeCells.ts';
import type { ProbeKey, ProbeName } from './probeCells.ts';
import { SCORE_NAMES } from './scoresTable.ts';
import type { ScoreName } from './scoresTable.ts';

export const isScore = (figure: string): figure is ScoreName => (SCORE_NAMES as readonly string[]).includes(figure);

/** Change of the log-probability of a long reference answer over a run, by the two kinds of likelihood reward: `npm run long-answer`. */
export const LONG_ANSWER = 'longAnswer';

/** What is compared: a method at its default knobs, or at those of a named variant of the `claims` study. */
export interface Side {
  method: string;
  variant?: string;
  /** Of the variant, over the method's defaults; said where the variant is first named. A probe may read further names in them. */
  knobs?: Readonly<Record<string, number>>;
}

export interface Measure {
  figure: FigureName | ScoreName | ProbeName | typeof LONG_ANSWER;
  of: Side;
  /** The other side, or the number that the figure is compared with. */
  against: Side | number;
  /** Where the claim puts `of`; `notBelow`, `notAbove`: by no more than `margin`; `same`: within it on either side. */
  expect: 'above' | 'below' | 'notBelow' | 'notAbove' | 'same';
  margin?: number;
  /** What the figure of `against` is multiplied by first: 0.5 for "half of it". */
  times?: number;
  /** The default task where it is left out. */
  task?: string;
}

export interface Claim {
  method: string;
  claim: string;
  /** Absent where the claim was not tried: then `why` says why not. */
  measure?: Measure;
  why?: string;
}

export const readClaims = (file = 'docs/results/claims.json'): readonly Claim[] => JSON.parse(readFileSync(file, 'utf8')) as Claim[];

export const sidesOf = ({ of, against }: Measure): Side[] => (typeof against === 'number' ? [of] : [of, against]);

/** Where a claim is tried that names no task. */
export const CLAIM_TASK = 'chain-sum';

/** The figures that claims ask of single batches and comparisons, each once. */
export function probesAsked(claims: readonly Claim[] = readClaims()): (ProbeKey & { knobs: Readonly<Record<string, number>> })[] {
  const found = new Map<string, ProbeKey & { knobs: Readonly<Record<string, number>> }>();
  for (const { measure } of claims) {
    if (!measure || !isProbe(measure.figure)) continue;
    const { figure, task = CLAIM_TASK } = measure;
    for (const { method, variant = '', knobs } of sidesOf(measure)) {
      const name = [figure, task, method, variant].join(' ');
      if (knobs || !found.has(name)) found.set(name, { figure, task, method, variant, knobs: knobs ?? {} });
    }
  }
  return [...found.values()];
}

/** The variants that the claims compare, each once. */
export function claimVariants(
  claims: readonly Claim[] = readClaims(),
): { method: string; variant: string; task: string; knobs: Readonly<Record<string, number>> }[] {
  const found = new Map<string, { method: string; variant: string; task: string; knobs: Readonly<Record<string, number>> }>();
  for (const { measure } of claims) {
    for (const { method, variant, knobs } of measure && !isProbe(measure.figure) ? sidesOf(measure) : []) {
      const task = measure?.task ?? CLAIM_TASK;
      if (variant && knobs) found.set(`${task} ${method} ${variant}`, { method, variant, task, knobs });
    }
  }
  return [...found.values()];
}

export interface ScorePair {
  figure: ScoreName;
  of: string;
  against: string;
}

/** The scoreboard figures that claims about a task compare. */
export const scorePairs = (task: string, claims: readonly Claim[] = readClaims()): ScorePair[] =>
  claims.flatMap(({ measure }) =>
    measure && isScore(measure.figure) && typeof measure.against !== 'number' && (measure.task ?? CLAIM_TASK) === task
      ? [{ figure: measure.figure, of: measure.of.method, against: measure.against.method }]
      : [],
  );
