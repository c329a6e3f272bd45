import { packResponses } from '../pack.ts';
import { pairsOf } from '../rollout.ts';
import { settled } from '../steps.ts';
import type { Measurer } from './types.ts';

/** Raw logits of the run's reference model at the state before every token, [N,V]. */
export const measureReferenceLogits: Measurer<'referenceLogits'> = function* (batch, { name }, { model, base }) {
  const current = model.getParameters();
  model.setParameters(base);
  const { logits } = yield* settled(model.forward(packResponses(pairsOf(batch))));
  model.setParameters(current);
  const width = model.config.vocabulary;
  return { ...batch, measured: { ...batch.measured, [name]: { level: 'token', width, values: Float64Array.from(logits) } } };
};
