/** Forced texts of a batch: reference answers after the reasoning, and corpora. */
import type { ForcedField, ForcedText, ForcedTexts, RolloutBatch } from './batch.ts';
import { MissingFieldError } from './stages/fields.ts';
import type { TraceEntry } from './stages/types.ts';

/** The tokens that a text is forced after. */
export function contextOf(batch: RolloutBatch, { group, response, after = 0, context }: ForcedText): readonly number[] {
  if (context) return context;
  const { prompt } = batch.groups[group];
  if (response === undefined) return prompt;
  const { start } = batch.responses[response];
  return [...prompt, ...batch.tokens.subarray(start, start + after)];
}

/** Texts with their tokens beside them, in the order of their groups, made flat. */
export function forcedTexts(texts: readonly (Omit<ForcedText, 'start' | 'end'> & { tokens: readonly number[] })[]): ForcedTexts {
  let size = 0;
  const placed = texts.map(({ tokens, ...text }): ForcedText => {
    const start = size;
    size += tokens.length;
    return { ...text, start, end: size };
  });
  return { texts: placed, tokens: Int32Array.from(texts.flatMap(({ tokens }) => [...tokens])), fields: {} };
}

/** Two batches' worth of texts as one; a field that only one of them has is NaN in the other. */
export function addTexts(before: ForcedTexts | undefined, more: ForcedTexts): ForcedTexts {
  if (!before) return more;
  const shift = before.tokens.length;
  const count = shift + more.tokens.length;
  const names = [...new Set([...Object.keys(before.fields), ...Object.keys(more.fields)])] as ForcedField[];
  const fields = names.map((name) => {
    const values = new Float64Array(count).fill(NaN);
    values.set(before.fields[name] ?? []);
    values.set(more.fields[name] ?? [], shift);
    return [name, values] as const;
  });
  return {
    texts: [...before.texts, ...more.texts.map((text) => ({ ...text, start: text.start + shift, end: text.end + shift }))],
    tokens: Int32Array.from([...before.tokens, ...more.tokens]),
    fields: Object.fromEntries(fields),
  };
}

/** The texts of the listed groups, renumbered to them and to the listed responses, and where their tokens come from. */
export function sliceForced(
  { texts, tokens, fields }: ForcedTexts,
  groups: readonly number[],
  responses: readonly number[],
): { forced: ForcedTexts; index: Int32Array } {
  const placeOf = new Map(groups.map((group, place) => [group, place]));
  const responsePlace = new Map(responses.map((response, place) => [response, place]));
  const index: number[] = [];
  const kept = texts.flatMap((text): ForcedText[] => {
    const group = placeOf.get(text.group);
    if (group === undefined) return [];
    const start = index.length;
    for (let f = text.start; f < text.end; f++) index.push(f);
    const response = text.response === undefined ? {} : { response: responsePlace.get(text.response) };
    return [{ ...text, ...response, group, start, end: index.length }];
  });
  const pick = (values: Float64Array) => Float64Array.from(index, (f) => values[f]);
  const own = Object.entries(fields).map(([name, values]) => [name, pick(values)] as const);
  return {
    forced: { texts: kept, tokens: Int32Array.from(index, (f) => tokens[f]), fields: Object.fromEntries(own) },
    index: Int32Array.from(index),
  };
}

/** A field of the forced tokens, [F]; the current log-probs are the old ones before any update. `need` is the name in the error. */
export function forcedField(batch: RolloutBatch, field: ForcedField, need: string): Float64Array {
  const fields = batch.forced?.fields;
  const values = fields?.[field] ?? (field === 'logprobs' ? fields?.oldLogprobs : undefined);
  if (!values) throw new MissingFieldError(need);
  return values;
}

/** The reference answer of each response, in the order of the responses. */
export function answersOf(batch: RolloutBatch): readonly ForcedText[] {
  const found: ForcedText[] = [];
  for (const text of batch.forced?.texts ?? []) if (text.kind === 'answer' && text.response !== undefined) found[text.response] = text;
  if (batch.responses.some((_, i) => !found[i])) throw new MissingFieldError('answerLogprobs');
  return found;
}

/** Sum of a field over each answer, [responses]. */
export function answerSums(answers: readonly ForcedText[], values: Float64Array): Float64Array {
  return Float64Array.from(answers, ({ start, end }) => {
    let sum = 0;
    for (let f = start; f < end; f++) sum += values[f];
    return sum;
  });
}

/** [N] a field of the answer tokens, on the cells of the response where the answer would stand; NaN elsewhere. */
export function onAnswerCells(batch: RolloutBatch, answers: readonly ForcedText[], values: Float64Array): TraceEntry {
  const out = new Float64Array(batch.tokens.length).fill(NaN);
  answers.forEach(({ start, end, after = 0 }, i) => {
    const response = batch.responses[i];
    for (let f = start; f < end; f++) {
      const t = response.start + after + f - start;
      if (t < response.end) out[t] = values[f];
    }
  });
  return { level: 'token', values: out };
}

/** [N] 1 on the tokens of the reasoning, 0 on what was sampled after it. */
export function reasoningMask(batch: RolloutBatch, answers: readonly ForcedText[]): Float64Array {
  const mask = new Float64Array(batch.tokens.length);
  answers.forEach(({ after = 0 }, i) => mask.fill(1, batch.responses[i].start, batch.responses[i].start + after));
  return mask;
}

export const perForced = (values: Float64Array): TraceEntry => ({ level: 'forced', values });
