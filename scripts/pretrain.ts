/**
 * npm run pretrain -- --task chain-sum [--steps 5000] [--seed a] [--fresh]
 *
 * Trains a base model on a task's noisy demonstrations and writes public/checkpoints/<task>/base.bin. Its state is saved
 * in build/ every 250 steps; the same command goes on where it was stopped and ends with the same weights.
 */
import { existsSync, rmSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { hashText } from '../src/core/random.ts';
import { loadTask } from '../src/core/tasks/index.ts';
import { encodeCheckpoint } from '../src/engine/checkpoint.ts';
import { createModel } from '../src/engine/createModel.ts';
import { evaluate, heldOutPrompts } from '../src/engine/evaluate.ts';
import { initialParameters } from '../src/engine/layout.ts';
import { PRETRAINING, pretrainStep } from '../src/engine/pretraining.ts';
import { taskModelConfig } from '../src/engine/taskModel.ts';
import { readCheckpoint, writeBytes } from './checkpointFiles.ts';

const SAVE_EVERY = 250;

const { values: options } = parseArgs({
  options: {
    task: { type: 'string', default: 'chain-sum' },
    steps: { type: 'string', default: String(PRETRAINING.steps) },
    seed: { type: 'string', default: 'a' },
    fresh: { type: 'boolean', default: false },
  },
});

const task = await loadTask(options.task);
const config = taskModelConfig(task);
const recipe = { ...PRETRAINING, steps: Number(options.steps) };
const seed = hashText(options.seed);
const stateFile = `build/pretrain-${task.meta.id}-${options.seed}-${recipe.steps}.bin`;
const model = await createModel(config);

function save(file: string, step: number, label: string, withOptimizer: boolean): void {
  const bytes = encodeCheckpoint({
    meta: {
      format: 'creditscope-checkpoint',
      version: 1,
      task: task.meta.id,
      label,
      step: withOptimizer ? step : 0,
      config,
      seed: options.seed,
      method: null,
      methodState: null,
      hasOptimizer: withOptimizer,
      optimizerSteps: 0,
    },
    parameters: model.getParameters(),
    ...(withOptimizer ? { optimizer: model.getOptimizer() } : {}),
  });
  writeBytes(file, bytes);
}

let step = 0;
if (options.fresh) rmSync(stateFile, { force: true });
if (existsSync(stateFile)) {
  const state = readCheckpoint(stateFile, task.meta.id, config);
  model.setParameters(state.parameters);
  if (state.optimizer) model.setOptimizer(state.optimizer);
  step = state.meta.step;
  console.log(`going on from step ${step} (${stateFile})`);
} else {
  model.setParameters(initialParameters(config, seed));
}

const prompts = heldOutPrompts(task, 512);
const shipped = `public/checkpoints/${task.meta.id}`;
let sum = 0;
let count = 0;
let started = Date.now();
while (step < recipe.steps) {
  sum += pretrainStep(model, task, seed, step, recipe);
  count++;
  step++;
  if (step % SAVE_EVERY === 0 || step === recipe.steps) {
    save(stateFile, step, `pre-training, step ${step}`, true);
    const sampled = evaluate(model, task, prompts, 1);
    const greedy = evaluate(model, task, prompts, 0);
    const openings = [...sampled.openings]
      .filter(([, share]) => share > 0.02)
      .map(([token, share]) => `${task.vocabulary[token]} ${share.toFixed(2)}→${(sampled.rewardByOpening.get(token) ?? 0).toFixed(2)}`);
    console.log(
      `step ${step}  cross-entropy ${(sum / count).toFixed(4)}  reward T=1 ${sampled.reward.toFixed(3)}  greedy ${greedy.reward.toFixed(3)}  opens ${openings.sort().join(' ')}  ${((Date.now() - started) / count).toFixed(0)} ms/step`,
    );
    sum = 0;
    count = 0;
    started = Date.now();
  }
}
save(`${shipped}/base.bin`, step, 'base', false);
console.log(`wrote ${shipped}/base.bin`);
model.dispose();
