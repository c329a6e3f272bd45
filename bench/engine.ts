/**
 * The engine against PyTorch on the same CPU: milliseconds of a training step (forward, core's coefficients, backward,
 * Adam on half the sequences), of sampling, and of one RL iteration (sampling and 4 updates), at several sizes.
 * All sequences are a prompt of 8 tokens and a response of exactly 20, as in torch_reference.py.
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { RolloutBatch } from '../src/core/batch.ts';
import { HEADLINE, loadMethod } from '../src/core/methods/index.ts';
import { composeMethod, defaultKnobs, prepareCredit } from '../src/core/pipeline.ts';
import { streamAt } from '../src/core/random.ts';
import type { Task } from '../src/core/tasks/types.ts';
import { createModel } from '../src/engine/createModel.ts';
import { initialParameters } from '../src/engine/layout.ts';
import { assembleBatch, sampleGroups } from '../src/engine/rollout.ts';
import type { LanguageModel, ModelConfig } from '../src/engine/types.ts';
import { prepareUpdate } from '../src/engine/update.ts';
import { wasmRuntime } from '../src/engine/wasm/runtime.ts';
import { buildKernels } from '../scripts/buildKernels.ts';
import { type BenchReport, machine, median, rounded } from './report.ts';

const PROMPT = 8;
const RESPONSE = 20;
const UPDATES = 4;
const VOCABULARY = 20;
const LAYERS = 2;
const GROUP = 8;
const ADAM = { learningRate: 3e-4, beta1: 0.9, beta2: 0.999, epsilon: 1e-8 };

interface Times {
  trainStepMs: number;
  samplingMs: number;
  iterationMs: number;
}

interface Row extends Times {
  d: number;
  sequences: number;
  /** Response tokens sampled and trained on, a second of whole iterations. */
  tokensPerSecond: number;
  /** The same iteration where groups of 8 share their prompt, as they do on the page. */
  sharedIterationMs: number;
  /** Floating-point operations of a training step over what `peakGflops` could do in its time. */
  peakShare: number;
  /** TensorFlow.js memory with the model, MB. */
  memoryMb: number;
  torch?: Times;
  /** iterationMs over PyTorch's. */
  ratio?: number;
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
async function peakGflops(): Promise<number> {
  const { kernels, allocate } = await wasmRuntime(undefined);
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

/**
 * Floating-point operations of forward and backward over half of the sequences, as the plain algorithm needs them: linear
 * layers, attention, unembedding. The engine leaves out the last layer's work on the prompt, so its share is a little flattered.
 */
function trainingFlops(d: number, sequences: number): number {
  const length = PROMPT + RESPONSE - 1;
  const linear = LAYERS * 12 * d * d * length + VOCABULARY * d * RESPONSE;
  const attention = LAYERS * d * length * (length + 1);
  return (3 * 2 * (linear + attention) * sequences) / 2;
}

async function measure(d: number, sequences: number, budgetMs: number, peak: number): Promise<Row> {
  const model = await createModel(modelConfig(d), { backend: 'wasm' });
  model.setParameters(initialParameters(model.config, 1));
  const distinct = await loop(model, sequences, 1);
  const batch = distinct.sample();
  const samplingMs = time(() => distinct.sample(), budgetMs);
  const trainStepMs = time(() => distinct.update(batch, 0), budgetMs);
  const iterationMs = time(distinct.iterate, budgetMs);
  const sharedIterationMs = time((await loop(model, sequences / GROUP, GROUP)).iterate, budgetMs);
  const { memory } = await import('@tensorflow/tfjs-core');
  const memoryMb = memory().numBytes / 2 ** 20;
  model.dispose();
  return {
    ...{ d, sequences, trainStepMs, samplingMs, iterationMs, sharedIterationMs, memoryMb },
    tokensPerSecond: (sequences * RESPONSE * 1000) / iterationMs,
    peakShare: trainingFlops(d, sequences) / (trainStepMs * 1e6) / peak,
  };
}

/** The reference on one thread; undefined where the system's Python has no PyTorch. */
function torch(d: number, sequences: number, runs: number): Times | undefined {
  const script = fileURLToPath(new URL('torch_reference.py', import.meta.url));
  const sizes = ['--d', d, '--sequences', sequences, '--runs', runs, '--vocab', VOCABULARY, '--threads', 1].map(String);
  const { status, stdout } = spawnSync('/usr/bin/python3', [script, '--json', ...sizes], {
    encoding: 'utf8',
    // The thread count of PyTorch does not reach every BLAS.
    env: { ...process.env, OPENBLAS_NUM_THREADS: '1', OMP_NUM_THREADS: '1' },
  });
  return status === 0 ? (JSON.parse(stdout) as Times) : undefined;
}

const medianOf = <T extends Times>(all: readonly T[], field: keyof T): number => median(all.map((one) => one[field] as number));

/** The engine and PyTorch in turn, several times, so that another program's load meets both; medians. */
async function alternate(d: number, sequences: number, isQuick: boolean, peak: number): Promise<Row> {
  const ours: Row[] = [];
  const theirs: Times[] = [];
  for (let turn = 0; turn < 3; turn++) {
    ours.push(await measure(d, sequences, isQuick ? 700 : 400, peak));
    const reference = torch(d, sequences, isQuick ? 15 : 3);
    if (reference) theirs.push(reference);
    else if (turn === 0) break;
  }
  const fields = ['trainStepMs', 'samplingMs', 'iterationMs', 'sharedIterationMs', 'peakShare', 'memoryMb'] as const;
  const row: Row = { ...ours[0], ...Object.fromEntries(fields.map((field) => [field, rounded(medianOf(ours, field), 2)])) };
  row.tokensPerSecond = Math.round((sequences * RESPONSE * 1000) / row.iterationMs);
  if (theirs.length === 0) return row;
  const reference = {
    trainStepMs: medianOf(theirs, 'trainStepMs'),
    samplingMs: medianOf(theirs, 'samplingMs'),
    iterationMs: medianOf(theirs, 'iterationMs'),
  };
  // The median of the turns' own ratios: both sides of each were measured next to each other.
  const ratio = median(theirs.map((one, turn) => ours[turn].iterationMs / one.iterationMs));
  const rounding = ([name, value]: [string, number]) => [name, rounded(value, 2)];
  return { ...row, torch: Object.fromEntries(Object.entries(reference).map(rounding)) as unknown as Times, ratio: rounded(ratio, 3) };
}

function line(row: Row): string {
  const reference = row.torch
    ? `torch ${row.torch.trainStepMs} / ${row.torch.samplingMs} / ${row.torch.iterationMs} ms, ratio ${row.ratio}`
    : 'no PyTorch here';
  return (
    `  d ${row.d}, ${row.sequences} sequences: training step ${row.trainStepMs} ms (${Math.round(100 * row.peakShare)} % of peak), sampling ${row.samplingMs} ms, ` +
    `iteration ${row.iterationMs} ms (shared prompts ${row.sharedIterationMs} ms), ${row.tokensPerSecond} tokens/s, ${row.memoryMb} MB; ${reference}`
  );
}

export async function run(args: readonly string[]): Promise<BenchReport> {
  const isQuick = args.includes('--quick');
  await buildKernels();
  const peak = await peakGflops();
  const sizes = isQuick ? [[32, 64]] : [32, 64, 128].flatMap((d) => [16, 64, 256].map((sequences) => [d, sequences]));
  const rows: Row[] = [];
  for (const [d, sequences] of sizes) rows.push(await alternate(d, sequences, isQuick, peak));
  const text = [
    `wasm SIMD kernels in Node, one thread, against PyTorch eager, one thread, in turn, on ${machine()}`,
    `${LAYERS} layers, 2 heads, prompts of ${PROMPT} and responses of ${RESPONSE} tokens, ${UPDATES} updates on half the sequences; peak of a matrix product ${rounded(peak)} GFLOP/s`,
    ...rows.map(line),
  ].join('\n');
  return { json: { peakGflops: rounded(peak), rows }, text };
}
