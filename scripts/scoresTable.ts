/** How close each method's credit and gradient come to the truth: a section of `docs/results.md`. */
import { existsSync, readFileSync } from 'node:fs';
import type { AccuracyMeasure } from '../src/core/metrics/creditAccuracy.ts';
import { METHODS } from '../src/core/methods/index.ts';
import { TASKS } from '../src/core/tasks/index.ts';

/** The frozen batch and the redrawn ones that all methods are held against. */
export const SCORE_GROUND = { prompts: 24, draw: { groupSize: 8, resamples: 8, seed: 'results' }, warmSteps: 200 } as const;

/** Value, and the ends of its interval; null where it is not a number. */
export type ScoreFigure = readonly [value: number | null, low: number | null, high: number | null];

/** What `npm run results -- --study scores` keeps of one method on one task. */
export interface ScoreCell {
  /** Knobs, ground and base model, as in `askedFor`. */
  asked: string;
  /** [value, low, high]: 95 % by the bootstrap over prompts (credit) or batches (gradient). */
  figures: Readonly<Record<ScoreName, ScoreFigure | null>>;
  missing: readonly string[];
  /** Why there is no credit to score. */
  none?: string;
  /** Steps that the method's own networks were trained for at the base policy. */
  warmed?: number;
  /** Minus another method's figure, with the 95 % interval of the difference on the same draws of prompts. */
  against?: Readonly<Record<string, Readonly<Partial<Record<ScoreName, ScoreFigure>>>>>;
}

export const SCORE_NAMES = ['pearson', 'spearman', 'rightSign', 'onFormat', 'cosine', 'meanCosine', 'signalToNoise'] as const;
export type ScoreName = (typeof SCORE_NAMES)[number];

/** Whether it is a figure of the frozen batch's credit: the others are of redrawn batches' gradients. */
export const isCreditScore = (name: ScoreName): name is ScoreName & AccuracyMeasure =>
  name !== 'cosine' && name !== 'meanCosine' && name !== 'signalToNoise';

export const SCORE_LABELS: Readonly<Record<ScoreName, string>> = {
  pearson: 'Pearson',
  spearman: 'Spearman',
  rightSign: 'right sign',
  onFormat: 'on format tokens',
  cosine: 'gradient cosine',
  meanCosine: 'of the mean',
  signalToNoise: 'signal to noise',
};

export const scoreFile = (task: string, method: string): string => `docs/results/scores/${task}/${method}.json`;

export function readScore(task: string, method: string): ScoreCell | null {
  const file = scoreFile(task, method);
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as ScoreCell) : null;
}

const printed = (figure: ScoreFigure | null): string =>
  figure?.[0] == null
    ? '–'
    : `${figure[0].toFixed(2)} (${figure
        .slice(1)
        .map((end) => end?.toFixed(2) ?? '–')
        .join(' … ')})`;

function scoreRows(task: string): string[] {
  return METHODS.flatMap(({ id, title }) => {
    const cell = readScore(task, id);
    if (!cell) return [];
    const lack = cell.none ?? (cell.missing.length > 0 ? `needs ${cell.missing.join(', ')}` : null);
    const cells = lack === null ? SCORE_NAMES.map((name) => printed(cell.figures[name])) : [lack];
    return [
      `| [${title}](methods/${id}.md)${cell.warmed ? ' †' : ''} | ${[...cells, ...SCORE_NAMES.slice(cells.length).map(() => '')].join(' | ')} |`,
    ];
  });
}

export function scoresSection(): string {
  const sections = TASKS.flatMap(({ id, title }) => {
    const rows = scoreRows(id);
    if (rows.length === 0) return [];
    const head = ['method', ...SCORE_NAMES.map((name) => SCORE_LABELS[name])];
    const done = `${rows.length} of ${METHODS.length} methods done.`;
    return [
      `### ${title}, at the base model\n\n${done}\n\n| ${head.join(' | ')} |\n|${head.map(() => '---').join('|')}|\n${rows.join('\n')}`,
    ];
  });
  return `## How close is the credit to the truth?

On one frozen batch of ${SCORE_GROUND.prompts} held-out prompts × ${SCORE_GROUND.draw.groupSize} answers drawn from the base model, at ratio 1: correlation of the credit with the true advantage over all
sampled tokens, share of tokens with the right sign among those whose |true advantage| is above 0.05, share of Σ|credit| on tokens that can
earn nothing (tokens that a method leaves out, as in prompts that its sampling drops, count as credit 0); then the method's gradient on ${SCORE_GROUND.draw.resamples} batches drawn anew against the exact gradient of the expected reward: the cosine of one
batch's, that of their mean with the noise taken out, and signal over noise. In brackets 95 % intervals by the bootstrap. † its critic or process
model was trained for ${SCORE_GROUND.warmSteps} steps on the base policy's answers first, the policy put back after each step.

${sections.length > 0 ? sections.join('\n\n') : 'No figures yet.'}`;
}
