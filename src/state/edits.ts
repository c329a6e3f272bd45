/** Changes by hand on a frozen batch: a flipped reward, a response written by the user. The sampled batch itself is never touched. */
import type { RolloutBatch, TokenField, TokenMatrix, UpdateRecord } from '../core/batch.ts';
import type { Edit } from './types.ts';

const EDITED = 2;

/** A right answer becomes wrong and the other way round; a partial reward goes to the nearer end's opposite. */
export function flipped(reward: number): number {
  return reward >= 0.5 ? 0 : 1;
}

/** The batch with the edits on top, oldest first. */
export function applyEdits(batch: RolloutBatch, edits: readonly Edit[]): RolloutBatch {
  return edits.reduce(
    (current, edit) =>
      edit.kind === 'reward' ? withReward(current, edit.response, edit.reward) : withResponse(current, edit.response, edit.scored),
    batch,
  );
}

function withReward(batch: RolloutBatch, response: number, reward: number): RolloutBatch {
  const responses = batch.responses.map((entry, index) =>
    index === response ? { ...entry, reward, accuracy: reward, edited: true } : entry,
  );
  return { ...batch, responses };
}

/** Replaces [start, end) of a flat token array by `piece`. */
function splice<T extends Float64Array | Float32Array | Int32Array | Uint8Array>(
  source: T,
  start: number,
  end: number,
  piece: ArrayLike<number>,
): T {
  const out = new (source.constructor as new (length: number) => T)(source.length - (end - start) + piece.length);
  out.set(source.subarray(0, start), 0);
  out.set(piece, start);
  out.set(source.subarray(end), start + piece.length);
  return out;
}

function spliceMatrix(
  matrix: TokenMatrix | undefined,
  start: number,
  end: number,
  piece: TokenMatrix | undefined,
  fallback: TokenMatrix | undefined,
): TokenMatrix | undefined {
  const rows = piece ?? fallback;
  if (!matrix || !rows || rows.width !== matrix.width) return undefined;
  return { width: matrix.width, data: splice(matrix.data, start * matrix.width, end * matrix.width, rows.data) };
}

/** The new tokens were not there at this update: its ratio is taken as 1, and nothing was given to the backward pass for them. */
function spliceUpdate(
  update: UpdateRecord,
  batch: RolloutBatch,
  response: number,
  logprobs: ArrayLike<number>,
  entropies: ArrayLike<number>,
): UpdateRecord {
  const { group, start, end } = batch.responses[response];
  if (!update.groups.includes(group)) return update;
  let offset = 0;
  for (const other of update.groups) {
    const { start: first, end: last } = batch.groups[other];
    for (let r = first; r < last && r !== response; r++) offset += batch.responses[r].end - batch.responses[r].start;
    if (other === group) break;
  }
  const stop = offset + end - start;
  return {
    ...update,
    logprobs: splice(update.logprobs, offset, stop, logprobs),
    entropies: splice(update.entropies, offset, stop, entropies),
    gradLogprobs: splice(update.gradLogprobs, offset, stop, new Float64Array(logprobs.length)),
  };
}

/**
 * The batch with one response replaced by the only response of `scored`. A field that `scored` lacks is dropped from the batch: it
 * would lie. So are texts forced after the responses, which followed what stood there.
 */
function withResponse({ forced: _forced, ...batch }: RolloutBatch, response: number, scored: RolloutBatch): RolloutBatch {
  const old = batch.responses[response];
  const fresh = scored.responses[0];
  const shift = fresh.end - fresh.start - (old.end - old.start);
  const fields: Partial<Record<TokenField, Float64Array>> = {};
  for (const [name, values] of Object.entries(batch.fields) as [TokenField, Float64Array][]) {
    const piece = scored.fields[name];
    if (piece) fields[name] = splice(values, old.start, old.end, piece);
  }
  const responses = batch.responses.map((entry, index) => {
    if (index === response) {
      return { ...fresh, group: entry.group, start: entry.start, end: entry.end + shift, edited: true };
    }
    return index > response ? { ...entry, start: entry.start + shift, end: entry.end + shift } : entry;
  });
  const logprobs = scored.fields.oldLogprobs ?? new Float64Array(fresh.end - fresh.start);
  const entropies = scored.fields.oldEntropies ?? new Float64Array(fresh.end - fresh.start);
  return {
    ...batch,
    responses,
    fields,
    tokens: splice(batch.tokens, old.start, old.end, scored.tokens),
    logits: spliceMatrix(batch.logits, old.start, old.end, scored.logits, undefined),
    // No update followed for these tokens, so their effect is zero.
    logitsAfter: spliceMatrix(batch.logitsAfter, old.start, old.end, scored.logitsAfter, scored.logits),
    hidden: spliceMatrix(batch.hidden, old.start, old.end, scored.hidden, undefined),
    source: splice(
      batch.source ?? new Uint8Array(batch.tokens.length),
      old.start,
      old.end,
      new Uint8Array(fresh.end - fresh.start).fill(EDITED),
    ),
    updates: batch.updates.map(({ forced: _record, ...update }) => spliceUpdate(update, batch, response, logprobs, entropies)),
  };
}
