/** One inner update: forward, core's coefficients, their way back to the logits. */
import type { RolloutBatch } from '../core/batch.ts';
import { exp } from '../core/math.ts';
import { computeUpdate } from '../core/pipeline.ts';
import type { UpdateInput, UpdateResult } from '../core/pipeline.ts';
import type { KnobValues } from '../core/stages/types.ts';
import { logSoftmaxInto } from './distribution.ts';
import type { ModelOutputs } from '../core/stages/models.ts';
import { forcedPairs } from './forced.ts';
import { packResponses } from './pack.ts';
import { pairsOf } from './rollout.ts';
import { secondPass, sharedAnswers } from './secondModels.ts';
import type { SecondModel, SecondPass } from './secondModels.ts';
import { finish, settled, type Steps } from './steps.ts';
import type { AnyModel, LanguageModel } from './types.ts';

export interface PreparedUpdate {
  result: UpdateResult;
  /** [N_k] of the current policy, before the update. */
  logprobs: Float64Array;
  entropies: Float64Array;
  /** [F_k] of its forced tokens; empty where the batch has none. */
  forcedLogprobs: Float64Array;
  /** ∂loss/∂logits at the minibatch's tokens and then at its forced ones, [N_k + F_k, V], for the backward pass. */
  gradLogits: Float32Array;
  /** ∂loss/∂outputs of a second network that is a head on the policy. */
  gradOutputs?: Float32Array;
  /** Answers of the second networks that learn with this update, and the passes of those with a trunk of their own, by name. */
  answers: Readonly<Record<string, ModelOutputs>>;
  passes: ReadonlyMap<string, SecondPass>;
}

/** Forward pass over the minibatch: log-probs and entropies at T_base, and log π [N_k,V]. */
export const evaluateMinibatch = (model: LanguageModel, batch: RolloutBatch, groups: readonly number[]): EvaluatedMinibatch =>
  finish(minibatchSteps(model, batch, groups));

interface EvaluatedMinibatch {
  /** [N_k + F_k] sampled tokens, then forced ones; log π of all the vocabulary in their places. */
  tokens: Int32Array;
  logits: Float32Array;
  logPi: Float64Array;
  /** [N_k] */
  logprobs: Float64Array;
  entropies: Float64Array;
  /** [N_k,outputs] of a head on the policy. */
  outputs: Float32Array;
  /** Of the sampled responses. */
  pairs: ReturnType<typeof pairsOf>;
  /** [F_k] */
  forcedLogprobs: Float64Array;
}

function* minibatchSteps(model: AnyModel, batch: RolloutBatch, groups: readonly number[]): Steps<EvaluatedMinibatch> {
  const V = model.config.vocabulary;
  const sampled = pairsOf(
    batch,
    groups.flatMap((group) => batch.responses.slice(batch.groups[group].start, batch.groups[group].end)),
  );
  const pairs = [...sampled, ...forcedPairs(batch, groups)];
  const { logits, outputs } = yield* settled(model.forward(packResponses(pairs)));
  const size = logits.length / V;
  const tokens = new Int32Array(size);
  const logPi = new Float64Array(logits.length);
  const logprobs = new Float64Array(size);
  const entropies = new Float64Array(size);
  let k = 0;
  for (const { response } of pairs) {
    for (let t = 0; t < response.length; t++) {
      const row = logPi.subarray(k * V, (k + 1) * V);
      entropies[k] = logSoftmaxInto(row, logits, k * V, batch.baseTemperature);
      tokens[k] = response[t];
      logprobs[k] = row[tokens[k]];
      k++;
    }
  }
  const count = sampled.reduce((n, { response }) => n + response.length, 0);
  return {
    tokens,
    logits,
    logPi,
    logprobs: logprobs.slice(0, count),
    entropies: entropies.slice(0, count),
    forcedLogprobs: logprobs.slice(count),
    outputs: outputs.subarray(0, count * (model.config.outputs ?? 0)),
    pairs: sampled,
  };
}

/** Forward pass and core's coefficients; the model's weights stay as they are. `input` is core's, without the current policy's numbers. */
export const prepareUpdate = (model: LanguageModel, input: MinibatchInput, second: readonly SecondModel[] = []): PreparedUpdate =>
  finish(updateSteps(model, input, second));

type MinibatchInput = Omit<UpdateInput, 'logprobs' | 'entropies' | 'logits' | 'forcedLogprobs' | 'models'>;

/** Whether a second network learns with each inner update. */
const isInner = ({ spec }: SecondModel, knobs: KnobValues): boolean => spec.schedule(knobs) === 'inner' && spec.isOnline(knobs);

/** As `prepareUpdate`, on any model, with the second networks of the method. */
export function* updateSteps(model: AnyModel, input: MinibatchInput, second: readonly SecondModel[] = []): Steps<PreparedUpdate> {
  const V = model.config.vocabulary;
  const T = input.batch.baseTemperature;
  const { tokens, logits, logPi, logprobs, entropies, forcedLogprobs, outputs, pairs } = yield* minibatchSteps(
    model,
    input.batch,
    input.groups,
  );
  const passes = new Map<string, SecondPass>();
  const answers: Record<string, ModelOutputs> = {};
  let gradOutputs: Float32Array | undefined;
  for (const { spec, own } of second.filter((each) => isInner(each, input.knobs))) {
    if (own) passes.set(spec.name, secondPass(own, spec, input.knobs, pairs, T));
    answers[spec.name] = passes.get(spec.name) ?? sharedAnswers(outputs);
  }
  const result = computeUpdate({
    ...input,
    logprobs,
    entropies,
    logits: { width: V, data: logits.subarray(0, logprobs.length * V) },
    models: answers,
    ...(forcedLogprobs.length > 0 ? { forcedLogprobs } : {}),
  });
  const shared = second.find(({ own, spec }) => own === null && result.models[spec.name]);
  if (shared) {
    // Forced texts have rows, too, and no answer of the head is asked for there.
    gradOutputs = new Float32Array(tokens.length * (model.config.outputs ?? 0));
    gradOutputs.set(result.models[shared.spec.name].gradAnswers);
  }
  const gradLogits = new Float32Array(logPi.length);
  for (let k = 0; k < tokens.length; k++) {
    // log π(o) = z_o/T − log Σ exp(z/T), so its derivative by z_v is (1[v = o] − π_v)/T.
    const own = k < logprobs.length ? result.gradLogprobs[k] : (result.gradForced?.[k - logprobs.length] ?? 0);
    const g = own / T;
    for (let v = 0; v < V; v++)
      gradLogits[k * V + v] = g * ((v === tokens[k] ? 1 : 0) - exp(logPi[k * V + v])) + (result.gradLogits?.[k * V + v] ?? 0);
  }
  return { result, logprobs, entropies, forcedLogprobs, gradLogits, ...(gradOutputs ? { gradOutputs } : {}), answers, passes };
}
