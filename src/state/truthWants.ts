/** What the oracle is asked for by what is on the screen. Small: it is read before the first picture. */
import { findLane, shownLanes } from './lanes.ts';
import type { LabState } from './types.ts';

type Viewed = Pick<LabState, 'methods' | 'viewMethod' | 'lanes'>;

/** Trace names of the shown lanes that the oracle fills. */
function oracleTraces({ methods, viewMethod, lanes }: Viewed): string[] {
  const method = methods[viewMethod] ?? null;
  return shownLanes(lanes, method).flatMap((id) => {
    const lane = findLane(id, method);
    return lane?.oracle ? [lane.trace] : [];
  });
}

/** Lane of the credit's standard deviation, which is not a truth but asks the same weights. */
const SPREAD_TRACE = 'creditSd';

/** Whether the shown lanes ask for the credit's standard deviation. */
export const wantsSpread = (state: Viewed): boolean => oracleTraces(state).includes(SPREAD_TRACE);

/** Whether the viewed method or a shown lane asks for the true values. */
export const wantsTruth = (state: Viewed): boolean =>
  state.methods[state.viewMethod]?.needs.includes('trueAdvantages') === true || oracleTraces(state).some((trace) => trace !== SPREAD_TRACE);
