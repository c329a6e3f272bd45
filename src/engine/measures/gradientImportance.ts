/** The cheaper importance: one backward pass a response, through the embeddings, in place of a forward pass a token. */
import type { RolloutBatch } from '../../core/batch.ts';
import { exp } from '../../core/math.ts';
import { STREAM } from '../../core/random.ts';
import { logSoftmaxInto } from '../distribution.ts';
import { normalAt } from '../layout.ts';
import { settled, type Steps } from '../steps.ts';
import type { AnyModel } from '../types.ts';
import { answerPosition, packLast } from './importance.ts';
import type { Measurer } from './types.ts';

/** Standard deviation of the noise [OAR@8dbc478 calculate_token_importance_gradient]. */
const NOISE = 1e-3;

/**
 * [N] |∂J/∂e_t · e_t| in nats: e_t the embedding of token t, J = KL(p ‖ p′) with p the model's distribution of the answer's last token
 * and p′ the same with noise on the embeddings of the reasoning, where the derivative is taken; without noise it would be 0. NaN for
 * the answer and what follows. One text at a time: a position's own weights are added to its token's embedding, so that noise goes
 * in through them and the derivative comes out of them. The model's weights are as before when it is done.
 */
export function* gradientImportanceSteps(model: AnyModel, batch: RolloutBatch, noise: number): Steps<Float64Array> {
  const { width, vocabulary: V } = model.config;
  const { seed, step } = batch.draw ?? { seed: 0, step: 0 };
  const importance = new Float64Array(batch.tokens.length).fill(NaN);
  const weights = model.getParameters();
  const offsetOf = (name: string) => model.layout.entries.find((entry) => entry.name === name)?.offset ?? 0;
  const [tokens, positions] = [offsetOf('tok'), offsetOf('pos')];
  function* distribution(text: readonly number[]): Steps<Float64Array> {
    const { logits } = yield* settled(model.forward(packLast([text])));
    const logPi = new Float64Array(V);
    logSoftmaxInto(logPi, logits, 0, batch.baseTemperature);
    return logPi.map((x) => exp(x));
  }
  for (const response of batch.responses) {
    const { prompt } = batch.groups[response.group];
    const answer = answerPosition(batch, response);
    if (answer < 1) continue;
    const text = [...prompt, ...batch.tokens.subarray(response.start, response.start + answer)];
    const clean = yield* distribution(text);
    const noisy = weights.slice();
    for (let t = 0; t < answer; t++)
      for (let d = 0; d < width; d++)
        noisy[positions + (prompt.length + t) * width + d] += noise * normalAt(seed, STREAM.noise, step, response.start + t, d);
    model.setParameters(noisy);
    const turned = yield* distribution(text);
    yield* settled(model.backward(Float32Array.from(turned, (p, v) => (p - clean[v]) / batch.baseTemperature)));
    const gradient = model.getGradient();
    model.setParameters(weights);
    for (let t = 0; t < answer; t++) {
      const embedding = tokens + text[prompt.length + t] * width;
      const place = positions + (prompt.length + t) * width;
      let along = 0;
      for (let d = 0; d < width; d++) along += gradient[place + d] * weights[embedding + d];
      importance[response.start + t] = Math.abs(along);
    }
  }
  return importance;
}

/** The batch with that importance, by its name. */
export const measureGradientImportance: Measurer<'gradientImportance'> = function* (batch, { name }, { model }) {
  const values = yield* gradientImportanceSteps(model, batch, NOISE);
  return { ...batch, measured: { ...batch.measured, [name]: { level: 'token', width: 1, values } } };
};
