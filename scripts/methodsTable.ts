/**
 * npm run methods-table -- [--cells build/cells] [--out docs/methods-on-chain-sum.md]
 *
 * Writes the table of all methods from the runs that `npm run experiment -- --method all --cells build/cells` has kept.
 * A method without the same seeds as the others, or a number that is not finite, is an error.
 */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { METHODS } from '../src/core/methods/index.ts';
import { mean } from '../src/core/stats.ts';
import { readCells } from './experimentCells.ts';
import type { Point, Run } from './experimentCells.ts';

const { values: options } = parseArgs({
  options: { cells: { type: 'string', default: 'build/cells' }, out: { type: 'string', default: 'docs/methods-on-chain-sum.md' } },
});

/** What a row needs to be read rightly, by method. */
const REMARKS: Readonly<Record<string, string>> = {
  e1: 'pays only answers no longer than the group’s average; here the whole answer counts as thinking, so it learns to answer directly',
};

const cells = readCells(options.cells);
const runsOf = (id: string): Run[] =>
  cells
    .map(({ run }) => run)
    .filter((run) => run.method === id)
    .sort((a, b) => a.seed.localeCompare(b.seed));
const seeds = runsOf(METHODS[0].id).map((run) => run.seed);
const { settings, steps, prompts, task } = cells[0].question;

function lastOf(run: Run): Point {
  const point = run.points[run.points.length - 1];
  if (![point.reward, point.entropy, point.length].every(Number.isFinite))
    throw new Error(`${run.method}, ${run.seed}: not a finite number`);
  return point;
}

/** `mean (one per seed)` */
function spread(runs: readonly Run[], read: (point: Point) => number, digits: number): string {
  const values = runs.map((run) => read(lastOf(run)));
  return `${mean(values).toFixed(digits)} (${values.map((value) => value.toFixed(digits)).join(', ')})`;
}

function rowOf({ id, title }: (typeof METHODS)[number]): string {
  const runs = runsOf(id);
  if (runs.map((run) => run.seed).join() !== seeds.join())
    throw new Error(`${id} has the seeds ${runs.map((run) => run.seed).join() || 'none'}`);
  const halves = runs.map((run) => run.points.find((point) => point.step === 50)?.reward ?? Number.NaN);
  const ended = runs.flatMap((run) => (run.stoppedAt === undefined ? [] : [`${run.seed} after step ${run.stoppedAt}`]));
  const cellsOfRow = [
    `[${title}](methods/${id}.md)`,
    mean(halves).toFixed(3),
    spread(runs, (point) => point.reward, 3),
    spread(runs, (point) => point.entropy, 3),
    spread(runs, (point) => point.length, 2),
    [...(ended.length > 0 ? [`ended early: ${ended.join(', ')}`] : []), ...(REMARKS[id] ? [REMARKS[id]] : [])].join('; '),
  ];
  return `| ${cellsOfRow.join(' | ')} |`;
}

const start = cells[0].run.points[0];
const reasons = [...new Set(cells.flatMap(({ run }) => run.stopped ?? []))];
const setting = Object.entries(settings)
  .map(([name, value]) => `${name} ${value}`)
  .join(', ');
const page = `# All methods on ${task}

Every method from the same base model, at its own default knobs, ${steps} steps, ${seeds.length} seeds; settings of the run: ${setting}.
Reward, entropy and length are means over ${prompts} held-out prompts, one answer each at T = 1: the mean over the seeds, and each seed
in brackets. The base model starts at reward ${start.reward.toFixed(3)}, entropy ${start.entropy.toFixed(3)} nats and length ${start.length.toFixed(2)} tokens.

The table shows what each method does to reward, entropy and length. It is **no ranking**: the task is tiny,
the learning rate is the same for all and was chosen with GRPO, and a method's merits on long texts do not show on seven tokens. One seed's
reward has a standard error of about ${Math.sqrt((0.95 * 0.05) / prompts).toFixed(3)} from the prompts alone.

| method | reward, step 50 | reward, step ${steps} | entropy, nats | length, tokens | |
|---|---|---|---|---|---|
${METHODS.map(rowOf).join('\n')}
${reasons.length > 0 ? `\nA run that ended early keeps its weights: the numbers are theirs. What it said:\n${reasons.map((reason) => `- ${reason}`).join('\n')}\n` : ''}
Made by

\`\`\`sh
npm run experiment -- --task ${task} --method all --seeds ${seeds.length} --steps ${steps} --cells build/cells
npm run methods-table
\`\`\`

Runs are reproducible to the last bit: the same code gives the same table on every machine.
`;
writeFileSync(options.out, page);
console.log(`${options.out}: ${METHODS.length} methods × ${seeds.length} seeds`);
