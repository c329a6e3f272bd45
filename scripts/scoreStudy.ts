/** The scoreboard's figures of every method at a task's base model, kept one small file a method. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { AccuracyMeasure } from '../src/core/metrics/creditAccuracy.ts';
import type { GradientMeasure } from '../src/core/metrics/gradientQuality.ts';
import { loadMethod, METHODS } from '../src/core/methods/index.ts';
import { prepareScoreboard, scoreboardRow } from '../src/engine/scoreboard.ts';
import type { ScoreboardGround, ScoreboardRow } from '../src/engine/scoreboard.ts';
import { openHeadlessLab } from './headlessRun.ts';
import { readScore, SCORE_GROUND, scoreFile } from './scoresTable.ts';
import type { ScoreCell, ScoreFigure } from './scoresTable.ts';

const rounded = (value: number) => (Number.isFinite(value) ? Number(value.toFixed(4)) : null);
const figure = (value: number, [low, high]: readonly [number, number]): ScoreFigure => [rounded(value), rounded(low), rounded(high)];

function cellOf({ missing, score, gradient }: ScoreboardRow): ScoreCell {
  const credit = (name: AccuracyMeasure) => score && figure(score.accuracy[name], score.intervals[name]);
  const update = (name: GradientMeasure) => gradient && figure(gradient[name], gradient.intervals[name]);
  return {
    missing,
    figures: {
      pearson: credit('pearson'),
      spearman: credit('spearman'),
      rightSign: credit('rightSign'),
      onFormat: credit('onFormat'),
      cosine: update('cosine'),
      meanCosine: update('meanCosine'),
      signalToNoise: update('signalToNoise'),
    },
  };
}

/** Scores the methods that have no file yet; says what it wrote. */
export async function scoreTask(task: string, wanted: (method: string) => boolean): Promise<string[]> {
  const gaps = METHODS.filter(({ id }) => wanted(id) && !readScore(task, id));
  if (gaps.length === 0) return [];
  const lab = await openHeadlessLab(task);
  lab.model.setParameters(lab.base);
  const ground: ScoreboardGround = prepareScoreboard({
    model: lab.model,
    task: lab.task,
    prompts: lab.heldOut(SCORE_GROUND.prompts),
    ...SCORE_GROUND.draw,
  });
  const said: string[] = [];
  for (const { id } of gaps) {
    const cell = cellOf(scoreboardRow(await loadMethod(id), ground));
    const file = scoreFile(task, id);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, `${JSON.stringify(cell)}\n`);
    said.push(`scores ${task} ${id}: ${cell.missing.length > 0 ? `needs ${cell.missing.join(', ')}` : cell.figures.pearson?.[0]}`);
  }
  lab.dispose();
  return said;
}
