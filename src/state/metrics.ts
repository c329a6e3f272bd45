import type { StepMetrics } from '../engine/protocol.ts';

/** Longest history of the curves; of older steps every second one is kept. */
const MAX_METRICS = 4000;
const RECENT_METRICS = 200;

/** The curves with the newest steps. */
export function appended(old: readonly StepMetrics[], fresh: readonly StepMetrics[]): readonly StepMetrics[] {
  const first = fresh[0]?.step ?? Number.POSITIVE_INFINITY;
  // After a reset the run starts again: what lies after its first step belongs to the run before.
  const all = [...old.filter(({ step }) => step < first), ...fresh];
  return all.length > MAX_METRICS ? all.filter(({ step }, i) => step % 2 === 0 || i > all.length - RECENT_METRICS) : all;
}
