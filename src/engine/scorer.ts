/** Teacher-forced scoring of responses written by hand. */
import type { RolloutBatch } from '../core/batch.ts';
import type { Task } from '../core/tasks/types.ts';
import { logSoftmaxInto } from './distribution.ts';
import { fitVector } from './layout.ts';
import { packResponses } from './pack.ts';
import { assembleBatch, baseSteps } from './rollout.ts';
import type { SampledResponse } from './sampler.ts';
import { settled, type Steps } from './steps.ts';
import type { AnyModel } from './types.ts';

function check(task: Task, prompt: readonly number[], response: readonly number[]): void {
  if (prompt.length === 0 || prompt.length > task.maxPromptTokens)
    throw new Error(`A prompt of this task has 1 to ${task.maxPromptTokens} tokens; this one has ${prompt.length}.`);
  if (response.length === 0) throw new Error('A response needs at least one token.');
  if (response.length > task.maxTokens)
    throw new Error(`A response has at most ${task.maxTokens} tokens; this one has ${response.length}. Delete some.`);
  const unknown = [...prompt, ...response].find((token) => !(token >= 0 && token < task.vocabulary.length));
  if (unknown !== undefined) throw new Error(`Token ${unknown} is not in this task's vocabulary of ${task.vocabulary.length}.`);
  const end = response.indexOf(task.endToken);
  if (end >= 0 && end < response.length - 1)
    throw new Error(`"${task.vocabulary[task.endToken]}" ends a response, so nothing can follow it. Delete what does.`);
}

/**
 * A batch of one group with what the current policy thinks of these responses: log-probs, entropies, logits and hidden
 * states at T = `temperature`, the verifier's rewards, and every token marked as edited by hand.
 */
export function* scoreSteps(
  model: AnyModel,
  task: Task,
  base: Float32Array,
  prompt: readonly number[],
  responses: readonly (readonly number[])[],
  temperature: number,
): Steps<RolloutBatch> {
  for (const response of responses) check(task, prompt, response);
  const { vocabulary: V, width: d } = model.config;
  const { logits, hidden } = yield* settled(model.forward(packResponses(responses.map((response) => ({ prompt, response })))));
  const logPi = new Float64Array(V);
  let k = 0;
  const scored = responses.map((tokens): SampledResponse => {
    const response: SampledResponse = {
      tokens: [...tokens],
      samplingLogprobs: [],
      temperatures: [],
      logprobs: [],
      entropies: [],
      logits: logits.slice(k * V, (k + tokens.length) * V),
      hidden: hidden.slice(k * d, (k + tokens.length) * d),
      truncated: tokens[tokens.length - 1] !== task.endToken,
    };
    for (const token of tokens) {
      response.entropies.push(logSoftmaxInto(logPi, logits, k * V, temperature));
      response.logprobs.push(logPi[token]);
      response.samplingLogprobs.push(logPi[token]);
      response.temperatures.push(temperature);
      k++;
    }
    return response;
  });
  const batch = assembleBatch(task, model, [{ prompt, responses: scored }], temperature);
  const { refLogprobs } = yield* baseSteps(model, fitVector(base, model.layout), batch);
  return {
    ...batch,
    fields: { ...batch.fields, refLogprobs },
    responses: batch.responses.map((response) => ({ ...response, edited: true })),
    source: new Uint8Array(batch.tokens.length).fill(2),
  };
}
