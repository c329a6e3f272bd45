import type { RolloutBatch, TokenField } from '../../core/batch.ts';
import type { CreditResult } from '../../core/pipeline.types.ts';
import type { TraceLevel } from '../../core/stages/types.ts';

/** A pin resolved in a batch. `response` indexes the batch, `token` its flat token arrays. */
export interface Located {
  group: number;
  response: number;
  token: number;
}

/** Where a number of this token came from, and the number. */
export interface Traced {
  value: number;
  level: TraceLevel | 'knob';
}

/** A cell of the matrix; `response` counts within the group, position −1 is the row's header. */
export interface CellRef {
  response: number;
  position: number;
}

/** Finds the pinned token; null where this batch no longer has it. */
export function locate(batch: RolloutBatch, pin: { group: number; response: number; position: number }): Located | null {
  const group = batch.groups[pin.group];
  if (!group || pin.response < 0 || group.start + pin.response >= group.end) return null;
  const response = group.start + pin.response;
  const { start, end } = batch.responses[response];
  if (pin.position < 0 || start + pin.position >= end) return null;
  return { group: pin.group, response, token: start + pin.position };
}

/**
 * The number that a formula's term names, read and never computed: `knob:<id>`, then the stages' trace, then the two
 * results (`advantage`, `credit`), then a field of the batch. Null where nothing has this name.
 */
export function traceAt(batch: RolloutBatch, credit: CreditResult, at: Located, name: string): Traced | null {
  if (name.startsWith('knob:')) {
    const value = credit.knobs[name.slice('knob:'.length)];
    return value === undefined ? null : { value, level: 'knob' };
  }
  const entry = credit.trace[name];
  if (entry) {
    const index = { batch: 0, group: at.group, response: at.response, token: at.token }[entry.level];
    return { value: entry.values[index] ?? NaN, level: entry.level };
  }
  if (name === 'advantage') return { value: credit.advantages[at.token], level: 'token' };
  if (name === 'credit') return { value: credit.credit[at.token], level: 'token' };
  const field = batch.fields[name as TokenField];
  return field ? { value: field[at.token], level: 'token' } : null;
}

/** Cells that a term's number came from: the token's own, its row, or the row headers of every sample of the prompt. */
export function termCells(batch: RolloutBatch, at: Located, level: Traced['level']): CellRef[] {
  const group = batch.groups[at.group];
  const own = batch.responses[at.response];
  const response = at.response - group.start;
  if (level === 'token') return [{ response, position: at.token - own.start }];
  if (level === 'response') return Array.from({ length: own.end - own.start + 1 }, (_, i) => ({ response, position: i - 1 }));
  if (level === 'group' || level === 'batch') {
    return Array.from({ length: group.end - group.start }, (_, i) => ({ response: i, position: -1 }));
  }
  return [];
}
