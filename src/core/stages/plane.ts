import type { RolloutBatch } from '../batch.ts';
import type { CreditResult } from '../pipeline.types.ts';

/** A point that is no token: the centre of a side, as it was before it was refined or as it is after. */
export interface PlaneMark {
  side: 1 | -1;
  isBefore: boolean;
  x: number;
  y: number;
}

/** Where the tokens of a batch stand in a plane. */
export interface TokenPlane {
  /** [N] in one unit for both. */
  x: Float64Array;
  y: Float64Array;
  /** [N] 1, −1, or 0 on neither side; NaN where the method leaves the token out. */
  side: Float64Array;
  marks: readonly PlaneMark[];
}

/** A picture of all tokens that a method brings: the page draws it beside the method and in the inspector. */
export interface PlaneView {
  title: string;
  /** What the axes are, in words. */
  x: string;
  y: string;
  /** One or two sentences below it. */
  meaning: string;
  /** From the numbers of the credit on screen; null where there is none. */
  of(batch: RolloutBatch, credit: CreditResult): TokenPlane | null;
}
