/** RMT: literal numbers worked out by hand, and its invariants. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RolloutBatch } from '../batch.ts';
import { batchFromJson } from '../batchJson.ts';
import { addTexts, forcedTexts } from '../forced.ts';
import { composeMethod, creditBatch, defaultKnobs, missingNeeds } from '../pipeline.ts';
import { budgetAt, lengthReward, tierOf, tierProbabilities } from '../stages/midTraining.ts';
import { evenly, furnish, seededBatch } from '../testBatch.ts';
import { rmt } from './rmt.ts';

const KNOBS = defaultKnobs(rmt);
const run = (batch: RolloutBatch, changes: Record<string, number> = {}) =>
  creditBatch(batch, composeMethod(rmt), { ...KNOBS, curriculum: 0, ...changes });

/** Two thoughts of 2 and 4 tokens about the second token of a text of three; the first one is right. */
const pair = (): RolloutBatch => ({
  ...batchFromJson({
    promptTokens: [9],
    corpus: { context: [9], tokens: [1, 2, 3], logprobs: [-0.5, -2, -0.25], entropies: [0.1, 1, 2.2], rlPositions: [1] },
    responses: [2, 4].map((reasoningLength, i) => ({
      tokens: [1, 1, 1, 1, 2],
      oldLogprobs: [-1, -1, -1, -1, -1],
      reward: 1 - i,
      reasoningLength,
    })),
  }),
  draw: { seed: 1, step: 0 },
});

describe('RMT by hand', () => {
  it('pays four fifths of the match and one fifth of the length, at a budget of 8', () => {
    const { trace } = run(pair());
    expect(trace.budget.values[0]).toBe(8);
    expect([...trace.lengthReward.values]).toEqual([0.25, 0.5]);
    expect(trace.totalReward.values[0]).toBeCloseTo(0.85, 12);
    expect(trace.totalReward.values[1]).toBeCloseTo(0.1, 12);
  });
  it('learns the text but for the token that was thought about: λ (0.5 + 0.25)', () => {
    const { trace, loss } = run(pair(), { ntpWeight: 0.1 });
    expect([...trace.ntpMask.values]).toEqual([1, 0, 1]);
    expect(trace.ntpLoss.values[0]).toBeCloseTo(0.75, 12);
    expect([...trace.corpusGradWeights.values]).toEqual([-0.1, 0, -0.1]);
    expect(loss).toBeCloseTo(trace.policyLoss.values[0] + 0.075, 12);
  });
  it('sorts the tokens of the text into tiers', () => {
    const { trace } = run(pair());
    expect([...trace.tiers.values]).toEqual([0, 1, 2]);
    expect([...trace.targetTier.values]).toEqual([1]);
    expect([...trace.targetEntropy.values]).toEqual([1]);
  });
  it('has budgets 8, 3 and 1 at the start, in the middle and at the end of 200 steps', () => {
    // 8 · 0.2^0.5 = 3.58, 8 · 0.2 = 1.6.
    expect([0, 100, 200, 500].map((step) => budgetAt(KNOBS, step))).toEqual([8, 3, 1, 1]);
  });
  it('is missed where a batch has no text', () => {
    const { forced: _forced, ...bare } = pair();
    expect(missingNeeds(bare, rmt)).toEqual(['corpusLogprobs']);
  });
});

describe('RMT keeps its invariants', () => {
  it('the length reward lies in [0, r_max], is largest at the budget alone and 0 at 0 and at twice the budget', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 0, max: 100 }), evenly(0.1, 2), (budget, length, most) => {
        const reward = lengthReward(length, budget, most);
        expect(reward >= 0 && reward <= most).toBe(true);
        if (length !== budget) expect(reward).toBeLessThan(most);
        expect([lengthReward(0, budget, most), lengthReward(budget, budget, most), lengthReward(2 * budget, budget, most)]).toEqual([
          0,
          most,
          0,
        ]);
      }),
    );
  });
  it('the budget never rises and never falls below the least', () => {
    const setting = fc.record({
      budget0: fc.integer({ min: 1, max: 100 }),
      budgetMin: fc.integer({ min: 1, max: 9 }),
      budgetDecay: evenly(0.05, 1),
    });
    fc.assert(
      fc.property(setting, fc.integer({ min: 0, max: 300 }), (changes, step) => {
        const knobs = { ...KNOBS, ...changes };
        expect(budgetAt(knobs, step + 1)).toBeLessThanOrEqual(budgetAt(knobs, step));
        expect(budgetAt(knobs, step)).toBeGreaterThanOrEqual(changes.budgetMin);
      }),
    );
  });
  it('the tiers’ probabilities are none below 0, sum to 1, and are continuous at both ends of the shift', () => {
    const probability = evenly(0, 1);
    const setting = fc.record({ earlyEasy: probability, earlyMedium: probability, lateEasy: probability, lateMedium: probability });
    fc.assert(
      fc.property(setting, fc.integer({ min: 0, max: 250 }), (changes, step) => {
        const at = (when: number) => tierProbabilities({ ...KNOBS, ...changes }, when);
        expect(at(step).reduce((a, b) => a + b, 0)).toBeCloseTo(1, 9);
        expect(Math.min(...at(step))).toBeGreaterThanOrEqual(0);
        for (const edge of [60, 140]) at(edge).forEach((p, tier) => expect(Math.abs(p - at(edge + 1e-6)[tier])).toBeLessThan(1e-6));
      }),
    );
    expect(tierProbabilities(KNOBS, 0)[2]).toBeCloseTo(0.1, 12);
    expect(tierProbabilities(KNOBS, 100)[2]).toBeCloseTo(0.35, 12);
    expect(tierProbabilities(KNOBS, 200)[2]).toBeCloseTo(0.6, 12);
  });
  it('chosen tokens and those of the next-token loss are disjoint and cover the text; no weight of the length pays the match alone', () => {
    const batch = furnish(seededBatch(2, 3, 4));
    const { trace } = run(batch, { lengthWeight: 0 });
    for (const { kind, start, end, chosen = [] } of batch.forced?.texts ?? []) {
      const mask = Array.from(trace.ntpMask.values.subarray(start, end));
      if (kind === 'answer') expect(mask.every(Number.isNaN)).toBe(true);
      else mask.forEach((value, position) => expect(value).toBe(chosen.includes(position) ? 0 : 1));
    }
    expect([...trace.totalReward.values]).toEqual(batch.responses.map(({ reward }) => reward));
  });
  it('the curriculum always keeps the likeliest tier, and the others as often as they are likely', () => {
    const kept = (entropy: number, step: number, changes: Record<string, number> = {}) => {
      const knobs = { ...KNOBS, ...changes };
      const count = Array.from({ length: 400 }, (_, i) => {
        const batch = pair();
        const fields = { ...batch.forced?.fields, oldEntropies: Float64Array.of(0, entropy, 0) };
        const forced = batch.forced && { ...batch.forced, fields };
        const groups = batch.groups.map((group) => ({ ...group, prompt: [9, i] }));
        const input = { batch: { ...batch, groups, forced, draw: { seed: 3, step } }, knobs, state: null };
        return rmt.stages.sampling?.keepGroups?.(input).keep[0] ?? -1;
      });
      return count.reduce((a, b) => a + b, 0) / 400;
    };
    expect([tierOf(0.1, KNOBS), tierOf(1, KNOBS), tierOf(2.2, KNOBS)]).toEqual([0, 1, 2]);
    expect([kept(0.1, 0), kept(2.2, 200), kept(1, 0, { curriculum: 0 })]).toEqual([1, 1, 1]);
    // 0.3 / 0.6 and 0.1 / 0.6, within three standard errors of 400 draws.
    expect(Math.abs(kept(1, 0) - 0.5)).toBeLessThan(0.075);
    expect(Math.abs(kept(2.2, 0) - 1 / 6)).toBeLessThan(0.056);
  });
});

describe('RMT draws its corpus by hand', () => {
  /** The pair's text with its prompt in front: tokens 9 1 | 2 3, of which 9 is not predicted and 3 is thought about. */
  const withPrompt = (): RolloutBatch => {
    const batch = pair();
    const groups = batch.groups.map((group) => ({ ...group, prompt: [9, 1] }));
    const forced = batch.forced as NonNullable<RolloutBatch['forced']>;
    return { ...batch, groups, forced: { ...forced, fields: { ...forced.fields, oldEntropies: Float64Array.of(2.3, 1, 2.2) } } };
  };
  const figures = (batch: RolloutBatch, changes: Record<string, number> = {}) => {
    const { trace, knobs } = run(batch, changes);
    return rmt.figures?.({ batch, knobs, trace, vocabulary: 16, token: 0, response: 1 }) ?? [];
  };
  it('as a strip of the numbers that the stages read', () => {
    const [strip] = figures(withPrompt());
    expect(strip).toMatchObject({
      kind: 'strip',
      tokens: [1, 2, 3],
      rows: [
        { title: 'entropy', values: [2.3, 1, 2.2], most: expect.closeTo(2.7726, 4) },
        { title: 'surprise', values: [0.5, 2, 0.25] },
        { title: 'tier', values: [2, 1, 2], categories: ['easy', 'medium', 'hard'] },
        { title: 'learnt by', values: [1, 0, 1], categories: ['rollouts', 'next-token loss'] },
      ],
    });
  });
  it('and says how many hard tokens are the prompt’s noise', () => {
    expect(figures(withPrompt())[0].caption).toContain('of the 2 hard tokens in this step’s texts 1 stand in the prompts');
    expect(figures(withPrompt(), { entropyHard: 2.25 })[0].caption).toContain('of the 1 hard tokens in this step’s texts 1 stand');
    expect(figures(pair())[0].caption).toContain('Of the 1 hard tokens in this step’s texts none stands in a prompt');
    expect(figures(withPrompt(), { entropyHard: 3 })[0].caption).toContain('No token of this step’s texts is hard.');
  });
  it('with the budget of every step, and the present one marked', () => {
    const [, steps] = figures({ ...withPrompt(), draw: { seed: 1, step: 100 } });
    if (steps.kind !== 'steps') throw new Error('no curve');
    expect([0, 100, 200].map((step) => steps.values[step])).toEqual([8, 3, 1]);
    expect(steps.values).toHaveLength(201);
    expect(steps.now).toEqual({ step: 100, value: 3 });
    expect(figures({ ...withPrompt(), draw: { seed: 1, step: 300 } })[1]).toMatchObject({ now: { step: 300, value: 1 } });
  });
  it('not at all where the text’s entropies are not known', () => {
    const batch = withPrompt();
    const forced = batch.forced as NonNullable<RolloutBatch['forced']>;
    const { oldEntropies: _, ...fields } = forced.fields;
    expect(figures({ ...batch, forced: { ...forced, fields } })).toEqual([]);
  });
  it('and other texts, whose entropies nobody asked for, have no tier', () => {
    const batch = withPrompt();
    const forced = addTexts(batch.forced, forcedTexts([{ kind: 'answer', group: 0, response: 0, after: 0, tokens: [4] }]));
    expect([...run({ ...batch, forced }).trace.tiers.values]).toEqual([2, 1, 2, NaN]);
  });
});
