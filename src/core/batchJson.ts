/**
 * The human JSON form of a batch: groups → responses with named lists. A whole batch `{groups: […]}`, one `{group: {…}}` and a
 * bare group `{promptTokens, responses}` are all read. Log-probs are natural logs, entropies nats, response tokens only.
 */
import type { Continuation, RolloutBatch, RolloutGroup, RolloutResponse, Span, TokenField, TokenMatrix, UpdateRecord } from './batch.ts';
import { concatenate, groupTokens } from './batchSlice.ts';
import type { ReadText } from './forcedJson.ts';
import { joinForced, readForcedUpdate, readForm, readGroupForced } from './forcedJson.ts';
import type { JsonObject } from './jsonReader.ts';
import {
  InputError,
  readAnyNumber,
  readBoolean,
  readInteger,
  readIntegers,
  readList,
  readNumber,
  readNumbers,
  readObject,
  readText,
} from './jsonReader.ts';

export const TOKEN_FIELDS: readonly TokenField[] = [
  'samplingLogprobs',
  'temperature',
  'oldLogprobs',
  'logprobs',
  'refLogprobs',
  'oldEntropies',
  'entropies',
  'values',
  'newValues',
  'trueValues',
  'trueAdvantages',
  'trueErrors',
  'drawnValues',
  'answerOutlook',
  'sumPiSquared',
  'importance',
  'uniforms',
];
/** Fields that may be unknown for a token, written as "NaN": the truth of a group that was not asked for, the importance of the answer itself. */
const MAY_LACK: ReadonlySet<TokenField> = new Set<TokenField>(['trueValues', 'trueAdvantages', 'trueErrors', 'importance']);
export const MATRICES = ['logits', 'logitsAfter', 'hidden'] as const;
const TRUTH_KINDS = ['exact', 'monte-carlo'] as const;
const ROLES = ['chosen', 'rejected', 'reference'] as const;
const SPAN_KINDS: readonly Span['kind'][] = ['step', 'chunk', 'thought', 'turn', 'patch'];
/** A log-prob that float32 rounded to just above 0 is no mistake; 0.1 is one. */
const LOGPROB_SLACK = 1e-6;

interface Options {
  /** Accept log-probs above 0 (a fixture of an estimator may hold any log-ratio). */
  anyLogprobs?: boolean;
  /** Responses without a reward are read as NaN (candidates that go on have none). */
  withoutRewards?: boolean;
}

/** Reads any of the three forms. Throws `InputError` with the path of the first field that is wrong. */
export function batchFromJson(value: unknown, options: Options = {}): RolloutBatch {
  const root = readObject(value, 'input');
  const groups: [string, unknown][] =
    root.groups !== undefined
      ? readList(root.groups, 'groups').map((group, g) => [`groups[${g}].`, group])
      : [root.group !== undefined ? ['group.', root.group] : ['', root]];
  if (groups.length === 0) throw new InputError('groups', 'is empty, at least one group is wanted');
  const builder = new Builder(options);
  for (const [path, group] of groups) builder.addGroup(readObject(group, path.slice(0, -1) || 'input'), path);
  const baseTemperature = root.baseTemperature === undefined ? 1 : readNumber(root.baseTemperature, 'baseTemperature');
  if (!(baseTemperature > 0)) throw new InputError('baseTemperature', `is ${baseTemperature}, a number above 0 is wanted`);
  const batch = builder.finish(baseTemperature);
  return {
    ...batch,
    ...(root.endToken === undefined ? {} : { endToken: readInteger(root.endToken, 'endToken') }),
    ...(root.maxTokens === undefined ? {} : { maxTokens: readInteger(root.maxTokens, 'maxTokens') }),
    ...(root.draw === undefined ? {} : { draw: readDraw(root.draw) }),
    updates:
      root.updates === undefined ? [] : readList(root.updates, 'updates').map((update, k) => readUpdate(update, `updates[${k}]`, batch)),
    ...(root.trainedWith === undefined ? {} : { trainedWith: readTrainedWith(root.trainedWith) }),
    ...(root.snapshots === undefined ? {} : { snapshots: readObject(root.snapshots, 'snapshots') as RolloutBatch['snapshots'] }),
  };
}

class Builder {
  private readonly groups: RolloutGroup[] = [];
  private readonly responses: RolloutResponse[] = [];
  private readonly tokens: number[] = [];
  private readonly source: number[] = [];
  private readonly paths: string[] = [];
  private readonly forced: ReadText[] = [];
  private readonly fields = new Map<TokenField, Float64Array[]>();
  private readonly matrices = new Map<(typeof MATRICES)[number], number[][]>();

  constructor(private readonly options: Options) {}

  addGroup(group: JsonObject, path: string): void {
    const responses = readList(group.responses, `${path}responses`);
    if (responses.length === 0) throw new InputError(`${path}responses`, 'is empty, at least one response is wanted');
    const start = this.responses.length;
    responses.forEach((response, i) => {
      this.addResponse(readObject(response, `${path}responses[${i}]`), `${path}responses[${i}]`);
    });
    this.forced.push(...readGroupForced(group, path, this.groups.length, start));
    this.groups.push({
      prompt: group.promptTokens === undefined ? [] : readIntegers(group.promptTokens, `${path}promptTokens`),
      start,
      end: this.responses.length,
      ...(group.referenceAnswer === undefined ? {} : { referenceAnswer: readIntegers(group.referenceAnswer, `${path}referenceAnswer`) }),
      ...(group.greedyReward === undefined ? {} : { greedyReward: readNumber(group.greedyReward, `${path}greedyReward`) }),
      ...(group.answerOutlook === undefined ? {} : { answerOutlook: readNumber(group.answerOutlook, `${path}answerOutlook`) }),
      ...(group.trueValue === undefined ? {} : { trueValue: readNumber(group.trueValue, `${path}trueValue`) }),
      ...(group.truthKind === undefined ? {} : { truthKind: readOneOf(group.truthKind, TRUTH_KINDS, `${path}truthKind`) }),
      ...(group.effort === undefined ? {} : { effort: readNumber(group.effort, `${path}effort`) }),
      ...(group.query === undefined ? {} : { query: readInteger(group.query, `${path}query`) }),
    });
  }

  private addResponse(json: JsonObject, path: string): void {
    const tokens = readIntegers(json.tokens, `${path}.tokens`);
    if (tokens.length === 0) throw new InputError(`${path}.tokens`, 'is empty, at least one token is wanted');
    const start = this.tokens.length;
    for (const token of tokens) this.tokens.push(token);
    for (const field of TOKEN_FIELDS) this.addField(field, json[field], tokens.length, path);
    for (const name of MATRICES) this.addMatrix(name, json[name], tokens.length, path);
    const source = json.source === undefined ? tokens.map(() => 0) : readIntegers(json.source, `${path}.source`);
    checkLength(source, tokens.length, `${path}.source`);
    for (const value of source) this.source.push(value);
    this.paths.push(path);
    const accuracy = json.accuracy ?? json.acc;
    this.responses.push({
      group: this.groups.length,
      start,
      end: this.tokens.length,
      reward: this.options.withoutRewards && json.reward === undefined ? NaN : readNumber(json.reward, `${path}.reward`),
      ...(accuracy === undefined ? {} : { accuracy: readNumber(accuracy, `${path}.accuracy`) }),
      ...(json.parts === undefined ? {} : { parts: readNumbers(json.parts, `${path}.parts`) }),
      ...(json.role === undefined ? {} : { role: readOneOf(json.role, ROLES, `${path}.role`) }),
      ...(json.spans === undefined
        ? {}
        : { spans: readList(json.spans, `${path}.spans`).map((span, k) => readSpan(span, `${path}.spans[${k}]`, tokens.length)) }),
      ...(json.continuations === undefined ? {} : { continuations: readContinuations(json.continuations, path, tokens.length) }),
      ...(json.truncated === undefined ? {} : { truncated: readBoolean(json.truncated, `${path}.truncated`) }),
      ...(json.edited === undefined ? {} : { edited: readBoolean(json.edited, `${path}.edited`) }),
      ...readForm(json, path),
    });
  }

  private addField(field: TokenField, value: unknown, length: number, path: string): void {
    const parts = this.fields.get(field) ?? [];
    if (value === undefined) {
      if (parts.length > 0) throw new InputError(`${path}.${field}`, 'is missing, while the responses before have it');
      return;
    }
    if (parts.length < this.responses.length)
      throw new InputError(`${this.paths[parts.length]}.${field}`, `is missing, while ${path} has it`);
    const numbers = readList(value, `${path}.${field}`).map((entry, t) =>
      entry === 'NaN' && MAY_LACK.has(field) ? NaN : readNumber(entry, `${path}.${field}[${t}]`),
    );
    checkLength(numbers, length, `${path}.${field}`);
    numbers.forEach((number, t) => {
      const problem = problemOf(field, number, this.options);
      if (problem) throw new InputError(`${path}.${field}[${t}]`, `is ${number}, ${problem}`);
    });
    this.fields.set(field, [...parts, Float64Array.from(numbers)]);
  }

  private addMatrix(name: (typeof MATRICES)[number], value: unknown, length: number, path: string): void {
    if (value === undefined) return;
    const rows = this.matrices.get(name) ?? [];
    const list = readList(value, `${path}.${name}`);
    checkLength(list, length, `${path}.${name}`);
    list.forEach((row, t) => {
      const numbers = readNumbers(row, `${path}.${name}[${t}]`);
      if (numbers.length === 0) throw new InputError(`${path}.${name}[${t}]`, 'is empty');
      if (rows.length > 0 && numbers.length !== rows[0].length) {
        throw new InputError(`${path}.${name}[${t}]`, `has ${numbers.length} numbers, the rows before have ${rows[0].length}`);
      }
      rows.push(numbers);
    });
    this.matrices.set(name, rows);
  }

  finish(baseTemperature: number): RolloutBatch {
    const forced = joinForced(this.forced);
    const matrices: Partial<Record<(typeof MATRICES)[number], TokenMatrix>> = {};
    for (const [name, rows] of this.matrices) {
      if (rows.length !== this.tokens.length) throw new InputError(name, 'is given for some responses only');
      matrices[name] = { width: rows[0].length, data: Float64Array.from(rows.flat()) };
    }
    return {
      groups: this.groups,
      responses: this.responses,
      tokens: Int32Array.from(this.tokens),
      fields: Object.fromEntries([...this.fields].map(([field, parts]) => [field, concatenate(parts)])),
      ...matrices,
      ...(this.source.some((value) => value !== 0) ? { source: Uint8Array.from(this.source) } : {}),
      ...(forced ? { forced } : {}),
      updates: [],
      baseTemperature,
    };
  }
}

function checkLength(values: readonly unknown[], length: number, path: string): void {
  if (values.length !== length) throw new InputError(path, `has ${values.length} entries, tokens has ${length}`);
}

function problemOf(field: TokenField, value: number, options: Options): string | null {
  if (field.endsWith('ogprobs') && value > LOGPROB_SLACK && !options.anyLogprobs) return 'a log-probability is at most 0';
  if (field.endsWith('ntropies') && value < 0) return 'an entropy is at least 0';
  if (field === 'importance' && value < 0) return 'an importance is at least 0';
  if (field === 'temperature' && value <= 0) return 'a temperature is above 0';
  return null;
}

function readOneOf<T extends string>(value: unknown, options: readonly T[], path: string): T {
  const found = options.find((option) => option === value);
  if (!found) throw new InputError(path, `is ${JSON.stringify(value)}, one of ${options.join(', ')} is wanted`);
  return found;
}

function readSpan(value: unknown, path: string, length: number): Span {
  const span = readObject(value, path);
  const start = readInteger(span.start, `${path}.start`);
  const end = readInteger(span.end, `${path}.end`);
  if (start > end || end > length) throw new InputError(path, `runs from ${start} to ${end}, the response has ${length} tokens`);
  return {
    kind: readOneOf(span.kind, SPAN_KINDS, `${path}.kind`),
    start,
    end,
    label: span.label === undefined ? '' : readText(span.label, `${path}.label`),
    ...(span.correct === undefined ? {} : { correct: readBoolean(span.correct, `${path}.correct`) }),
    ...(span.adopted === undefined ? {} : { adopted: readBoolean(span.adopted, `${path}.adopted`) }),
    ...(span.parts === undefined ? {} : { parts: readNumbers(span.parts, `${path}.parts`) }),
  };
}

function readUpdate(value: unknown, path: string, batch: RolloutBatch): UpdateRecord {
  const json = readObject(value, path);
  const groups = readIntegers(json.groups, `${path}.groups`);
  groups.forEach((g, i) => {
    if (g >= batch.groups.length || (i > 0 && g <= groups[i - 1]))
      throw new InputError(`${path}.groups[${i}]`, `is ${g}, ascending indices of groups are wanted`);
  });
  const length = groups.reduce((n, g) => n + groupTokens(batch, g)[1] - groupTokens(batch, g)[0], 0);
  const array = (name: 'logprobs' | 'entropies' | 'gradLogprobs') => {
    const numbers = readNumbers(json[name], `${path}.${name}`);
    if (numbers.length !== length)
      throw new InputError(`${path}.${name}`, `has ${numbers.length} entries, its groups have ${length} tokens`);
    return Float64Array.from(numbers);
  };
  return {
    epoch: readInteger(json.epoch, `${path}.epoch`),
    minibatch: readInteger(json.minibatch, `${path}.minibatch`),
    groups,
    logprobs: array('logprobs'),
    entropies: array('entropies'),
    gradLogprobs: array('gradLogprobs'),
    ...(json.forced === undefined ? {} : { forced: readForcedUpdate(json.forced, `${path}.forced`, batch, groups) }),
    loss: readAnyNumber(json.loss, `${path}.loss`),
    gradientNorm: readAnyNumber(json.gradientNorm, `${path}.gradientNorm`),
  };
}

function readDraw(value: unknown): RolloutBatch['draw'] {
  const json = readObject(value, 'draw');
  return { seed: readInteger(json.seed, 'draw.seed', 0, 0xffffffff), step: readInteger(json.step, 'draw.step') };
}

function readContinuations(value: unknown, response: string, length: number): Continuation[] {
  return readList(value, `${response}.continuations`).map((entry, k) => {
    const path = `${response}.continuations[${k}]`;
    const json = readObject(entry, path);
    const after = readInteger(json.after, `${path}.after`);
    if (after > length) throw new InputError(`${path}.after`, `is ${after}, the response has ${length} tokens`);
    const rewards = readNumbers(json.rewards, `${path}.rewards`);
    if (rewards.length === 0) throw new InputError(`${path}.rewards`, 'is empty, at least one reward is wanted');
    return { after, rewards };
  });
}

function readTrainedWith(value: unknown): RolloutBatch['trainedWith'] {
  const json = readObject(value, 'trainedWith');
  const knobs = readObject(json.knobs, 'trainedWith.knobs');
  return {
    method: readText(json.method, 'trainedWith.method'),
    knobs: Object.fromEntries(Object.entries(knobs).map(([id, knob]) => [id, readAnyNumber(knob, `trainedWith.knobs.${id}`)])),
    state:
      json.state === null || json.state === undefined
        ? null
        : Object.fromEntries(
            Object.entries(readObject(json.state, 'trainedWith.state')).map(([name, entry]) => [
              name,
              Array.isArray(entry) ? readNumbers(entry, `trainedWith.state.${name}`) : readAnyNumber(entry, `trainedWith.state.${name}`),
            ]),
          ),
  };
}
