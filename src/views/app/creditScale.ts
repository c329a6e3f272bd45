/**
 * Half-width m of the credit lane's colours. It is shared by the methods of the switch and held while they are switched,
 * so that a colour means one number; while training it moves in 1-2-5 steps.
 */
import type { RolloutBatch } from '../../core/batch.ts';
import { creditDomain, niceDomain } from '../../ui/number.ts';

export interface ScaleInput {
  /** The batch as sampled: another one asks for another scale. */
  sampled: RolloutBatch | null;
  group: number;
  lane: 'credit' | 'advantage';
  isRunning: boolean;
  /** What the user has set: knobs and edits may stretch the numbers. */
  settings: readonly unknown[];
  /** [N] numbers of the viewed method. */
  values: Float64Array;
  /** [N] numbers of the methods that the switch compares; asked for only when a new scale is due. */
  compared: () => readonly Float64Array[];
}

/** A scale is given up when the numbers fill less than this much of it. */
const TOO_WIDE = 0.25;

/** The numbers of the shown prompt. */
function shown({ sampled, group }: ScaleInput, values: Float64Array): Float64Array {
  const members = sampled?.groups[group];
  // An edited batch has other token places than the sampled one: then all numbers count.
  if (!sampled || !members || members.end === members.start || values.length !== sampled.tokens.length) return values;
  return values.subarray(sampled.responses[members.start].start, sampled.responses[members.end - 1].end);
}

/** A scale with a memory; call it for every credit that is painted. */
export function createCreditScale(): (input: ScaleInput) => number {
  let held = 0;
  let last: ScaleInput | null = null;
  return (input) => {
    const before = last;
    last = input;
    // A still picture is scaled to the prompt that it shows; a moving one to the batch, which changes less from step to step.
    const own = creditDomain(input.isRunning ? input.values : shown(input, input.values));
    const isNew =
      before === null ||
      before.sampled !== input.sampled ||
      before.lane !== input.lane ||
      (before.group !== input.group && !input.isRunning);
    if (isNew && input.isRunning) held = niceDomain(own);
    else if (isNew) held = Math.max(own, ...input.compared().map((values) => creditDomain(shown(input, values))));
    else if (input.settings.some((setting, i) => setting !== before.settings[i]) && (own > held || own < TOO_WIDE * held))
      held = niceDomain(own);
    return held;
  };
}
