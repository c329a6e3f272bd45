/** Invariants that hold for every method, from the methods' papers and code. */
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import type { RolloutBatch } from '../batch.ts';
import { composeMethod, computeUpdate, creditBatch, defaultKnobs, prepareCredit } from '../pipeline.ts';
import type { KnobValues, Method } from '../stages/types.ts';
import type { TestResponse } from '../testBatch.ts';
import { anyGroup, anyGroups, batchOf } from '../testBatch.ts';
import { METHODS } from './index.ts';

const methods: Record<string, Method> = {};
beforeAll(async () => {
  for (const entry of METHODS) methods[entry.id] = await entry.load();
});
/** Half of the usual runs: these properties run once for each method. */
const RUNS = { numRuns: Math.ceil((fc.readConfigureGlobal().numRuns ?? 100) / 2) };
const ids = METHODS.map(({ id }) => id);

/** Defaults with every group kept, so that a property sees all of its tokens. */
function knobsFor(method: Method, changes: Record<string, number> = {}): Record<string, number> {
  return { ...defaultKnobs(method), dynamicSampling: 0, curriculum: 0, ...changes };
}

const credit = (batch: RolloutBatch, method: Method, changes: Record<string, number> = {}) =>
  creditBatch(batch, composeMethod(method), knobsFor(method, changes));

/** Values of one response, in its own order. */
const ownTokens = (batch: RolloutBatch, values: Float64Array, response: number) => [
  ...values.subarray(batch.responses[response].start, batch.responses[response].end),
];

const close = (a: number, b: number, tolerance = 1e-9) => Math.abs(a - b) <= tolerance * Math.max(1, Math.abs(b));

/** Loss of the whole batch as one minibatch at other log-probs, the advantages held. */
function lossAt(batch: RolloutBatch, method: Method, knobs: KnobValues, logprobs: Float64Array) {
  const composed = composeMethod(method);
  const input = { batch, composed, knobs, state: null };
  const prepared = prepareCredit(input);
  return computeUpdate({ ...input, ...prepared, groups: batch.groups.map((_, g) => g), logprobs, entropies: batch.fields.entropies });
}

describe.each(ids)('%s', (id) => {
  it('gives permuted responses the permuted credit', () => {
    fc.assert(
      fc.property(anyGroup(fc.double({ min: -2, max: 2, noNaN: true })), (group) => {
        const there = batchOf(group);
        const back = batchOf([...group].reverse());
        const a = credit(there, methods[id]);
        const b = credit(back, methods[id]);
        group.forEach((_, i) => {
          const turned = ownTokens(back, b.credit, group.length - 1 - i);
          ownTokens(there, a.credit, i).forEach((value, t) => expect(close(value, turned[t], 1e-7)).toBe(true));
        });
      }),
      RUNS,
    );
  });

  it('is the derivative of its own loss: finite differences, stop-gradients held', () => {
    const knobs = { klCoef: 0.3, klType: 3 };
    fc.assert(
      fc.property(anyGroups(), (groups) => {
        const batch = batchOf(...groups);
        const method = methods[id];
        const all = knobsFor(method, knobs);
        const at = batch.fields.logprobs!;
        const here = lossAt(batch, method, all, at);
        for (let t = 0; t < at.length; t++) {
          const step = 1e-6;
          const moved = [step, -step].map((d) =>
            lossAt(
              batch,
              method,
              all,
              at.map((x, k) => (k === t ? x + d : x)),
            ),
          );
          const slope = (moved[0].loss - moved[1].loss) / (2 * step);
          // A token within the step of a bound has no derivative; what enters the loss must be the same on both sides.
          const isSame = moved.every(
            ({ trace }) =>
              trace.clipState?.values[t] === here.trace.clipState?.values[t] &&
              trace.lossAdvantages.values[t] === here.trace.lossAdvantages.values[t],
          );
          if (isSame) expect(close(here.gradLogprobs[t], slope, 1e-6), `token ${t}: ${here.gradLogprobs[t]} against ${slope}`).toBe(true);
        }
      }),
      { numRuns: Math.ceil(RUNS.numRuns / 2) },
    );
  });

  it('does not look at what it says it does not need', () => {
    fc.assert(
      fc.property(anyGroups(), (groups) => {
        const batch = batchOf(...groups);
        const { refLogprobs: _, ...fields } = batch.fields;
        expect([...credit({ ...batch, fields }, methods[id]).credit]).toEqual([...credit(batch, methods[id]).credit]);
      }),
      RUNS,
    );
  });

  it('scales the credit by N: −N ∂L/∂log π', () => {
    fc.assert(
      fc.property(anyGroups(), (groups) => {
        const batch = batchOf(...groups);
        const result = credit(batch, methods[id]);
        result.credit.forEach((value, t) => expect(value).toBe(0 - batch.tokens.length * result.trace.gradLogprobs.values[t]));
      }),
      RUNS,
    );
  });
});

/** Methods whose equal rewards keep an advantage, by their own equations. */
const KEEP_EQUAL_REWARDS = [
  // It may have no baseline.
  'reinforce',
  // They read the length, chunks, steps or tests of an answer beside its reward, or in its place.
  'decs',
  'tp-grpo',
  'verpo',
  'e1',
  // Compared over the batch, and its whitening of equal rewards c leaves 1e-4 c / N.
  'reinforce-pp',
];
/** Methods that call a response right where its reward is above 0. */
const SIGN_OF_REWARDS = ['ktae'];
/** Methods that do not divide by a spread: rewards twice as large give twice the credit. */
const SCALE_WITH_REWARDS = ['rloo', 'dr-grpo', 'opo', 'treerl'];

describe('methods that compare within the group', () => {
  const comparing = ids.filter((id) => !KEEP_EQUAL_REWARDS.includes(id));
  it.each(comparing)('%s: equal rewards give no advantage', (id) => {
    const equal = fc.tuple(anyGroup(), fc.constantFrom(0, 1, -2, 0.25)).map(([group, reward]) => group.map((r) => ({ ...r, reward })));
    fc.assert(
      fc.property(equal, (group) => {
        expect(credit(batchOf(group), methods[id]).advantages.every((a) => Math.abs(a) < 1e-9)).toBe(true);
      }),
    );
  });
  it.each(comparing.filter((id) => !SIGN_OF_REWARDS.includes(id)))('%s: a shift of all rewards changes nothing, a scale nothing but ε, or only the scale', (id) => {
    fc.assert(
      fc.property(anyGroup(fc.integer({ min: -3, max: 3 })), (group) => {
        const shape = (f: (r: number) => number) =>
          credit(batchOf(group.map((r) => ({ ...r, reward: f(r.reward) }))), methods[id], { overlong: 0, stdEps: 0 }).credit;
        const base = shape((r) => r);
        if (base.some(Number.isNaN)) return;
        const moved = shape((r) => 2 * r + 8);
        const scale = SCALE_WITH_REWARDS.includes(id) ? 2 : 1;
        base.forEach((value, t) => expect(close(moved[t], scale * value, 1e-7)).toBe(true));
      }),
    );
  });
  it('REINFORCE without a baseline keeps equal rewards; with the group mean it does not', () => {
    const group = [
      { tokens: [1], reward: 1, logprobs: [-1] },
      { tokens: [2], reward: 1, logprobs: [-1] },
    ];
    expect([...credit(batchOf(group), methods.reinforce, { baseline: 0 }).advantages]).toEqual([1, 1]);
    expect([...credit(batchOf(group), methods.reinforce, { baseline: 1 }).advantages]).toEqual([0, 0]);
  });
});

describe('sums and centres', () => {
  it.each(['grpo', 'dapo'])('%s: the advantages of a group’s responses sum to zero, with sample variance 1', (id) => {
    fc.assert(
      fc.property(anyGroup(), (group) => {
        const batch = batchOf(group);
        const { advantages } = credit(batch, methods[id], { overlong: 0, stdEps: 0 });
        const own = batch.responses.map(({ start }) => advantages[start]);
        if (own.some(Number.isNaN)) return;
        expect(Math.abs(own.reduce((a, b) => a + b, 0))).toBeLessThan(1e-9);
        expect(own.reduce((a, b) => a + b * b, 0) / (own.length - 1)).toBeCloseTo(1, 9);
      }),
    );
  });
  it('on-policy, GRPO’s gradient is −A/(G T_i)', () => {
    fc.assert(
      fc.property(anyGroup(), (group) => {
        const batch = batchOf(group.map(({ logprobs: _, ...response }) => response));
        const { trace, advantages } = credit(batch, methods.grpo);
        batch.responses.forEach(({ start, end }) => {
          expect(close(trace.gradLogprobs.values[start], -advantages[start] / (group.length * (end - start)), 1e-7)).toBe(true);
        });
      }),
    );
  });
  it('REINFORCE: γ = 1 and no KL give one advantage along a response', () => {
    fc.assert(
      fc.property(anyGroup(), (group) => {
        const batch = batchOf(group);
        const { advantages } = credit(batch, methods.reinforce);
        batch.responses.forEach((_, i) => expect(new Set(ownTokens(batch, advantages, i)).size).toBe(1));
      }),
    );
  });
});

describe('on-policy', () => {
  it('every ratio is 1, nothing is clipped, and equal aggregation gives equal gradients −A w', () => {
    fc.assert(
      fc.property(anyGroups(), (groups) => {
        const batch = batchOf(...groups.map((group) => group.map(({ logprobs: _, ...response }) => response)));
        const same = { aggMode: 0, overlong: 0 };
        const [a, b] = [credit(batch, methods.grpo, same), credit(batch, methods.dapo, same)];
        expect(a.trace.ratio.values.every((r) => r === 1)).toBe(true);
        expect(a.clipState.every((state) => state === 0)).toBe(true);
        expect([...a.credit]).toEqual([...b.credit]);
        a.credit.forEach((value, t) => expect(close(value, a.advantages[t])).toBe(true));
      }),
    );
  });
});

describe('the clip', () => {
  const clippedUp = (group: TestResponse[], knobs: Record<string, number>) => {
    const { trace, advantages } = credit(batchOf(group), methods.grpo, knobs);
    return trace.clipped.values.filter((c, t) => c === 1 && advantages[t] > 0).length;
  };
  const clippedDown = (group: TestResponse[], knobs: Record<string, number>) => {
    const { trace, advantages } = credit(batchOf(group), methods.grpo, knobs);
    return trace.clipped.values.filter((c, t) => c === 1 && advantages[t] < 0).length;
  };
  it('never holds more tokens when it is wider', () => {
    const widths = fc.tuple(fc.double({ min: 0.01, max: 0.9, noNaN: true }), fc.double({ min: 0, max: 0.5, noNaN: true }));
    fc.assert(
      fc.property(anyGroup(), widths, (group, [width, more]) => {
        expect(clippedUp(group, { clipHigh: width + more })).toBeLessThanOrEqual(clippedUp(group, { clipHigh: width }));
        expect(clippedDown(group, { clipLow: width + more })).toBeLessThanOrEqual(clippedDown(group, { clipLow: width }));
      }),
    );
  });
  it('moves only with its own side', () => {
    fc.assert(
      fc.property(anyGroup(), (group) => {
        expect(clippedUp(group, { clipLow: 0.9 })).toBe(clippedUp(group, { clipLow: 0.05 }));
        expect(clippedDown(group, { clipHigh: 0.9 })).toBe(clippedDown(group, { clipHigh: 0.05 }));
      }),
    );
  });
  it('the dual clip bounds the loss of A < 0 at −A c and leaves A ≥ 0 alone; without bound it is PPO', () => {
    fc.assert(
      fc.property(anyGroup(), (group) => {
        const batch = batchOf(group);
        const bound = 1.1;
        const [dual, free, far] = [bound, Infinity, 1e9].map((clipC) => credit(batch, methods.grpo, { clipC }));
        dual.advantages.forEach((a, t) => {
          if (a < 0) expect(dual.trace.tokenLoss.values[t]).toBeLessThanOrEqual(-a * bound);
          else expect(dual.trace.tokenLoss.values[t]).toBe(free.trace.tokenLoss.values[t]);
          expect(dual.trace.clipped.values[t] * dual.trace.dualClipped.values[t]).toBe(0);
        });
        expect([...far.credit]).toEqual([...free.credit]);
      }),
    );
  });
});

describe('aggregation', () => {
  const weightSum = (batch: RolloutBatch, aggMode: number) =>
    credit(batch, methods.grpo, { aggMode }).trace.weight.values.reduce((a, b) => a + b, 0);
  it('weights sum to 1 per token and per sequence mean, and to the mean length per sequence sum', () => {
    fc.assert(
      fc.property(anyGroup(), (group) => {
        const batch = batchOf(group);
        expect(weightSum(batch, 0)).toBeCloseTo(1, 9);
        expect(weightSum(batch, 3)).toBeCloseTo(1, 7);
        expect(weightSum(batch, 2)).toBeCloseTo(batch.tokens.length / group.length, 9);
      }),
    );
  });
});
