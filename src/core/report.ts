import type { RolloutBatch } from './batch.ts';
import type { JsonObject } from './jsonReader.ts';
import { InputError, writeAnyNumber } from './jsonReader.ts';
import { hasLane, LANES, laneValues } from './lanes.ts';
import { composeMethod, creditBatch } from './pipeline.ts';
import type { KnobValues, Lane, Method } from './stages/types.ts';

/** Numbers of each response, or null for a response of a dropped group, which has none. */
type PerResponse = (number[] | null)[];

function perResponse(name: string, values: Float64Array, batch: RolloutBatch): PerResponse {
  return batch.responses.map(({ start, end }, i) => {
    const own = Array.from(values.subarray(start, end));
    if (own.every(Number.isNaN)) return null;
    const broken = own.findIndex((value) => !Number.isFinite(value));
    if (broken >= 0)
      throw new InputError(`${name}[${i}][${broken}]`, `came out as ${own[broken]}: the log-probs of this token are too far apart`);
    return own;
  });
}

/** [group][test]; a group with fewer tests than others has a shorter list. */
function perGroupTests(values: Float64Array, batch: RolloutBatch): number[][] {
  const width = values.length / batch.groups.length;
  const own = (g: number) => Array.from(values.subarray(g * width, (g + 1) * width)).filter((value) => !Number.isNaN(value));
  return batch.groups.map((_, g) => own(g));
}

/** A batch's credit under a method as plain JSON: every lane that has numbers, numbers per test, the advantages, the credit, and what was dropped. */
export function creditReport(batch: RolloutBatch, method: Method, knobs: KnobValues): JsonObject {
  const credit = creditBatch(batch, composeMethod(method), knobs);
  const lanes: Record<string, PerResponse> = {};
  for (const lane of [...LANES, ...method.lanes] as Lane[]) {
    if (hasLane(lane, batch, credit)) lanes[lane.id] = perResponse(`lanes.${lane.id}`, laneValues(lane, batch, credit), batch);
  }
  const tests: Record<string, number[][]> = {};
  for (const [name, { level, values }] of Object.entries(credit.trace)) if (level === 'test') tests[name] = perGroupTests(values, batch);
  const dropped = batch.groups.map((_, g) => g).filter((g) => credit.kept[g] === 0);
  if (!Number.isFinite(credit.loss)) throw new InputError('loss', `came out as ${credit.loss}: some log-probs are too far apart`);
  return {
    method: method.meta.id,
    knobs: Object.fromEntries(Object.entries(knobs).map(([id, value]) => [id, writeAnyNumber(value)])),
    loss: credit.loss,
    droppedGroups: dropped,
    ...(dropped.length > 0
      ? { note: `The method drops group ${dropped.join(', ')}: its responses are null where the update would say something.` }
      : {}),
    advantages: perResponse('advantages', credit.advantages, batch),
    credit: perResponse('credit', credit.credit, batch),
    lanes,
    ...(Object.keys(tests).length > 0 ? { tests } : {}),
  };
}
