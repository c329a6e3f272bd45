/**
 * npm run results [-- --study all|methods,credit-pays,claims,scores,probes] [--task all|id,id] [--method all|id,id] [--seeds 5] [--minutes 60] [--page] [--check]
 *
 * Fills docs/results with the runs that are not there yet, one small JSON a run, and writes docs/results.md from all that are.
 * It may be stopped at any time and goes on where it was; a method that is new in the registry is a gap like any other.
 * `--minutes` ends it after the run that is then being made, `--page` makes no run at all. `--check` makes the kept runs once more,
 * says of each whether every digit is the same, and writes nothing.
 */
import { parseArgs } from 'node:util';
import { loadMethod } from '../src/core/methods/index.ts';
import { defaultKnobs } from '../src/core/pipeline.ts';
import { TASKS } from '../src/core/tasks/index.ts';
import { evaluate } from '../src/engine/evaluate.ts';
import { everySteps } from '../src/engine/measuredRun.ts';
import { openHeadlessLab } from './headlessRun.ts';
import type { HeadlessLab } from './headlessRun.ts';
import { askedFor, lackOf, readCell, writeCell } from './resultCells.ts';
import type { Cell } from './resultCells.ts';
import { CURVE_EVERY, CURVE_PROMPTS, FINAL_PROMPTS, planOf, seedNames, STUDIES } from './resultPlan.ts';
import type { PlannedRun } from './resultPlan.ts';
import { writeResultsPage } from './resultsPage.ts';
import { fillProbes } from './probeStudy.ts';
import { scoreTask } from './scoreStudy.ts';

const { values: options } = parseArgs({
  options: {
    study: { type: 'string', default: 'all' },
    task: { type: 'string', default: 'all' },
    method: { type: 'string', default: 'all' },
    seeds: { type: 'string', default: '5' },
    minutes: { type: 'string', default: 'Infinity' },
    page: { type: 'boolean', default: false },
    check: { type: 'boolean', default: false },
  },
});

const round = (value: number, digits = 4) => Number(value.toFixed(digits));

async function figuresOf(lab: HeadlessLab, run: PlannedRun): Promise<Omit<Cell, 'asked'>> {
  const isMeasured = everySteps(CURVE_EVERY);
  try {
    const heldOut = lab.heldOut(CURVE_PROMPTS);
    const { laps, tally, stopped, stoppedAt } = await lab.train({ ...run, isMeasured, heldOut });
    const regular = laps.filter(({ step }) => isMeasured(step));
    const { reward, entropy, length } = evaluate(lab.model, lab.task, lab.heldOut(FINAL_PROMPTS), 1);
    return {
      reward: round(reward),
      entropy: round(entropy),
      length: round(length, 3),
      tokens: tally.tokens,
      hash: tally.hash,
      ...(tally.idle === 0 ? {} : { idle: tally.idle }),
      ...(stopped === null ? {} : { endedAt: stoppedAt ?? 0, stopped }),
      every: CURVE_EVERY,
      curve: regular.map((lap) => round(lap.reward)),
      entropies: regular.map((lap) => round(lap.entropy, 3)),
    };
  } catch (error) {
    return { error: lackOf(error) };
  }
}

const labs = new Map<string, HeadlessLab>();
async function labOf(task: string): Promise<HeadlessLab> {
  const lab = labs.get(task) ?? (await openHeadlessLab(task));
  labs.set(task, lab);
  return lab;
}

const names = (text: string, all: readonly string[]) => (text === 'all' ? all : text.split(','));
const end = performance.now() + Number(options.minutes) * 60_000;
const isTask = (task: string) => options.task === 'all' || options.task.split(',').includes(task);
const isMethod = (method: string) => options.method === 'all' || options.method.split(',').includes(method);
const studies = options.page ? [] : names(options.study, [...STUDIES, 'scores', 'probes']);
if (studies.includes('scores'))
  for (const { id } of TASKS) if (isTask(id)) for (const line of await scoreTask(id, isMethod, options.check)) console.log(line);
const wanted = studies.filter((study) => study !== 'scores' && study !== 'probes').flatMap((study) => planOf(study, Number(options.seeds)));
for (const run of wanted) {
  if (performance.now() > end) break;
  if (!isTask(run.task) || !isMethod(run.method)) continue;
  const lab = await labOf(run.task);
  const knobs = { ...defaultKnobs(await loadMethod(run.method)), ...run.knobs };
  const question = {
    task: run.task,
    settings: run.settings,
    knobs,
    steps: run.steps,
    prompts: [CURVE_PROMPTS, FINAL_PROMPTS],
    every: CURVE_EVERY,
  };
  const asked = askedFor(question, lab.base);
  const kept = readCell(run, asked);
  if ((kept !== null) !== options.check) continue;
  const cell = { asked, ...(await figuresOf(lab, run)) } as Cell;
  const name = [run.study, run.task, run.method, run.variant, run.seed].filter((part) => part !== '').join(' ');
  if (options.check) {
    const isSame = JSON.stringify(cell) === JSON.stringify(kept);
    if (!isSame) process.exitCode = 1;
    console.log(`${name}: ${isSame ? 'the same to the last digit' : `differs, ${JSON.stringify(cell)}`}`);
    continue;
  }
  writeCell(run, cell);
  console.log(`${name}: ${'error' in cell ? cell.error : cell.reward}`);
}
if (studies.includes('probes')) {
  const isSame = await fillProbes({
    seeds: seedNames(Number(options.seeds)),
    isTask,
    isMethod,
    isCheck: options.check,
    say: console.log,
    labOf,
  });
  if (!isSame) process.exitCode = 1;
}
for (const lab of labs.values()) lab.dispose();
if (!options.check) console.log(await writeResultsPage());
