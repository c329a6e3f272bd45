/** Where a pin lands in a batch that may not hold its token any more. */
import type { RolloutBatch } from '../core/batch.ts';
import type { Pin } from './types.ts';

/** The nearest token that exists, and one sentence where it is not the one that was asked for. */
export function landPin(batch: RolloutBatch, pin: Pin): { pin: Pin | null; message: string | null } {
  if (batch.groups.length === 0) return { pin: null, message: 'This step has no samples, so nothing is pinned.' };
  const group = Math.min(pin.group, batch.groups.length - 1);
  const { start, end } = batch.groups[group];
  if (end === start) return { pin: null, message: `Prompt ${group + 1} has no samples, so nothing is pinned.` };
  const response = Math.min(pin.response, end - start - 1);
  const row = batch.responses[start + response];
  const length = row.end - row.start;
  if (length === 0) return { pin: null, message: `Sample ${response + 1} is empty, so nothing is pinned.` };
  const position = Math.min(pin.position, length - 1);
  if (group !== pin.group)
    return {
      pin: { group, response, position },
      message: `There is no prompt ${pin.group + 1} now: the pin moved to prompt ${group + 1}.`,
    };
  if (response !== pin.response)
    return {
      pin: { group, response, position },
      message: `There is no sample ${pin.response + 1} now: the pin moved to sample ${response + 1}.`,
    };
  if (position !== pin.position)
    return {
      pin: { group, response, position },
      message: `Sample ${response + 1} has only ${length} tokens now: the pin moved to its last.`,
    };
  return { pin, message: null };
}
