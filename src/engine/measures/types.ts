import type { RolloutBatch } from '../../core/batch.ts';
import type { Measure } from '../../core/measures.ts';
import type { KnobValues } from '../../core/stages/types.ts';
import type { Task } from '../../core/tasks/types.ts';
import type { SecondModel } from '../secondModels.ts';
import type { Steps } from '../steps.ts';
import type { AnyModel } from '../types.ts';

/** What a measure may use. */
export interface MeasureContext {
  /** Holds the weights that drew the batch, and must hold them again when the measure is done. */
  model: AnyModel;
  /** Weights of the run's reference model, of the same size. */
  base: Float32Array;
  task: Task;
  /** The networks of the method that asks. */
  second: readonly SecondModel[];
  knobs: KnobValues;
}

/** Answers one kind of measure: the batch with what it gives. Draws, if any, come from `batch.draw` and a stream of its own. */
export type Measurer<K extends Measure['kind']> = (
  batch: RolloutBatch,
  measure: Extract<Measure, { kind: K }>,
  context: MeasureContext,
) => Steps<RolloutBatch>;
