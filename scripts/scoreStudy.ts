/** The scoreboard's figures of every method at a task's base model, kept one small file a method. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { accuracyDifference, formatTokens, SIGN_THRESHOLD } from '../src/core/metrics/creditAccuracy.ts';
import type { AccuracyInput, AccuracyMeasure } from '../src/core/metrics/creditAccuracy.ts';
import type { GradientMeasure } from '../src/core/metrics/gradientQuality.ts';
import { loadMethod, METHODS } from '../src/core/methods/index.ts';
import { creditBatch, defaultKnobs } from '../src/core/pipeline.ts';
import type { Method } from '../src/core/stages/types.ts';
import { createModel } from '../src/engine/createModel.ts';
import { completeBatch } from '../src/engine/equipment.ts';
import { placeRun } from '../src/engine/measuredRun.ts';
import { prepareScoreboard, scoreboardRow } from '../src/engine/scoreboard.ts';
import type { ScoreboardGround, ScoreboardRow } from '../src/engine/scoreboard.ts';
import type { SecondModel } from '../src/engine/secondModels.ts';
import { freshOptimizer } from '../src/engine/layout.ts';
import { taskModelConfig } from '../src/engine/taskModel.ts';
import { createTrainer, DEFAULT_SETTINGS, trainerMethod } from '../src/engine/trainer.ts';
import type { TrainerMethod } from '../src/engine/trainer.ts';
import { scorePairs } from './claims.ts';
import { openHeadlessLab } from './headlessRun.ts';
import type { HeadlessLab } from './headlessRun.ts';
import { askedFor, lackOf } from './resultCells.ts';
import { isCreditScore, readScore, SCORE_GROUND, scoreFile } from './scoresTable.ts';
import type { ScoreCell, ScoreFigure, ScoreName } from './scoresTable.ts';

const rounded = (value: number) => (Number.isFinite(value) ? Number(value.toFixed(4)) : null);
const figure = (value: number, [low, high]: readonly [number, number]): ScoreFigure => [rounded(value), rounded(low), rounded(high)];

function figuresOf({ score, gradient }: ScoreboardRow): ScoreCell['figures'] {
  const credit = (name: AccuracyMeasure) => score && figure(score.accuracy[name], score.intervals[name]);
  const update = (name: GradientMeasure) => gradient && figure(gradient[name], gradient.intervals[name]);
  return {
    pearson: credit('pearson'),
    spearman: credit('spearman'),
    rightSign: credit('rightSign'),
    onFormat: credit('onFormat'),
    cosine: update('cosine'),
    meanCosine: update('meanCosine'),
    signalToNoise: update('signalToNoise'),
  };
}

interface Warmed {
  second: readonly SecondModel[];
  dispose(): void;
}

/** The method's second networks after `warmSteps` of their own training on the base policy, which is put back after each step. */
async function warmNetworks(lab: HeadlessLab, trained: TrainerMethod): Promise<Warmed> {
  const { task, base } = lab;
  const { seed } = SCORE_GROUND.draw;
  const config = taskModelConfig(task);
  const world = { own: await createModel(config), config, base, seed, create: (size: typeof config) => createModel(size) };
  const { own: model, second } = await placeRun(trained, world, null);
  const start = model.getParameters();
  if (second.some(({ own }) => own !== null)) {
    const trainer = createTrainer({ model, task, seed, settings: DEFAULT_SETTINGS, method: trained, base, second });
    for (let step = 0; step < SCORE_GROUND.warmSteps && trainer.advance().kind === 'done'; step++) {
      model.setParameters(start);
      model.setOptimizer(freshOptimizer(model.layout));
    }
  }
  return {
    second,
    dispose() {
      for (const { own } of second) own?.dispose();
      model.dispose();
    },
  };
}

/** The ground with what this method's credit is made of beyond every rollout: importances, continuations, a critic's values. */
async function groundFor(lab: HeadlessLab, ground: ScoreboardGround, trained: TrainerMethod, held: Warmed): Promise<ScoreboardGround> {
  const { task, base } = lab;
  const world = { config: taskModelConfig(task), create: createModel, base, seed: SCORE_GROUND.draw.seed };
  const complete = (batch: ScoreboardGround['batch']) =>
    completeBatch({ batch, method: trained, task, weights: base, saved: [], held: held.second }, world);
  const redrawn = [];
  for (const batch of ground.redrawn) redrawn.push(await complete(batch));
  return { ...ground, batch: await complete(ground.batch), redrawn };
}

const creditInput = ({ batch, task }: ScoreboardGround, { composed, knobs }: TrainerMethod): AccuracyInput => ({
  batch,
  credit: creditBatch(batch, composed, knobs, { update: -1 }).credit,
  trueAdvantages: batch.fields.trueAdvantages ?? new Float64Array(batch.tokens.length).fill(Number.NaN),
  isFormat: formatTokens(task, batch),
  threshold: SIGN_THRESHOLD,
});

const NO_FIGURES: ScoreCell['figures'] = {
  pearson: null,
  spearman: null,
  rightSign: null,
  onFormat: null,
  cosine: null,
  meanCosine: null,
  signalToNoise: null,
};

const PAIR_DRAWS = 500;

/** The figure against the other method's on the same draws of prompts. */
function differenceOf(a: AccuracyInput, b: AccuracyInput, name: AccuracyMeasure): ScoreFigure {
  const [value, low, high] = accuracyDifference(a, b, name, PAIR_DRAWS, 0);
  return figure(value, [low, high]);
}

/**
 * Scores the methods that have no file yet, or one that lacks a difference which a claim asks for; says what it wrote. `isCheck`:
 * scores those that are kept once more, says whether every digit is the same, and writes nothing.
 */
export async function scoreTask(task: string, wanted: (method: string) => boolean, isCheck: boolean): Promise<string[]> {
  const pairs = scorePairs(task).filter(({ figure: name }) => isCreditScore(name));
  const lab = await openHeadlessLab(task);
  const asked = new Map<string, string>();
  const isKept = (id: string) => {
    const cell = readScore(task, id);
    if (cell === null || cell.asked !== asked.get(id)) return false;
    return pairs.every(({ of, against, figure: name }) => of !== id || cell.against?.[against]?.[name]);
  };
  for (const { id, load } of METHODS) asked.set(id, askedFor({ task, knobs: defaultKnobs(await load()), ground: SCORE_GROUND }, lab.base));
  const gaps = METHODS.filter(({ id }) => wanted(id) && isKept(id) === isCheck).map(({ id }) => id);
  if (gaps.length === 0) {
    lab.dispose();
    return [];
  }
  lab.model.setParameters(lab.base);
  const ground = prepareScoreboard({ model: lab.model, task: lab.task, prompts: lab.heldOut(SCORE_GROUND.prompts), ...SCORE_GROUND.draw });
  const said: string[] = [];
  const inputs = new Map<string, AccuracyInput>();

  async function rowOf(method: Method): Promise<{ row: ScoreboardRow; input: AccuracyInput | null; isWarm: boolean }> {
    const trained = trainerMethod(method);
    const warmed = await warmNetworks(lab, trained);
    const own = await groundFor(lab, ground, trained, warmed);
    const row = scoreboardRow(method, own);
    const isWarm = warmed.second.some((each) => each.own !== null);
    warmed.dispose();
    return { row, input: row.missing.length > 0 ? null : creditInput(own, trained), isWarm };
  }

  async function inputOf(id: string): Promise<AccuracyInput | null> {
    const known = inputs.get(id);
    if (known) return known;
    const { input } = await rowOf(await loadMethod(id));
    if (input) inputs.set(id, input);
    return input;
  }

  async function cellOf(id: string, method: Method): Promise<Omit<ScoreCell, 'asked'>> {
    const { row, input, isWarm } = await rowOf(method);
    if (input) inputs.set(id, input);
    const against: Record<string, Partial<Record<ScoreName, ScoreFigure>>> = {};
    for (const pair of pairs) {
      const other = pair.of === id && input ? await inputOf(pair.against) : null;
      if (input && other && isCreditScore(pair.figure))
        against[pair.against] = { ...against[pair.against], [pair.figure]: differenceOf(input, other, pair.figure) };
    }
    return {
      missing: row.missing,
      figures: figuresOf(row),
      ...(isWarm ? { warmed: SCORE_GROUND.warmSteps } : {}),
      ...(Object.keys(against).length > 0 ? { against } : {}),
    };
  }

  const without = (none: string): Omit<ScoreCell, 'asked'> => ({ missing: [], figures: NO_FIGURES, none });

  for (const id of gaps) {
    const method = await loadMethod(id);
    const scored =
      method.trains === 'policy'
        ? // What the task does not offer is a sentence in the method's row.
          await cellOf(id, method).catch((error: unknown) => without(lackOf(error)))
        : without('trains its own network and gives the policy no credit');
    const cell: ScoreCell = { asked: asked.get(id) ?? '', ...scored };
    if (isCheck) {
      const isSame = JSON.stringify(cell) === JSON.stringify(readScore(task, id));
      if (!isSame) process.exitCode = 1;
      said.push(`scores ${task} ${id}: ${isSame ? 'the same to the last digit' : `differs, ${JSON.stringify(cell)}`}`);
      continue;
    }
    const file = scoreFile(task, id);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, `${JSON.stringify(cell)}\n`);
    said.push(
      `scores ${task} ${id}: ${cell.none ?? (cell.missing.length > 0 ? `needs ${cell.missing.join(', ')}` : cell.figures.pearson?.[0])}`,
    );
  }
  lab.dispose();
  return said;
}
