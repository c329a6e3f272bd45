/** What a batch has recorded of its updates, for the page to credit it again as it was trained. */
import type { RolloutBatch, TokenField, UpdateRecord } from './batch.ts';
import { concatenate, groupTokens } from './batchSlice.ts';
import type { CreditInput, PreparedCredit } from './pipeline.ts';
import type { ComposedMethod } from './pipeline.types.ts';
import { answerOf, storedAnswers } from './stages/models.ts';
import type { ModelOutputs, ModelSpec } from './stages/models.ts';
import type { KnobValues, Trace } from './stages/types.ts';

/** A minibatch to be credited, and the recorded update it stands for (−1: none, the ratio is 1 or as the batch's fields say). */
export interface PlannedUpdate {
  groups: number[];
  update: number;
  record: UpdateRecord | null;
}

/** Which recorded updates to show: the last ≤ `limit` of each kept group, and one minibatch for groups that have none. */
export function planUpdates(batch: RolloutBatch, kept: Uint8Array, limit: number): PlannedUpdate[] {
  const shown = new Int32Array(batch.groups.length).fill(-1);
  for (let k = 0; k <= limit && k < batch.updates.length; k++) for (const g of batch.updates[k].groups) shown[g] = k;
  const plans: PlannedUpdate[] = [];
  for (let k = -1; k < batch.updates.length; k++) {
    if (!shown.includes(k)) continue;
    const record = k < 0 ? null : batch.updates[k];
    const members = record ? record.groups : batch.groups.map((_, g) => g).filter((g) => shown[g] < 0);
    const groups = members.filter((g) => kept[g] === 1);
    if (groups.length > 0) plans.push({ groups, update: k, record });
  }
  return plans;
}

/** The recorded log-probs or entropies of the groups that the method keeps, [N_k]; a method may drop groups that another trained on. */
export function recorded(
  batch: RolloutBatch,
  record: UpdateRecord,
  values: Float64Array,
  groups: readonly number[],
  width = 1,
): Float64Array {
  if (groups.length === record.groups.length) return values;
  const parts: Float64Array[] = [];
  let place = 0;
  for (const g of record.groups) {
    const [start, end] = groupTokens(batch, g);
    const size = (end - start) * width;
    if (groups.includes(g)) parts.push(values.subarray(place, place + size));
    place += size;
  }
  return concatenate(parts);
}

/** Log-probs and entropies where no update was recorded: the batch's own `logprobs` if it has them and no updates, else the sampling policy's. */
export function unrecorded(batch: RolloutBatch, own: TokenField, old: TokenField, groups: readonly number[]): Float64Array | undefined {
  const source = (batch.updates.length === 0 ? batch.fields[own] : undefined) ?? batch.fields[old] ?? batch.fields[own];
  if (!source) return undefined;
  return concatenate(groups.map((g) => source.subarray(...groupTokens(batch, g))));
}

/** The numbers of the models that learn with an update, as it was recorded, or else as the batch has them. */
export function recordedModels(
  batch: RolloutBatch,
  { models }: ComposedMethod,
  knobs: KnobValues,
  { groups, record }: PlannedUpdate,
): Record<string, ModelOutputs> {
  const found: Record<string, ModelOutputs> = {};
  for (const spec of models) {
    if (spec.schedule(knobs) !== 'inner' || spec.readsLogits || spec.readsEnd) continue;
    const own = record?.models?.find(({ name }) => name === spec.name);
    const stored = (answerOf(spec, knobs).kind === 'values' ? batch.fields.newValues : undefined) ?? storedAnswers(batch, spec, knobs);
    const width = stored ? stored.length / batch.tokens.length : 1;
    const slices = (values: Float64Array) =>
      concatenate(groups.map((g) => values.subarray(...(groupTokens(batch, g).map((t) => t * width) as [number, number]))));
    const answers = record && own ? recorded(batch, record, own.answers, groups, width) : stored && slices(stored);
    if (answers) found[spec.name] = { answers };
  }
  return found;
}

/** What the losses of the models that are updated once a step trace, over the whole batch. */
export function onceTraces(input: CreditInput, prepared: PreparedCredit): Trace {
  const { batch, composed, knobs, state } = input;
  const traceOf = (spec: ModelSpec): Trace => {
    if (spec.schedule(knobs) === 'inner' || spec.readsLogits || spec.readsEnd) return {};
    const answers = batch.models?.find(({ name }) => name === spec.name)?.answers ?? storedAnswers(batch, spec, knobs);
    if (!answers) return {};
    const { rewards, targets } = prepared;
    return spec.loss({ batch, knobs, state, now: { answers }, rewards, ...(targets ? { targets } : {}) }).trace;
  };
  return Object.assign({}, ...composed.models.map(traceOf));
}

/** The recorded log-probs of the forced tokens of the groups that the method keeps, [F_k]. */
export function recordedForced(
  batch: RolloutBatch,
  { forced, groups: trained }: UpdateRecord,
  groups: readonly number[],
): Float64Array | undefined {
  if (!forced || !batch.forced || groups.length === trained.length) return forced?.logprobs;
  const { logprobs } = forced;
  const parts: Float64Array[] = [];
  let place = 0;
  for (const { group, start, end } of batch.forced.texts) {
    if (!trained.includes(group)) continue;
    if (groups.includes(group)) parts.push(logprobs.subarray(place, place + end - start));
    place += end - start;
  }
  return concatenate(parts);
}
