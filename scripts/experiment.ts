/**
 * npm run experiment -- --task chain-sum --method grpo,tempo,hapo --seeds 5 --steps 200 [--prompts 1024] [--every 10] [--json]
 *                       [--checkpoint file] [--set name=value ...] [--knob name=value ...] [--mix stage=method ...]
 *
 * Trains from the shipped base model without a browser, and prints the mean reward on held-out prompts, never trained
 * on, one response each at T = 1, at steps 0, 50, 100, 200 … or at every `--every`-th. `--set` changes a setting of the run
 * (learningRate, prompts, groupSize, epochs, minibatches, temperature), `--knob` a constant of the method; both default to the
 * documented values. `--mix` takes a stage from another method. The hash is over all sampled tokens: equal hashes, equal runs. `--method all` is the whole registry.
 * A race of the page exports the command that repeats its runs here, number for number.
 */
import { parseArgs } from 'node:util';
import { HEADLINE, METHODS } from '../src/core/methods/index.ts';
import { everySteps } from '../src/engine/measuredRun.ts';
import { DEFAULT_SETTINGS } from '../src/engine/trainer.ts';
import { marksUpTo, openHeadlessLab } from './headlessRun.ts';
import type { HeadlessRun } from './headlessRun.ts';

const { values: options } = parseArgs({
  options: {
    task: { type: 'string', default: 'chain-sum' },
    method: { type: 'string', default: HEADLINE.join() },
    seeds: { type: 'string', default: '5' },
    steps: { type: 'string', default: '200' },
    prompts: { type: 'string', default: '1024' },
    every: { type: 'string' },
    checkpoint: { type: 'string' },
    set: { type: 'string', multiple: true, default: [] },
    knob: { type: 'string', multiple: true, default: [] },
    mix: { type: 'string', multiple: true, default: [] },
    json: { type: 'boolean', default: false },
  },
});

/** `name=value` pairs as numbers; where the names are known, another is an error that lists them. */
function numbersOf(pairs: readonly string[], known?: object): Record<string, number> {
  return Object.fromEntries(
    pairs.map((pair) => {
      const [name, value] = pair.split('=');
      if (Number.isNaN(Number(value))) throw new Error(`"${pair}" is not name=number.`);
      if (known && !(name in known)) throw new Error(`There is no setting "${name}": there is ${Object.keys(known).join(', ')}.`);
      return [name, Number(value)];
    }),
  );
}

const lab = await openHeadlessLab(options.task, options.checkpoint);
const steps = Number(options.steps);
const marks = options.every ? null : marksUpTo(steps);
const isMeasured = marks ? (step: number) => marks.includes(step) : everySteps(Number(options.every));
const printed = marks ?? Array.from({ length: steps + 1 }, (_, step) => step).filter((step) => isMeasured(step) || step === steps);
const heldOut = lab.heldOut(Number(options.prompts));
const settings = { ...DEFAULT_SETTINGS, ...numbersOf(options.set, DEFAULT_SETTINGS) };
const knobs = numbersOf(options.knob);
const mix = Object.fromEntries(options.mix.map((pair) => pair.split('=')));

type Run = HeadlessRun & { method: string; seed: string };
const runs: Run[] = [];
const number = (value: number, digits = 3) => value.toFixed(digits).padStart(7);

/** A run that ended early keeps its weights: its last lap is what stands at the later marks. */
const lapAt = ({ laps }: Run, step: number) => laps.findLast((lap) => lap.step <= step) ?? laps[0];

function print(run: Run): void {
  const last = lapAt(run, steps);
  const pace = (1000 * run.tally.seconds) / Math.max(1, run.stoppedAt ?? steps);
  const ended = run.stopped === null ? '' : `  ended after step ${run.stoppedAt} [${runs.length}]`;
  const idle = run.tally.idle === 0 ? '' : `  no group kept in ${run.tally.idle} steps`;
  console.log(
    `${run.method.padEnd(20)} ${run.seed.padEnd(8)}${printed.map((step) => `  ${number(lapAt(run, step).reward)}`).join('')}  ${number(last.entropy)} ${number(last.length, 2)}  ${number(pace, 1)}  ${run.tally.hash}${idle}${ended}`,
  );
}

if (!options.json) {
  console.log(`${lab.task.meta.id} from ${lab.checkpoint}: mean reward on ${heldOut.length} held-out prompts, T = 1`);
  console.log(
    `${'method'.padEnd(20)} ${'seed'.padEnd(8)}${printed.map((step) => `step ${step}`.padStart(9)).join('')}  entropy  length  ms/step  hash`,
  );
}
for (const method of options.method === 'all' ? METHODS.map(({ id }) => id) : options.method.split(',')) {
  for (let s = 1; s <= Number(options.seeds); s++) {
    const seed = `seed-${s}`;
    const run = { method, seed, ...(await lab.train({ method, knobs, mix, seed, settings, steps, isMeasured, heldOut })) };
    runs.push(run);
    if (!options.json) print(run);
  }
}
if (options.json)
  process.stdout.write(
    `${JSON.stringify({ task: lab.task.meta.id, checkpoint: lab.checkpoint, prompts: heldOut.length, settings, knobs, mix, runs })}\n`,
  );
else
  runs.forEach(({ stopped }, i) => {
    if (stopped !== null) console.log(`[${i + 1}] ${stopped}`);
  });
lab.dispose();
