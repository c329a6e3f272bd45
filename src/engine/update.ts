/** One inner update: forward, core's coefficients, their way back to the logits. */
import type { RolloutBatch } from '../core/batch.ts';
import { exp } from '../core/math.ts';
import { computeUpdate } from '../core/pipeline.ts';
import type { UpdateInput, UpdateResult } from '../core/pipeline.ts';
import { logSoftmaxInto } from './distribution.ts';
import { packResponses } from './pack.ts';
import { pairsOf } from './rollout.ts';
import { finish, settled, type Steps } from './steps.ts';
import type { AnyModel, LanguageModel } from './types.ts';

export interface PreparedUpdate {
  result: UpdateResult;
  /** [N_k] of the current policy, before the update. */
  logprobs: Float64Array;
  entropies: Float64Array;
  /** ∂loss/∂logits at the minibatch's tokens, [N_k,V], for the backward pass. */
  gradLogits: Float32Array;
}

/** Forward pass over the minibatch: log-probs and entropies at T_base, and log π [N_k,V]. */
export const evaluateMinibatch = (model: LanguageModel, batch: RolloutBatch, groups: readonly number[]): EvaluatedMinibatch =>
  finish(minibatchSteps(model, batch, groups));

interface EvaluatedMinibatch {
  tokens: Int32Array;
  logPi: Float64Array;
  logprobs: Float64Array;
  entropies: Float64Array;
}

function* minibatchSteps(model: AnyModel, batch: RolloutBatch, groups: readonly number[]): Steps<EvaluatedMinibatch> {
  const V = model.config.vocabulary;
  const pairs = pairsOf(
    batch,
    groups.flatMap((group) => batch.responses.slice(batch.groups[group].start, batch.groups[group].end)),
  );
  const { logits } = yield* settled(model.forward(packResponses(pairs)));
  const size = logits.length / V;
  const tokens = new Int32Array(size);
  const logPi = new Float64Array(logits.length);
  const logprobs = new Float64Array(size);
  const entropies = new Float64Array(size);
  let k = 0;
  for (const { response } of pairs) {
    for (const token of response) {
      const row = logPi.subarray(k * V, (k + 1) * V);
      entropies[k] = logSoftmaxInto(row, logits, k * V, batch.baseTemperature);
      logprobs[k] = row[token];
      tokens[k++] = token;
    }
  }
  return { tokens, logPi, logprobs, entropies };
}

/** Forward pass and core's coefficients; the model's weights stay as they are. `input` is core's, without the current policy's numbers. */
export const prepareUpdate = (model: LanguageModel, input: MinibatchInput): PreparedUpdate => finish(updateSteps(model, input));

type MinibatchInput = Omit<UpdateInput, 'logprobs' | 'entropies'>;

/** As `prepareUpdate`, on any model. */
export function* updateSteps(model: AnyModel, input: MinibatchInput): Steps<PreparedUpdate> {
  const V = model.config.vocabulary;
  const T = input.batch.baseTemperature;
  const { tokens, logPi, logprobs, entropies } = yield* minibatchSteps(model, input.batch, input.groups);
  const result = computeUpdate({ ...input, logprobs, entropies });
  const gradLogits = new Float32Array(logPi.length);
  for (let k = 0; k < tokens.length; k++) {
    // log π(o) = z_o/T − log Σ exp(z/T), so its derivative by z_v is (1[v = o] − π_v)/T.
    const g = result.gradLogprobs[k] / T;
    for (let v = 0; v < V; v++)
      gradLogits[k * V + v] = g * ((v === tokens[k] ? 1 : 0) - exp(logPi[k * V + v])) + (result.gradLogits?.[k * V + v] ?? 0);
  }
  return { result, logprobs, entropies, gradLogits };
}
