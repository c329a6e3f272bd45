/** The measures, one line each, and how a list of them completes a batch. */
import type { RolloutBatch } from '../../core/batch.ts';
import type { Measure } from '../../core/measures.ts';
import type { Steps } from '../steps.ts';
import { measureAnswers } from './answers.ts';
import { measureCandidates } from './candidates.ts';
import { measureContinuations } from './continuations.ts';
import { measureCorpus } from './corpus.ts';
import { measureGradientImportance } from './gradientImportance.ts';
import { measureGradients } from './gradients.ts';
import { measureGreedy } from './greedy.ts';
import { measureImportance } from './importance.ts';
import { measureModels } from './models.ts';
import { measureReference } from './reference.ts';
import { measureReferenceLogits } from './referenceLogits.ts';
import { measureStates } from './states.ts';
import type { MeasureContext, Measurer } from './types.ts';

const MEASURERS: { readonly [K in Measure['kind']]: Measurer<K> } = {
  states: measureStates,
  reference: measureReference,
  models: measureModels,
  greedy: measureGreedy,
  gradients: measureGradients,
  importance: measureImportance,
  gradientImportance: measureGradientImportance,
  answers: measureAnswers,
  referenceLogits: measureReferenceLogits,
  candidates: measureCandidates,
  continuations: measureContinuations,
  corpus: measureCorpus,
};

/** The batch with what these measures give, one after the other. */
export function* measureSteps(batch: RolloutBatch, measures: readonly Measure[], context: MeasureContext): Steps<RolloutBatch> {
  let measured = batch;
  for (const measure of measures) {
    const measurer = MEASURERS[measure.kind] as Measurer<Measure['kind']>;
    measured = yield* measurer(measured, measure, context);
  }
  return measured;
}
