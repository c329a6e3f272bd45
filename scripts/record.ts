/**
 * npm run record -- [--task chain-sum,countdown]
 *
 * From the shipped base models: one GRPO run of 200 steps at the documented defaults, with checkpoints along it, and one
 * run that collapses (from a model that was pre-trained too little, at a high learning rate). Writes
 * public/checkpoints/<task>/*.bin, one recorded step for each in public/recordings/<task>/, and recordings/index.json. Of the
 * first look the weights that drew it are shipped too: a checkpoint's own are those after its step.
 * The run's seed is the first with a group worth a first look: see showcase.ts.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import type { RolloutBatch } from '../src/core/batch.ts';
import { encodeBatch } from '../src/core/batchEncoder.ts';
import { HEADLINE, loadMethod } from '../src/core/methods/index.ts';
import { hashText } from '../src/core/random.ts';
import { loadTask, TASKS } from '../src/core/tasks/index.ts';
import type { Task } from '../src/core/tasks/types.ts';
import { encodeCheckpoint } from '../src/engine/checkpoint.ts';
import { createModel } from '../src/engine/createModel.ts';
import { initialParameters } from '../src/engine/layout.ts';
import { PRETRAINING, pretrainStep } from '../src/engine/pretraining.ts';
import { withTruth } from '../src/engine/oracle.ts';
import type { StepMetrics } from '../src/engine/protocol.ts';
import { taskModelConfig } from '../src/engine/taskModel.ts';
import { createTrainer, DEFAULT_SETTINGS, trainerMethod, withEffect } from '../src/engine/trainer.ts';
import type { StepResult, Trainer } from '../src/engine/trainer.ts';
import type { LanguageModel } from '../src/engine/types.ts';
import type { TaskCatalogue } from '../src/state/catalogue.ts';
import { readCheckpoint, writeBytes } from './checkpointFiles.ts';
import { showcaseGroup, strategyTokens } from './showcase.ts';

const METHOD = HEADLINE[0];

interface Plan {
  /** Step of the first look, one of `steps`. */
  first: number;
  steps: readonly number[];
  /** Share of clipped tokens at the last update of the first look that makes the clip visible and leaves most tokens alone. */
  clipped: readonly [number, number];
}

const PLAN: Plan = { first: 20, steps: [10, 20, 50, 100, 150, 200], clipped: [0.02, 0.1] };
/** Tasks for which that does not fit. Of the many tokens of oops few are decisions, it is learnt within 20 steps, and its recordings are long. */
const PLANS: Readonly<Record<string, Plan>> = { oops: { first: 5, steps: [5, 20, 50, 200], clipped: [0.0005, 0.1] } };
const MAX_SEEDS = 400;
/** The run that collapses: steps of pre-training, learning rate, steps, and the entropy below which it has, nats. */
const COLLAPSE = { pretraining: 300, learningRate: 3e-3, steps: 200, entropy: 0.05, seeds: 3 };
const PRETRAINING_SEED = 'a';

const { values: options } = parseArgs({ options: { task: { type: 'string', default: TASKS.map((task) => task.id).join(',') } } });

type Step = Extract<StepResult, { kind: 'done' }>;
type Entry = TaskCatalogue['checkpoints'][number];

interface Recorder {
  task: Task;
  model: LanguageModel;
  entries: Entry[];
}

function trainerFrom(
  model: LanguageModel,
  task: Task,
  parameters: Float32Array,
  seed: string,
  method: Awaited<ReturnType<typeof loadMethod>>,
  learningRate = DEFAULT_SETTINGS.learningRate,
): Trainer {
  model.setParameters(parameters);
  model.setOptimizer({ first: new Float32Array(model.layout.total), second: new Float32Array(model.layout.total), steps: 0 });
  return createTrainer({
    model,
    task,
    seed,
    settings: { ...DEFAULT_SETTINGS, learningRate },
    method: trainerMethod(method),
    base: parameters,
  });
}

function advance(trainer: Trainer): Step {
  const result = trainer.advance();
  if (result.kind !== 'done') throw new Error(result.reason.kind);
  return result;
}

/** The batch with its true values, under the weights that drew it; the model keeps those that it has. */
function withTrueValues(model: LanguageModel, task: Task, { batch, before }: Step): RolloutBatch {
  const after = model.getParameters();
  model.setParameters(before);
  const known = withTruth(model, task, batch);
  model.setParameters(after);
  return known;
}

/** Ships the model as it is now, and the batch of the step that led to it; with `isFirst` the weights that drew it too. */
function ship(
  { task, model, entries }: Recorder,
  id: string,
  label: string,
  step: number,
  seed: string,
  result: Step,
  isFirst = false,
): void {
  const checkpoint = `checkpoints/${task.meta.id}/${id}.bin`;
  const recording = `recordings/${task.meta.id}/${id}.bin`;
  const batch = withTrueValues(model, task, result);
  const encoded = encodeBatch(withEffect(model, batch));
  const before = `checkpoints/${task.meta.id}/${id}-before.bin`;
  if (id !== 'base') {
    const meta = {
      format: 'creditscope-checkpoint',
      version: 1,
      task: task.meta.id,
      label,
      step,
      config: model.config,
      seed,
      method: METHOD,
      methodState: null,
      hasOptimizer: false,
      optimizerSteps: 0,
    } as const;
    writeBytes(`public/${checkpoint}`, encodeCheckpoint({ meta, parameters: model.getParameters() }));
    if (isFirst) {
      const earlier = { ...meta, label: `${label}, before it`, step: step - 1 };
      writeBytes(`public/${before}`, encodeCheckpoint({ meta: earlier, parameters: result.before }));
    }
  }
  writeBytes(`public/${recording}`, encoded);
  const drewRecording = id === 'base' ? checkpoint : before;
  entries.push({ id, label, step, checkpoint, recording, ...(id === 'base' || isFirst ? { drewRecording } : {}) });
  const reward = batch.responses.reduce((sum, response) => sum + response.reward, 0) / batch.responses.length;
  const exact = batch.groups.filter(({ truthKind }) => truthKind === 'exact').length;
  console.log(
    `  ${id.padEnd(10)} reward ${reward.toFixed(3)}  true values exact in ${exact} of ${batch.groups.length} groups  recording ${(encoded.byteLength / 1024).toFixed(0)} KB`,
  );
}

const rounded = (metrics: StepMetrics): StepMetrics =>
  JSON.parse(JSON.stringify(metrics, (_, value) => (typeof value === 'number' ? Number(value.toPrecision(5)) : value)));

async function record(task: Task): Promise<TaskCatalogue> {
  const method = await loadMethod(METHOD);
  const config = taskModelConfig(task);
  const model = await createModel(config);
  const base = readCheckpoint(`public/checkpoints/${task.meta.id}/base.bin`, task.meta.id, config).parameters;
  const openings = strategyTokens(task);
  const { first, steps, clipped } = PLANS[task.meta.id] ?? PLAN;

  let seed = '';
  let group = -1;
  for (let s = 1; group < 0; s++) {
    if (s > MAX_SEEDS) throw new Error(`No seed of ${MAX_SEEDS} shows enough at step ${first}.`);
    seed = `lecture-${s}`;
    const trainer = trainerFrom(model, task, base, seed, method);
    let last = advance(trainer);
    while (trainer.step < first) last = advance(trainer);
    const { clipFraction } = last.metrics;
    if (clipFraction >= clipped[0] && clipFraction <= clipped[1]) group = showcaseGroup(last.batch, openings);
  }
  console.log(`${task.meta.id}: seed ${seed}, group ${group}`);

  const recorder: Recorder = { task, model, entries: [] };
  const trainer = trainerFrom(model, task, base, seed, method);
  const metrics: StepMetrics[] = [];
  while (trainer.step < steps[steps.length - 1]) {
    const step = advance(trainer);
    metrics.push(step.metrics);
    if (trainer.step === 1) ship(recorder, 'base', 'base model, before training', 0, seed, step);
    if (steps.includes(trainer.step))
      ship(
        recorder,
        `step-${trainer.step}`,
        `step ${trainer.step} of a ${method.meta.title} run`,
        trainer.step,
        seed,
        step,
        trainer.step === first,
      );
  }

  const hash = hashText(PRETRAINING_SEED);
  model.setParameters(initialParameters(config, hash));
  model.setOptimizer({ first: new Float32Array(model.layout.total), second: new Float32Array(model.layout.total), steps: 0 });
  for (let step = 0; step < COLLAPSE.pretraining; step++) pretrainStep(model, task, hash, step, PRETRAINING);
  const undertrained = model.getParameters();
  for (let s = 1; s <= COLLAPSE.seeds; s++) {
    const doomed = trainerFrom(model, task, undertrained, `collapse-${s}`, method, COLLAPSE.learningRate);
    const opening = advance(doomed);
    let last = opening;
    while (doomed.step < COLLAPSE.steps) last = advance(doomed);
    if (last.metrics.entropy > COLLAPSE.entropy || last.metrics.reward > opening.metrics.reward) {
      // A task whose under-trained model does not collapse ships without such a run; chain-sum has one.
      console.log(`  seed ${s} does not collapse: entropy ${last.metrics.entropy.toFixed(3)}, reward ${last.metrics.reward.toFixed(3)}`);
      continue;
    }
    console.log(
      `  collapse of seed ${s}: entropy ${opening.metrics.entropy.toFixed(3)} to ${last.metrics.entropy.toFixed(3)}, reward from ${opening.metrics.reward.toFixed(3)}`,
    );
    ship(
      recorder,
      'collapsed',
      `collapsed run, step ${COLLAPSE.steps}: learning rate ${COLLAPSE.learningRate}`,
      COLLAPSE.steps,
      `collapse-${s}`,
      last,
    );
    break;
  }
  model.dispose();
  return {
    id: task.meta.id,
    base: `checkpoints/${task.meta.id}/base.bin`,
    first: `step-${first}`,
    group,
    checkpoints: recorder.entries,
    metrics: metrics.slice(0, first).map(rounded),
  };
}

const INDEX = 'public/recordings/index.json';
const kept: TaskCatalogue[] = existsSync(INDEX) ? JSON.parse(readFileSync(INDEX, 'utf8')).tasks : [];
const recorded = new Map(kept.map((entry) => [entry.id, entry]));
for (const id of options.task.split(',')) recorded.set(id, await record(await loadTask(id)));
const tasks = TASKS.flatMap(({ id }) => recorded.get(id) ?? []);
mkdirSync('public/recordings', { recursive: true });
writeFileSync(INDEX, `${JSON.stringify({ tasks })}\n`);
