/**
 * The checkpoint file: magic, header length, JSON header, then float32 weights and, where kept, Adam's two moments.
 * Little-endian; the arrays start at a multiple of 4 bytes. A 32-bit hash over the arrays finds damaged files.
 */
import type { CheckpointMeta, TrainedMethod } from './protocol.ts';
import type { Trainer } from './trainer.ts';
import type { AnyModel, ModelConfig } from './types.ts';

export interface Checkpoint {
  meta: CheckpointMeta;
  /** [P] flat weights in the order of `ParameterLayout`. */
  parameters: Float32Array;
  /** Adam's moments, [P] each, and its step count. */
  optimizer?: { first: Float32Array; second: Float32Array; steps: number };
}

const MAGIC = 0x4b435343; // "CSCK"
const PREFIX_BYTES = 8;

interface Header {
  meta: CheckpointMeta;
  count: number;
  hash: number;
}

/** FNV-1a over 32-bit words: cheap, and any flipped bit changes it. */
function hashWords(bytes: ArrayBuffer, start: number): number {
  const words = new Uint32Array(bytes, start);
  let h = 0x811c9dc5;
  for (let i = 0; i < words.length; i++) h = Math.imul(h ^ words[i], 0x01000193) ^ (h >>> 15);
  return h >>> 0;
}

/** Writes a checkpoint file. */
export function encodeCheckpoint(checkpoint: Checkpoint): ArrayBuffer {
  const { parameters, optimizer } = checkpoint;
  const arrays = optimizer ? [parameters, optimizer.first, optimizer.second] : [parameters];
  const payload = new Float32Array(parameters.length * arrays.length);
  arrays.forEach((array, i) => payload.set(array, i * parameters.length));
  const meta: CheckpointMeta = { ...checkpoint.meta, hasOptimizer: optimizer !== undefined, optimizerSteps: optimizer?.steps ?? 0 };
  const header: Header = { meta, count: parameters.length, hash: hashWords(payload.buffer, 0) };
  const json = new TextEncoder().encode(JSON.stringify(header));
  const jsonBytes = Math.ceil(json.length / 4) * 4;
  const out = new ArrayBuffer(PREFIX_BYTES + jsonBytes + payload.byteLength);
  const view = new DataView(out);
  view.setUint32(0, MAGIC, true);
  view.setUint32(4, jsonBytes, true);
  new Uint8Array(out, PREFIX_BYTES, jsonBytes).fill(32).set(json);
  new Float32Array(out, PREFIX_BYTES + jsonBytes).set(payload);
  return out;
}

/** A run as it stands: what `decodeCheckpoint` needs to go on with the same steps. */
export interface RunState {
  task: { meta: { id: string } };
  model: Pick<AnyModel, 'config' | 'getParameters' | 'getOptimizer'>;
  trainer: Pick<Trainer, 'step' | 'state'>;
  seed: string;
  trained: Pick<TrainedMethod, 'id'>;
}

/** The checkpoint file of a run, moments included. */
export function encodeRun({ task, model, trainer, seed, trained }: RunState): ArrayBuffer {
  return encodeCheckpoint({
    meta: {
      format: 'creditscope-checkpoint',
      version: 1,
      task: task.meta.id,
      label: `step ${trainer.step}`,
      step: trainer.step,
      config: model.config,
      seed,
      method: trained.id,
      methodState: trainer.state,
      hasOptimizer: true,
      optimizerSteps: 0,
    },
    parameters: model.getParameters(),
    optimizer: model.getOptimizer(),
  });
}

function readHeader(file: ArrayBuffer, name: string): { header: Header; start: number } {
  const view = new DataView(file);
  if (file.byteLength < PREFIX_BYTES || view.getUint32(0, true) !== MAGIC)
    throw new Error(`${name} is not a Creditscope checkpoint. Choose a file saved by this page.`);
  const jsonBytes = view.getUint32(4, true);
  const start = PREFIX_BYTES + jsonBytes;
  const broken = new Error(`${name} is cut off or damaged. Load it again, or choose another checkpoint.`);
  if (start > file.byteLength || jsonBytes % 4 !== 0) throw broken;
  try {
    return { header: JSON.parse(new TextDecoder().decode(new Uint8Array(file, PREFIX_BYTES, jsonBytes))) as Header, start };
  } catch {
    throw broken;
  }
}

/** Reads a checkpoint file, and checks it against the task and model sizes where they are given. */
export function decodeCheckpoint(file: ArrayBuffer, expected: { task?: string; config?: ModelConfig; name?: string } = {}): Checkpoint {
  const name = expected.name ?? 'This checkpoint';
  const { header, start } = readHeader(file, name);
  const { meta, count } = header;
  if (meta?.format !== 'creditscope-checkpoint' || meta.version !== 1)
    throw new Error(`${name} has a format version that this page does not read. Save it again with this version.`);
  if (expected.task !== undefined && meta.task !== expected.task)
    throw new Error(`${name} was trained on "${meta.task}", not on "${expected.task}". Switch the task or choose another checkpoint.`);
  const config = expected.config;
  if (config) {
    const wrong = (Object.keys(config) as (keyof ModelConfig)[]).find((key) => meta.config[key] !== config[key]);
    if (wrong)
      throw new Error(
        `${name} holds a model with ${wrong} ${meta.config[wrong]}; this page needs ${config[wrong]}. Choose a checkpoint of the same size.`,
      );
  }
  const arrays = meta.hasOptimizer ? 3 : 1;
  if (file.byteLength !== start + arrays * count * 4 || hashWords(file, start) !== header.hash)
    throw new Error(`${name} is cut off or damaged. Load it again, or choose another checkpoint.`);
  const part = (i: number) => new Float32Array(file.slice(start + i * count * 4, start + (i + 1) * count * 4));
  return {
    meta,
    parameters: part(0),
    ...(meta.hasOptimizer ? { optimizer: { first: part(1), second: part(2), steps: meta.optimizerSteps } } : {}),
  };
}
