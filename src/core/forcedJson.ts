/**
 * The human JSON form of forced texts. A response's `answerLogprobs` (and `proxyAnswerLogprobs`) are those of its group's
 * `referenceAnswer`, forced after its first `reasoningLength` tokens (by default all of them); a group's `corpus` is a text of its own.
 */
import type { ForcedField, ForcedText, ForcedTexts, RolloutBatch, UpdateRecord } from './batch.ts';
import { concatenate } from './batchSlice.ts';
import { forcedTexts } from './forced.ts';
import type { JsonObject } from './jsonReader.ts';
import { InputError, readBoolean, readInteger, readIntegers, readList, readNumbers, readObject } from './jsonReader.ts';

/** A text that was read, with its tokens and fields beside it. */
export type ReadText = Omit<ForcedText, 'start' | 'end'> & {
  tokens: readonly number[];
  fields: Partial<Record<ForcedField, readonly number[]>>;
};

/** Names of a field in a response and in a corpus. */
const ANSWER_NAMES: Readonly<Partial<Record<ForcedField, string>>> = {
  oldLogprobs: 'answerLogprobs',
  'proxy.logprobs': 'proxyAnswerLogprobs',
  oldEntropies: 'answerEntropies',
};
const CORPUS_NAMES: Readonly<Partial<Record<ForcedField, string>>> = {
  oldLogprobs: 'logprobs',
  'proxy.logprobs': 'proxyLogprobs',
  oldEntropies: 'entropies',
};

function readFields(json: JsonObject, names: typeof ANSWER_NAMES, length: number, path: string, of: string): ReadText['fields'] {
  const fields: ReadText['fields'] = {};
  for (const [field, name] of Object.entries(names) as [ForcedField, string][]) {
    if (json[name] === undefined) continue;
    const values = readNumbers(json[name], `${path}.${name}`);
    if (values.length !== length) throw new InputError(`${path}.${name}`, `has ${values.length} entries, ${of} has ${length}`);
    const high = field === 'oldEntropies' ? -1 : values.findIndex((value) => value > 1e-6);
    if (high >= 0) throw new InputError(`${path}.${name}[${high}]`, `is ${values[high]}, a log-probability is at most 0`);
    fields[field] = values;
  }
  return fields;
}

/** The forced texts of one group. `path` ends with a dot or is empty; responses are numbered from `first`. */
export function readGroupForced(json: JsonObject, path: string, group: number, first: number): ReadText[] {
  const responses = readList(json.responses, `${path}responses`).map((entry, i) => readObject(entry, `${path}responses[${i}]`));
  const names = Object.values(ANSWER_NAMES).filter((name) => responses.some((response) => response[name] !== undefined));
  const texts = responses.flatMap((response, i): ReadText[] => {
    const place = `${path}responses[${i}]`;
    if (names.length === 0) return [];
    const missing = names.find((name) => response[name] === undefined);
    if (missing) throw new InputError(`${place}.${missing}`, 'is missing, while other responses of the group have it');
    if (json.referenceAnswer === undefined) throw new InputError(`${path}referenceAnswer`, `is missing, while ${place} has answerLogprobs`);
    const tokens = readIntegers(json.referenceAnswer, `${path}referenceAnswer`);
    if (tokens.length === 0) throw new InputError(`${path}referenceAnswer`, 'is empty, at least one token is wanted');
    const length = readList(response.tokens, `${place}.tokens`).length;
    const after = response.reasoningLength === undefined ? length : readInteger(response.reasoningLength, `${place}.reasoningLength`);
    if (after > length) throw new InputError(`${place}.reasoningLength`, `is ${after}, the response has ${length} tokens`);
    const fields = readFields(response, ANSWER_NAMES, tokens.length, place, 'referenceAnswer');
    return [{ kind: 'answer', group, response: first + i, after, tokens, fields }];
  });
  if (json.corpus === undefined) return texts;
  const corpus = readObject(json.corpus, `${path}corpus`);
  const tokens = readIntegers(corpus.tokens, `${path}corpus.tokens`);
  const chosen = corpus.rlPositions === undefined ? [] : readIntegers(corpus.rlPositions, `${path}corpus.rlPositions`);
  const outside = chosen.findIndex((position, k) => position >= tokens.length || position <= (chosen[k - 1] ?? -1));
  if (outside >= 0)
    throw new InputError(
      `${path}corpus.rlPositions[${outside}]`,
      `is ${chosen[outside]}, ascending positions in its ${tokens.length} tokens are wanted`,
    );
  const context = corpus.context === undefined ? [] : readIntegers(corpus.context, `${path}corpus.context`);
  const fields = readFields(corpus, CORPUS_NAMES, tokens.length, `${path}corpus`, 'tokens');
  return [...texts, { kind: 'corpus', group, context, chosen, tokens, fields }];
}

/** All texts of a batch as one; a field that only some of them have is an error. */
export function joinForced(read: readonly ReadText[]): ForcedTexts | undefined {
  if (read.length === 0) return undefined;
  const names = [...new Set(read.flatMap(({ fields }) => Object.keys(fields) as ForcedField[]))];
  const fields: Partial<Record<ForcedField, Float64Array>> = {};
  for (const name of names) {
    const parts = read.map((text) => {
      const values = text.fields[name];
      const label = (text.kind === 'answer' ? ANSWER_NAMES : CORPUS_NAMES)[name] ?? name;
      const owner = text.response === undefined ? `the corpus of group ${text.group}` : `response ${text.response}`;
      if (!values) throw new InputError(label, `is missing for ${owner}, while others have it`);
      return Float64Array.from(values);
    });
    fields[name] = concatenate(parts);
  }
  const texts = read.map(({ fields: _fields, ...text }) => text);
  return { ...forcedTexts(texts), fields };
}

/** How many tokens of a response are reasoning, and whether it has the form that was asked for, where it says so. */
export function readForm(json: JsonObject, path: string): { reasoning?: number; wellFormed?: boolean } {
  const reasoning = json.reasoning ?? json.reasoningLength;
  const form = json.wellFormed ?? json.formatOk;
  return {
    ...(reasoning === undefined ? {} : { reasoning: readInteger(reasoning, `${path}.reasoningLength`) }),
    ...(form === undefined ? {} : { wellFormed: form === 1 || (form !== 0 && readBoolean(form, `${path}.wellFormed`)) }),
  };
}

/** What an update recorded of the forced tokens of its groups. */
export function readForcedUpdate(
  value: unknown,
  path: string,
  { forced }: RolloutBatch,
  groups: readonly number[],
): UpdateRecord['forced'] {
  const json = readObject(value, path);
  const length = (forced?.texts ?? []).reduce((n, { group, start, end }) => (groups.includes(group) ? n + end - start : n), 0);
  const array = (name: 'logprobs' | 'gradLogprobs') => {
    const numbers = readNumbers(json[name], `${path}.${name}`);
    if (numbers.length !== length)
      throw new InputError(`${path}.${name}`, `has ${numbers.length} entries, its groups have ${length} forced tokens`);
    return Float64Array.from(numbers);
  };
  return { logprobs: array('logprobs'), gradLogprobs: array('gradLogprobs') };
}

/** The entries that `readGroupForced` reads, of a response or (where none is given) of a group. */
export function forcedToJson({ forced }: RolloutBatch, group: number, response?: number): JsonObject {
  const text = forced?.texts.find((entry) => entry.group === group && entry.response === response);
  if (!forced || !text) return {};
  const { start, end, after, context = [], chosen = [] } = text;
  const lists = (names: typeof ANSWER_NAMES) =>
    Object.fromEntries(
      (Object.entries(names) as [ForcedField, string][]).flatMap(([field, name]) => {
        const values = forced.fields[field];
        return values ? [[name, Array.from(values.subarray(start, end))]] : [];
      }),
    );
  if (response !== undefined) return { reasoningLength: after, ...lists(ANSWER_NAMES) };
  return { corpus: { tokens: Array.from(forced.tokens.subarray(start, end)), context, rlPositions: chosen, ...lists(CORPUS_NAMES) } };
}
