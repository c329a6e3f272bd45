import { withAnswers } from '../../core/stages/models.ts';
import { packResponses } from '../pack.ts';
import { pairsOf } from '../rollout.ts';
import { secondPass, sharedAnswers } from '../secondModels.ts';
import { settled } from '../steps.ts';
import type { Measurer } from './types.ts';

/** What each of the method's second networks says of the batch, as they stand. */
export const measureModels: Measurer<'models'> = function* (batch, _, { model, second, knobs }) {
  const pairs = pairsOf(batch);
  let answered = batch;
  for (const { spec, own } of second) {
    const { answers } = own
      ? secondPass(own, spec, knobs, pairs, batch.baseTemperature)
      : sharedAnswers((yield* settled(model.forward(packResponses(pairs)))).outputs);
    answered = withAnswers(answered, spec, knobs, answers);
  }
  return answered;
};
