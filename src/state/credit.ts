/** Credit of the batch on screen under the viewed method: the one place where the page calls core. */
import type { Method, StageName } from '../core/stages/types.ts';
import { composeMethod, creditBatch, knobsOf, missingNeeds } from '../core/pipeline.ts';
import { resolveKnobs } from './knobs.ts';
import type { Derived, LabState, Mix } from './types.ts';
import { STAGE_NAMES } from './url.ts';

type Inputs = Pick<LabState, 'batch' | 'methods' | 'overrides' | 'mix' | 'update'>;

/** The loaded methods that a mix names, by stage; stages whose method is still loading are left out. */
export function mixedMethods(methods: LabState['methods'], mix: LabState['mix']): Partial<Record<StageName, Method>> {
  const out: Partial<Record<StageName, Method>> = {};
  for (const [stage, id] of Object.entries(mix) as [StageName, string][]) if (methods[id]) out[stage] = methods[id];
  return out;
}

/** Whether two mixes take the same stages from the same methods. */
export const isSameMix = (a: Mix, b: Mix): boolean => STAGE_NAMES.every((stage) => a[stage] === b[stage]);

/** Composes the method, resolves its knobs and credits the batch. Null while the method is not loaded. */
export function deriveCredit(state: Inputs, methodId: string): Derived | null {
  const method = state.methods[methodId];
  if (!method) return null;
  const mix = mixedMethods(state.methods, state.mix);
  let composed = composeMethod(method);
  let knobList = knobsOf(method);
  let refusal: string | null = null;
  try {
    composed = composeMethod(method, mix);
    knobList = knobsOf(method, mix);
  } catch (error) {
    refusal = (error as Error).message;
  }
  const knobs = resolveKnobs(knobList, state.overrides);
  if (!state.batch || refusal) return { composed, knobs, credit: null, refusal, missing: [] };
  const { batch } = state;
  // A stage that is taken from another method brings that method's needs along.
  const missing = [...new Set([method, ...Object.values(mix)].flatMap((member) => missingNeeds(batch, member, knobs)))];
  if (missing.length > 0) {
    return { composed, knobs, credit: null, refusal: null, missing };
  }
  // The page counts updates from 1, the core from 0.
  const update = state.update === 'last' ? 'last' : state.update - 1;
  try {
    return { composed, knobs, credit: creditBatch(state.batch, composed, knobs, { update }), refusal: null, missing: [] };
  } catch (error) {
    return { composed, knobs, credit: null, refusal: (error as Error).message, missing: [] };
  }
}
