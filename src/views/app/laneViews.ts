/** Lanes with their numbers and domains, ready for the matrix. */
import type { RolloutBatch } from '../../core/batch.ts';
import { laneValues } from '../../core/lanes.ts';
import { log } from '../../core/math.ts';
import type { CreditResult } from '../../core/pipeline.types.ts';
import type { Lane } from '../../core/stages/types.ts';
import { creditDomain, niceDomain } from '../../ui/number.ts';
import type { LaneView } from '../matrix/types.ts';

/** Below this an advantage is rounding: the group has nothing to compare. */
const NO_SIGNAL = 1e-9;

/** Upper ends of sequential ramps: finer than 1-2-5, which would leave half of the ramp unused. */
const ROUND_ENDS = [1, 1.5, 2, 2.5, 3, 4, 5, 7.5, 10];

function roundUp(value: number): number {
  if (!(value > 0)) return 1;
  const decade = Number(`1e${Math.floor(Math.log10(value))}`);
  return decade * (ROUND_ENDS.find((end) => end * decade >= value * (1 - 1e-12)) ?? 10);
}

function extent(values: Float64Array): { low: number; high: number } {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const value of values) {
    if (!Number.isFinite(value)) continue;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return low > high ? { low: 0, high: 1 } : { low, high };
}

/** Whether a lane shows entropies: their ramp ends at that of a uniform draw, so that a collapse pales and is not stretched. */
function isEntropy(lane: Lane): boolean {
  return /entropies$/i.test(lane.trace) && lane.kind === 'sequential';
}

/** Ends of the ramp. An automatic diverging domain is symmetric about its centre; a sequential one starts at zero where it can. */
export function laneDomain(lane: Lane, values: Float64Array, vocabularySize: number): readonly [number, number] {
  if (lane.domain !== 'auto') return lane.domain;
  if (isEntropy(lane)) return [0, log(vocabularySize)];
  if (lane.kind === 'diverging') {
    const centre = lane.centre ?? 0;
    const half = niceDomain(creditDomain(values.map((value) => value - centre)));
    return [centre - half, centre + half];
  }
  const { low, high } = extent(values);
  if (lane.kind === 'categorical') return [0, Math.max(1, (lane.categories?.length ?? 2) - 1)];
  if (low < 0) return [-roundUp(-low), high <= 0 ? 0 : roundUp(high)];
  return [0, roundUp(high)];
}

/** Whether every token of the group has an advantage of zero: nothing to learn from it. */
export function hasNoSignal(batch: RolloutBatch, group: number, advantages: Float64Array): boolean {
  const { start, end } = batch.groups[group];
  if (end === start) return true;
  const [first, last] = [batch.responses[start].start, batch.responses[end - 1].end];
  // A method that credits no token at all has advantages of zero among unequal rewards too.
  const { reward } = batch.responses[start];
  const isAlike = batch.responses.slice(start, end).every((response) => response.reward === reward);
  return isAlike && advantages.subarray(first, last).every((value) => Number.isNaN(value) || Math.abs(value) < NO_SIGNAL);
}

/** One lane beside the credit lane. */
export function laneView(lane: Lane, batch: RolloutBatch, credit: CreditResult, vocabularySize: number): LaneView {
  const values = laneValues(lane, batch, credit);
  const isEmpty = values.every(Number.isNaN);
  return { lane, values, domain: isEmpty ? [-1, 1] : laneDomain(lane, values, vocabularySize), ...(isEmpty ? { isEmpty } : {}) };
}

/** A lane without numbers: the batch lacks what the method needs. */
export function emptyView(lane: Lane, batch: RolloutBatch, emptyWords?: string): LaneView {
  return { lane, values: new Float64Array(batch.tokens.length).fill(NaN), domain: [-1, 1], isEmpty: true, emptyWords };
}

/** The credit lane: the update's credit with its clipped tokens, or the advantage beneath it. */
export function creditView(lane: Lane, batch: RolloutBatch, group: number, credit: CreditResult, scale: number): LaneView {
  const isCredit = lane.id === 'credit';
  return {
    lane,
    values: isCredit ? credit.credit : credit.advantages,
    domain: [-scale, scale],
    clipState: isCredit ? credit.clipState : undefined,
    noSignal: hasNoSignal(batch, group, credit.advantages),
  };
}
