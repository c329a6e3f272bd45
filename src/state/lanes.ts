/** Which lanes the page offers, and the numbers of each on the batch on screen. */
import { LANES } from '../core/lanes.ts';
import type { Lane, Method } from '../core/stages/types.ts';

/** The two that the credit lane itself switches between. */
const CREDIT_LANES: readonly string[] = ['credit', 'advantage'];

/** All lanes of a method beside the credit lane: its own where it has one of that id, then the common ones. */
export function laneChoices(method: Method | null): readonly Lane[] {
  const own = method?.lanes ?? [];
  const ids = new Set(own.map(({ id }) => id));
  return [...LANES.filter(({ id }) => !ids.has(id)), ...own].filter(({ id }) => !CREDIT_LANES.includes(id));
}

/** The lane of this id, the method's own first; null where neither it nor the common ones have it. */
export function findLane(id: string, method: Method | null): Lane | null {
  return method?.lanes.find((lane) => lane.id === id) ?? LANES.find((lane) => lane.id === id) ?? null;
}
