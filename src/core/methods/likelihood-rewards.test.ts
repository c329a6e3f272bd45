/** Rewards by the likelihood of the reference answer: literal numbers worked out by hand, and the papers' invariants. */
import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { RolloutBatch } from '../batch.ts';
import { batchFromJson } from '../batchJson.ts';
import { batchToJson } from '../batchToJson.ts';
import { decodeBatch } from '../batchCodec.ts';
import { encodeBatch } from '../batchEncoder.ts';
import { answersOf, answerSums } from '../forced.ts';
import { exp, log } from '../math.ts';
import { CLIP_STATE } from '../pipeline.types.ts';
import { composeMethod, creditBatch, defaultKnobs, missingNeeds } from '../pipeline.ts';
import { CRITICS } from '../stages/answerAdvantage.ts';
import { LIKELIHOOD_KINDS } from '../stages/likelihood.ts';
import type { Method } from '../stages/types.ts';
import { evenly, furnish, seededBatch, withUpdates } from '../testBatch.ts';
import { likelihoodRewards } from './likelihood-rewards.ts';
import { nover } from './nover.ts';
import { rlpr } from './rlpr.ts';
import { verifree } from './verifree.ts';

interface Sample {
  answer: number[];
  reward?: number;
  /** Tokens of the response, of which so many are reasoning. */
  length?: number;
  reasoning?: number;
  formatOk?: number;
}

/** One group whose responses have these log-probs on the reference answer, and −1 on each of their own tokens. */
function batchWith(...samples: Sample[]): RolloutBatch {
  return batchFromJson({
    promptTokens: [9],
    referenceAnswer: samples[0].answer.map((_, t) => t + 1),
    responses: samples.map(({ answer, reward = 0, length = 2, reasoning = length, formatOk }) => ({
      tokens: Array.from({ length }, (_, t) => t),
      oldLogprobs: Array.from({ length }, () => -1),
      reward,
      answerLogprobs: answer,
      proxyAnswerLogprobs: answer,
      reasoningLength: reasoning,
      ...(formatOk === undefined ? {} : { formatOk }),
    })),
  });
}

const credit = (batch: RolloutBatch, method: Method, changes: Record<string, number> = {}) =>
  creditBatch(batch, composeMethod(method), { ...defaultKnobs(method), ...changes });
const kind = (name: (typeof LIKELIHOOD_KINDS)[number]) => ({ likelihoodKind: LIKELIHOOD_KINDS.indexOf(name) });
const rewardsOf = (batch: RolloutBatch, method: Method, changes: Record<string, number> = {}) => [
  ...credit(batch, method, changes).trace.totalReward.values,
];
const closeTo = (actual: ArrayLike<number>, expected: readonly number[], digits = 12) => {
  expect(actual.length).toBe(expected.length);
  expected.forEach((value, i) => expect(actual[i], `entry ${i}`).toBeCloseTo(value, digits));
};
/** One number a response: its advantage is the same on all its tokens. */
const advantagesOf = (batch: RolloutBatch, method: Method, changes: Record<string, number> = {}) => {
  const { advantages } = credit(batch, method, changes);
  return batch.responses.map(({ start }) => advantages[start]);
};

const HALF = log(0.5);
const QUARTER = log(0.25);
/** Two answers of two tokens: probabilities 1/2 · 1/2 and 1/4 · 1/2. */
const pair = () => batchWith({ answer: [HALF, HALF], reward: 1, length: 3, reasoning: 2 }, { answer: [QUARTER, HALF] });

describe('the kinds of likelihood reward, by hand', () => {
  it('prob is the product, avgProb the mean, logprob and avgLogprob their logarithms', () => {
    closeTo(rewardsOf(pair(), likelihoodRewards, kind('prob')), [0.25, 0.125]);
    closeTo(rewardsOf(pair(), likelihoodRewards, kind('avgProb')), [0.5, 0.375]);
    closeTo(rewardsOf(pair(), likelihoodRewards, kind('logprob')), [2 * HALF, 3 * HALF]);
    closeTo(rewardsOf(pair(), likelihoodRewards, kind('avgLogprob')), [HALF, 1.5 * HALF]);
    closeTo(rewardsOf(pair(), likelihoodRewards, kind('baseRL')), [1, 0]);
  });
  it('jepo pays the group log of the mean probability, against the others’', () => {
    closeTo(rewardsOf(pair(), likelihoodRewards, kind('jepo')), [log(0.1875), log(0.1875)]);
    closeTo(advantagesOf(pair(), likelihoodRewards, kind('jepo')), [log(0.1875 / 0.125), log(0.1875 / 0.25)]);
  });
  it('compares with the others alone', () => {
    closeTo(advantagesOf(pair(), likelihoodRewards, kind('prob')), [0.125, -0.125]);
  });
  it('weights the answer by the derivative of its reward, over the number of responses', () => {
    const weights = (name: (typeof LIKELIHOOD_KINDS)[number]) =>
      credit(pair(), likelihoodRewards, kind(name)).trace.answerGradWeights.values;
    closeTo(weights('prob'), [-0.125, -0.125, -0.0625, -0.0625]);
    closeTo(weights('avgProb'), [-0.125, -0.125, -0.0625, -0.125]);
    closeTo(weights('logprob'), [-0.5, -0.5, -0.5, -0.5]);
    closeTo(weights('avgLogprob'), [-0.25, -0.25, -0.25, -0.25]);
    closeTo(weights('jepo'), [-2 / 3, -2 / 3, -1 / 3, -1 / 3]);
    closeTo(weights('baseRL'), [-0, -0, -0, -0]);
  });
  it('has the loss −(1/2)(Σ A Σ log π + Σ R): reasonings of 2 tokens at −1', () => {
    const [a, b] = [HALF, HALF].map((l, i) => (2 + i) * l);
    expect(credit(pair(), likelihoodRewards, kind('logprob')).loss).toBeCloseTo(-0.5 * ((a - b) * -2 + (b - a) * -2 + a + b), 12);
    expect(credit(pair(), likelihoodRewards, { ...kind('logprob'), answerCoef: 0 }).loss).toBeCloseTo(0, 12);
  });
  it('leaves out what was sampled after the reasoning, but for baseRL', () => {
    const at = (name: (typeof LIKELIHOOD_KINDS)[number]) => [...credit(pair(), likelihoodRewards, kind(name)).clipState];
    expect(at('prob')).toEqual([0, 0, CLIP_STATE.masked, 0, 0]);
    expect(credit(pair(), likelihoodRewards, kind('prob')).credit[2]).toBe(0);
    expect(at('baseRL')).toEqual([0, 0, 0, 0, 0]);
    expect(credit(pair(), likelihoodRewards, kind('baseRL')).credit[2]).toBeGreaterThan(0);
  });
  it('pays a right and a well-formed wrong answer as the appendix does, where it is told to', () => {
    const batch = batchWith({ answer: [HALF], reward: 1 }, { answer: [HALF], formatOk: 1 }, { answer: [HALF], formatOk: 0 });
    expect(rewardsOf(batch, likelihoodRewards, { ...kind('baseRL'), verifierScale: 100, formatReward: 10 })).toEqual([100, 10, 0]);
  });
  it('shows each answer token on the cell where it would stand, as far as there are cells', () => {
    const { trace } = credit(pair(), likelihoodRewards);
    expect([...trace.answerLogprob.values]).toEqual([NaN, NaN, HALF, NaN, NaN]);
    closeTo([trace.answerCredit.values[2]], [2.5]);
  });
});

const answers = fc.integer({ min: 1, max: 4 }).chain((n) =>
  fc.array(fc.record({ answer: fc.array(evenly(-6, -0.01), { minLength: n, maxLength: n }), reward: fc.constantFrom(0, 1) }), {
    minLength: 2,
    maxLength: 6,
  }),
);
const sumsOf = (batch: RolloutBatch) => [...answerSums(answersOf(batch), batch.forced?.fields.oldLogprobs ?? new Float64Array(0))];
const total = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);

describe('likelihood rewards keep their invariants', () => {
  it('advantages sum to zero over a group, but for jepo', () => {
    fc.assert(
      fc.property(answers, fc.constantFrom(...LIKELIHOOD_KINDS), (group, name) => {
        const sum = total(advantagesOf(batchWith(...group), likelihoodRewards, kind(name)));
        if (name !== 'jepo') expect(Math.abs(sum)).toBeLessThan(1e-9);
      }),
    );
  });
  it('jepo: A ≥ −log(G/(G−1)), R at least the mean log-probability, answer weights −1 over the group at each place', () => {
    fc.assert(
      fc.property(answers, (group) => {
        const batch = batchWith(...group);
        const { trace } = credit(batch, likelihoodRewards, kind('jepo'));
        const least = -log(group.length / (group.length - 1));
        for (const a of advantagesOf(batch, likelihoodRewards, kind('jepo'))) expect(a).toBeGreaterThanOrEqual(least - 1e-9);
        expect(trace.totalReward.values[0]).toBeGreaterThanOrEqual(total(sumsOf(batch)) / group.length - 1e-9);
        const n = group[0].answer.length;
        for (let t = 0; t < n; t++) expect(total(group.map((_, i) => trace.answerGradWeights.values[i * n + t]))).toBeCloseTo(-1, 9);
      }),
    );
  });
  it('logprob is n times avgLogprob; the probability of the mean log is at most the mean probability', () => {
    fc.assert(
      fc.property(answers, (group) => {
        const batch = batchWith(...group);
        const n = group[0].answer.length;
        const whole = rewardsOf(batch, likelihoodRewards, kind('logprob'));
        closeTo(
          rewardsOf(batch, likelihoodRewards, kind('avgLogprob')).map((r) => n * r),
          whole,
          9,
        );
        const s = sumsOf(batch);
        expect(exp(total(s) / s.length)).toBeLessThanOrEqual(total(s.map((x) => exp(x))) / s.length + 1e-12);
      }),
    );
  });
  it('an answer of one token: prob is avgProb, logprob is avgLogprob', () => {
    fc.assert(
      fc.property(fc.array(evenly(-6, -0.01), { minLength: 2, maxLength: 5 }), (ls) => {
        const batch = batchWith(...ls.map((l) => ({ answer: [l] })));
        closeTo(rewardsOf(batch, likelihoodRewards, kind('prob')), rewardsOf(batch, likelihoodRewards, kind('avgProb')));
        closeTo(rewardsOf(batch, likelihoodRewards, kind('logprob')), rewardsOf(batch, likelihoodRewards, kind('avgLogprob')));
      }),
    );
  });
});

describe('a long answer', () => {
  const file = JSON.parse(readFileSync(new URL('../../../tests/fixtures/likelihood-rewards.json', import.meta.url), 'utf8')) as {
    cases: { name: string; group: { responses: { answerLogprobs: number[] }[] }; expected: { rewards: number[] } }[];
  };
  const found = file.cases.find(({ name }) => name === 'long-answer-prob-vanishes');
  it('has rewards below the fixture’s tolerance, whose logarithms are the sums', () => {
    const batch = batchFromJson({ group: found?.group });
    const rewards = rewardsOf(batch, likelihoodRewards, kind('prob'));
    rewards.forEach((reward, i) => {
      const s = total(found?.group.responses[i].answerLogprobs ?? []);
      expect(reward).toBeLessThan(1e-15);
      expect(log(reward)).toBeCloseTo(s, 9);
      expect(log(found?.expected.rewards[i] ?? 0)).toBeCloseTo(s, 6);
    });
  });
  it('leaves the probability no gradient and the log-probability all of it', () => {
    const batch = batchFromJson({ group: found?.group });
    const largest = (name: (typeof LIKELIHOOD_KINDS)[number]) => {
      const { trace } = credit(batch, likelihoodRewards, kind(name));
      return Math.max(...trace.answerGradWeights.values.map(Math.abs), ...trace.gradLogprobs.values.map(Math.abs));
    };
    expect(largest('prob')).toBeLessThan(1e-15);
    expect(largest('logprob')).toBeGreaterThan(0.1);
  });
});

describe('VeriFree', () => {
  it('pays probabilities, and weights the answer with them', () => {
    closeTo(rewardsOf(pair(), verifree), [0.25, 0.125]);
    closeTo(credit(pair(), verifree).trace.answerGradWeights.values, [-0.125, -0.125, -0.0625, -0.0625]);
    closeTo(credit(pair(), verifree, { sftCoefSource: 1 }).trace.answerCoefs.values, [0.125, -0.125]);
    closeTo(credit(pair(), verifree, { sftCoefSource: 2 }).trace.answerCoefs.values, [1, 1]);
    closeTo(rewardsOf(pair(), verifree, { rewardSource: 1, rewardScale: 2 }), [4 * HALF, 6 * HALF]);
  });
  it('before an update takes the step of likelihood rewards with prob; grpo’s advantage is (G−1)/G of rloo’s, both sum to zero', () => {
    fc.assert(
      fc.property(answers, (group) => {
        const batch = batchWith(...group);
        const [a, b] = [credit(batch, verifree), credit(batch, likelihoodRewards, kind('prob'))];
        closeTo(a.credit, [...b.credit], 9);
        closeTo(a.trace.answerGradWeights.values, [...b.trace.answerGradWeights.values], 9);
        const [rloo, whole] = CRITICS.map((_, criticType) => advantagesOf(batch, verifree, { criticType }));
        closeTo(
          whole,
          rloo.map((x) => (x * (group.length - 1)) / group.length),
          9,
        );
        expect(Math.abs(total(rloo)) + Math.abs(total(whole))).toBeLessThan(1e-9);
        for (const reward of rewardsOf(batch, verifree)) expect(reward >= 0 && reward <= 1).toBe(true);
      }),
    );
  });
});

describe('RLPR', () => {
  it('pays nine tenths of the mean probability and one tenth of the form', () => {
    closeTo(rewardsOf(pair(), rlpr), [0.9 * 0.5 + 0.1, 0.9 * 0.375 + 0.1]);
    closeTo(rewardsOf(pair(), rlpr, { scoreA: 0.4 }), [0.9 * 0.1 + 0.1, 0.1]);
    closeTo(rewardsOf(pair(), rlpr, { answerScore: 1 }), [0.9 * 0.5 + 0.1, 0.9 * exp((QUARTER + HALF) / 2) + 0.1]);
    // σ(6 (2 · 0.5 − 1)) = 1/2.
    closeTo(rewardsOf(pair(), rlpr, { shaping: 1 }).slice(0, 1), [0.9 * 0.5 + 0.1]);
    const malformed = batchWith({ answer: [HALF], formatOk: 0 }, { answer: [HALF], formatOk: 1 });
    closeTo(rewardsOf(malformed, rlpr, { formatCoefficient: -1 }), [-1, 0.5]);
  });
  it('scores lie in [0, 1], geometric at most arithmetic; a higher score without reasoning never pays more; rewards in [0, 1]', () => {
    fc.assert(
      fc.property(answers, evenly(0, 1), evenly(0, 1), (group, low, more) => {
        const batch = batchWith(...group);
        const [mean, geometric] = [0, 1].map((answerScore) => credit(batch, rlpr, { answerScore }).trace.answerScore.values);
        mean.forEach((b, i) => expect(b >= geometric[i] - 1e-12 && geometric[i] >= 0 && b <= 1).toBe(true));
        const high = rewardsOf(batch, rlpr, { scoreA: Math.min(1, low + more) });
        rewardsOf(batch, rlpr, { scoreA: low }).forEach((reward, i) => {
          expect(reward >= high[i] && high[i] >= 0 && reward <= 1).toBe(true);
        });
      }),
    );
  });
  it('says what the answer scores without a reasoning: e^(−3/2) for two tokens of −3 together, nothing where nobody asked', () => {
    const asked = { ...pair(), groups: pair().groups.map((group) => ({ ...group, answerOutlook: -3 })) };
    const { trace } = credit(asked, rlpr);
    closeTo([...trace.scoreWithout.values, ...trace.hasPromptOutlook.values], [0.22313016, 1], 8);
    expect([...credit(pair(), rlpr).trace.hasPromptOutlook.values]).toEqual([0]);
  });
  it('gives equal scores no advantage', () => {
    expect(advantagesOf(batchWith({ answer: [HALF] }, { answer: [HALF] }), rlpr)).toEqual([0, 0]);
    // A spread of 1e-7 is less than the least that teaches.
    const nearly = batchWith({ answer: [log(0.5)] }, { answer: [log(0.5 + 1e-7)] });
    expect(advantagesOf(nearly, rlpr)).toEqual([0, 0]);
  });
  it('keeps all groups at first, then drops those of less than half the running spread, which it carries on', () => {
    const batch = pair();
    const [a, b] = rewardsOf(batch, rlpr);
    const spread = (a - b) / Math.sqrt(2);
    const input = { batch, knobs: defaultKnobs(rlpr), state: null };
    expect([...(rlpr.stages.sampling?.keepGroups?.(input).keep ?? [])]).toEqual([1]);
    const first = rlpr.nextState?.(input);
    closeTo([first?.stdMean as number, first?.steps as number], [spread, 1]);
    const keep = (stdMean: number) => [...(rlpr.stages.sampling?.keepGroups?.({ ...input, state: { stdMean, steps: 5 } }).keep ?? [])];
    expect([keep(1.99 * spread), keep(2.01 * spread)]).toEqual([[1], [0]]);
    // Equal weights at the second step but for the decay: shares 0.99 and 1 of 1.99.
    const second = rlpr.nextState?.({ ...input, state: { stdMean: 0, steps: 1 } });
    closeTo([second?.stdMean as number], [spread / 1.99]);
  });
});

describe('NOVER', () => {
  const group = () =>
    batchWith(
      { answer: [-1], length: 10 },
      { answer: [-0.5], length: 4, reasoning: 1 },
      { answer: [-3], length: 10 },
      { answer: [-0.1], formatOk: 0 },
    );
  it('ranks the well-formed by perplexity, which a longer reasoning is forgiven', () => {
    const { trace } = credit(group(), nover);
    closeTo(trace.rawPerplexity.values, [exp(1), exp(0.5), exp(3), exp(0.1)]);
    // log10 of 10 tokens is 1, so that the exponent is halved; of 1 it is 0.
    closeTo(trace.normalizedPerplexity.values.slice(0, 3), [exp(0.5), exp(0.5), exp(1.5)]);
    closeTo(trace.reasoningReward.values, [1, 2 / 3, 1 / 3, 0]);
    // Shorter and better than the third alone, out of two.
    closeTo(trace.efficiencyReward.values, [0, 0.5, 0, 0]);
    closeTo(trace.totalReward.values, [2, 1 + 2 / 3 + 0.5, 1 + 1 / 3, 0]);
    expect(Math.abs(total(advantagesOf(group(), nover)))).toBeLessThan(1e-12);
  });
  it('gives the ranks 1, (m−1)/m, … 1/m to the well-formed and nothing to the others; efficiency lies in [0, 1], 0 for the longest', () => {
    const samples = fc.array(
      fc.record({
        answer: fc.array(evenly(-6, -0.01), { minLength: 2, maxLength: 2 }),
        length: fc.integer({ min: 1, max: 12 }),
        formatOk: fc.constantFrom(0, 1),
      }),
      { minLength: 1, maxLength: 7 },
    );
    fc.assert(
      fc.property(samples, (drawn) => {
        const { trace } = credit(batchWith(...drawn), nover);
        const valid = drawn.flatMap(({ formatOk }, i) => (formatOk === 1 ? [i] : []));
        const m = valid.length;
        const ranks = valid.map((i) => trace.reasoningReward.values[i]).sort((a, b) => b - a);
        closeTo(
          ranks,
          valid.map((_, k) => (m - k) / m),
        );
        const longest = Math.max(...drawn.map(({ length }) => length));
        drawn.forEach(({ formatOk, length }, i) => {
          const bonus = trace.efficiencyReward.values[i];
          expect(bonus >= 0 && bonus <= 1).toBe(true);
          if (formatOk === 0) expect([trace.reasoningReward.values[i], bonus]).toEqual([0, 0]);
          if (length === longest) expect(bonus).toBe(0);
        });
      }),
    );
  });
  it('ranks equally long reasonings by the log-likelihood alone', () => {
    fc.assert(
      fc.property(fc.array(evenly(-6, -0.01), { minLength: 2, maxLength: 5 }), fc.integer({ min: 1, max: 12 }), (ls, length) => {
        const rank = (factor: number) => [
          ...credit(batchWith(...ls.map((l) => ({ answer: [factor * l], length }))), nover).trace.reasoningReward.values,
        ];
        expect(rank(3)).toEqual(rank(1));
      }),
    );
  });
});

describe('forced texts in a batch', () => {
  it('come back from JSON and from the transferable buffer', () => {
    const batch = furnish(seededBatch(2, 2, 3));
    const forced = { logprobs: Float64Array.from({ length: 8 }, (_, f) => -(f + 1) / 3), gradLogprobs: new Float64Array(8).fill(0.1) };
    const updates = withUpdates(batch).updates.map((update) => ({ ...update, forced }));
    const trained: RolloutBatch = { ...batch, updates };
    for (const back of [decodeBatch(encodeBatch(trained)), batchFromJson(JSON.parse(JSON.stringify(batchToJson(trained))))]) {
      expect(back.forced).toEqual({ ...batch.forced, texts: batch.forced?.texts.map((text) => expect.objectContaining(text)) });
      expect(back.updates.map((update) => update.forced)).toEqual(updates.map(() => forced));
    }
  });
  it('are named where they are missing', () => {
    const { forced: _forced, ...bare } = pair();
    expect(missingNeeds(bare, likelihoodRewards)).toEqual(['answerLogprobs']);
    expect(missingNeeds(bare, nover)).toEqual(['proxyAnswerLogprobs']);
    expect(() => credit(bare, likelihoodRewards)).toThrow('answerLogprobs');
    expect(missingNeeds(pair(), likelihoodRewards)).toEqual([]);
  });
  it('that are wrong are named by their field', () => {
    const response = { tokens: [1], reward: 0, answerLogprobs: [-1] };
    const read = (group: object) => () => batchFromJson({ responses: [response], referenceAnswer: [1], ...group });
    expect(read({ referenceAnswer: undefined })).toThrow('referenceAnswer is missing, while responses[0] has answerLogprobs');
    expect(read({ referenceAnswer: [] })).toThrow('referenceAnswer is empty, at least one token is wanted');
    expect(read({ referenceAnswer: [1, 2] })).toThrow('responses[0].answerLogprobs has 1 entries, referenceAnswer has 2');
    expect(read({ responses: [{ ...response, answerLogprobs: [0.5] }] })).toThrow(
      'responses[0].answerLogprobs[0] is 0.5, a log-probability is at most 0',
    );
    expect(read({ responses: [{ ...response, reasoningLength: 2 }] })).toThrow(
      'responses[0].reasoningLength is 2, the response has 1 tokens',
    );
    expect(read({ responses: [response, { ...response, answerLogprobs: undefined }] })).toThrow('responses[1].answerLogprobs is missing');
  });
});
