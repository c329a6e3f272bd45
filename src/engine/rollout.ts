/** Sampling of whole groups, and their assembly into the frozen batch that core credits. */
import type { MethodState, RolloutBatch, RolloutGroup, RolloutResponse } from '../core/batch.ts';
import { hashText, STREAM, streamAt, uniformAt } from '../core/random.ts';
import type { KnobValues, SamplingStage } from '../core/stages/types.ts';
import type { Task } from '../core/tasks/types.ts';
import { klDivergence, logSoftmaxInto } from './distribution.ts';
import { packResponses } from './pack.ts';
import { sampleSteps } from './sampler.ts';
import type { SampledResponse } from './sampler.ts';
import { finish, settled, type Steps } from './steps.ts';
import type { AnyModel, LanguageModel } from './types.ts';

/** A prompt and its responses. */
export interface SampledGroup {
  prompt: readonly number[];
  responses: readonly SampledResponse[];
}

export interface GroupRequest<M extends AnyModel = LanguageModel> {
  model: M;
  task: Task;
  seed: number;
  step: number;
  /** 0 for the first draw, 1 … for the re-draws of groups that a filter rejected. */
  attempt: number;
  /** Which of the step's P prompts to draw. */
  slots: readonly number[];
  groupSize: number;
  baseTemperature: number;
  stage: SamplingStage;
  knobs: KnobValues;
  state: MethodState;
  /** Values [V] after every candidate of each text, where the stage asks for them. */
  candidateValues?: (texts: readonly (readonly number[])[]) => Float64Array[];
}

/** The prompt of a slot. Where a task has efforts, a block of slots draws one question and asks it at each of them. */
function promptOf({ task, seed, step, attempt }: GroupRequest<AnyModel>, slot: number): number[] {
  const stream = (place: number) => streamAt(seed, STREAM.prompts, step, attempt, place);
  const { efforts } = task;
  return efforts ? task.samplePrompt(stream(Math.floor(slot / efforts)), false, slot % efforts) : task.samplePrompt(stream(slot));
}

/** Draws the prompts of these slots and a group of responses to each. */
export const sampleGroups = (request: GroupRequest): SampledGroup[] => finish(groupSteps(request));

/** As `sampleGroups`, on any model. */
export function* groupSteps(request: GroupRequest<AnyModel>): Steps<SampledGroup[]> {
  return yield* answerSteps(
    request,
    request.slots.map((slot) => promptOf(request, slot)),
  );
}

/** Draws a group of responses to each of these prompts, which stand in the request's slots. */
export function* answerSteps(request: GroupRequest<AnyModel>, prompts: readonly (readonly number[])[]): Steps<SampledGroup[]> {
  const { model, task, seed, step, attempt, slots, groupSize: G, baseTemperature, stage, knobs, state } = request;
  const slotOf = (row: number) => slots[Math.floor(row / G)];
  const { candidateValues: values } = request;
  const asked = stage.candidates;
  const candidates = asked && values ? { candidates: { isRead: (row: number) => asked.isRead(knobs, slotOf(row)), values } } : {};
  const responses = yield* sampleSteps({
    model,
    task,
    prompts: prompts.flatMap((prompt) => Array.from({ length: G }, () => prompt)),
    baseTemperature,
    choose: {
      kind: 'draw',
      stage,
      knobs,
      state,
      uniform: (row, position) => uniformAt(seed, STREAM.sampling, step, attempt, slotOf(row), row % G, position),
      ...candidates,
    },
    keepStates: true,
  });
  return prompts.map((prompt, p) => ({ prompt, responses: responses.slice(p * G, (p + 1) * G) }));
}

/** The batch of some sampled groups, rewarded by the task's verifier. */
export function assembleBatch(task: Task, model: AnyModel, sampled: readonly SampledGroup[], baseTemperature: number): RolloutBatch {
  const { vocabulary: V, width: d } = model.config;
  const all = sampled.flatMap((group) => group.responses);
  const N = all.reduce((sum, response) => sum + response.tokens.length, 0);
  const tokens = new Int32Array(N);
  const fields = {
    samplingLogprobs: new Float64Array(N),
    temperature: new Float64Array(N),
    oldLogprobs: new Float64Array(N),
    oldEntropies: new Float64Array(N),
  };
  const logits = new Float32Array(N * V);
  const hidden = new Float32Array(N * d);
  const groups: RolloutGroup[] = [];
  const responses: RolloutResponse[] = [];
  let at = 0;
  sampled.forEach(({ prompt, responses: members }, group) => {
    const referenceAnswer = task.reference?.answer(prompt);
    groups.push({
      prompt,
      start: responses.length,
      end: responses.length + members.length,
      ...(referenceAnswer ? { referenceAnswer } : {}),
      ...task.effortOf?.(prompt),
    });
    for (const member of members) {
      const { reward, parts, spans } = task.verify(prompt, member.tokens);
      const form = task.reference?.split(prompt, member.tokens);
      const length = member.tokens.length;
      responses.push({
        group,
        start: at,
        end: at + length,
        reward,
        ...(parts ? { parts } : {}),
        ...(spans ? { spans } : {}),
        ...(member.truncated ? { truncated: true } : {}),
        ...(form ? { reasoning: form.reasoning, wellFormed: form.isWellFormed } : {}),
      });
      logits.set(member.logits.subarray(0, length * V), at * V);
      hidden.set(member.hidden.subarray(0, length * d), at * d);
      for (let t = 0; t < length; t++, at++) {
        tokens[at] = member.tokens[t];
        fields.samplingLogprobs[at] = member.samplingLogprobs[t];
        fields.temperature[at] = member.temperatures[t];
        fields.oldLogprobs[at] = member.logprobs[t];
        fields.oldEntropies[at] = member.entropies[t];
      }
    }
  });
  return {
    groups,
    responses,
    tokens,
    fields,
    logits: { width: V, data: logits },
    hidden: { width: d, data: hidden },
    source: new Uint8Array(N),
    updates: [],
    baseTemperature,
    endToken: task.endToken,
    maxTokens: task.maxTokens,
  };
}

/** Prompt and response tokens of the given responses (all of them by default). */
export function pairsOf(
  batch: RolloutBatch,
  responses: readonly RolloutResponse[] = batch.responses,
): { prompt: readonly number[]; response: Int32Array }[] {
  return responses.map((response) => ({
    prompt: batch.groups[response.group].prompt,
    response: batch.tokens.subarray(response.start, response.end),
  }));
}

/** log π(token) under the base model, [N], and the mean exact KL(π‖base) a token, nats. Leaves the model's weights as they were. */
export const compareWithBase = (model: LanguageModel, base: Float32Array, batch: RolloutBatch): BaseComparison =>
  finish(baseSteps(model, base, batch));

interface BaseComparison {
  refLogprobs: Float64Array;
  klToBase: number;
}

/** As `compareWithBase`, on any model. */
export function* baseSteps(model: AnyModel, base: Float32Array, batch: RolloutBatch): Steps<BaseComparison> {
  const V = model.config.vocabulary;
  const current = model.getParameters();
  model.setParameters(base);
  const { logits } = yield* settled(model.forward(packResponses(pairsOf(batch))));
  model.setParameters(current);
  const refLogprobs = new Float64Array(batch.tokens.length);
  const logBase = new Float64Array(V);
  const logPi = new Float64Array(V);
  const sampled = batch.logits?.data ?? new Float32Array(0);
  let kl = 0;
  batch.tokens.forEach((token, k) => {
    logSoftmaxInto(logBase, logits, k * V, batch.baseTemperature);
    logSoftmaxInto(logPi, sampled, k * V, batch.baseTemperature);
    refLogprobs[k] = logBase[token];
    kl += klDivergence(logPi, logBase);
  });
  return { refLogprobs, klToBase: kl / batch.tokens.length };
}

/** A hash over the tokens of all responses, eight hexadecimal digits: equal hashes, equal rollouts. */
export function rolloutHash(batch: RolloutBatch): string {
  const text = batch.groups
    .map(
      (group) =>
        `${group.prompt.join()}:${batch.responses
          .slice(group.start, group.end)
          .map(({ start, end }) => batch.tokens.subarray(start, end).join())
          .join(';')}`,
    )
    .join('|');
  return hashText(text).toString(16).padStart(8, '0');
}
