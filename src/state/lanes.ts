/** Which lanes the page offers, and which of them it shows. */
import { LANES } from '../core/lanes.ts';
import { HEADLINE } from '../core/methods/index.ts';
import type { Lane, Method } from '../core/stages/types.ts';

/** The two that the credit lane itself switches between. */
const CREDIT_LANES: readonly string[] = ['credit', 'advantage'];

/** Beside the credit lane on the first screen. */
const COMMON: readonly string[] = ['entropy', 'value'];

/** Most lanes beside the credit lane: more would leave none of them legible. */
export const MAX_LANES = 4;

/** All lanes of a method beside the credit lane: its own, then the common ones that it does not replace. */
export function laneChoices(method: Method | null): readonly Lane[] {
  const own = method?.lanes ?? [];
  const ids = new Set(own.map(({ id }) => id));
  return [...own, ...LANES.filter(({ id }) => !ids.has(id))].filter(({ id }) => !CREDIT_LANES.includes(id));
}

/** The lane of this id, the method's own first; null where neither it nor the common ones have it. */
export function findLane(id: string, method: Method | null): Lane | null {
  return method?.lanes.find((lane) => lane.id === id) ?? LANES.find((lane) => lane.id === id) ?? null;
}

/**
 * Ids of the lanes left of the credit lane: those that the user chose and this method has, else (`chosen` null) what suits the
 * method. The methods of the large switch keep the first screen's lanes, so that nothing but the credit changes; another one
 * shows its first own lane in the place of the value.
 */
export function shownLanes(chosen: readonly string[] | null, method: Method | null): readonly string[] {
  if (chosen) return chosen.filter((id) => findLane(id, method));
  if (!method || method.lanes.length === 0 || HEADLINE.includes(method.meta.id)) return COMMON;
  return [COMMON[0], method.lanes[0].id];
}

/** The shown lanes with one more or one less; null where there is room for no more. */
export function toggledLane(shown: readonly string[], id: string): readonly string[] | null {
  if (shown.includes(id)) return shown.filter((lane) => lane !== id);
  return shown.length < MAX_LANES ? [...shown, id] : null;
}
