import { logSoftmaxInto } from '../distribution.ts';
import { packResponses } from '../pack.ts';
import { pairsOf } from '../rollout.ts';
import { settled } from '../steps.ts';
import type { Measurer } from './types.ts';

/** log π(token) under the run's reference model: `refLogprobs`. */
export const measureReference: Measurer<'reference'> = function* (batch, _, { model, base }) {
  const V = model.config.vocabulary;
  const current = model.getParameters();
  model.setParameters(base);
  const { logits } = yield* settled(model.forward(packResponses(pairsOf(batch))));
  model.setParameters(current);
  const logPi = new Float64Array(V);
  const refLogprobs = Float64Array.from(batch.tokens, (token, k) => {
    logSoftmaxInto(logPi, logits, k * V, batch.baseTemperature);
    return logPi[token];
  });
  return { ...batch, fields: { ...batch.fields, refLogprobs } };
};
