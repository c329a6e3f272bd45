/** Writes `docs/results.md` from the runs that are kept under `docs/results`. */
import { writeFileSync } from 'node:fs';
import { METHODS } from '../src/core/methods/index.ts';
import { TASKS } from '../src/core/tasks/index.ts';
import { DEFAULT_SETTINGS } from '../src/engine/trainer.ts';
import { claimsSection } from './claimsTable.ts';
import { CREDIT_LADDER, CURVE_PROMPTS, FINAL_PROMPTS, GROUP_SIZES, planOf, RATES, SWEEP_STEPS } from './resultPlan.ts';
import { differenceAt, errorAt, FIGURES, figureAt, LEVEL, printed, progressOf, runsAt, SEEDS, sweepPlace } from './resultFigures.ts';
import type { CellPlace, FigureName } from './resultFigures.ts';
import { readCell } from './resultCells.ts';
import { methodPlace, table, titleOf } from './resultsMarkdown.ts';
import { summarySection } from './resultsSummary.ts';
import { scoresSection } from './scoresTable.ts';

const PAGE = 'docs/results.md';

const cellOf = (at: CellPlace, figure: FigureName): string => printed(figureAt(at, figure), FIGURES[figure].digits);

function methodRow(task: string, id: string, title: string): string[] {
  const at = methodPlace(task, id);
  const runs = runsAt(at);
  const reached = runs.filter(({ run }) => !Number.isNaN(FIGURES.stepsTo.of(run))).length;
  const ended = runs.flatMap(({ run }) => (run.endedAt === undefined ? [] : [run.endedAt]));
  const idle = runs.map(({ run }) => run.idle ?? 0);
  return [
    `[${title}](methods/${id}.md)`,
    `${runs.length}`,
    cellOf(at, 'reward'),
    cellOf(at, 'speed'),
    `${cellOf(at, 'stepsTo')}${runs.length > 0 && reached < runs.length ? ` (${reached} of ${runs.length} runs)` : ''}`,
    cellOf(at, 'entropy'),
    cellOf(at, 'length'),
    cellOf(at, 'tokens'),
    errorAt(at) ??
      [
        ...(ended.length > 0 ? [`ended after step ${ended.join(', ')}`] : []),
        ...(Math.max(...idle) > 0 ? [`no group kept in ${idle.join(', ')} steps`] : []),
      ].join('; '),
  ];
}

function taskSection(task: string, title: string): string {
  const { done, wanted } = progressOf(METHODS.map(({ id }) => methodPlace(task, id)));
  const head = `### ${title}\n\n${done} of ${wanted} runs done.`;
  if (done === 0) return head;
  const rows = METHODS.filter(({ id }) => readCell({ ...methodPlace(task, id), seed: SEEDS[0] })).map(({ id, title: name }) =>
    methodRow(task, id, name),
  );
  const columns = ['method', 'seeds', 'reward', 'mean reward', `steps to ${LEVEL}`, 'entropy, nats', 'length', 'tokens, thousands', ''];
  return `${head}\n\n${table(columns, rows)}`;
}

function sweepSection(task: string, title: string): string {
  const at = (method: string, groupSize: number, rate: string) => sweepPlace(task, method, groupSize, rate);
  const plan = planOf('credit-pays', SEEDS.length).filter((run) => run.task === task);
  const done = plan.filter((run) => readCell(run)).length;
  if (done === 0) return '';
  const [stripe, ...ladder] = CREDIT_LADDER;
  const settings = GROUP_SIZES.flatMap((size) => RATES.map((rate) => ({ size, ...rate }))).filter(
    ({ size, name }) => runsAt(at(stripe, size, name)).length > 0,
  );
  const differences = settings.map(({ size, name }) =>
    ladder.map((method) => differenceAt(at(method, size, name), at(stripe, size, name), 'early')),
  );
  const rows = settings.map(({ size, name, factor }, i) => [
    `${size}`,
    `${Number((DEFAULT_SETTINGS.learningRate * factor).toPrecision(2))}`,
    `${runsAt(at(stripe, size, name)).length}`,
    cellOf(at(stripe, size, name), 'early'),
    ...differences[i].map((difference) => {
      const text = printed(difference, 3, true);
      return Math.abs(difference.mean) > difference.half ? `**${text}**` : text;
    }),
  ]);
  const reading = ladder.map((method, k) => {
    const known = differences.map((row) => row[k]).filter(({ half }) => !Number.isNaN(half));
    const better = known.filter(({ mean, half }) => mean > half).length;
    const worse = known.filter(({ mean, half }) => -mean > half).length;
    return `${titleOf(method)} is clearly better in ${better} and clearly worse in ${worse} of ${known.length} settings`;
  });
  const columns = ['group size', 'learning rate', 'seeds', titleOf(stripe), ...ladder.map(titleOf)];
  return `### ${title}\n\n${done} of ${plan.length} runs done. Against ${titleOf(stripe)}: ${reading.join('; ')}.\n\n${table(columns, rows)}`;
}

/** Writes the page; says how much of it is there. */
export async function writeResultsPage(file = PAGE): Promise<string> {
  const settings = Object.entries(DEFAULT_SETTINGS)
    .map(([name, value]) => `${name} ${value}`)
    .join(', ');
  const { done, wanted } = progressOf(TASKS.flatMap(({ id: task }) => METHODS.map(({ id }) => methodPlace(task, id))));
  const sweeps = TASKS.map(({ id, title }) => sweepSection(id, title)).filter((text) => text !== '');
  const page = `# Results

${done} of ${wanted} runs of the methods are done (${METHODS.length} methods, ${TASKS.length} tasks, ${SEEDS.length} seeds, where the task has what the method needs). This page is written by \`npm run results\`, which
makes the runs that are missing, one small JSON each under [\`results/\`](results), and may be stopped at any time.

${summarySection()}

## How to read this

Every run starts from the task's shipped base model; settings unless said otherwise: ${settings}. Reward, entropy and length are those of
the final weights on ${FINAL_PROMPTS.toLocaleString('en')} held-out prompts, one answer each at T = 1. A number is the mean over the seeds ± half the width of its 95 %
interval (Student's t): it speaks of other seeds, not of other tasks or sizes. One seed alone has a standard error of about 0.007 at
reward 0.95 from the prompts.

## Every method

200 steps, each method at its own default knobs. *Mean reward* is the mean of the held-out reward over the run, measured every 5 steps
on ${CURVE_PROMPTS} prompts: the area under the learning curve, so it rewards learning early. *Steps to ${LEVEL}* is where that curve first reaches ${LEVEL},
over the runs that do. *Tokens* are all that were sampled to train, those of rejected groups, of greedy answers and of continuations
included. It is **no ranking**: the tasks are tiny, the learning rate is the same for all and was chosen with GRPO, and a method's merits
on long texts do not show on seven tokens. The last column says how many steps changed nothing, since the method's filter
kept no group in ten draws (they count as steps, and their samples as tokens), or why there is no run.

${TASKS.map(({ id, title }) => taskSection(id, title)).join('\n\n')}

${scoresSection()}

## Where does better credit pay?

From the group's even stripe to the ceiling: ${CREDIT_LADDER.map(titleOf).join(', ')}. ${SWEEP_STEPS} steps from the base model; 64 responses a step whatever the group's size, so
the budget of samples is the same. The first method's column is its mean reward over the run, the others' is the difference to it, seed by
seed (equal seeds draw equal prompts). Bold: the 95 % interval does not hold 0; of ${GROUP_SIZES.length * RATES.length} rows and ${CREDIT_LADDER.length - 1} columns, about ${Math.round(0.05 * GROUP_SIZES.length * RATES.length * (CREDIT_LADDER.length - 1))} would be bold by luck alone.

${sweeps.length > 0 ? sweeps.join('\n\n') : 'No runs yet.'}

${claimsSection()}

## Made by

\`\`\`sh
npm run results                                   # everything that is missing; hours
npm run results -- --study methods --task chain-sum --minutes 30
npm run results -- --page                         # this page alone
npm run results -- --check --study methods --task chain-sum --method grpo,tempo --seeds 1   # two kept runs once more: the same?
\`\`\`

Runs are reproducible to the last bit: the same code gives the same tables on every machine. A kept run does not know that the code has
changed since; \`--check\` finds out.
`;
  writeFileSync(file, page);
  return `${file}: ${done} of ${wanted} runs`;
}
