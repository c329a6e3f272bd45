import type { RolloutBatch } from '../../core/batch.ts';
import { valueAt } from '../../core/lanes.ts';
import type { CreditResult } from '../../core/pipeline.types.ts';
import type { TraceLevel } from '../../core/stages/types.ts';
import type { CellRef } from '../matrix/types.ts';

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

/** Finds the pinned token; null where this batch no longer has it. */
export function locate(batch: RolloutBatch, pin: { group: number; response: number; position: number }): Located | null {
  const group = batch.groups[pin.group];
  if (!group || pin.response < 0 || group.start + pin.response >= group.end) return null;
  const response = group.start + pin.response;
  const { start, end } = batch.responses[response];
  if (pin.position < 0 || start + pin.position >= end) return null;
  return { group: pin.group, response, token: start + pin.position };
}

/** The number that a formula's term names, with the level it was traced at. Read and never computed; null where nothing has this name. */
export function traceAt(batch: RolloutBatch, credit: CreditResult, at: Located, name: string): Traced | null {
  const value = valueAt(name, batch, credit, at.token);
  if (name.startsWith('knob:')) return Number.isNaN(value) ? null : { value, level: 'knob' };
  const level = credit.trace[name]?.level;
  if (level) return { value, level };
  return Number.isNaN(value) ? null : { value, level: 'token' };
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
