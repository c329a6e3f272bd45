/**
 * The checkpoint file: magic, header length, JSON header, then float32 weights and, where kept, Adam's two moments.
 * Little-endian; the arrays start at a multiple of 4 bytes. A 32-bit hash over the arrays finds damaged files.
 */
import { fitVector } from './layout.ts';
import type { CheckpointMeta, ModelMeta, TrainedMethod } from './protocol.ts';
import type { SecondModel } from './secondModels.ts';
import type { Trainer } from './trainer.ts';
import type { AnyModel, ModelConfig, OptimizerState, ParameterLayout } from './types.ts';

export interface Checkpoint {
  meta: CheckpointMeta;
  /** [P] flat weights in the order of `ParameterLayout`. */
  parameters: Float32Array;
  /** Adam's moments, [P] each, and its step count. */
  optimizer?: OptimizerState;
  /** The method's second networks that have a trunk of their own or a head on the policy. */
  models?: readonly SavedModel[];
}

/** A second network; without weights where it is a head on the policy. */
export interface SavedModel {
  name: string;
  key: string;
  updates: number;
  weights: { parameters: Float32Array; optimizer: OptimizerState } | null;
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

const metaOf = ({ name, key, updates, weights }: SavedModel): ModelMeta => ({
  name,
  key,
  updates,
  size: weights?.parameters.length ?? 0,
  optimizerSteps: weights?.optimizer.steps ?? 0,
});

/** Writes a checkpoint file. */
export function encodeCheckpoint(checkpoint: Checkpoint): ArrayBuffer {
  const { parameters, optimizer, models = [] } = checkpoint;
  const ofModels = models.flatMap(({ weights }) =>
    weights ? [weights.parameters, weights.optimizer.first, weights.optimizer.second] : [],
  );
  const arrays = [parameters, ...(optimizer ? [optimizer.first, optimizer.second] : []), ...ofModels];
  const payload = new Float32Array(arrays.reduce((sum, array) => sum + array.length, 0));
  let place = 0;
  for (const array of arrays) {
    payload.set(array, place);
    place += array.length;
  }
  const meta: CheckpointMeta = {
    ...checkpoint.meta,
    version: models.length > 0 ? 2 : checkpoint.meta.version,
    hasOptimizer: optimizer !== undefined,
    optimizerSteps: optimizer?.steps ?? 0,
    ...(models.length > 0 ? { models: models.map(metaOf) } : {}),
  };
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
  second?: readonly SecondModel[];
}

const runMeta = ({ task, model, trainer, seed, trained }: RunState): CheckpointMeta => ({
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
});

/** Weights of the policy alone, e.g. those that drew a batch. */
export function encodeWeights(run: RunState, parameters: Float32Array): ArrayBuffer {
  return encodeCheckpoint({ meta: { ...runMeta(run), hasOptimizer: false, methodState: null }, parameters });
}

/** The checkpoint file of a run, moments included. */
export function encodeRun(run: RunState): ArrayBuffer {
  const { model, second = [] } = run;
  return encodeCheckpoint({
    meta: runMeta(run),
    parameters: model.getParameters(),
    optimizer: model.getOptimizer(),
    models: second.map(({ spec, key, updates, own }) => ({
      name: spec.name,
      key,
      updates,
      weights: own && { parameters: own.getParameters(), optimizer: own.getOptimizer() },
    })),
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
  if (meta?.format !== 'creditscope-checkpoint' || (meta.version !== 1 && meta.version !== 2))
    throw new Error(`${name} has a format version that this page does not read. Save it again with this version.`);
  if (expected.task !== undefined && meta.task !== expected.task)
    throw new Error(`${name} was trained on "${meta.task}", not on "${expected.task}". Switch the task or choose another checkpoint.`);
  const config = expected.config;
  if (config) {
    // A head may be there or not: `fitVector` brings either to the other.
    const wrong = (Object.keys(config) as (keyof ModelConfig)[]).find((key) => key !== 'outputs' && meta.config[key] !== config[key]);
    if (wrong)
      throw new Error(
        `${name} holds a model with ${wrong} ${meta.config[wrong]}; this page needs ${config[wrong]}. Choose a checkpoint of the same size.`,
      );
  }
  const models = meta.models ?? [];
  const numbers = (meta.hasOptimizer ? 3 : 1) * count + models.reduce((sum, { size }) => sum + 3 * size, 0);
  if (file.byteLength !== start + 4 * numbers || hashWords(file, start) !== header.hash)
    throw new Error(`${name} is cut off or damaged. Load it again, or choose another checkpoint.`);
  let place = start;
  const next = (size: number) => {
    const array = new Float32Array(file.slice(place, place + 4 * size));
    place += 4 * size;
    return array;
  };
  const optimizer = (size: number, steps: number): OptimizerState => ({ first: next(size), second: next(size), steps });
  return {
    meta,
    parameters: next(count),
    ...(meta.hasOptimizer ? { optimizer: optimizer(count, meta.optimizerSteps) } : {}),
    ...(models.length > 0
      ? {
          models: models.map(({ name: own, key, updates, size, optimizerSteps }) => ({
            name: own,
            key,
            updates,
            weights: size > 0 ? { parameters: next(size), optimizer: optimizer(size, optimizerSteps) } : null,
          })),
        }
      : {}),
  };
}

/** Weights and moments of a checkpoint, brought to a model with a head or without one. */
export function fitCheckpoint(
  { parameters, optimizer }: Pick<Checkpoint, 'parameters' | 'optimizer'>,
  layout: ParameterLayout,
): Pick<Checkpoint, 'parameters' | 'optimizer'> {
  const brought = (values: Float32Array) => fitVector(values, layout);
  return {
    parameters: brought(parameters),
    ...(optimizer ? { optimizer: { first: brought(optimizer.first), second: brought(optimizer.second), steps: optimizer.steps } } : {}),
  };
}
