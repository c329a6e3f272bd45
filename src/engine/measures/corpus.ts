import { corpusSteps } from '../forced.ts';
import type { Measurer } from './types.ts';

/** The text that each prompt begins, to its answer without a reasoning, and how likely the policy makes each of its tokens. */
export const measureCorpus: Measurer<'corpus'> = (batch, _, { model, task }) => corpusSteps(model, task, batch);
