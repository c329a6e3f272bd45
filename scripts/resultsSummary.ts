/** What the runs say in short: the first screen of `docs/results.md`, every word of it from the kept figures. */
import { spearman } from '../src/core/metrics/correlation.ts';
import type { MeanInterval } from '../src/core/metrics/learningCurves.ts';
import { METHODS } from '../src/core/methods/index.ts';
import { mean } from '../src/core/stats.ts';
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
  return `**Does better credit train faster?** At the default settings, over ${TASKS.length} tasks: ${LADDER.map(acrossTasks).join('; ')}.

On chain-sum, from rung to rung, credit comes closer to the truth (correlation with the true advantage at the base model:
${rungs.join(', ')}), but over 200 steps the mean reward differs from ${titleOf(STRIPE)}'s ${printed(level, 3)} by ${steps.join(', ')}: at most
${share.toFixed(1)} % for the ceiling. A likely reason: 64 answers of seven tokens leave little noise for better credit to take away. One batch's
${titleOf(STRIPE)} gradient already has a cosine of ${cosine?.toFixed(2) ?? '–'} with the exact gradient of the expected reward.

${sweepText()}`;
}

/** On how many tasks a rung is clearly faster or slower than the stripe, with the ends of its leads. */
function acrossTasks(method: string): string {
  const leads = TASKS.map(({ id }) => faster(id, method)).filter((lead) => placeOf(lead) !== 'unknown');
  if (leads.length === 0) return `${titleOf(method)} has not been compared`;
  const count = (place: Place) => leads.filter((lead) => placeOf(lead) === place).length;
  const end = (pick: (...means: number[]) => number) =>
    printed({ mean: pick(...leads.map((lead) => lead.mean)), half: Number.NaN, n: leads.length }, 3, true);
  return `${titleOf(method)}${method === CEILING ? ', the true advantage itself as credit,' : ''} is clearly faster than ${titleOf(STRIPE)} on ${count('above')}, clearly slower on ${count('below')} (mean reward ${end(Math.min)} to ${end(Math.max)})`;
}

/** The ceiling's lead over the stripe in one setting of a task's sweep. */
const leadAt = (task: string, size: number, rate: string): MeanInterval =>
  differenceAt(sweepPlace(task, CEILING, size, rate), sweepPlace(task, STRIPE, size, rate), 'early');

/** How often the ceiling is clearly faster and slower than the stripe in a task's sweep, and where most; null where it was not run. */
function sweepRow(task: string, title: string): string[] | null {
  const settings = GROUP_SIZES.flatMap((size) =>
    RATES.map(({ name, factor }) => ({
      text: `group size ${size}, rate ${Number((DEFAULT_SETTINGS.learningRate * factor).toPrecision(2))}`,
      difference: leadAt(task, size, name),
    })),
  ).filter(({ difference }) => placeOf(difference) !== 'unknown');
  if (settings.length < 2) return null;
  const clear = (place: Place, sign: 1 | -1) => {
    const found = settings
      .filter(({ difference }) => placeOf(difference) === place)
      .sort((x, y) => sign * (y.difference.mean - x.difference.mean));
    const [most] = found;
    return most ? `${found.length} (most: ${most.text}, ${printed(most.difference, 3, true)})` : '0';
  };
  return [title, String(settings.length), clear('above', 1), clear('below', -1)];
}

/** Mean over the tasks of the ceiling's lead, by group size and rate. */
function sweepGrid(tasks: readonly string[]): string {
  const cell = (size: number, rate: string) => {
    const leads = tasks.map((task) => leadAt(task, size, rate)).filter((lead) => placeOf(lead) !== 'unknown');
    if (leads.length === 0) return '–';
    const clear = leads.filter((lead) => placeOf(lead) === 'above').length;
    return `${printed({ mean: mean(leads.map((lead) => lead.mean)), half: Number.NaN, n: leads.length }, 3, true)} (${clear} of ${leads.length})`;
  };
  return table(
    ['group size', ...RATES.map(({ factor }) => `rate ${Number((DEFAULT_SETTINGS.learningRate * factor).toPrecision(2))}`)],
    GROUP_SIZES.map((size) => [String(size), ...RATES.map(({ name }) => cell(size, name))]),
  );
}

function sweepText(): string {
  const found = TASKS.flatMap(({ id, title }) => {
    const row = sweepRow(id, title);
    return row ? [{ id, row }] : [];
  });
  if (found.length === 0) return '';
  return `**Where does it pay?** The ceiling against ${titleOf(STRIPE)} over the first ${SWEEP_STEPS} steps, group sizes ${GROUP_SIZES.join(', ')} at three learning rates, 64 answers a
step in all, settings with two seeds or more:

${table(
  ['task', 'settings', 'clearly faster in', 'clearly slower in'],
  found.map(({ row }) => row),
)}

Its lead by group size and rate, the mean over the tasks (in brackets: on how many it is clear):

${sweepGrid(found.map(({ id }) => id))}

Few samples a prompt and large steps are where the even stripe is noisy. Task by task: [*Where does better credit
pay?*](#where-does-better-credit-pay).`;
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
