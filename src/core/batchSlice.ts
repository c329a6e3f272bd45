import type { Measured, RolloutBatch, RolloutGroup, RolloutResponse, TokenField, TokenMatrix } from './batch.ts';
import { sliceForced } from './forced.ts';

/** Some groups of a batch, as a batch of their own, and where its parts come from. */
export interface BatchSlice {
  batch: RolloutBatch;
  /** Index in the whole batch of each group, response and token of the slice. */
  groups: readonly number[];
  responseIndex: Int32Array;
  tokenIndex: Int32Array;
  /** Index of each forced token; empty where the batch has none. */
  forcedIndex: Int32Array;
}

/** Token range [start, end) of a group. */
export function groupTokens(batch: RolloutBatch, group: number): [start: number, end: number] {
  const { start, end } = batch.groups[group];
  return start < end ? [batch.responses[start].start, batch.responses[end - 1].end] : [0, 0];
}

/** Picks values by index: [source] → [index]. */
export function gather(values: Float64Array, index: Int32Array): Float64Array {
  const out = new Float64Array(index.length);
  for (let i = 0; i < index.length; i++) out[i] = values[index[i]];
  return out;
}

/** The parts one after the other. */
export function concatenate(parts: readonly Float64Array[]): Float64Array {
  const out = new Float64Array(parts.reduce((n, part) => n + part.length, 0));
  let place = 0;
  for (const part of parts) {
    out.set(part, place);
    place += part.length;
  }
  return out;
}

function gatherRows(matrix: TokenMatrix | undefined, index: Int32Array): TokenMatrix | undefined {
  if (!matrix) return undefined;
  const { width } = matrix;
  const data = matrix.data instanceof Float32Array ? new Float32Array(index.length * width) : new Float64Array(index.length * width);
  for (let i = 0; i < index.length; i++) data.set(matrix.data.subarray(index[i] * width, (index[i] + 1) * width), i * width);
  return { width, data };
}

/** The rows of these items; a ragged one gets new offsets. */
function gatherMeasured(entry: Measured, index: ArrayLike<number>): Measured {
  const { level, width, values, offsets } = entry;
  const bounds = (row: number) => (offsets ? [offsets[row], offsets[row + 1]] : [row * width, (row + 1) * width]);
  const parts = Array.from(index, (row) => values.subarray(...bounds(row)));
  const ends = new Int32Array(parts.length + 1);
  parts.forEach((part, i) => {
    ends[i + 1] = ends[i] + part.length;
  });
  return { level, width, values: concatenate(parts), ...(offsets ? { offsets: ends } : {}) };
}

/**
 * The batch of the listed groups. `fields` replaces token fields and `forcedLogprobs` the current log-probs of the forced tokens
 * (already in the slice's order); matrices are copied only
 * where asked for, since no per-token stage reads them. `updates` is empty in the slice.
 */
export function sliceGroups(
  source: RolloutBatch,
  groups: readonly number[],
  options: { fields?: Partial<Record<TokenField, Float64Array>>; forcedLogprobs?: Float64Array; matrices?: boolean } = {},
): BatchSlice {
  const newGroups: RolloutGroup[] = [];
  const responses: RolloutResponse[] = [];
  const responseIndices: number[] = [];
  let n = 0;
  groups.forEach((g, place) => {
    const group = source.groups[g];
    const first = responses.length;
    for (let i = group.start; i < group.end; i++) {
      const response = source.responses[i];
      const length = response.end - response.start;
      responses.push({ ...response, group: place, start: n, end: n + length });
      responseIndices.push(i);
      n += length;
    }
    newGroups.push({ ...group, start: first, end: responses.length });
  });
  const tokenIndex = new Int32Array(n);
  const tokens = new Int32Array(n);
  let t = 0;
  for (const i of responseIndices) {
    for (let k = source.responses[i].start; k < source.responses[i].end; k++, t++) {
      tokenIndex[t] = k;
      tokens[t] = source.tokens[k];
    }
  }
  const fields: Partial<Record<TokenField, Float64Array>> = {};
  for (const [name, values] of Object.entries(source.fields) as [TokenField, Float64Array | undefined][]) {
    if (values && !options.fields?.[name]) fields[name] = gather(values, tokenIndex);
  }
  const byLevel = { batch: [0], group: groups, response: responseIndices, token: tokenIndex };
  const measured = Object.entries(source.measured ?? {}).map(
    ([name, entry]) => [name, gatherMeasured(entry, byLevel[entry.level])] as const,
  );
  const cut = source.forced && sliceForced(source.forced, groups, responseIndices);
  const forced =
    cut && options.forcedLogprobs ? { ...cut.forced, fields: { ...cut.forced.fields, logprobs: options.forcedLogprobs } } : cut?.forced;
  const batch: RolloutBatch = {
    groups: newGroups,
    responses,
    tokens,
    fields: { ...fields, ...options.fields },
    updates: [],
    baseTemperature: source.baseTemperature,
    ...(source.endToken === undefined ? {} : { endToken: source.endToken }),
    ...(source.maxTokens === undefined ? {} : { maxTokens: source.maxTokens }),
    ...(source.draw ? { draw: source.draw } : {}),
    ...(measured.length > 0 ? { measured: Object.fromEntries(measured) } : {}),
    ...(forced ? { forced } : {}),
    ...(options.matrices ? { logits: gatherRows(source.logits, tokenIndex), hidden: gatherRows(source.hidden, tokenIndex) } : {}),
  };
  return { batch, groups, responseIndex: Int32Array.from(responseIndices), tokenIndex, forcedIndex: cut?.index ?? new Int32Array(0) };
}
