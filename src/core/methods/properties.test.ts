/** Invariants that hold for every method, from the methods' papers and code. */
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { holdLoss, sameBranches } from '../../../tests/support/heldLoss.ts';
import type { RolloutBatch, TokenField } from '../batch.ts';
import { exp, log } from '../math.ts';
import { CLIP_STATE } from '../pipeline.types.ts';
import { composeMethod, computeUpdate, creditBatch, defaultKnobs, knobsOf, missingNeeds, prepareCredit } from '../pipeline.ts';
import { STAGE_NAMES } from '../stages/base.ts';
import type { Knob, KnobValues, Method } from '../stages/types.ts';
import type { TestResponse } from '../testBatch.ts';
import { anyGroup, anyGroups, batchOf, evenly, furnish, seededBatch } from '../testBatch.ts';
import { METHODS } from './index.ts';

const methods: Record<string, Method> = {};
beforeAll(async () => {
  for (const entry of METHODS) methods[entry.id] = await entry.load();
});
/** Half of the usual runs: these properties run once for each method. */
const RUNS = { numRuns: Math.ceil((fc.readConfigureGlobal().numRuns ?? 100) / 2) };
/** How many tokens a property must at least have looked at; the few cases of a mutation test may hold none. */
const atLeast = (perRun: number) => (RUNS.numRuns < 20 ? 0 : perRun * RUNS.numRuns);
const ids = METHODS.map(({ id }) => id);

/** Methods that read how likely the reference answer is, and by default no reward. */
const LIKELIHOOD = ['likelihood-rewards', 'verifree', 'rlpr', 'nover'];
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
  // Where only the longest response is left it is compared with nothing; equal rewards there, and a shift, show.
  'otb',
  // Their values are those of continuations.
  'spo-chain',
  'vineppo',
  // A critic's values, and a second model's rewards, beside the verifier's.
  'ppo-gae',
  'prime',
  // Its advantages are those of its own values; they credit nothing.
  'vas',
  // Its advantages are the oracle's.
  'true-advantage',
  // They read how likely the reference answer is, or a length beside the reward.
  ...LIKELIHOOD,
  'rmt',
];
/** Methods whose advantage no reward of the batch enters. */
const READ_NO_REWARD = ['true-advantage'];
/** Whether the method has a policy gradient; one that trains its own numbers alone credits no token and has no loss on log π. */
const hasPolicyLoss = (id: string) => methods[id].trains === 'policy';
/** Methods that call a response right where its reward is above 0. */
const SIGN_OF_REWARDS = ['ktae', 'thr'];
/** Methods that do not divide by a spread: rewards twice as large give twice the credit. */
const SCALE_WITH_REWARDS = ['rloo', 'dr-grpo', 'opo', 'treerl', 'tree-td'];

/** Methods whose advantages are normalised, or whose tokens are compared, over all groups. */
const COMPARE_OVER_THE_BATCH = ['reinforce-pp', 'vineppo', 'delta', 'ppo-gae', 'prime'];
/** Losses without a clip of the ratio at 1 ± ε: none, a clip of the weight alone, a gate, bounds on the log-ratio, a price for moving. */
const NO_CLIP = ['reinforce', 'cispo', 'sapo', 'gmpo', 'kl-cov', 'likelihood-rewards', 'verifree'];

/** Defaults with every group kept, so that a property sees all of its tokens. */
function knobsFor(method: Method, changes: Record<string, number> = {}): Record<string, number> {
  return { ...defaultKnobs(method), dynamicSampling: 0, accuracyFilter: 0, curriculum: 0, ...changes };
}

const credit = (batch: RolloutBatch, method: Method, changes: Record<string, number> = {}) =>
  creditBatch(batch, composeMethod(method), knobsFor(method, changes));

/** Values of one response, in its own order. */
const ownTokens = (batch: RolloutBatch, values: Float64Array, response: number) => [
  ...values.subarray(batch.responses[response].start, batch.responses[response].end),
];

/** One number that must be; `expect` is too slow for every token of every case. */
function must(isTrue: boolean, message: string): void {
  if (!isTrue) expect.fail(message);
}

const close = (a: number, b: number, tolerance = 1e-9) => Math.abs(a - b) <= tolerance * Math.max(1, Math.abs(b));

/** An update on the whole batch as one minibatch, at the batch's own current log-probs and entropies. */
function updateOf(batch: RolloutBatch, method: Method, knobs: KnobValues) {
  const input = { batch, composed: composeMethod(method), knobs, state: null };
  const { logprobs, entropies } = batch.fields;
  return computeUpdate({ ...input, ...prepareCredit(input), groups: batch.groups.map((_, g) => g), logprobs, entropies });
}

/** Any position of a knob's slider, its default and its end stop more often than the rest. */
function anySetting(knob: Knob): fc.Arbitrary<number> {
  const steps = knob.options ? knob.max : knob.scale === 'log' ? 20 : Math.round((knob.max - knob.min) / knob.step);
  const valueAt = (k: number) => {
    if (knob.options) return k;
    return knob.scale === 'log' ? exp(log(knob.min) + (k / steps) * log(knob.max / knob.min)) : knob.min + k * knob.step;
  };
  const marked = [knob.default, ...(knob.special ? [knob.special.value] : [])];
  return fc.oneof(fc.constantFrom(...marked), fc.integer({ min: 0, max: steps }).map(valueAt));
}

/** Settings of all knobs that the loss and the regulariser read. */
const anyLossKnobs = (method: Method) => {
  const read = ({ stage, alsoReadBy = [] }: Knob) => [stage, ...alsoReadBy].some((name) => name === 'loss' || name === 'regulariser');
  return fc.record(
    Object.fromEntries(
      knobsOf(method)
        .filter(read)
        .map((knob) => [knob.id, anySetting(knob)]),
    ),
  );
};

const rewards = evenly(-2, 2);
const onPolicy = (groups: TestResponse[][]) => groups.map((group) => group.map(({ logprobs: _, ...response }) => response));

describe.each(ids)('%s', (id) => {
  it('gives permuted groups and responses the permuted credit', () => {
    const turned = anyGroups(rewards).chain((groups) =>
      fc.record({
        groups: fc.constant(groups),
        outer: fc.shuffledSubarray([...groups.keys()], { minLength: groups.length }),
        inner: fc.tuple(...groups.map((group) => fc.shuffledSubarray([...group.keys()], { minLength: group.length }))),
      }),
    );
    fc.assert(
      fc.property(turned, ({ groups, outer, inner }) => {
        const there = furnish(batchOf(...groups));
        const back = furnish(batchOf(...outer.map((g) => inner[g].map((i) => groups[g][i]))));
        const [a, b] = [credit(there, methods[id]), credit(back, methods[id])];
        outer.forEach((g, place) => {
          inner[g].forEach((i, k) => {
            const moved = ownTokens(back, b.credit, back.groups[place].start + k);
            ownTokens(there, a.credit, there.groups[g].start + i).forEach((value, t) =>
              must(close(value, moved[t], 1e-7), `token ${t} of response ${i}: ${value} against ${moved[t]}`),
            );
          });
        });
      }),
      RUNS,
    );
  });

  it('is the derivative of its own loss at any setting of its knobs: finite differences, with held what it holds', () => {
    const method = methods[id];
    if (!hasPolicyLoss(id)) return;
    const count = { seen: 0, compared: 0, moving: 0 };
    fc.assert(
      fc.property(anyGroups(rewards), anyLossKnobs(method), (groups, changes) => {
        const batch = furnish(batchOf(...groups));
        const knobs = knobsFor(method, changes);
        const here = updateOf(batch, method, knobs);
        expect(here.gradLogits).toBeUndefined();
        const at = batch.fields.logprobs as Float64Array;
        const held = holdLoss(id, { batch: here.minibatch.batch, knobs, trace: here.trace });
        const base = held(at);
        // The loss as it stands in the equations is the loss that the stages give.
        must(close(base.loss, here.loss, 1e-11), `the loss: ${base.loss} against ${here.loss}`);
        for (let t = 0; t < at.length; t++) {
          const step = 1e-5;
          const [up, down] = [step, -step].map((d) => held(at.map((x, k) => (k === t ? x + d : x))));
          count.seen++;
          // A token within the step of a bound has no derivative.
          if (!sameBranches(up.branches, base.branches) || !sameBranches(down.branches, base.branches)) continue;
          const slope = (up.loss - down.loss) / (2 * step);
          count.compared++;
          if (Math.abs(slope) > 1e-6) count.moving++;
          must(close(here.gradLogprobs[t], slope, 1e-6), `token ${t}: ${here.gradLogprobs[t]} against ${slope}`);
        }
        const forced = batch.forced?.fields.oldLogprobs ?? new Float64Array(0);
        for (let f = 0; f < forced.length; f++) {
          const [up, down] = [1e-5, -1e-5].map(
            (d) =>
              held(
                at,
                forced.map((x, k) => (k === f ? x + d : x)),
              ).loss,
          );
          const slope = (up - down) / 2e-5;
          must(close(here.gradForced?.[f] ?? 0, slope, 1e-6), `forced token ${f}: ${here.gradForced?.[f]} against ${slope}`);
        }
      }),
      RUNS,
    );
    expect(count.compared).toBeGreaterThan(0.95 * count.seen);
    expect(count.moving).toBeGreaterThan(atLeast(10));
  });

  it('does not look at what it says it does not need', () => {
    fc.assert(
      fc.property(anyGroups(), (groups) => {
        const full = furnish(batchOf(...groups));
        const method = methods[id];
        const needed: readonly string[] = [...composeMethod(method).needs, 'logprobs', 'oldLogprobs'];
        const fields = Object.fromEntries(Object.entries(full.fields).filter(([name]) => needed.includes(name)));
        const bare: RolloutBatch = { ...full, fields: fields as Partial<Record<TokenField, Float64Array>> };
        expect(missingNeeds(bare, method, knobsFor(method))).toEqual([]);
        expect([...credit(bare, method).credit]).toEqual([...credit(full, method).credit]);
      }),
      RUNS,
    );
  });

  it('reads only the current log-probs at the first update: at ratio 1 nothing is clipped and the slope is −A', () => {
    fc.assert(
      fc.property(anyGroups(), (groups) => {
        const { trace, clipState } = credit(furnish(batchOf(...onPolicy(groups))), methods[id]);
        for (const ratio of trace.ratio?.values ?? []) must(ratio === 1, `ratio ${ratio}`);
        trace.lossSlope.values.forEach((slope, t) => {
          const isMasked = clipState[t] === CLIP_STATE.masked;
          must(isMasked || clipState[t] === CLIP_STATE.none, `token ${t} is clipped`);
          const wanted = isMasked ? 0 : -trace.lossAdvantages.values[t];
          must(close(slope, wanted, 1e-12), `token ${t}: ${slope} against ${wanted}`);
        });
      }),
      RUNS,
    );
  });

  it('a group’s advantages are its own, whatever groups stand beside it', () => {
    if (COMPARE_OVER_THE_BATCH.includes(id)) return;
    fc.assert(
      fc.property(anyGroup(rewards), anyGroup(rewards), (group, other) => {
        const [alone, beside] = [[group], [group, other]].map((groups) => credit(furnish(batchOf(...groups)), methods[id]).advantages);
        alone.forEach((value, t) => must(beside[t] === value, `token ${t}: ${beside[t]} against ${value} alone`));
      }),
      RUNS,
    );
  });

  it('takes KL in the reward and in the loss by any estimator, and any aggregation and dual clip that its loss has', () => {
    if (!hasPolicyLoss(id)) return;
    const knobs = knobsOf(methods[id]).map((knob) => knob.id);
    // A method may bring a reward of its own, without a KL.
    const hasReward = knobs.includes('klInRewardCoef') || (!methods[id].stages.reward && !READ_NO_REWARD.includes(id));
    for (const knob of ['klCoef', 'klType', 'aggMode', 'lossScaleFactor']) expect(knobs).toContain(knob);
    if (hasReward) for (const knob of ['klInRewardCoef', 'klInRewardType']) expect(knobs).toContain(knob);
    if (!NO_CLIP.includes(id)) for (const knob of ['clipLow', 'clipHigh', 'clipC', 'delta', 'logRatioClamp']) expect(knobs).toContain(knob);
    let [inReward, inLoss] = [0, 0];
    fc.assert(
      fc.property(anyGroups(), fc.integer({ min: 0, max: 6 }), (groups, type) => {
        const batch = furnish(batchOf(...groups));
        const run = (changes: Record<string, number>) => credit(batch, methods[id], changes).credit;
        const [plain, reward, loss] = [run({}), run({ klInRewardCoef: 0.5, klInRewardType: type }), run({ klCoef: 0.5, klType: type })];
        plain.forEach((value, t) => {
          if (reward[t] !== value) inReward++;
          if (loss[t] !== value) inLoss++;
        });
      }),
      RUNS,
    );
    if (hasReward) expect(inReward).toBeGreaterThan(atLeast(1));
    expect(inLoss).toBeGreaterThan(atLeast(1));
  });

  it('a wider upper bound never holds more tokens with A > 0, a wider lower one never more with A < 0', () => {
    if (NO_CLIP.includes(id) || !hasPolicyLoss(id)) return;
    const widths = fc.tuple(evenly(0.01, 0.9), evenly(0, 0.5));
    let held = 0;
    fc.assert(
      fc.property(anyGroups(), widths, (groups, [width, more]) => {
        const batch = furnish(batchOf(...groups));
        const clipped = (knobs: Record<string, number>, sign: number) => {
          const { trace } = credit(batch, methods[id], knobs);
          return trace.clipped.values.filter((c, t) => c === 1 && Math.sign(trace.lossAdvantages.values[t]) === sign).length;
        };
        for (const [bound, sign] of [
          ['clipHigh', 1],
          ['clipLow', -1],
        ] as const) {
          const narrow = clipped({ [bound]: width }, sign);
          held += narrow;
          expect(clipped({ [bound]: width + more }, sign)).toBeLessThanOrEqual(narrow);
        }
      }),
      RUNS,
    );
    expect(held).toBeGreaterThan(atLeast(1));
  });

  it('credits no token where it has no policy gradient', () => {
    if (hasPolicyLoss(id)) return;
    fc.assert(
      fc.property(anyGroups(), (groups) => {
        const result = credit(furnish(batchOf(...groups)), methods[id]);
        must(
          result.credit.every((value) => value === 0),
          'a token is credited',
        );
      }),
      RUNS,
    );
  });

  it('scales the credit by N: −N ∂L/∂log π', () => {
    fc.assert(
      fc.property(anyGroups(), (groups) => {
        const batch = furnish(batchOf(...groups));
        const result = credit(batch, methods[id]);
        const { gradLogprobs } = result.trace;
        result.credit.forEach((value, t) => must(value === 0 - batch.tokens.length * gradLogprobs.values[t], `token ${t}: ${value}`));
      }),
      RUNS,
    );
  });
});

describe('any stage of any method', () => {
  const batch = furnish(seededBatch(2, 4, 4));
  it.each(ids)('goes into %s where both train the policy or neither does: every token has a number', (id) => {
    for (const other of ids) {
      if (methods[other].trains !== methods[id].trains) {
        expect(() => composeMethod(methods[id], { loss: methods[other] })).toThrow('one of them trains the policy');
        continue;
      }
      for (const stage of STAGE_NAMES) {
        const mix = { [stage]: methods[other] };
        const knobs = { ...defaultKnobs(methods[id], mix), klCoef: 0.1, dynamicSampling: 0, curriculum: 0 };
        const { credit: values } = creditBatch(batch, composeMethod(methods[id], mix), knobs);
        must(values.every(Number.isFinite), `${stage} of ${other} in ${id}`);
      }
    }
  });
});

describe('methods that compare within the group', () => {
  const comparing = ids.filter((id) => !KEEP_EQUAL_REWARDS.includes(id));
  it.each(comparing)('%s: equal rewards give no advantage', (id) => {
    const equal = fc.tuple(anyGroup(), fc.constantFrom(0, 1, -2, 0.25)).map(([group, reward]) => group.map((r) => ({ ...r, reward })));
    fc.assert(
      fc.property(equal, (group) => {
        expect(credit(furnish(batchOf(group)), methods[id]).advantages.every((a) => Math.abs(a) < 1e-9)).toBe(true);
      }),
    );
  });
  it.each(comparing.filter((id) => !SIGN_OF_REWARDS.includes(id)))(
    '%s: a shift of all rewards changes nothing, a scale nothing but ε, or only the scale',
    (id) => {
      fc.assert(
        fc.property(anyGroup(fc.integer({ min: -3, max: 3 })), (group) => {
          const shape = (f: (r: number) => number) =>
            credit(furnish(batchOf(group.map((r) => ({ ...r, reward: f(r.reward) })))), methods[id], { overlong: 0, stdEps: 0 }).credit;
          const base = shape((r) => r);
          if (base.some(Number.isNaN)) return;
          const moved = shape((r) => 2 * r + 8);
          const scale = SCALE_WITH_REWARDS.includes(id) ? 2 : 1;
          base.forEach((value, t) => must(close(moved[t], scale * value, 1e-7), `token ${t}: ${moved[t]} against ${scale} × ${value}`));
        }),
      );
    },
  );
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
    const widths = fc.tuple(evenly(0.01, 0.9), evenly(0, 0.5));
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
