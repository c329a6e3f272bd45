import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RolloutBatch, Span } from '../batch.ts';
import { laneValues, valueAt } from '../lanes.ts';
import { exp } from '../math.ts';
import { composeMethod, creditBatch, defaultKnobs, missingNeeds } from '../pipeline.ts';
import { creditReport } from '../report.ts';
import { testWeights } from '../stages/testRewards.ts';
import { mean, sampleStd, sum } from '../stats.ts';
import type { TestResponse } from '../testBatch.ts';
import { batchOf } from '../testBatch.ts';
import { dapo } from './dapo.ts';
import { drGrpo } from './dr-grpo.ts';
import { verpo } from './verpo.ts';

type Passes = number[];

/** One turn of `length` tokens. */
const single = (parts: Passes, length = 2, reward = 0): TestResponse => ({
  tokens: Array.from({ length }, (_, t) => t % 4),
  reward,
  parts,
});
/** Turns of two tokens each, and `rest` tokens after the last. */
const attempts = (turns: readonly Passes[], rest = 0): TestResponse => ({
  tokens: Array.from({ length: 2 * turns.length + rest }, (_, t) => t % 4),
  reward: 0,
  spans: turns.map((parts, k): Span => ({ kind: 'turn', start: 2 * k, end: 2 * k + 2, label: '', parts })),
});

const TESTS = 4;
const passes = fc.array(fc.constantFrom(0, 1), { minLength: TESTS, maxLength: TESTS });
const anyTurns = fc.array(fc.array(passes, { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 5 });
const anySingles = fc.array(passes, { minLength: 2, maxLength: 6 });
const weighing = fc.record({
  difficultyAlpha: fc.double({ min: 0, max: 6, noNaN: true }),
  densitySigma: fc.double({ min: 0.02, max: 1, noNaN: true }),
  difficulty: fc.constantFrom(0, 1),
  densityCalibrated: fc.constantFrom(0, 1),
});

const DEFAULTS = defaultKnobs(verpo);
const run = (batch: RolloutBatch, knobs: Record<string, number> = {}) =>
  creditBatch(batch, composeMethod(verpo), { ...DEFAULTS, ...knobs });
const weigh = (rows: readonly Passes[], knobs: Record<string, number> = {}) =>
  testWeights(
    rows.map((row) => ({ end: 1, passes: row })),
    { ...DEFAULTS, ...knobs },
  );
const singles = (group: readonly Passes[]) => batchOf(group.map((parts) => single(parts)));
/** One number per turn, from a token trace. */
const byTurn = (turns: readonly Passes[][], values: Float64Array) =>
  values
    .filter((_, t) => t % 2 === 0)
    .subarray(
      0,
      turns.reduce((n, own) => n + own.length, 0),
    );

describe('the worth of tests', () => {
  it('is above 0, and its mean over the turns is Σ w′ ρ', () => {
    fc.assert(
      fc.property(anyTurns, weighing, (group, knobs) => {
        const batch = batchOf(group.map((turns) => attempts(turns)));
        const { trace } = run(batch, knobs);
        expect(trace.testWeights.values.every((w) => w > 0)).toBe(true);
        expect(mean(byTurn(group, trace.turnReward.values))).toBeCloseTo(trace.expectedTurnReward.values[0], 12);
        const wanted = sum(trace.testWeights.values.map((w, j) => w * trace.passRates.values[j]));
        expect(trace.expectedTurnReward.values[0]).toBeCloseTo(wanted, 12);
      }),
    );
  });
  it('is exp(−α ρ) over the number of tests that are about as easy', () => {
    // ρ = 1, 1/2; σ = 1/2: each counts the other by exp(−1/2)
    const { passRates, densities, weights } = weigh(
      [
        [1, 1],
        [1, 0],
      ],
      { densitySigma: 0.5, difficultyAlpha: 3, densityFloor: 0.25 },
    );
    expect([...passRates]).toEqual([1, 0.5]);
    densities.forEach((n) => expect(n).toBeCloseTo(1 + exp(-0.5), 12));
    expect(weights[0]).toBeCloseTo(exp(-3) / (1.25 + exp(-0.5)), 12);
    expect(weights[1]).toBeCloseTo(exp(-1.5) / (1.25 + exp(-0.5)), 12);
    expect([...weigh([[1, 1]], { difficulty: 0, densityCalibrated: 0 }).weights]).toEqual([1, 1]);
  });
  it('with σ → 0 divides by the number of tests with the same pass rate', () => {
    fc.assert(
      fc.property(anySingles, (group) => {
        const { passRates, densities } = weigh(group, { densitySigma: 1e-6 });
        densities.forEach((n, j) => expect(n).toBeCloseTo(passRates.filter((rho) => rho === passRates[j]).length, 9));
      }),
    );
  });
  it('of a family of copies is that of the one test, where raw pass rates make it grow with their number', () => {
    fc.assert(
      fc.property(anySingles, fc.integer({ min: 2, max: 6 }), (group, copies) => {
        const copied = group.map((row) => [...row, ...Array.from({ length: copies - 1 }, () => row[0])]);
        const knobs = { densitySigma: 1e-3, densityFloor: 0 };
        const [one, many] = [group, copied].map((rows) => weigh(rows, knobs));
        // No other test is as easy.
        fc.pre(one.passRates.filter((rho) => rho === one.passRates[0]).length === 1);
        expect(many.densities[0]).toBeCloseTo(copies * one.densities[0], 9);
        const family = (weights: Float64Array) => weights[0] + sum(weights.subarray(TESTS));
        expect(family(many.weights)).toBeCloseTo(family(one.weights), 9);
        const raw = weigh(copied, { ...knobs, difficulty: 0, densityCalibrated: 0 }).weights;
        expect(family(raw)).toBe(copies);
      }),
    );
  });
  it('is asked for by the same tests in all samples of a prompt; prompts may have others', () => {
    expect(() => run(batchOf([single([1, 0]), single([1])]))).toThrow('All samples of a prompt must be put to the same tests.');
    const { trace } = run(batchOf([single([1, 0]), single([1, 1])], [single([1]), single([0])]));
    expect([...trace.passRates.values]).toEqual([1, 0.5, 0.5, NaN]);
    expect([...trace.testCount.values]).toEqual([2, 1]);
  });
});

describe('the advantage', () => {
  it('parts sum to 0 over turns and over responses, and are not divided', () => {
    fc.assert(
      fc.property(anyTurns, weighing, (group, knobs) => {
        const batch = batchOf(group.map((turns) => attempts(turns)));
        const { trace, advantages } = run(batch, { ...knobs, turnBeta: 0.5, turnDiscount: 0.9 });
        expect(Math.abs(sum(byTurn(group, trace.localAdvantage.values)))).toBeLessThan(1e-9);
        expect(Math.abs(sum(trace.globalAdvantage.values))).toBeLessThan(1e-9);
        batch.responses.forEach(({ start, end }, i) => {
          for (let t = start; t < end; t++)
            expect(advantages[t]).toBeCloseTo(trace.globalAdvantage.values[i] + 0.5 * trace.localAdvantage.values[t], 12);
        });
      }),
    );
  });
  it('without single tests and discount is Dr. GRPO’s on the full pass', () => {
    fc.assert(
      fc.property(anySingles, (group) => {
        const rewarded = batchOf(group.map((parts) => single(parts, 2, parts.every((pass) => pass === 1) ? 1 : 0)));
        const plain = creditBatch(rewarded, composeMethod(drGrpo), defaultKnobs(drGrpo)).advantages;
        run(singles(group), { turnBeta: 0 }).advantages.forEach((a, t) => expect(a).toBeCloseTo(plain[t], 12));
      }),
    );
  });
  it('is the full pass’s alone where all turns pass the same tests', () => {
    fc.assert(
      fc.property(passes, fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 1, maxLength: 4 }), (row, turns) => {
        const batch = batchOf(turns.map((count) => attempts(Array.from({ length: count }, () => row))));
        const { trace, advantages } = run(batch, { turnDiscount: 0.8 });
        expect(trace.localAdvantage.values.every((a) => Math.abs(a) < 1e-12)).toBe(true);
        advantages.forEach((a, t) => expect(a).toBeCloseTo(valueAt('globalAdvantage', batch, run(batch, { turnDiscount: 0.8 }), t), 12));
      }),
      { numRuns: 20 },
    );
  });
  it('can do without the full pass, and divide each part by its own spread', () => {
    const group = [
      [1, 1],
      [1, 0],
      [0, 0],
    ];
    const batch = singles(group);
    const [both, alone, divided] = [run(batch), run(batch, { useGlobal: 0, turnBeta: 2 }), run(batch, { normByStd: 1, stdEps: 0 })];
    both.trace.localAdvantage.values.forEach((a, t) => expect(alone.advantages[t]).toBe(2 * a));
    const parts = [
      [divided.trace.globalAdvantage.values, [1, 0, 0]],
      [divided.trace.localAdvantage.values.filter((_, t) => t % 2 === 0), [...both.trace.turnReward.values.filter((_, t) => t % 2 === 0)]],
    ] as const;
    for (const [values, rewards] of parts)
      values.forEach((a, i) => expect(a).toBeCloseTo((rewards[i] - mean(rewards)) / sampleStd(rewards), 12));
  });
  it('of a lone sample is 0', () => {
    for (const normByStd of [0, 1]) expect([...run(singles([[1, 0]]), { normByStd }).advantages]).toEqual([0, 0]);
  });
  it('gives permuted responses the permuted credit', () => {
    fc.assert(
      fc.property(anySingles, (group) => {
        const [a, b] = [group, [...group].reverse()].map((rows) => run(singles(rows)).credit);
        a.forEach((value, t) => expect(value).toBeCloseTo(b[2 * (group.length - 1 - Math.floor(t / 2)) + (t % 2)], 9));
      }),
    );
  });
});

describe('turns', () => {
  it('are paid each on its own tokens; the last decides the full pass and takes the tokens after it', () => {
    const batch = batchOf([
      attempts(
        [
          [0, 0],
          [1, 0],
          [1, 1],
        ],
        1,
      ),
      attempts([
        [1, 1],
        [1, 0],
      ]),
    ]);
    const { trace } = run(batch, { turnDiscount: 0.9 });
    expect(trace.reward.values[0]).toBeCloseTo(0.9 ** 3, 12);
    expect(trace.reward.values[1]).toBe(0);
    expect([...trace.testsPassed.values]).toEqual([0, 0, 1, 1, 2, 2, 2, 2, 2, 1, 1]);
    expect([...trace.turnEnd.values]).toEqual([0, 1, 0, 1, 0, 0, 1, 0, 1, 0, 1]);
    expect([...trace.turnCount.values]).toEqual([3, 2]);
    const local = [...trace.localAdvantage.values];
    expect(local[0]).toBeLessThan(local[2]);
    expect(local[2]).toBeLessThan(local[4]);
    expect(new Set(local.slice(4, 7)).size).toBe(1);
  });
  it('of a response that has none are one, with its own results; without results the batch lacks the tests', () => {
    const plain = run(
      singles([
        [1, 0],
        [1, 1],
      ]),
    );
    const turned = run(batchOf([attempts([[1, 0]]), attempts([[1, 1]])]));
    expect([...turned.credit]).toEqual([...plain.credit]);
    const bare = batchOf([{ tokens: [1], reward: 1 }]);
    expect(missingNeeds(bare, verpo)).toEqual(['tests']);
    expect(() => run(bare)).toThrow('The batch has no parts, which this method needs.');
  });
});

describe('what a prompt can teach', () => {
  it.each([
    [
      'full passes',
      [
        [1, 1],
        [1, 0],
      ],
      0,
    ],
    [
      'single tests alone, where nobody passes all',
      [
        [0, 1],
        [0, 0],
      ],
      1,
    ],
    [
      'nothing',
      [
        [1, 0],
        [1, 0],
      ],
      2,
    ],
  ] as const)('%s', (_, group, signal) => {
    const { trace, credit } = run(singles(group.map((row) => [...row])));
    expect(trace.groupSignal.values[0]).toBe(signal);
    expect(credit.every((value) => value === 0)).toBe(signal === 2);
  });
  it('counts easy tests over hard ones with raw pass rates, which the calibration turns around', () => {
    // Five alike easy tests against one hard one: A passes the easy ones, B the hard one.
    const easy = [1, 1, 1, 1, 1, 0];
    const hard = [0, 0, 0, 0, 0, 1];
    const group = [easy, easy, easy, hard];
    const better = (knobs: Record<string, number>) => {
      const { localAdvantage } = run(singles(group), knobs).trace;
      return localAdvantage.values[6] - localAdvantage.values[0];
    };
    expect(better({ difficulty: 0, densityCalibrated: 0 })).toBeLessThan(0);
    expect(better({})).toBeGreaterThan(0);
  });
});

describe('numbers per test', () => {
  const batch = batchOf([single([1, 0]), single([1, 1])], [single([1]), single([0])]);
  it('are none per token', () => {
    const credit = run(batch);
    expect(credit.trace.testWeights.level).toBe('test');
    expect(laneValues({ trace: 'testWeights' }, batch, credit).every(Number.isNaN)).toBe(true);
    expect(valueAt('testWeights', batch, credit, 0)).toBeNaN();
  });
  it('are reported by group and test', () => {
    const { tests } = creditReport(batch, verpo, DEFAULTS) as { tests: Record<string, number[][]> };
    expect(Object.keys(tests)).toEqual(['passRates', 'testDensities', 'testWeights']);
    expect(tests.passRates).toEqual([[1, 0.5], [0.5]]);
    expect(creditReport(batch, dapo, defaultKnobs(dapo))).not.toHaveProperty('tests');
  });
});

describe('stages lent to others', () => {
  it('the advantage of a plain reward is its distance from the group’s mean', () => {
    const mix = { reward: dapo };
    const batch = batchOf([single([1], 2, 1), single([0], 1, 0)]);
    const { advantages } = creditBatch(batch, composeMethod(verpo, mix), { ...defaultKnobs(verpo, mix), overlong: 0 });
    expect([...advantages]).toEqual([0.5, 0.5, -0.5]);
  });
  it('works on the groups that another’s filter keeps', () => {
    const mix = { sampling: dapo };
    const dull = [single([1, 0], 2, 1), single([0, 0], 2, 1)];
    const kept = [single([1, 0], 2, 1), single([0, 1], 3, 0)];
    const both = creditBatch(batchOf(dull, kept), composeMethod(verpo, mix), defaultKnobs(verpo, mix));
    expect([...both.kept]).toEqual([0, 1]);
    expect([...both.advantages.subarray(4)]).toEqual([...run(batchOf(kept)).advantages]);
  });
});
