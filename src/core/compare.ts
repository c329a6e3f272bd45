/** Two ways to credit the same tokens: where they differ, and which stages and knobs part them. */
import type { ComposedMethod } from './pipeline.types.ts';
import { STAGE_NAMES } from './stages/base.ts';
import type { Knob, KnobValues, StageName } from './stages/types.ts';

/** Numbers closer than this, relative to the larger, are one number that was summed in another order. */
const SAME = 1e-12;

/** Whether two traced numbers are one number; two that are not there are. */
export function isSame(a: number, b: number): boolean {
  if (Object.is(a, b) || a === b) return true;
  // An infinite knob is off: no finite one is near it.
  if (!Number.isFinite(a) || !Number.isFinite(b)) return false;
  return Math.abs(a - b) <= SAME * Math.max(Math.abs(a), Math.abs(b));
}

/** [N] a − b, 0 where they are one number; NaN where either has none, as one that leaves the token out says nothing of it. */
export function differenceOf(a: Float64Array, b: Float64Array): Float64Array {
  return a.map((value, i) => (Number.isNaN(value) || Number.isNaN(b[i]) ? NaN : isSame(value, b[i]) ? 0 : value - b[i]));
}

/** What the numbers of a stretch of tokens come to. */
export interface Agreement {
  /** Tokens with a number on both sides. */
  compared: number;
  /** Of those, the tokens whose numbers differ, and those that are pushed in opposite directions. */
  differing: number;
  opposite: number;
  /** Tokens to which only one side gives a number. */
  onlyOne: number;
  /** Flat index of the largest |a − b|, the first where there are several; −1 where nothing differs. */
  widest: number;
}

/** Compares [start, end) of two [N] arrays. */
export function agreementOf(a: Float64Array, b: Float64Array, start: number, end: number): Agreement {
  const found: Agreement = { compared: 0, differing: 0, opposite: 0, onlyOne: 0, widest: -1 };
  let most = 0;
  for (let t = start; t < end; t++) {
    const none = Number(Number.isNaN(a[t])) + Number(Number.isNaN(b[t]));
    if (none === 1) found.onlyOne++;
    if (none > 0) continue;
    found.compared++;
    if (isSame(a[t], b[t])) continue;
    found.differing++;
    if (a[t] * b[t] < 0) found.opposite++;
    const size = Math.abs(a[t] - b[t]);
    if (size > most * (1 + SAME)) {
      most = size;
      found.widest = t;
    }
  }
  return found;
}

/** A composed method with its knobs, as far as a comparison of two of them goes. */
export interface ComparedMethod {
  composed: ComposedMethod;
  /** The knobs that its stages read (`knobsOf`), and their values. */
  knobList: readonly Knob[];
  knobs: KnobValues;
}

export interface StageDifference {
  stage: StageName;
  /** The two run different functions here. */
  isOther: boolean;
  /** Ids of knobs that this stage reads on both sides, at different values. */
  knobs: readonly string[];
}

const readBy = ({ knobList }: ComparedMethod, stage: StageName): string[] =>
  knobList.filter((knob) => knob.stage === stage || knob.alsoReadBy?.includes(stage)).map(({ id }) => id);

/** The stages in which two methods differ, in pipeline order; empty where they are one. */
export function differingStages(a: ComparedMethod, b: ComparedMethod): StageDifference[] {
  return STAGE_NAMES.map((stage) => {
    const other = new Set(readBy(b, stage));
    return {
      stage,
      isOther: a.composed.stages[stage] !== b.composed.stages[stage],
      knobs: readBy(a, stage).filter((id) => other.has(id) && !isSame(a.knobs[id], b.knobs[id])),
    };
  }).filter(({ isOther, knobs }) => isOther || knobs.length > 0);
}
