/** Forced texts on the engine: reference answers after each reasoning, and how likely a model makes them. */
import type { ForcedText, ForcedTexts, RolloutBatch } from '../core/batch.ts';
import { addTexts, answersOf, contextOf, forcedTexts } from '../core/forced.ts';
import type { Task } from '../core/tasks/types.ts';
import { logSoftmaxInto } from './distribution.ts';
import { packResponses } from './pack.ts';
import type { Pair } from './pack.ts';
import { settled, type Steps } from './steps.ts';
import type { AnyModel } from './types.ts';

/** Context and tokens of the forced texts of these groups (of all by default), in the texts' order. */
export function forcedPairs(batch: RolloutBatch, groups?: readonly number[]): Pair[] {
  const { forced } = batch;
  if (!forced) return [];
  const own = groups ? forced.texts.filter(({ group }) => groups.includes(group)) : forced.texts;
  return own.map((text) => ({ prompt: contextOf(batch, text), response: forced.tokens.subarray(text.start, text.end) }));
}

/** log π of every token of these texts at T_base, and the entropy where it is predicted, nats. */
export function* scorePairs(
  model: AnyModel,
  pairs: readonly Pair[],
  temperature: number,
): Steps<{ logprobs: Float64Array; entropies: Float64Array }> {
  const { logits } = yield* settled(model.forward(packResponses(pairs)));
  const V = model.config.vocabulary;
  const logPi = new Float64Array(V);
  const count = logits.length / V;
  const [logprobs, entropies] = [new Float64Array(count), new Float64Array(count)];
  let k = 0;
  for (const { response } of pairs) {
    for (let t = 0; t < response.length; t++, k++) {
      entropies[k] = logSoftmaxInto(logPi, logits, k * V, temperature);
      logprobs[k] = logPi[response[t]];
    }
  }
  return { logprobs, entropies };
}

const NO_REFERENCE = (title: string) =>
  `The task "${title}" has no reference answer after a reasoning, which this method needs. Choose a task that has one, or another method.`;

/** The reference answer after the reasoning of every response; cut so that the answer still fits where a response runs to its limit. */
export function answerTexts(task: Task, batch: RolloutBatch): ForcedTexts {
  const { reference } = task;
  if (!reference) throw new Error(NO_REFERENCE(task.meta.title));
  return forcedTexts(
    batch.responses.map(({ group, start, end }, response): Omit<ForcedText, 'start' | 'end'> & { tokens: readonly number[] } => {
      const { prompt } = batch.groups[group];
      const tokens = reference.answer(prompt);
      const { reasoning } = reference.split(prompt, Array.from(batch.tokens.subarray(start, end)));
      return { kind: 'answer', group, response, after: Math.min(reasoning, task.maxTokens - tokens.length), tokens };
    }),
  );
}

/**
 * The batch with its reference answers, how likely the policy makes them after the whole reasoning and, as `answerOutlook`, after each
 * token of it. Every prefix is forced once, those of all responses in one forward pass.
 */
export function* answerSteps(model: AnyModel, task: Task, batch: RolloutBatch): Steps<RolloutBatch> {
  const hasAnswers = batch.forced?.texts.some(({ kind }) => kind === 'answer');
  const forced = batch.forced && hasAnswers ? batch.forced : addTexts(batch.forced, answerTexts(task, batch));
  const place = new Map<string, number>();
  const pairs: Pair[] = [];
  const ask = (text: ForcedText, after: number): number => {
    const prompt = contextOf(batch, { ...text, after });
    const key = `${text.group} ${prompt.join()}`;
    const found = place.get(key);
    if (found !== undefined) return found;
    place.set(key, pairs.length);
    pairs.push({ prompt, response: forced.tokens.subarray(text.start, text.end) });
    return pairs.length - 1;
  };
  const answers = answersOf({ ...batch, forced });
  const asked = answers.map((text) => Array.from({ length: (text.after ?? 0) + 1 }, (_, after) => ask(text, after)));
  const { logprobs } = yield* scorePairs(model, pairs, batch.baseTemperature);
  const firsts: number[] = [];
  let row = 0;
  const sums = pairs.map(({ response }) => {
    firsts.push(row);
    let sum = 0;
    for (let t = 0; t < response.length; t++) sum += logprobs[row++];
    return sum;
  });
  const oldLogprobs = forced.fields.oldLogprobs?.slice() ?? new Float64Array(forced.tokens.length);
  const answerOutlook = new Float64Array(batch.tokens.length).fill(NaN);
  const groups = batch.groups.map((group) => ({ ...group }));
  answers.forEach(({ group, start, end, after = 0 }, i) => {
    const first = firsts[asked[i][after]];
    oldLogprobs.set(logprobs.subarray(first, first + end - start), start);
    for (let k = 1; k <= after; k++) answerOutlook[batch.responses[i].start + k - 1] = sums[asked[i][k]];
    groups[group].answerOutlook = sums[asked[i][0]];
  });
  return {
    ...batch,
    groups,
    fields: { ...batch.fields, answerOutlook },
    forced: { ...forced, fields: { ...forced.fields, oldLogprobs } },
  };
}

/**
 * The batch with an unlabelled text for each group: its prompt and the plain answer behind it. The answer's token is the one that the
 * rollouts think about; those of the prompt and the end are there for next-token loss.
 */
export function* corpusSteps(model: AnyModel, task: Task, batch: RolloutBatch): Steps<RolloutBatch> {
  const { reference } = task;
  if (!reference) throw new Error(NO_REFERENCE(task.meta.title));
  const texts = forcedTexts(
    batch.groups.map(({ prompt }, group) => {
      const text = [...prompt, ...reference.plain(prompt)];
      // The first token has nothing before it to be predicted from. What the rollouts write in their own way, from the end of the
      // prompt to the answer, is theirs.
      const last = text.length - reference.answer(prompt).length - 1;
      const chosen = Array.from({ length: last - prompt.length + 2 }, (_, k) => prompt.length - 1 + k);
      return { kind: 'corpus' as const, group, context: text.slice(0, 1), tokens: text.slice(1), chosen };
    }),
  );
  const { logprobs, entropies } = yield* scorePairs(model, forcedPairs({ ...batch, forced: texts }), batch.baseTemperature);
  return { ...batch, forced: addTexts(batch.forced, { ...texts, fields: { oldLogprobs: logprobs, oldEntropies: entropies } }) };
}
