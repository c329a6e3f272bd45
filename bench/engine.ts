/**
 * The engine against PyTorch on the same CPU, at several sizes, in Node or (`--browser`) in a worker of headless Chromium.
 * `--quick` measures d 32 with 64 sequences alone, `--memory` nothing but the memory along 2,000 steps of training,
 * `--growth` nothing but what a token costs at 256 sequences over 64.
 */
import { spawnSync } from 'node:child_process';
import { loadavg } from 'node:os';
import { fileURLToPath } from 'node:url';
import { buildKernels } from '../scripts/buildKernels.ts';
import { LAYERS, type Measured, type MemoryAt, measureGrowth, PROMPT, RESPONSE, UPDATES, VOCABULARY } from './engine/measure.ts';
import { inChromium, inNode, type Place } from './engine/places.ts';
import { type BenchReport, machine } from './report.ts';
import { median, rounded } from './statistics.ts';

/** Time for the comparison of 64 with 256 sequences, a width. */
const GROWTH_MS = 15_000;
const WIDTHS = [32, 64, 128];
const MEMORY_STEPS = 2000;
const MEMORY_EVERY = 500;
/** How often ours and PyTorch's are measured in turn. */
const TURNS = 3;

interface Times {
  trainStepMs: number;
  samplingMs: number;
  iterationMs: number;
}

interface Row extends Measured {
  d: number;
  sequences: number;
  /** Response tokens sampled and trained on, a second of whole iterations. */
  tokensPerSecond: number;
  /** Floating-point operations of a training step over what `peakGflops` could do in its time. */
  peakShare: number;
  torch?: Times;
  /** iterationMs over PyTorch's. */
  ratio?: number;
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

/** Milliseconds that this process has had of the processor. */
function processorTime(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

const TIMES = ['trainStepMs', 'samplingMs', 'iterationMs'] as const;
const FIELDS = [...TIMES, 'sharedTrainStepMs', 'sharedIterationMs', 'memoryMb'] as const;

/** Medians of the named fields, two digits. */
const medians = <K extends string>(all: readonly Readonly<Record<K, number>>[], fields: readonly K[]): Record<K, number> =>
  Object.fromEntries(fields.map((field) => [field, rounded(median(all.map((one) => one[field])), 2)])) as Record<K, number>;

/** The engine and PyTorch in turn, several times, so that another program's load meets both; medians. */
async function alternate(place: Place, d: number, sequences: number, isQuick: boolean, peak: number): Promise<Row> {
  const ours: Measured[] = [];
  const theirs: Times[] = [];
  for (let turn = 0; turn < TURNS; turn++) {
    ours.push((await place.measure({ kind: 'size', d, sequences, budgetMs: isQuick ? 600 : 400 })) as Measured);
    const reference = torch(d, sequences, isQuick ? 11 : 3);
    if (reference) theirs.push(reference);
    else if (turn === 0) break;
  }
  const own = medians(ours, FIELDS);
  const row: Row = {
    ...{ d, sequences, ...own },
    tokensPerSecond: Math.round((sequences * RESPONSE * 1000) / own.iterationMs),
    peakShare: rounded(trainingFlops(d, sequences) / (own.trainStepMs * 1e6) / peak, 2),
  };
  if (theirs.length === 0) return row;
  // The median of the turns' own ratios: both sides of each were measured next to each other.
  const ratio = median(theirs.map((one, turn) => ours[turn].iterationMs / one.iterationMs));
  return { ...row, torch: medians(theirs, TIMES), ratio: rounded(ratio, 3) };
}

function line(row: Row): string {
  const reference = row.torch
    ? `torch ${row.torch.trainStepMs} / ${row.torch.samplingMs} / ${row.torch.iterationMs} ms, ratio ${row.ratio}`
    : '';
  return (
    `  d ${row.d}, ${row.sequences} sequences: training step ${row.trainStepMs} ms (${Math.round(100 * row.peakShare)} % of peak; shared prompts ${row.sharedTrainStepMs} ms), ` +
    `sampling ${row.samplingMs} ms, iteration ${row.iterationMs} ms (shared prompts ${row.sharedIterationMs} ms), ` +
    `${row.tokensPerSecond} tokens/s, ${row.memoryMb} MB; ${reference || 'no PyTorch'}`
  );
}

const memoryLine = ({ step, tensors, tensorBytes, wasmBytes }: MemoryAt): string =>
  `  step ${step}: ${tensors} tensors, ${rounded(tensorBytes / 2 ** 20, 2)} MB in them, ${rounded(wasmBytes / 2 ** 20)} MB of WebAssembly memory`;

export async function run(args: readonly string[]): Promise<BenchReport> {
  const isQuick = args.includes('--quick');
  const isMemoryAlone = args.includes('--memory');
  const isGrowthAlone = args.includes('--growth');
  await buildKernels();
  const place = args.includes('--browser') ? await inChromium() : inNode();
  try {
    const peak = (await place.measure({ kind: 'peak' })) as number;
    const all = WIDTHS.flatMap((d) => [16, 64, 256].map((sequences) => [d, sequences]));
    const sizes = isMemoryAlone || isGrowthAlone ? [] : isQuick ? [[32, 64]] : all;
    const rows: Row[] = [];
    for (const [d, sequences] of sizes) rows.push(await alternate(place, d, sequences, isQuick, peak));
    const growth: { d: number; best: number; median: number }[] = [];
    for (const d of isQuick || isMemoryAlone ? [] : WIDTHS) {
      const ratio = await measureGrowth(d, GROWTH_MS, processorTime);
      growth.push({ d, best: rounded(ratio.best, 3), median: rounded(ratio.median, 3) });
    }
    const memory =
      isQuick || isGrowthAlone ? [] : ((await place.measure({ kind: 'memory', steps: MEMORY_STEPS, every: MEMORY_EVERY })) as MemoryAt[]);
    const hasTorch = rows.some((row) => row.torch);
    const shapes = `${LAYERS} layers, 2 heads, prompts of ${PROMPT} and responses of ${RESPONSE} tokens, ${UPDATES} updates on half the sequences`;
    const text = [
      `wasm SIMD kernels in ${place.name}, one thread; peak of a matrix product ${rounded(peak)} GFLOP/s; on ${machine()}`,
      ...(rows.length > 0 ? [`${shapes}; PyTorch eager, one thread, in turn`] : []),
      ...rows.map(line),
      ...(rows.length > 0 && !hasTorch ? ['No PyTorch to compare with: apt-get install python3-torch libopenblas0-pthread (Debian).'] : []),
      ...growth.map(
        (row) =>
          `  d ${row.d}: a token costs ${row.best} times as much at 256 sequences as at 64 (median of the turns ${row.median}; processor time in Node, four iterations against one)`,
      ),
      ...(memory.length > 0
        ? ['Memory along a training run on chain-sum, lengths differing from step to step:', ...memory.map(memoryLine)]
        : []),
      `Load of the machine at the end: ${loadavg()
        .map((load) => rounded(load))
        .join(', ')}`,
    ].join('\n');
    return {
      json: {
        peakGflops: rounded(peak),
        place: place.name,
        rows,
        ...(isQuick ? {} : { growth }),
        ...(memory.length > 0 ? { memory } : {}),
      },
      text,
    };
  } finally {
    await place.close();
  }
}
