import type { RolloutBatch, TokenField } from '../batch.ts';

/** A batch lacks something that a method needs; `field` is the name that the person who made the batch knows. */
export class MissingFieldError extends Error {
  readonly field: string;
  constructor(field: string) {
    super(`The batch has no ${field}, which this method needs.`);
    this.name = 'MissingFieldError';
    this.field = field;
  }
}

/** A token field that must be there, [N]. */
export function requireField(batch: RolloutBatch, field: TokenField): Float64Array {
  const values = batch.fields[field];
  if (!values) throw new MissingFieldError(field);
  return values;
}
