/** One line of the scoreboard, as far as it follows from the frozen batch alone. */
import type { RolloutBatch } from '../batch.ts';
import { creditBatch } from '../pipeline.ts';
import type { ComposedMethod } from '../pipeline.types.ts';
import type { KnobValues } from '../stages/types.ts';
import type { Task } from '../tasks/types.ts';
import { creditAccuracy, formatTokens, intervalSteps, largestDisagreements } from './creditAccuracy.ts';
import type { AccuracyIntervals, CreditAccuracy, Disagreement } from './creditAccuracy.ts';

/** Before any update, where every ratio is 1; or at the last update of each token, where the clip has bitten. */
export type ScoredUpdate = 'first' | 'last';

export interface ScoreOptions {
  update: ScoredUpdate;
  /** |A| above which a token's sign is asked for. */
  threshold: number;
  /** Draws of the bootstrap over prompts, and its seed. */
  resamples: number;
  seed: number;
}

/** Tokens that a line names for a closer look. */
const NAMED = 3;

export interface CreditScore {
  accuracy: CreditAccuracy;
  intervals: AccuracyIntervals;
  /** Where the credit misses the true advantage most. */
  disagreements: readonly Disagreement[];
}

/** Credits the batch and scores it. The batch must hold what the method needs, and `trueAdvantages`. Throws a sentence where stages do not fit. */
export function scoreCredit(
  batch: RolloutBatch,
  task: Task,
  composed: ComposedMethod,
  knobs: KnobValues,
  options: ScoreOptions,
): CreditScore {
  const steps = scoreSteps(batch, task, composed, knobs, options);
  let step = steps.next();
  while (!step.done) step = steps.next();
  return step.value;
}

/** As `scoreCredit`; yields now and then, so that a page stays quick. */
export function* scoreSteps(
  batch: RolloutBatch,
  task: Task,
  composed: ComposedMethod,
  knobs: KnobValues,
  { update, threshold, resamples, seed }: ScoreOptions,
): Generator<null, CreditScore> {
  const { trueAdvantages } = batch.fields;
  if (!trueAdvantages) throw new Error('The true advantages of this batch are not known yet.');
  const { credit } = creditBatch(batch, composed, knobs, { update: update === 'last' ? 'last' : -1 });
  const input = { batch, credit, trueAdvantages, isFormat: formatTokens(task, batch), threshold };
  yield null;
  return {
    accuracy: creditAccuracy(input),
    intervals: yield* intervalSteps(input, resamples, seed),
    disagreements: largestDisagreements(input, NAMED),
  };
}
