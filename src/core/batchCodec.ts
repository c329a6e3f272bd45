/**
 * The rollout batch as one transferable buffer, read here and written by `batchEncoder.ts`: magic, JSON header, then 8-byte aligned arrays. Arrays whose every value is
 * a float32 (all that the engine computes) are stored as float32 and come back exactly; the others as float64.
 */
import type { ForcedField, Measured, ModelRecord, RolloutBatch, TokenField, TokenMatrix, UpdateRecord } from './batch.ts';
import { parseNumbers } from './jsonNumbers.ts';

export const MAGIC = 0x31425343; // "CSB1"

export type ArrayKind = 'i32' | 'u8' | 'f32' | 'f64';

export interface ArrayEntry {
  kind: ArrayKind;
  offset: number;
  length: number;
}

export type AnyArray = Int32Array | Uint8Array | Float32Array | Float64Array;
const BYTES: Record<ArrayKind, number> = { i32: 4, u8: 1, f32: 4, f64: 8 };

export const align = (offset: number) => Math.ceil(offset / 8) * 8;

export interface Header {
  groups: RolloutBatch['groups'];
  responses: RolloutBatch['responses'];
  baseTemperature: number;
  endToken?: number;
  maxTokens?: number;
  draw?: RolloutBatch['draw'];
  trainedWith?: RolloutBatch['trainedWith'];
  snapshots?: RolloutBatch['snapshots'];
  forced?: NonNullable<RolloutBatch['forced']>['texts'];
  updates: (Omit<UpdateRecord, UpdateArray | 'models' | 'forced'> & { models?: ModelHeader[] })[];
  models?: ModelHeader[];
  measured?: Record<string, Omit<Measured, 'values' | 'offsets'>>;
  widths: Partial<Record<MatrixName, number>>;
  arrays: Record<string, ArrayEntry>;
}

export const MATRICES = ['logits', 'logitsAfter', 'hidden'] as const;
type MatrixName = (typeof MATRICES)[number];
const UPDATE_ARRAYS = ['logprobs', 'entropies', 'gradLogprobs'] as const;
type UpdateArray = (typeof UPDATE_ARRAYS)[number];
type ModelHeader = Omit<ModelRecord, 'answers'>;
export const FORCED_ARRAYS = ['logprobs', 'gradLogprobs'] as const;

/** Token fields come back as float64; matrices keep their width of number and are views of `buffer`. */
export function decodeBatch(buffer: ArrayBuffer): RolloutBatch {
  const prefix = buffer.byteLength >= 8 ? new Uint32Array(buffer, 0, 2) : new Uint32Array(2);
  const dataStart = align(8 + prefix[1]);
  if (prefix[0] !== MAGIC || dataStart > buffer.byteLength)
    throw new Error('This is not a rollout batch, or it was cut short: load it again.');
  const header = parseNumbers(new TextDecoder().decode(new Uint8Array(buffer, 8, prefix[1]))) as Header;
  const read = (name: string): AnyArray => {
    const { kind, offset, length } = header.arrays[name];
    if (dataStart + offset + length * BYTES[kind] > buffer.byteLength)
      throw new Error(`The rollout batch was cut short at ${name}: load it again.`);
    switch (kind) {
      case 'i32':
        return new Int32Array(buffer, dataStart + offset, length);
      case 'u8':
        return new Uint8Array(buffer, dataStart + offset, length);
      case 'f32':
        return new Float32Array(buffer, dataStart + offset, length);
      case 'f64':
        return new Float64Array(buffer, dataStart + offset, length);
    }
  };
  const wide = (name: string): Float64Array => {
    const array = read(name);
    return array instanceof Float64Array ? array : Float64Array.from(array);
  };
  const fields: Partial<Record<TokenField, Float64Array>> = {};
  const forced: Partial<Record<ForcedField, Float64Array>> = {};
  for (const name of Object.keys(header.arrays)) {
    if (name.startsWith('field:')) fields[name.slice(6) as TokenField] = wide(name);
    if (name.startsWith('forced:')) forced[name.slice(7) as ForcedField] = wide(name);
  }
  const modelRecords = (headers: readonly ModelHeader[], place: string): ModelRecord[] =>
    headers.map((rest) => ({ ...rest, answers: wide(`${place}:${rest.name}`) }));
  const measured = Object.entries(header.measured ?? {}).map(([name, rest]) => {
    const offsets = header.arrays[`offsets:${name}`] ? { offsets: read(`offsets:${name}`) as Int32Array } : {};
    return [name, { ...rest, values: wide(`measured:${name}`), ...offsets }] as const;
  });
  const matrices: Partial<Record<MatrixName, TokenMatrix>> = {};
  for (const name of MATRICES) {
    const width = header.widths[name];
    if (width !== undefined) matrices[name] = { width, data: read(name) as Float32Array | Float64Array };
  }
  return {
    groups: header.groups,
    responses: header.responses,
    tokens: read('tokens') as Int32Array,
    fields,
    ...matrices,
    ...(header.arrays.source ? { source: read('source') as Uint8Array } : {}),
    ...(header.forced ? { forced: { texts: header.forced, tokens: read('forced') as Int32Array, fields: forced } } : {}),
    ...(measured.length > 0 ? { measured: Object.fromEntries(measured) } : {}),
    ...(header.models ? { models: modelRecords(header.models, 'model') } : {}),
    updates: header.updates.map(({ models, ...update }, k) => {
      const [logprobs, entropies, gradLogprobs] = UPDATE_ARRAYS.map((name) => wide(`update:${k}:${name}`));
      const trained = models ? { models: modelRecords(models, `update:${k}:model`) } : {};
      const [now, slope] = header.arrays[`update:${k}:forced:logprobs`]
        ? FORCED_ARRAYS.map((name) => wide(`update:${k}:forced:${name}`))
        : [];
      const forcedUpdate = now ? { forced: { logprobs: now, gradLogprobs: slope } } : {};
      return { ...update, logprobs, entropies, gradLogprobs, ...trained, ...forcedUpdate };
    }),
    baseTemperature: header.baseTemperature,
    ...(header.endToken === undefined ? {} : { endToken: header.endToken }),
    ...(header.maxTokens === undefined ? {} : { maxTokens: header.maxTokens }),
    ...(header.draw ? { draw: header.draw } : {}),
    ...(header.trainedWith ? { trainedWith: header.trainedWith } : {}),
    ...(header.snapshots ? { snapshots: header.snapshots } : {}),
  };
}
