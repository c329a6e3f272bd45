/** Small batches for tests: literal ones written out, and arbitrary ones for properties. */
import fc from 'fast-check';
import type { ForcedTexts, Measured, RolloutBatch, RolloutResponse, Span, TokenField, TokenMatrix, UpdateRecord } from './batch.ts';
import { forcedTexts } from './forced.ts';
import { batchFromJson } from './batchJson.ts';
import { exp, log } from './math.ts';
import { streamAt } from './random.ts';
import { GRADIENT_PLACES, GRADIENT_PRODUCTS } from './stages/gradientNames.ts';

/** The same cases on every run and machine. */
fc.configureGlobal({ ...fc.readConfigureGlobal(), seed: 20250918 });

export interface TestResponse {
  tokens: number[];
  reward: number;
  accuracy?: number;
  parts?: number[];
  spans?: Span[];
  oldLogprobs?: number[];
  logprobs?: number[];
  refLogprobs?: number[];
  entropies?: number[];
  oldEntropies?: number[];
  logits?: number[][];
}

/** A batch of the given groups; log-probs default to −1, so that every ratio is 1. */
export function batchOf(...groups: TestResponse[][]): RolloutBatch {
  return batchFromJson({
    groups: groups.map((responses) => ({
      promptTokens: [9],
      responses: responses.map((response) => ({ oldLogprobs: response.tokens.map(() => -1), ...response })),
    })),
  });
}

/** `ratios[i]` as current log-probs over an old log-prob of −20 for every token, so that any ratio stays below probability 1. */
export function withRatios(responses: { tokens: number[]; reward: number; ratios: number[]; entropies?: number[] }[]): TestResponse[] {
  return responses.map(({ ratios, ...rest }) => ({
    ...rest,
    oldLogprobs: ratios.map(() => -20),
    logprobs: ratios.map((ratio) => -20 + log(ratio)),
  }));
}

/** Thousandths, evenly spread: `fc.double` draws representable numbers evenly, so that nine in ten lie within 0.001 of 0. */
export const evenly = (min: number, max: number) => fc.integer({ min: 1000 * min, max: 1000 * max }).map((x) => x / 1000);
const logprob = evenly(-4, -0.01);
/** Log-ratios: about two tokens in three leave PPO's bounds. */
const drift = evenly(-0.7, 0.7);
const entropy = fc.double({ min: 0.001, max: 2.5, noNaN: true });
const token = fc.record({ id: fc.integer({ min: 0, max: 3 }), old: logprob, drift, ref: drift, entropy, oldEntropy: entropy });

/** A response of 1–6 tokens over a vocabulary of 4 with its own log-probs, entropies and results of three tests. */
export const anyResponse = (reward: fc.Arbitrary<number> = fc.constantFrom(0, 1)): fc.Arbitrary<TestResponse> =>
  fc.record({ tokens: fc.array(token, { minLength: 1, maxLength: 6 }), reward }).map(({ tokens, reward: r }) => ({
    tokens: tokens.map(({ id }) => id),
    reward: r,
    parts: [tokens[0].id % 2, r > 0 ? 1 : 0, tokens.length > 2 ? 1 : 0],
    oldLogprobs: tokens.map(({ old }) => old),
    logprobs: tokens.map(({ old, drift: d }) => Math.min(old + d, 0)),
    refLogprobs: tokens.map(({ old, ref }) => Math.min(old + ref, 0)),
    entropies: tokens.map(({ entropy: h }) => h),
    oldEntropies: tokens.map(({ oldEntropy }) => oldEntropy),
  }));

export const anyGroup = (reward?: fc.Arbitrary<number>, size: { min?: number; max?: number } = {}): fc.Arbitrary<TestResponse[]> =>
  fc.array(anyResponse(reward), { minLength: size.min ?? 2, maxLength: size.max ?? 6 });

/** 1–3 groups. */
export const anyGroups = (reward?: fc.Arbitrary<number>): fc.Arbitrary<TestResponse[][]> =>
  fc.array(anyGroup(reward), { minLength: 1, maxLength: 3 });

/** Spans of `size` tokens that cover a response in order, labelled by what they hold. */
function spansOf(kind: Span['kind'], size: number, tokens: readonly number[]): Span[] {
  return Array.from({ length: Math.ceil(tokens.length / size) }, (_, k) => {
    const own = tokens.slice(k * size, (k + 1) * size);
    const judged = kind === 'thought' ? {} : { correct: own[0] % 2 === 0, adopted: own[0] !== 1 };
    return { kind, start: k * size, end: k * size + own.length, label: own.join(''), ...judged };
  });
}

const rowsOf = (rows: number, width: number, value: (row: number, column: number) => number): TokenMatrix => ({
  width,
  data: Float64Array.from({ length: rows * width }, (_, k) => value(Math.floor(k / width), k % width)),
});

/**
 * A reference answer of two tokens after half of each response, and a corpus text of four for each group, with log-probs that
 * follow from the response's own numbers (`own` reads one of a token).
 */
function forcedFor({ groups, responses }: RolloutBatch, own: (t: number) => number): ForcedTexts {
  const texts = groups.flatMap(({ start, end }, group) => [
    ...responses.slice(start, end).map((response, i) => ({
      kind: 'answer' as const,
      group,
      response: start + i,
      after: Math.ceil((response.end - response.start) / 2),
      tokens: [1, 2],
      own: Array.from({ length: response.end - response.start }, (_, t) => own(response.start + t)).reduce((a, b) => 1.3 * a + b, 0),
    })),
    { kind: 'corpus' as const, group, context: [0], chosen: [2], tokens: [1, 2, 0, 2], own: 0.104 },
  ]);
  const numbers = (scale: number, span: number) =>
    Float64Array.from(
      texts.flatMap((text) => text.tokens.map((_, k) => ((scale * (text.own + 0.61 * k)) % span) + 0.05)),
      (x) => x,
    );
  const logprobs = (scale: number) => numbers(scale, 3).map((x) => -x);
  return {
    ...forcedTexts(texts.map(({ own: _own, ...text }) => text)),
    fields: { oldLogprobs: logprobs(7.1), 'proxy.logprobs': logprobs(5.3), oldEntropies: numbers(3.7, 2.4) },
  };
}

/**
 * The batch with all that some methods need and a plain one lacks: spans, tests, continuations, efforts and token fields. What a
 * response gets follows from its own tokens and numbers, so that it does not depend on where the response stands.
 */
export function furnish(batch: RolloutBatch): RolloutBatch {
  const { fields, tokens } = batch;
  const old = fields.oldLogprobs ?? new Float64Array(tokens.length).fill(-1);
  const own = (t: number) => Math.abs(old[t]) + 0.37 * tokens[t];
  const given: Partial<Record<TokenField, Float64Array>> = {
    // The rest of the probability is spread over three other tokens.
    sumPiSquared: old.map((x) => exp(2 * x) + ((1 - exp(x)) * (1 - exp(x))) / 3),
    values: old.map((_, t) => (5.31 * own(t)) % 1),
    newValues: old.map((_, t) => (2.17 * own(t)) % 1),
    'prm.logprobs': old.map((x, t) => Math.min(x + ((4.91 * own(t)) % 1) - 0.5, 0)),
    uniforms: old.map((_, t) => (1000.37 * own(t)) % 1),
    trueValues: old.map((_, t) => (7.13 * own(t)) % 1),
    trueAdvantages: old.map((_, t) => ((3.71 * own(t)) % 1) - 0.5),
    importance: old.map((_, t) => (tokens[t] === 3 ? NaN : (5.3 * own(t)) % 1)),
    answerOutlook: old.map((_, t) => -((2.9 * own(t)) % 4)),
  };
  const hidden = rowsOf(tokens.length, 3, (t, k) => ((2.9 * own(t) + 0.61 * k * (tokens[t] + 1)) % 2) - 1);
  const width = Math.max(6, ...tokens.map((id) => id + 1));
  const logits = rowsOf(tokens.length, width, (t, v) => {
    const distance = (v - tokens[t] + width) % width;
    return distance === 0 ? old[t] : distance < 4 ? Math.max(log((1 - exp(old[t])) / 3), -30) : -30;
  });
  /** One row a token of numbers between −1 and 1 that its own ones set. */
  const row = (length: number, factor: number): Measured => {
    const { data } = rowsOf(tokens.length, length, (t, k) => 2 * ((factor * own(t) * (1 + k)) % 1) - 1);
    return { level: 'token', width: length, values: Float64Array.from(data) };
  };
  const V = batch.logits?.width ?? width;
  const responseOf = (response: RolloutResponse): RolloutResponse => {
    const ids = Array.from(tokens.subarray(response.start, response.end));
    const half = Math.ceil(ids.length / 2);
    const test = (k: number) => (ids[0] + k) % 2;
    const spans = [...spansOf('step', 2, ids), ...spansOf('chunk', 3, ids), ...spansOf('thought', half, ids.slice(0, half))];
    const nine = (rewards: number[]) => [...rewards, ...rewards, ...rewards];
    const continuations = ids.map((id, after) => ({ after, rewards: nine([id % 2, response.reward, 0]) }));
    return { parts: [test(0), test(1), 1], spans, continuations, ...response };
  };
  const products = Float64Array.from({ length: tokens.length * tokens.length }, (_, k) => {
    const [t, s] = [3 * Math.floor(k / tokens.length), 3 * (k % tokens.length)];
    return [0, 1, 2].reduce((sum, j) => sum + hidden.data[t + j] * hidden.data[s + j], 0);
  });
  return {
    maxTokens: 8,
    hidden,
    logits,
    ...batch,
    measured: {
      [GRADIENT_PLACES]: { level: 'token', width: 1, values: Float64Array.from(tokens.keys()) },
      [GRADIENT_PRODUCTS]: { level: 'token', width: tokens.length, values: products },
      joint: row(30, 0.77),
      refLogits: row(V, 1.31),
      candidateValues: row(V, 0.43),
      ...batch.measured,
    },
    forced: batch.forced ?? forcedFor(batch, own),
    groups: batch.groups.map((group) => ({ effort: 1, greedyReward: 0.5, referenceAnswer: [1, 2], ...group })),
    responses: batch.responses.map(responseOf),
    fields: { ...given, ...fields },
  };
}

/** A seeded batch of `groups` × `size` responses of `length` tokens with logits [N, width], as large as the page's. */
export function seededBatch(groups = 8, size = 8, length = 20, width = 16): RolloutBatch {
  const random = streamAt(7, 1);
  const range = (low: number, high: number) => low + (high - low) * random.next();
  const n = groups * size * length;
  const field = (low: number, high: number) => Float64Array.from({ length: n }, () => Math.fround(range(low, high)));
  const oldLogprobs = field(-3, -0.05);
  return {
    groups: Array.from({ length: groups }, (_, g) => ({ prompt: [1, 2], start: g * size, end: (g + 1) * size })),
    responses: Array.from({ length: groups * size }, (_, i) => ({
      group: Math.floor(i / size),
      start: i * length,
      end: (i + 1) * length,
      reward: random.next() < 0.5 ? 1 : 0,
      parts: [1, i % 2, i % 3 === 0 ? 1 : 0],
    })),
    tokens: Int32Array.from({ length: n }, () => random.integer(3)),
    fields: {
      oldLogprobs,
      refLogprobs: oldLogprobs.map((value) => Math.fround(value + range(-0.3, 0))),
      oldEntropies: field(0.01, 2),
    },
    logits: { width, data: Float32Array.from({ length: n * width }, () => range(-3, 3)) },
    updates: [],
    baseTemperature: 1,
  };
}

/** The same batch with `epochs` × `minibatches` recorded updates of drifted log-probs. */
export function withUpdates(batch: RolloutBatch, epochs = 2, minibatches = 2): RolloutBatch {
  const random = streamAt(7, 2);
  const updates: UpdateRecord[] = [];
  for (let epoch = 0; epoch < epochs; epoch++) {
    for (let minibatch = 0; minibatch < minibatches; minibatch++) {
      const groups = batch.groups.map((_, g) => g).filter((g) => g % minibatches === (minibatch + epoch) % minibatches);
      const index = groups.flatMap((g) => {
        const { start, end } = batch.groups[g];
        return batch.responses.slice(start, end).flatMap((r) => Array.from({ length: r.end - r.start }, (_, t) => r.start + t));
      });
      const drifted = (values: Float64Array, least: number, most: number) =>
        Float64Array.from(index, (t) =>
          Math.fround(Math.min(most, Math.max(least, values[t] + (random.next() - 0.5) * (epoch + minibatch)))),
        );
      updates.push({
        epoch,
        minibatch,
        groups,
        logprobs: drifted(batch.fields.oldLogprobs!, -9, 0),
        entropies: drifted(batch.fields.oldEntropies!, 0.001, 3),
        gradLogprobs: new Float64Array(index.length),
        loss: 0,
        gradientNorm: 0,
      });
    }
  }
  return { ...batch, updates };
}
