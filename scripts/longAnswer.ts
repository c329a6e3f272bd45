/**
 * npm run long-answer -- [--steps 100] [--prompts 256] [--seeds 1] [--write]
 *
 * Likelihood rewards on an answer too long for a probability: recheck, with the worked solution written twice as the reference
 * answer. Trains by `prob` and by `logprob` from the same base model and prints the answer's log-probability after sampled
 * reasonings on held-out prompts, its perplexity, and the largest weight that the first update gives any token. `--write` keeps the
 * log-probabilities for `docs/results.md`.
 */
import { parseArgs } from 'node:util';
import { likelihoodRewards } from '../src/core/methods/likelihood-rewards.ts';
import { defaultKnobs } from '../src/core/pipeline.ts';
import { LIKELIHOOD_KINDS } from '../src/core/stages/likelihood.ts';
import { mean } from '../src/core/stats.ts';
import { tokenize } from '../src/core/tasks/index.ts';
import { recheck } from '../src/core/tasks/recheck.ts';
import type { Task } from '../src/core/tasks/types.ts';
import { createModel } from '../src/engine/createModel.ts';
import { drawAnswers, heldOutPrompts } from '../src/engine/evaluate.ts';
import { answerSteps } from '../src/engine/forced.ts';
import { assembleBatch } from '../src/engine/rollout.ts';
import { finish } from '../src/engine/steps.ts';
import { taskModelConfig } from '../src/engine/taskModel.ts';
import { createTrainer, DEFAULT_SETTINGS, trainerMethod } from '../src/engine/trainer.ts';
import { readCheckpoint } from './checkpointFiles.ts';
import { writeRuns } from './longAnswerCells.ts';
import type { LongAnswerRun } from './longAnswerCells.ts';

const { values: options } = parseArgs({
  options: {
    steps: { type: 'string', default: '100' },
    prompts: { type: 'string', default: '256' },
    seeds: { type: 'string', default: '1' },
    write: { type: 'boolean', default: false },
  },
});

/** The running sums with their separators, twice, then the dot: `2>1>5?2>1>5.` */
function workedTwice(prompt: readonly number[]): number[] {
  const addends = prompt.filter((token) => token < 10);
  let running = addends[0];
  const sums = addends.slice(1).map((addend) => {
    running = (running + addend) % 10;
    return running;
  });
  const once = sums.join('>');
  return tokenize(recheck, `${once}?${once}.`);
}

const reference = recheck.reference as NonNullable<Task['reference']>;
const task: Task = { ...recheck, reference: { ...reference, answer: workedTwice } };
const config = taskModelConfig(task);
const model = await createModel(config);
const base = readCheckpoint('public/checkpoints/recheck/base.bin', 'recheck', config).parameters;
const prompts = heldOutPrompts(task, Number(options.prompts));

/** Mean log-probability of the whole answer, and of one of its tokens, after one sampled reasoning a prompt, nats. */
function score(): { whole: number; perToken: number } {
  const responses = drawAnswers({ model, task, prompts, seed: 'long-answer', keepStates: true });
  const sampled = prompts.map((prompt, i) => ({ prompt, responses: [responses[i]] }));
  const { forced } = finish(answerSteps(model, task, assembleBatch(task, model, sampled, 1)));
  const logprobs = forced?.fields.oldLogprobs ?? new Float64Array(0);
  return { whole: logprobs.reduce((a, b) => a + b, 0) / prompts.length, perToken: mean(logprobs) };
}

console.log(`recheck, the worked solution twice as the answer; ${prompts.length} held-out prompts, ${options.steps} steps`);
console.log('reward    largest weight at step 1   log-prob of the answer before → after   perplexity before → after');
const runs: LongAnswerRun[] = [];
const seeds = Array.from({ length: Number(options.seeds) }, (_, s) => `seed-${s + 1}`);
const KINDS = ['prob', 'logprob'] as const;
for (const { name, seed } of seeds.flatMap((each) => KINDS.map((kind) => ({ name: kind, seed: each })))) {
  model.setParameters(base);
  model.setOptimizer({ first: new Float32Array(model.layout.total), second: new Float32Array(model.layout.total), steps: 0 });
  const before = score();
  const knobs = { ...defaultKnobs(likelihoodRewards), likelihoodKind: LIKELIHOOD_KINDS.indexOf(name) };
  const trainer = createTrainer({
    model,
    task,
    seed,
    settings: DEFAULT_SETTINGS,
    method: trainerMethod(likelihoodRewards, {}, knobs),
    base,
  });
  let largest = 0;
  for (let step = 0; step < Number(options.steps); step++) {
    const result = trainer.advance();
    if (result.kind !== 'done') throw new Error(`${name}: ${result.reason.kind}`);
    if (step > 0) continue;
    const { gradLogprobs, forced } = result.batch.updates[0];
    for (const g of [...gradLogprobs, ...(forced?.gradLogprobs ?? [])]) largest = Math.max(largest, Math.abs(g));
  }
  const after = score();
  runs.push({ kind: name, seed, before: Number(before.whole.toFixed(3)), after: Number(after.whole.toFixed(3)) });
  const perplexity = ({ perToken }: { perToken: number }) => Math.exp(-perToken).toFixed(2);
  console.log(
    `${name.padEnd(8)}  ${largest.toExponential(1).padStart(24)}   ${before.whole.toFixed(1)} → ${after.whole.toFixed(1)}   ${perplexity(before)} → ${perplexity(after)}`,
  );
}
model.dispose();
if (options.write) writeRuns(runs);
