/**
 * What is timed of the engine, the same in Node and in a browser's worker: a training step (forward, core's coefficients,
 * backward, Adam on half the sequences), sampling, and one RL iteration (sampling and 4 updates).
 * All sequences are a prompt of 8 tokens and a response of exactly 20, as in torch_reference.py.
 */
import { memory } from '@tensorflow/tfjs-core';
import type { RolloutBatch } from '../../src/core/batch.ts';
import { HEADLINE, loadMethod } from '../../src/core/methods/index.ts';
import { composeMethod, defaultKnobs, prepareCredit } from '../../src/core/pipeline.ts';
import { streamAt } from '../../src/core/random.ts';
import { chainSum } from '../../src/core/tasks/chainSum.ts';
import type { Task } from '../../src/core/tasks/types.ts';
import { createModel } from '../../src/engine/createModel.ts';
import { initialParameters } from '../../src/engine/layout.ts';
import { assembleBatch, sampleGroups } from '../../src/engine/rollout.ts';
import { taskModelConfig } from '../../src/engine/taskModel.ts';
import { createTrainer, DEFAULT_SETTINGS, trainerMethod } from '../../src/engine/trainer.ts';
import type { LanguageModel, ModelConfig } from '../../src/engine/types.ts';
import { prepareUpdate } from '../../src/engine/update.ts';
import { wasmRuntime } from '../../src/engine/wasm/runtime.ts';
import { median } from '../statistics.ts';

export const PROMPT = 8;
export const RESPONSE = 20;
export const UPDATES = 4;
export const VOCABULARY = 20;
export const LAYERS = 2;
const GROUP = 8;
const ADAM = { learningRate: 3e-4, beta1: 0.9, beta2: 0.999, epsilon: 1e-8 };

/** What a worker is asked; `wasmBase` as in `createModel`. */
export type MeasureRequest =
  | { kind: 'peak'; wasmBase?: string }
  | { kind: 'size'; wasmBase?: string; d: number; sequences: number; budgetMs: number }
  | { kind: 'memory'; wasmBase?: string; steps: number; every: number };

/** Milliseconds, medians. */
export interface Measured {
  trainStepMs: number;
  samplingMs: number;
  iterationMs: number;
  /** The same where groups of 8 share their prompt, as they do on the page: the prompt's nodes are computed once. */
  sharedTrainStepMs: number;
  sharedIterationMs: number;
  /** TensorFlow.js memory with the model, MB. */
  memoryMb: number;
}

export interface MemoryAt {
  step: number;
  tensors: number;
  tensorBytes: number;
  wasmBytes: number;
}

/** Never ends a response, so that all have the full length. */
const TASK: Task = {
  meta: { id: 'fixed-length', title: 'Fixed length', sentence: '', legend: '' },
  vocabulary: Array.from({ length: VOCABULARY }, (_, v) => String(v)),
  endToken: -1,
  maxTokens: RESPONSE,
  maxPromptTokens: PROMPT,
  samplePrompt: (random) => Array.from({ length: PROMPT }, () => random.integer(VOCABULARY)),
  verify: (_, response) => ({ reward: response[0] % 2 }),
  demonstrate: () => [],
};

const modelConfig = (d: number): ModelConfig => ({
  ...{ vocabulary: VOCABULARY, width: d, heads: 2, layers: LAYERS, hidden: 4 * d, context: PROMPT + RESPONSE },
});

/** Median milliseconds after two runs of warm-up; as many runs as fit in the time, 3 at least. */
function time(work: () => void, budgetMs: number): number {
  for (let i = 0; i < 2; i++) work();
  const times: number[] = [];
  for (const start = performance.now(); times.length < 3 || performance.now() - start < budgetMs; ) {
    const begun = performance.now();
    work();
    times.push(performance.now() - begun);
  }
  return median(times);
}

/** Sampling and updating with the default clipped surrogate, as the trainer does it. */
async function loop(model: LanguageModel, prompts: number, groupSize: number) {
  const composed = composeMethod(await loadMethod(HEADLINE[0]));
  const knobs = defaultKnobs(composed.method);
  const random = streamAt(9);
  const slots = Array.from({ length: prompts }, (_, p) => p);
  // Random advantages, as in the reference: a prompt that is sampled once has none of its own.
  const advantages = new Float64Array(prompts * groupSize * RESPONSE);
  for (let r = 0; r < prompts * groupSize; r++) advantages.fill(2 * random.next() - 1, r * RESPONSE, (r + 1) * RESPONSE);
  let step = 0;
  const sample = (): RolloutBatch => {
    const { sampling: stage } = composed.stages;
    const drawn = sampleGroups({
      model,
      task: TASK,
      seed: 1,
      step: step++,
      attempt: 0,
      slots,
      groupSize,
      baseTemperature: 1,
      stage,
      knobs,
      state: null,
    });
    return assembleBatch(TASK, model, drawn, 1);
  };
  const update = (batch: RolloutBatch, half: number) => {
    const credit = { batch, composed, knobs, state: null };
    const groups = slots.slice((half * prompts) / 2, ((half + 1) * prompts) / 2);
    const { rewards } = prepareCredit(credit);
    model.backward(prepareUpdate(model, { ...credit, groups, rewards, advantages }).gradLogits);
    model.adamStep(ADAM);
  };
  const iterate = () => {
    const batch = sample();
    for (let u = 0; u < UPDATES; u++) update(batch, u % 2);
  };
  return { sample, update, iterate };
}

/** GFLOP/s of our matrix product on operands that fit the first-level cache: the best of a second, compiled at full speed by then. */
export async function measurePeak(wasmBase?: string): Promise<number> {
  const { kernels, allocate } = await wasmRuntime(wasmBase);
  const size = 48;
  const blocks = [allocate(size * size, true), allocate(size * size, true), allocate(size * size, true)];
  const calls = 500;
  let bestMs = Number.POSITIVE_INFINITY;
  for (const start = performance.now(); performance.now() - start < 1000; ) {
    const begun = performance.now();
    for (let i = 0; i < calls; i++) kernels.multiply(blocks[0].address, blocks[1].address, blocks[2].address, size, size, size);
    bestMs = Math.min(bestMs, performance.now() - begun);
  }
  for (const block of blocks) block.dispose();
  return (2 * size * size * size * calls) / bestMs / 1e6;
}

export async function measureSize(d: number, sequences: number, budgetMs: number, wasmBase?: string): Promise<Measured> {
  const model = await createModel(modelConfig(d), { backend: 'wasm', wasmBase });
  model.setParameters(initialParameters(model.config, 1));
  const distinct = await loop(model, sequences, 1);
  const batch = distinct.sample();
  const samplingMs = time(() => distinct.sample(), budgetMs);
  const trainStepMs = time(() => distinct.update(batch, 0), budgetMs);
  const iterationMs = time(distinct.iterate, budgetMs);
  const shared = await loop(model, sequences / GROUP, GROUP);
  const sharedBatch = shared.sample();
  const sharedTrainStepMs = time(() => shared.update(sharedBatch, 0), budgetMs / 2);
  const sharedIterationMs = time(shared.iterate, budgetMs / 2);
  const memoryMb = memory().numBytes / 2 ** 20;
  model.dispose();
  return { trainStepMs, samplingMs, iterationMs, sharedTrainStepMs, sharedIterationMs, memoryMb };
}

/**
 * What a token costs at 256 sequences over what it costs at 64, in whole iterations: four of the small ones and one of the
 * large, the same work, in turn. `best` compares the shortest of each, `median` is that of the turns' own ratios. Equal work is
 * what makes it fair: the shortest of many short runs is luckier than that of a few four times as long, however both grow.
 * `clock` gives the processor's time, ms: of wall time, another program's turns would be a part.
 */
export async function measureGrowth(d: number, budgetMs: number, clock: () => number): Promise<{ best: number; median: number }> {
  const model = await createModel(modelConfig(d), { backend: 'wasm' });
  model.setParameters(initialParameters(model.config, 1));
  const small = await loop(model, 64, 1);
  const large = await loop(model, 256, 1);
  const timed = (iterate: () => void, times: number): number => {
    const begun = clock();
    for (let i = 0; i < times; i++) iterate();
    return clock() - begun;
  };
  const turn = (): [number, number] => [timed(small.iterate, 4), timed(large.iterate, 1)];
  turn();
  const turns: [number, number][] = [];
  for (const start = performance.now(); performance.now() - start < budgetMs; ) turns.push(turn());
  model.dispose();
  const shortest = (side: 0 | 1): number => Math.min(...turns.map((both) => both[side]));
  return { best: shortest(1) / shortest(0), median: median(turns.map(([at64, at256]) => at256 / at64)) };
}

/** Memory along a run of the trainer on chain-sum, whose responses and minibatches differ in length from step to step. */
export async function measureMemory(steps: number, every: number, wasmBase?: string): Promise<MemoryAt[]> {
  const model = await createModel(taskModelConfig(chainSum), { backend: 'wasm', wasmBase });
  const base = initialParameters(model.config, 1);
  model.setParameters(base);
  // Easy to earn from random weights, so that lengths and rewards go on changing.
  const task: Task = { ...chainSum, verify: (_, response) => ({ reward: response[0] % 2 }) };
  const method = trainerMethod(await loadMethod(HEADLINE[0]));
  const trainer = createTrainer({ model, task, seed: 'memory', settings: DEFAULT_SETTINGS, method, base });
  const { memoryBytes } = await wasmRuntime(wasmBase);
  const at = (step: number): MemoryAt => {
    const { numTensors, numBytes } = memory();
    return { step, tensors: numTensors, tensorBytes: numBytes, wasmBytes: memoryBytes() };
  };
  const rows = [at(0)];
  for (let step = 1; step <= steps; step++) {
    const { kind } = trainer.advance();
    if (kind !== 'done') throw new Error(`the run stopped at step ${step}`);
    if (step === 1 || step % every === 0) rows.push(at(step));
  }
  model.dispose();
  return rows;
}

/** Answers one request; what a worker sends back. */
export function measure(request: MeasureRequest): Promise<unknown> {
  switch (request.kind) {
    case 'peak':
      return measurePeak(request.wasmBase);
    case 'size':
      return measureSize(request.d, request.sequences, request.budgetMs, request.wasmBase);
    case 'memory':
      return measureMemory(request.steps, request.every, request.wasmBase);
  }
}
