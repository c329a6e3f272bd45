/**
 * npm run experiment -- --task chain-sum --method grpo,tempo,hapo --seeds 5 --steps 200 [--prompts 1024] [--json]
 *                       [--checkpoint file] [--set name=value ...] [--knob name=value ...] [--cells folder]
 *
 * Trains from the shipped base model without a browser, and prints the mean reward on held-out prompts, never trained
 * on, one response each at T = 1, at steps 0, 50, 100, 200 … `--set` changes a setting of the run (learningRate,
 * prompts, groupSize, epochs, minibatches, temperature), `--knob` a constant of the method; both default to the
 * documented values. The hash is over all sampled tokens: equal hashes, equal runs. `--method all` is the whole registry.
 * `--cells` keeps each run in a file and takes it from there when the same is asked for again, so that an interruption
 * loses one run; it does not see that the code has changed.
 */
import { parseArgs } from 'node:util';
import { HEADLINE, loadMethod, METHODS } from '../src/core/methods/index.ts';
import { defaultKnobs } from '../src/core/pipeline.ts';
import { hashText } from '../src/core/random.ts';
import { loadTask } from '../src/core/tasks/index.ts';
import { createModel } from '../src/engine/createModel.ts';
import { equip } from '../src/engine/equipment.ts';
import { evaluate, heldOutPrompts } from '../src/engine/evaluate.ts';
import { fitVector } from '../src/engine/layout.ts';
import { taskModelConfig } from '../src/engine/taskModel.ts';
import { createTrainer, DEFAULT_SETTINGS, trainerMethod } from '../src/engine/trainer.ts';
import { readCheckpoint } from './checkpointFiles.ts';
import { asked, readCell, writeCell } from './experimentCells.ts';
import type { Run } from './experimentCells.ts';

const { values: options } = parseArgs({
  options: {
    task: { type: 'string', default: 'chain-sum' },
    method: { type: 'string', default: HEADLINE.join() },
    seeds: { type: 'string', default: '5' },
    steps: { type: 'string', default: '200' },
    prompts: { type: 'string', default: '1024' },
    checkpoint: { type: 'string' },
    set: { type: 'string', multiple: true, default: [] },
    knob: { type: 'string', multiple: true, default: [] },
    cells: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
});

/** `name=value` pairs as numbers; an unknown name is an error that lists the known ones. */
function numbersOf(pairs: readonly string[], known: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(
    pairs.map((pair) => {
      const [name, value] = pair.split('=');
      if (!(name in known) || Number.isNaN(Number(value)))
        throw new Error(`"${pair}" is not name=number with a name of: ${Object.keys(known).join(', ')}.`);
      return [name, Number(value)];
    }),
  );
}

const task = await loadTask(options.task);
const config = taskModelConfig(task);
const file = options.checkpoint ?? `public/checkpoints/${task.meta.id}/base.bin`;
const base = readCheckpoint(file, task.meta.id, config);
const steps = Number(options.steps);
const marks = new Set([0, 50, 100, 150, 200, steps].filter((mark) => mark <= steps));
for (let mark = 300; mark < steps; mark += 100) marks.add(mark);
const prompts = heldOutPrompts(task, Number(options.prompts));
const settings = { ...DEFAULT_SETTINGS, ...numbersOf(options.set, { ...DEFAULT_SETTINGS }) };
let model = await createModel(config);

async function train(methodId: string, seed: string): Promise<Run> {
  const method = await loadMethod(methodId);
  const defaults = defaultKnobs(method);
  const knobs = { ...defaults, ...numbersOf(options.knob, defaults) };
  const question = asked({ task: task.meta.id, checkpoint: base.parameters, settings, knobs, steps, prompts: prompts.length });
  const known = options.cells ? readCell(options.cells, methodId, seed, question) : null;
  if (known) return known;
  const trained = trainerMethod(method, {}, knobs);
  const world = { own: model, config, base: base.parameters, seed, create: (size: typeof config) => createModel(size) };
  const { own, second } = await equip([], trained, world);
  model = own;
  model.setParameters(fitVector(base.parameters, model.layout));
  model.setOptimizer({ first: new Float32Array(model.layout.total), second: new Float32Array(model.layout.total), steps: 0 });
  const trainer = createTrainer({
    model,
    task,
    seed,
    settings,
    method: trained,
    base: base.parameters,
    second,
  });
  const run: Run = { method: methodId, seed, points: [], hash: '', millisecondsPerStep: 0 };
  const measure = () => {
    const { reward, length, entropy } = evaluate(model, task, prompts, 1);
    run.points.push({ step: trainer.step, reward, length, entropy });
  };
  measure();
  let hashes = '';
  let spent = 0;
  while (trainer.step < steps) {
    const before = performance.now();
    const result = trainer.advance();
    spent += performance.now() - before;
    if (result.kind === 'stopped') {
      run.stopped = result.reason.kind === 'user' ? 'stopped' : result.reason.message;
      break;
    }
    hashes += result.metrics.rolloutHash;
    if (marks.has(trainer.step)) measure();
  }
  // A run that has nothing left to learn from keeps its weights: they are what stands at the later steps.
  if (run.stopped !== undefined) {
    run.stoppedAt = trainer.step;
    const last = evaluate(model, task, prompts, 1);
    for (const step of [...marks].filter((mark) => mark > trainer.step).sort((a, b) => a - b))
      run.points.push({ step, reward: last.reward, length: last.length, entropy: last.entropy });
  }
  run.hash = hashText(hashes).toString(16).padStart(8, '0');
  run.millisecondsPerStep = trainer.step > 0 ? spent / trainer.step : 0;
  for (const each of second) each.own?.dispose();
  if (options.cells) writeCell(options.cells, run, question);
  return run;
}

const runs: Run[] = [];
const number = (value: number, digits = 3) => value.toFixed(digits).padStart(7);
if (!options.json) {
  console.log(`${task.meta.id} from ${file}: mean reward on ${prompts.length} held-out prompts, T = 1`);
  console.log(
    `${'method'.padEnd(20)} ${'seed'.padEnd(8)}${[...marks]
      .sort((a, b) => a - b)
      .map((mark) => `step ${mark}`.padStart(9))
      .join('')}  entropy  length  ms/step  hash`,
  );
}
for (const method of options.method === 'all' ? METHODS.map(({ id }) => id) : options.method.split(',')) {
  for (let s = 1; s <= Number(options.seeds); s++) {
    const run = await train(method, `seed-${s}`);
    runs.push(run);
    const last = run.points[run.points.length - 1];
    if (options.json) continue;
    console.log(
      `${method.padEnd(20)} ${run.seed.padEnd(8)}${run.points.map((point) => `  ${number(point.reward)}`).join('')}  ${number(last.entropy)} ${number(last.length, 2)}  ${number(run.millisecondsPerStep, 1)}  ${run.hash}${run.stopped ? `  ended after step ${run.stoppedAt} [${runs.length}]` : ''}`,
    );
  }
}
if (!options.json) {
  runs.forEach((run, i) => {
    if (run.stopped) console.log(`[${i + 1}] ${run.stopped}`);
  });
}
if (options.json)
  process.stdout.write(`${JSON.stringify({ task: task.meta.id, checkpoint: file, prompts: prompts.length, settings, runs })}\n`);
model.dispose();
