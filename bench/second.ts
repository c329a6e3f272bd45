/** A whole RL iteration with a second network against GRPO's, on the default task with shared prompts, in Node. Bar: 2.2 times. */
import { loadavg } from 'node:os';
import { loadMethod } from '../src/core/methods/index.ts';
import { defaultKnobs } from '../src/core/pipeline.ts';
import { loadTask, TASKS } from '../src/core/tasks/index.ts';
import { createModel } from '../src/engine/createModel.ts';
import { equip } from '../src/engine/equipment.ts';
import { fitVector } from '../src/engine/layout.ts';
import { taskModelConfig } from '../src/engine/taskModel.ts';
import { createTrainer, DEFAULT_SETTINGS, trainerMethod } from '../src/engine/trainer.ts';
import { readCheckpoint } from '../scripts/checkpointFiles.ts';
import { type BenchReport, machine } from './report.ts';
import { median, rounded } from './statistics.ts';

const ROUNDS = 60;
const WARM_UP = 5;
const BAR = 2.2;

/** Every prompt is kept, so that all draw as many samples. */
const CONTENDERS: readonly { label: string; id: string; knobs?: Record<string, number> }[] = [
  { label: 'GRPO', id: 'grpo' },
  { label: 'PPO, critic with a trunk of its own', id: 'ppo-gae' },
  { label: 'PPO, critic on the policy’s trunk', id: 'ppo-gae', knobs: { criticTrunk: 1 } },
  { label: 'PRIME, process reward model', id: 'prime', knobs: { accuracyFilter: 0 } },
];

async function contender({ label, id, knobs }: (typeof CONTENDERS)[number]) {
  const task = await loadTask(TASKS[0].id);
  const config = taskModelConfig(task);
  const base = readCheckpoint(`public/checkpoints/${task.meta.id}/base.bin`, task.meta.id, config).parameters;
  const method = await loadMethod(id);
  const trained = trainerMethod(method, {}, { ...defaultKnobs(method), ...knobs });
  const create = (size: typeof config) => createModel(size);
  const { own, second } = await equip([], trained, { own: await create(config), config, base, seed: 'bench', create });
  own.setParameters(fitVector(base, own.layout));
  const trainer = createTrainer({ model: own, task, seed: 'bench', settings: DEFAULT_SETTINGS, method: trained, base, second });
  const dispose = () => {
    for (const each of second) each.own?.dispose();
    own.dispose();
  };
  const times: number[] = [];
  const step = () => {
    const begun = performance.now();
    trainer.advance();
    times.push(performance.now() - begun);
  };
  return { label, step, times, dispose };
}

export async function run(): Promise<BenchReport> {
  const contenders = await Promise.all(CONTENDERS.map(contender));
  // In turn, so that what else the machine does falls on all alike.
  for (let round = 0; round < WARM_UP + ROUNDS; round++) for (const { step } of contenders) step();
  const [first] = contenders;
  const rows = contenders.map(({ label, times }) => {
    const kept = times.slice(WARM_UP);
    const ratios = kept.map((time, k) => time / first.times[WARM_UP + k]);
    return { label, iterationMs: rounded(median(kept)), ratio: rounded(median(ratios), 2) };
  });
  for (const { dispose } of contenders) dispose();
  const load = loadavg().map((value) => rounded(value, 1));
  const lines = rows.map(
    ({ label, iterationMs, ratio }) => `${label.padEnd(40)} ${String(iterationMs).padStart(8)} ms  ${ratio.toFixed(2)} ×`,
  );
  return {
    json: { rows, bar: BAR, load },
    text: [
      `An RL iteration (64 samples, 4 updates) of chain-sum, ${machine()}; load ${load.join(', ')}; bar ${BAR} × GRPO's`,
      ...lines,
      'Medians over 60 rounds in turn; the ratio is the median of each round’s own.',
    ].join('\n'),
  };
}
