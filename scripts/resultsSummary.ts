/** What the runs say in short: the first screen of `docs/results.md`, every word of it from the kept figures. */
import { spearman } from '../src/core/metrics/correlation.ts';
import type { MeanInterval } from '../src/core/metrics/learningCurves.ts';
import { METHODS } from '../src/core/methods/index.ts';
import { TASKS } from '../src/core/tasks/index.ts';
import { DEFAULT_SETTINGS } from '../src/engine/trainer.ts';
import { claimCounts } from './claimsTable.ts';
import { differenceAt, figureAt, printed, progressOf, runsAt, sweepPlace } from './resultFigures.ts';
import { CREDIT_LADDER, GROUP_SIZES, RATES, SWEEP_STEPS } from './resultPlan.ts';
import { methodPlace, table, titleOf } from './resultsMarkdown.ts';
import { readScore } from './scoresTable.ts';

const [STRIPE, ...LADDER] = CREDIT_LADDER;
const CEILING = LADDER[LADDER.length - 1];
const DEFAULT_TASK = TASKS[0].id;

/** Mean reward over the run, minus that of the group's even stripe, seed by seed. */
const faster = (task: string, method: string): MeanInterval => differenceAt(methodPlace(task, method), methodPlace(task, STRIPE), 'speed');

type Place = 'above' | 'below' | 'unclear' | 'unknown';

function placeOf({ mean, half }: MeanInterval): Place {
  if (Number.isNaN(half)) return 'unknown';
  if (mean - half > 0) return 'above';
  return mean + half < 0 ? 'below' : 'unclear';
}

/** The methods that train the policy and have two seeds in common with the stripe. */
const compared = (task: string) =>
  METHODS.filter(({ id }) => id !== STRIPE && !readScore(DEFAULT_TASK, id)?.none)
    .map(({ id }) => ({ id, difference: faster(task, id) }))
    .filter(({ difference }) => placeOf(difference) !== 'unknown');

function taskRow(task: string, title: string): string[] {
  const { done, wanted } = progressOf(METHODS.map(({ id }) => methodPlace(task, id)));
  const tried = METHODS.filter(({ id }) => runsAt(methodPlace(task, id)).length > 0);
  const others = compared(task);
  const count = (place: Place) => others.filter(({ difference }) => placeOf(difference) === place).length;
  return [
    `[${title}](#${title.toLowerCase().replaceAll(' ', '-')})`,
    `${done} of ${wanted}`,
    `${tried.length} of ${METHODS.length}`,
    printed(figureAt(methodPlace(task, STRIPE), 'reward'), 3),
    others.length > 0 ? `${count('above')} / ${count('unclear')} / ${count('below')}` : '–',
    ...LADDER.map((method) => printed(faster(task, method), 3, true)),
  ];
}

/** Rank correlation over methods, and the ends of its 95 % interval by Fisher's transform with Fieller's 1.06. */
function rankCorrelation(x: readonly number[], y: readonly number[]): { rho: number; low: number; high: number } {
  const rho = spearman(x, y);
  const half = 1.96 * Math.sqrt(1.06 / (x.length - 3));
  return { rho, low: Math.tanh(Math.atanh(rho) - half), high: Math.tanh(Math.atanh(rho) + half) };
}

const WORDS: Readonly<Record<Place, string>> = {
  above: 'clearly faster',
  below: 'clearly slower',
  unclear: 'not clearly faster or slower',
  unknown: 'not yet compared',
};

function ladderText(): string {
  const rungs = CREDIT_LADDER.map((method) => {
    const pearson = readScore(DEFAULT_TASK, method)?.figures.pearson?.[0];
    return `${titleOf(method)} ${pearson?.toFixed(2) ?? '–'}`;
  });
  const steps = LADDER.map((method) => `${titleOf(method)} ${printed(faster(DEFAULT_TASK, method), 3, true)}`);
  const ceiling = faster(DEFAULT_TASK, CEILING);
  const level = figureAt(methodPlace(DEFAULT_TASK, STRIPE), 'speed');
  const share = (100 * (Math.abs(ceiling.mean) + ceiling.half)) / level.mean;
  const cosine = readScore(DEFAULT_TASK, STRIPE)?.figures.cosine?.[0];
  return `**Does better credit train faster? ${share < 2 ? 'On chain-sum hardly.' : 'On chain-sum it may.'}** From rung to rung credit comes closer to the truth (correlation with the true
advantage at the base model: ${rungs.join(', ')}), but over 200 steps at the default settings the mean reward differs from
${titleOf(STRIPE)}'s ${printed(level, 3)} by ${steps.join(', ')}. The ceiling, the true advantage itself as credit, is ${WORDS[placeOf(ceiling)]}, by at
most ${share.toFixed(1)} % of that. A likely reason: 64 answers of seven tokens leave little noise for better credit to take away. One batch's
${titleOf(STRIPE)} gradient already has a cosine of ${cosine?.toFixed(2) ?? '–'} with the exact gradient of the expected reward.${otherTasksText()}

${sweepText()}`;
}

/** The settings of a task's sweep at which the ceiling is clearly faster than the stripe, in one sentence; '' where none was run. */
function sweepOf(task: string, title: string): string {
  const settings = GROUP_SIZES.flatMap((size) =>
    RATES.map(({ name, factor }) => ({
      text: `group size ${size}, rate ${Number((DEFAULT_SETTINGS.learningRate * factor).toPrecision(2))}`,
      difference: differenceAt(sweepPlace(task, CEILING, size, name), sweepPlace(task, STRIPE, size, name), 'early'),
    })),
  ).filter(({ difference }) => placeOf(difference) !== 'unknown');
  if (settings.length < 2) return '';
  const clear = (place: Place) => settings.filter(({ difference }) => placeOf(difference) === place);
  const named = (place: Place) =>
    clear(place)
      .map(({ text, difference }) => `${text} (${printed(difference, 3, true)})`)
      .join('; ');
  const slower = clear('below').length > 0 ? `, clearly slower in ${clear('below').length}: ${named('below')}` : '';
  return `${title}: clearly faster in ${clear('above').length} of ${settings.length}${clear('above').length > 0 ? `: ${named('above')}` : ''}${slower}.`;
}

function sweepText(): string {
  const sweeps = TASKS.map(({ id, title }) => sweepOf(id, title)).filter((text) => text !== '');
  return `**Where it pays:** the ceiling against ${titleOf(STRIPE)} over ${SWEEP_STEPS} steps, over the group sizes and learning rates that have two seeds or
more. ${sweeps.join(' ')} Few samples and large steps are where the even stripe is noisy. See [*Where does better credit
pay?*](#where-does-better-credit-pay).`;
}

/** The ceiling's lead at the default settings on the other tasks. */
function otherTasksText(): string {
  const leads = TASKS.filter(({ id }) => id !== DEFAULT_TASK && placeOf(faster(id, CEILING)) !== 'unknown').map(
    ({ id, title }) => `${title} ${printed(faster(id, CEILING), 3, true)} (${WORDS[placeOf(faster(id, CEILING))]})`,
  );
  return leads.length > 0 ? ` On the other tasks the ceiling's mean reward differs by: ${leads.join(', ')}.` : '';
}

/** On one task: whether methods whose credit is closer to the truth also train faster; '' where too few have both figures. */
function acrossTask(task: string, title: string): string {
  const known = METHODS.flatMap(({ id }) => {
    const pearson = readScore(task, id)?.figures.pearson?.[0];
    const speed = figureAt(methodPlace(task, id), 'speed');
    return pearson == null || speed.n === 0 ? [] : [{ pearson, speed: speed.mean }];
  });
  if (known.length < 5) return '';
  const { rho, low, high } = rankCorrelation(
    known.map(({ pearson }) => pearson),
    known.map(({ speed }) => speed),
  );
  const [middle, from, to] = [rho, low, high].map((value) => value.toFixed(2).replace('-', '−'));
  return `${title} ${middle} (${from} … ${to}; ${known.length} methods)`;
}

function acrossText(): string {
  const tasks = TASKS.map(({ id, title }) => acrossTask(id, title)).filter((text) => text !== '');
  return `**Over all methods:** the rank correlation between closeness to the truth at the base model and mean reward over the run (95 % interval): ${tasks.join(', ')}.`;
}

/** Methods named in one list. */
const NAMED = 6;

function whatPaysText(): string {
  const list = (place: Place, sign: 1 | -1) =>
    compared(DEFAULT_TASK)
      .filter(({ difference }) => placeOf(difference) === place)
      .sort((a, b) => sign * (b.difference.mean - a.difference.mean))
      .slice(0, NAMED)
      .map(({ id, difference }) => {
        const tokens = figureAt(methodPlace(DEFAULT_TASK, id), 'tokens').mean / figureAt(methodPlace(DEFAULT_TASK, STRIPE), 'tokens').mean;
        const price = tokens > 1.5 ? `, ${tokens.toFixed(1)}× the tokens` : '';
        return `${titleOf(id)} (${printed(difference, 3, true)}${price})`;
      })
      .join(', ');
  return `**What does train faster:** on chain-sum the largest clear gains over ${titleOf(STRIPE)} are ${list('above', 1)}; the largest clear losses ${list('below', -1)}. With ${compared(DEFAULT_TASK).length} methods
compared, about one is clearly above and one clearly below by luck alone.`;
}

export function summarySection(): string {
  const head = ['task', 'runs', 'methods', `${titleOf(STRIPE)}, reward`, 'faster / unclear / slower', ...LADDER.map(titleOf)];
  return `## In short

${table(
  head,
  TASKS.map(({ id, title }) => taskRow(id, title)),
)}

*Faster / unclear / slower*: methods whose mean reward over the run is clearly above ${titleOf(STRIPE)}'s (the 95 % interval of the difference, seed by
seed, does not hold 0), not clear, clearly below. The last columns are that difference for credit of rising quality; without ±, one seed.

${ladderText()}

${acrossText()}

${whatPaysText()}

**The papers:** ${claimCounts()}; see [*The papers' claims*](#the-papers-claims).`;
}
