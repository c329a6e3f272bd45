/** Writes what `batchCodec.ts` reads. Apart from it, because the page reads a batch before it ever writes one. */
import type { ModelRecord, RolloutBatch } from './batch.ts';
import { align, FORCED_ARRAYS, MAGIC, MATRICES } from './batchCodec.ts';
import type { AnyArray, ArrayEntry, ArrayKind, Header } from './batchCodec.ts';
import { stringifyNumbers } from './jsonNumbers.ts';

/** Float32 where that loses nothing, else float64. */
function narrow(values: Float64Array): Float32Array | Float64Array {
  for (let i = 0; i < values.length; i++) if (Math.fround(values[i]) !== values[i] && !Number.isNaN(values[i])) return values;
  return Float32Array.from(values);
}

function kindOf(array: AnyArray): ArrayKind {
  if (array instanceof Int32Array) return 'i32';
  if (array instanceof Uint8Array) return 'u8';
  return array instanceof Float32Array ? 'f32' : 'f64';
}

/** The whole batch as one buffer that can be transferred. */
export function encodeBatch(batch: RolloutBatch): ArrayBuffer {
  const arrays: Record<string, AnyArray> = { tokens: batch.tokens };
  for (const [name, values] of Object.entries(batch.fields)) if (values) arrays[`field:${name}`] = narrow(values);
  if (batch.source) arrays.source = batch.source;
  if (batch.forced) {
    arrays.forced = batch.forced.tokens;
    for (const [name, values] of Object.entries(batch.forced.fields)) arrays[`forced:${name}`] = narrow(values);
  }
  const widths: Header['widths'] = {};
  for (const name of MATRICES) {
    const matrix = batch[name];
    if (!matrix) continue;
    widths[name] = matrix.width;
    arrays[name] = matrix.data;
  }
  const modelHeaders = (models: readonly ModelRecord[], place: string) =>
    models.map(({ answers, ...rest }) => {
      arrays[`${place}:${rest.name}`] = narrow(answers);
      return rest;
    });
  const updates = batch.updates.map(({ logprobs, entropies, gradLogprobs, models, forced, ...rest }, k) => {
    if (forced) for (const name of FORCED_ARRAYS) arrays[`update:${k}:forced:${name}`] = narrow(forced[name]);
    arrays[`update:${k}:logprobs`] = narrow(logprobs);
    arrays[`update:${k}:entropies`] = narrow(entropies);
    arrays[`update:${k}:gradLogprobs`] = narrow(gradLogprobs);
    return { ...rest, ...(models ? { models: modelHeaders(models, `update:${k}:model`) } : {}) };
  });
  const models = batch.models && modelHeaders(batch.models, 'model');
  const measured = Object.entries(batch.measured ?? {}).map(([name, { values, offsets, ...rest }]) => {
    arrays[`measured:${name}`] = narrow(values);
    if (offsets) arrays[`offsets:${name}`] = offsets;
    return [name, rest] as const;
  });
  let offset = 0;
  const entries: Record<string, ArrayEntry> = {};
  for (const [name, array] of Object.entries(arrays)) {
    entries[name] = { kind: kindOf(array), offset, length: array.length };
    offset = align(offset + array.byteLength);
  }
  const header: Header = {
    groups: batch.groups,
    responses: batch.responses,
    baseTemperature: batch.baseTemperature,
    endToken: batch.endToken,
    maxTokens: batch.maxTokens,
    draw: batch.draw,
    trainedWith: batch.trainedWith,
    snapshots: batch.snapshots,
    ...(batch.forced ? { forced: batch.forced.texts } : {}),
    updates,
    ...(models ? { models } : {}),
    ...(measured.length > 0 ? { measured: Object.fromEntries(measured) } : {}),
    widths,
    arrays: entries,
  };
  const text = new TextEncoder().encode(stringifyNumbers(header));
  const dataStart = align(8 + text.length);
  const buffer = new ArrayBuffer(dataStart + offset);
  new Uint32Array(buffer, 0, 2).set([MAGIC, text.length]);
  const bytes = new Uint8Array(buffer);
  bytes.set(text, 8);
  for (const [name, array] of Object.entries(arrays)) {
    bytes.set(new Uint8Array(array.buffer, array.byteOffset, array.byteLength), dataStart + entries[name].offset);
  }
  return buffer;
}
