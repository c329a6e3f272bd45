import { logSoftmaxInto } from '../distribution.ts';
import { packResponses } from '../pack.ts';
import { pairsOf } from '../rollout.ts';
import { settled } from '../steps.ts';
import type { Measurer } from './types.ts';

/**
 * Raw logits and hidden states of the policy that drew the batch, by one forward pass over it. Log-probs and entropies that the
 * batch has stay as they were drawn; missing ones follow from the logits.
 */
export const measureStates: Measurer<'states'> = function* (batch, _, { model }) {
  const { vocabulary: V, width: d } = model.config;
  const { logits, hidden } = yield* settled(model.forward(packResponses(pairsOf(batch))));
  const oldLogprobs = new Float64Array(batch.tokens.length);
  const oldEntropies = new Float64Array(batch.tokens.length);
  const logPi = new Float64Array(V);
  batch.tokens.forEach((token, k) => {
    oldEntropies[k] = logSoftmaxInto(logPi, logits, k * V, batch.baseTemperature);
    oldLogprobs[k] = logPi[token];
  });
  return {
    ...batch,
    fields: { oldLogprobs, oldEntropies, ...batch.fields },
    logits: batch.logits ?? { width: V, data: logits },
    hidden: batch.hidden ?? { width: d, data: hidden },
  };
};
