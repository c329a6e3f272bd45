/** The papers' claims as data: `docs/results/claims.json`. */
import { readFileSync } from 'node:fs';
import type { FigureName } from './resultFigures.ts';
import { SCORE_NAMES } from './scoresTable.ts';
import type { ScoreName } from './scoresTable.ts';

export const isScore = (figure: string): figure is ScoreName => (SCORE_NAMES as readonly string[]).includes(figure);

/** Change of the log-probability of a long reference answer over a run, by the two kinds of likelihood reward: `npm run long-answer`. */
export const LONG_ANSWER = 'longAnswer';

/** What is compared: a method at its default knobs, or at those of a named variant of the `claims` study. */
export interface Side {
  method: string;
  variant?: string;
  /** Of the variant, over the method's defaults; said where the variant is first named. */
  knobs?: Readonly<Record<string, number>>;
}

export interface Measure {
  figure: FigureName | ScoreName | typeof LONG_ANSWER;
  of: Side;
  against: Side;
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

/** The variants that the claims compare, each once. */
export function claimVariants(
  claims: readonly Claim[] = readClaims(),
): { method: string; variant: string; task: string; knobs: Readonly<Record<string, number>> }[] {
  const found = new Map<string, { method: string; variant: string; task: string; knobs: Readonly<Record<string, number>> }>();
  for (const { measure } of claims) {
    for (const { method, variant, knobs } of measure ? [measure.of, measure.against] : []) {
      const task = measure?.task ?? 'chain-sum';
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
    measure && isScore(measure.figure) && (measure.task ?? 'chain-sum') === task
      ? [{ figure: measure.figure, of: measure.of.method, against: measure.against.method }]
      : [],
  );
