import type { RolloutBatch } from '../../core/batch.ts';
import { answerSteps, forcedPairs, scorePairs } from '../forced.ts';
import type { Measurer } from './types.ts';

/** How likely the policy, and the second networks that read forced texts, make the reference answer after each reasoning. */
export const measureAnswers: Measurer<'answers'> = function* (batch, _, { model, task, second }) {
  let answered: RolloutBatch = yield* answerSteps(model, task, batch);
  for (const { spec, own } of second) {
    if (!own || !spec.readsForced || !answered.forced) continue;
    const { logprobs } = yield* scorePairs(own, forcedPairs(answered), batch.baseTemperature);
    const fields = { ...answered.forced.fields, [`${spec.name}.logprobs`]: logprobs };
    answered = { ...answered, forced: { ...answered.forced, fields } };
  }
  return answered;
};
