import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RolloutBatch, Span } from '../batch.ts';
import { composeMethod, creditBatch, defaultKnobs } from '../pipeline.ts';
import { STEP_LABEL, thoughtScores } from '../stages/thoughtRewards.ts';
import type { TestResponse } from '../testBatch.ts';
import { batchOf } from '../testBatch.ts';
import { grpo } from './grpo.ts';
import { tpGrpo } from './tp-grpo.ts';

interface Step {
  length: number;
  label: boolean;
}

/** A response of these steps, the label of each being "right" or "adopted", an answer step, and `rest` tokens after it. */
function solution(steps: readonly Step[], reward: number, rest = 0): TestResponse {
  let start = 0;
  const spans = [...steps, { length: 1, label: false }].map(({ length, label }): Span => {
    const span: Span = { kind: 'step', start, end: start + length, label: '', correct: label, adopted: label };
    start += length;
    return span;
  });
  return { tokens: Array.from({ length: start + rest }, (_, t) => t % 4), reward, spans };
}
/** Steps of one token with these labels. */
const steps = (labels: string): Step[] => [...labels].map((label) => ({ length: 1, label: label === '1' }));

const anyStep = fc.record({ length: fc.integer({ min: 1, max: 3 }), label: fc.boolean() });
const anySolution = fc
  .tuple(fc.array(anyStep, { maxLength: 5 }), fc.constantFrom(0, 1), fc.integer({ min: 0, max: 2 }))
  .map(([own, reward, rest]) => ({ steps: own, reward, rest }));
const anySolutions = fc.array(anySolution, { minLength: 1, maxLength: 6 });
const alpha = fc.double({ min: 0, max: 2, noNaN: true });
const made = (group: readonly { steps: Step[]; reward: number; rest: number }[]) =>
  batchOf(group.map((one) => solution(one.steps, one.reward, one.rest)));

const composed = composeMethod(tpGrpo);
const run = (batch: RolloutBatch, knobs: Record<string, number> = {}) =>
  creditBatch(batch, composed, { ...defaultKnobs(tpGrpo), ...knobs });
const own = (batch: RolloutBatch, values: Float64Array, i: number) => [
  ...values.subarray(batch.responses[i].start, batch.responses[i].end),
];
/** Label of each token: the answer step and what follows have label 1. */
const tokenLabels = ({ steps: all, rest }: { steps: readonly Step[]; rest: number }) => [
  ...all.flatMap(({ length, label }) => Array<boolean>(length).fill(label)),
  ...Array<boolean>(1 + rest).fill(true),
];

describe('with merged thoughts', () => {
  it('a right answer’s tokens have ro, or ro − rc in wrong steps [Proposition 1]; a wrong one’s ro, or 0 [Proposition 2]', () => {
    fc.assert(
      fc.property(anySolutions, alpha, (group, processAlpha) => {
        const batch = made(group);
        const { trace, advantages } = run(batch, { processAlpha });
        const right = group.filter(({ reward }) => reward > 0).length / group.length;
        group.forEach((one, i) => {
          const ro = trace.outcomeAdvantage.values[i];
          const other = one.reward > 0 ? ro - processAlpha * right : 0;
          tokenLabels(one).forEach((label, t) => expect(own(batch, advantages, i)[t]).toBeCloseTo(label ? ro : other, 12));
        });
      }),
    );
  });
  it('all wrong: no process reward and no advantage; all right: 0, and −α in wrong steps', () => {
    fc.assert(
      fc.property(anySolutions, alpha, (group, processAlpha) => {
        const wrong = run(made(group.map((one) => ({ ...one, reward: 0 }))), { processAlpha });
        expect(wrong.trace.thoughtBonus.values[0]).toBe(0);
        expect(wrong.advantages.every((a) => Math.abs(a) === 0)).toBe(true);
        const allRight = group.map((one) => ({ ...one, reward: 1 }));
        const right = run(made(allRight), { processAlpha }).advantages;
        allRight.flatMap(tokenLabels).forEach((label, t) => expect(right[t]).toBeCloseTo(label ? 0 : -processAlpha, 12));
      }),
    );
  });
  it('does not care into how many equal steps a thought is split, and is constant inside one', () => {
    fc.assert(
      fc.property(anySolutions, (group) => {
        const split = group.map((one) => ({
          ...one,
          steps: one.steps.flatMap(({ length, label }) => Array.from({ length }, () => ({ length: 1, label }))),
        }));
        const batch = made(group);
        const { advantages } = run(batch);
        expect([...run(made(split)).advantages]).toEqual([...advantages]);
        const { thoughts } = thoughtScores(batch, defaultKnobs(tpGrpo));
        batch.responses.forEach((response, i) => {
          let start = 0;
          for (const end of thoughts[i].ends) {
            expect(new Set(own(batch, advantages, i).slice(start, end)).size).toBe(1);
            start = end;
          }
          expect(start).toBe(response.end - response.start);
        });
      }),
    );
  });
  it('with α = 0 treats right answers as GRPO', () => {
    fc.assert(
      fc.property(anySolutions, (group) => {
        const batch = made(group);
        const { advantages } = run(batch, { processAlpha: 0 });
        const signed = { ...batch, responses: batch.responses.map((response) => ({ ...response, reward: response.reward > 0 ? 1 : -1 })) };
        const plain = creditBatch(signed, composeMethod(grpo), { ...defaultKnobs(grpo), stdEps: 1e-4, singletonZero: 1 }).advantages;
        group.forEach(({ reward }, i) => {
          if (reward > 0) own(batch, advantages, i).forEach((a, t) => expect(a).toBeCloseTo(own(batch, plain, i)[t], 12));
        });
      }),
    );
  });
  it('punishes a wrong step of a right answer only where ro < α acc: with α = 1 from about two thirds right', () => {
    const advantageAt = (right: number) => {
      const group = Array.from({ length: 100 }, (_, i) => solution(steps('0'), i < right ? 1 : 0));
      return run(batchOf(group)).advantages[0];
    };
    expect(advantageAt(66)).toBeGreaterThan(0);
    expect(advantageAt(70)).toBeLessThan(0);
  });
  it('without the group’s accuracy takes α whole', () => {
    const batch = batchOf([solution(steps('0'), 1), solution([], 0), solution([], 0)]);
    expect(run(batch, { adaptiveReward: 0, processAlpha: 0.7 }).trace.thoughtBonus.values[0]).toBe(0.7);
    expect(run(batch, { processAlpha: 0.7 }).trace.thoughtBonus.values[0]).toBeCloseTo(0.7 / 3, 12);
  });
});

describe('without merging', () => {
  it('every step is paid: ro plus rc, or ro, times (n₁ − n₀) of the steps that have yet to end', () => {
    fc.assert(
      fc.property(anySolutions, (group) => {
        const batch = made(group);
        const { trace, advantages } = run(batch, { mergeThoughts: 0 });
        group.forEach((one, i) => {
          const ro = trace.outcomeAdvantage.values[i];
          const size = one.reward > 0 ? trace.thoughtBonus.values[0] : ro;
          const wanted = one.steps.flatMap(({ length }, k) => {
            const ahead = one.steps.slice(k).reduce((n, { label }) => n + (label ? 1 : -1), 0);
            return Array<number>(length).fill(ro + size * ahead);
          });
          own(batch, advantages, i).forEach((a, t) => expect(a).toBeCloseTo(wanted[t] ?? ro, 12));
        });
      }),
    );
  });
  it('can turn the sign of a wrong answer’s tokens around, which merging cannot', () => {
    const batch = batchOf([solution(steps('000'), 0), solution([], 1)]);
    const first = (mergeThoughts: number) => run(batch, { mergeThoughts }).advantages[0];
    expect(first(0)).toBeGreaterThan(1);
    expect(first(1)).toBeCloseTo(0, 12);
  });
});

describe('labels', () => {
  it('read `correct` in a right answer and `adopted` in a wrong one, which every step is where nothing says otherwise', () => {
    const span = { kind: 'step' as const, start: 0, end: 1, label: '' };
    const answer = { ...span, start: 1, end: 2 };
    const one = (reward: number, judged: Partial<Span>) => ({ tokens: [1, 2], reward, spans: [{ ...span, ...judged }, answer] });
    const label = (response: TestResponse) => run(batchOf([response])).trace.stepLabel.values[0];
    expect(label(one(1, { correct: true, adopted: false }))).toBe(STEP_LABEL.rightRight);
    expect(label(one(1, { correct: false, adopted: true }))).toBe(STEP_LABEL.rightWrong);
    expect(label(one(0, { correct: true, adopted: false }))).toBe(STEP_LABEL.wrongUnused);
    expect(label(one(0, { correct: false, adopted: true }))).toBe(STEP_LABEL.wrongAdopted);
    expect(label(one(0, { correct: false }))).toBe(STEP_LABEL.wrongAdopted);
  });
  it('call a response right where its reward is above 0, be it 0/1 or ±1', () => {
    fc.assert(
      fc.property(anySolutions, (group) => {
        const signed = group.map((one) => ({ ...one, reward: one.reward > 0 ? 1 : -1 }));
        expect([...run(made(signed)).credit]).toEqual([...run(made(group)).credit]);
      }),
    );
  });
  it('of a response without steps leave the outcome alone', () => {
    const batch = batchOf([
      { tokens: [1, 2, 3], reward: 1 },
      { tokens: [1], reward: 0 },
    ]);
    const { advantages, trace } = run(batch);
    expect([...advantages]).toEqual([0, 1, 2, 3].map((_, t) => trace.outcomeAdvantage.values[t < 3 ? 0 : 1]));
  });
  it('are turned around by a noisy judge at the asked rate, by place alone, never for the answer', () => {
    const group = Array.from({ length: 40 }, () => solution(steps('1111111111'), 1));
    const batch = { ...batchOf(group), draw: { seed: 3, step: 5 } };
    const flipped = (labelNoise: number, step = 5) => run({ ...batch, draw: { seed: 3, step } }, { labelNoise }).trace.labelFlipped.values;
    const share = (labelNoise: number) => flipped(labelNoise).reduce((a, b) => a + b, 0) / 400;
    expect(share(0)).toBe(0);
    expect(share(0.2)).toBeGreaterThan(0.14);
    expect(share(0.2)).toBeLessThan(0.26);
    expect([...flipped(0.3)]).toEqual([...flipped(0.3)]);
    expect([...flipped(0.3, 6)]).not.toEqual([...flipped(0.3)]);
    // More noise turns the same labels around, and more.
    flipped(0.1).forEach((is, t) => expect(is).toBeLessThanOrEqual(flipped(0.3)[t]));
    batch.responses.forEach(({ end }) => expect(flipped(0.5)[end - 1]).toBe(0));
    const { trace } = run(batch, { labelNoise: 0.3 });
    trace.labelFlipped.values.forEach((is, t) =>
      expect(trace.stepLabel.values[t]).toBe(is === 1 ? STEP_LABEL.rightWrong : STEP_LABEL.rightRight),
    );
  });
});

describe('TP-GRPO', () => {
  it('gives permuted responses the permuted credit', () => {
    fc.assert(
      fc.property(anySolutions, (group) => {
        const [there, back] = [made(group), made([...group].reverse())];
        const [a, b] = [there, back].map((batch) => run(batch).credit);
        group.forEach((_, i) => {
          const turned = own(back, b, group.length - 1 - i);
          own(there, a, i).forEach((value, t) => expect(value).toBeCloseTo(turned[t], 9));
        });
      }),
    );
  });
  it('a lone sample has no outcome advantage, or its reward', () => {
    const lone = batchOf([solution([], 1)]);
    expect([...run(lone).advantages]).toEqual([0]);
    expect(run(lone, { singletonZero: 0 }).advantages[0]).toBeCloseTo(1, 3);
  });
  it('tells the sum of its streams, and what is ahead by stream', () => {
    fc.assert(
      fc.property(anySolutions, (group) => {
        const batch = made(group);
        const { trace, advantages } = run(batch);
        batch.responses.forEach(({ start, end }, i) => {
          const rewards = own(batch, trace.tokenRewards.values, i);
          expect(trace.totalReward.values[i]).toBeCloseTo(
            rewards.reduce((a, b) => a + b, 0),
            12,
          );
          for (let t = start; t < end; t++) {
            expect(trace.processReturn.values[t] + trace.outcomeReturn.values[t]).toBe(advantages[t]);
            expect(trace.outcomeReturn.values[t]).toBe(trace.outcomeAdvantage.values[i]);
          }
        });
      }),
    );
  });
});
