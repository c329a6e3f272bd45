/** What the papers and codes say of the methods that differ from GRPO by their baseline. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RolloutBatch } from '../batch.ts';
import { composeMethod, computeUpdate, creditBatch, defaultKnobs, prepareCredit } from '../pipeline.ts';
import { exp, log } from '../math.ts';
import { sumPiSquared } from '../stages/optimalTokenBaseline.ts';
import { RATIO_LEVEL } from '../stages/sequenceSurrogate.ts';
import type { Method } from '../stages/types.ts';
import type { TestResponse } from '../testBatch.ts';
import { anyGroup, anyGroups, batchOf, seededBatch, evenly } from '../testBatch.ts';
import { drGrpo } from './dr-grpo.ts';
import { grpo } from './grpo.ts';
import { opo } from './opo.ts';
import { otb } from './otb.ts';
import { reinforcePp } from './reinforce-pp.ts';
import { rloo } from './rloo.ts';

const run = (method: Method, batch: RolloutBatch, changes: Record<string, number> = {}) =>
  creditBatch(batch, composeMethod(method), { ...defaultKnobs(method), ...changes });
/** The value of each response, from its first token. */
const ofResponses = (batch: RolloutBatch, values: Float64Array) => batch.responses.map(({ start }) => values[start]);
const total = (values: Iterable<number>) => [...values].reduce((a, b) => a + b, 0);
const realRewards = evenly(-2, 2);
const onPolicy = (group: TestResponse[]) => group.map(({ logprobs: _, ...response }) => response);

describe('REINFORCE++', () => {
  const varied = anyGroups(realRewards).filter((groups) => {
    const rewards = groups.flat().map(({ reward }) => reward);
    return Math.max(...rewards) - Math.min(...rewards) > 0.1;
  });
  it('has mean 0 and sample variance 1 over the tokens of all prompts', () => {
    fc.assert(
      fc.property(varied, (groups) => {
        const { advantages } = run(reinforcePp, batchOf(...groups));
        const n = advantages.length;
        expect(Math.abs(total(advantages) / n)).toBeLessThan(1e-6);
        expect(total(advantages.map((a) => a * a)) / (n - 1)).toBeCloseTo(1, 4);
      }),
    );
  });
  it('does not change when all rewards move by a constant; with OpenRLHF’s population variance neither', () => {
    fc.assert(
      fc.property(varied, fc.constantFrom(0, 2), (groups, returnVariant) => {
        const moved = groups.map((group) => group.map((response) => ({ ...response, reward: response.reward + 5 })));
        const [a, b] = [groups, moved].map((given) => run(reinforcePp, batchOf(...given), { returnVariant }).advantages);
        a.forEach((value, t) => expect(b[t]).toBeCloseTo(value, 5));
      }),
    );
  });
  it('lets a longer response weigh more in the mean', () => {
    const { trace } = run(
      reinforcePp,
      batchOf([
        { tokens: [1, 1, 1], reward: 1 },
        { tokens: [1], reward: 0 },
      ]),
    );
    expect(trace.whitenMean.values[0]).toBeCloseTo(0.75, 7);
    expect([...trace.unwhitened.values]).toEqual([1, 1, 1, 0]);
  });
  it('of equal rewards c leaves 1e-4 c / N, as verl’s mean over N + 1e-8 does', () => {
    const equal = [3, 3].map((reward) => ({ tokens: [1, 2], reward }));
    run(reinforcePp, batchOf(equal)).advantages.forEach((a) => expect(a).toBeCloseTo((1e-4 * 3) / 4, 9));
    expect([...run(reinforcePp, batchOf(equal), { returnVariant: 2 }).advantages]).toEqual([0, 0, 0, 0]);
  });
  it('has a number for a batch of one token, where verl stops', () => {
    const { advantages } = run(reinforcePp, batchOf([{ tokens: [1], reward: 1 }]));
    expect(advantages[0]).toBeCloseTo(1e-4, 9);
  });
  it('is verl’s times √(n/(n − 1)) in OpenRLHF’s variant', () => {
    fc.assert(
      fc.property(varied, (groups) => {
        const batch = batchOf(...groups);
        const [verl, openrlhf] = [0, 2].map((returnVariant) => run(reinforcePp, batch, { returnVariant }).advantages);
        const n = verl.length;
        openrlhf.forEach((a, t) => expect(a).toBeCloseTo(verl[t] * Math.sqrt(n / (n - 1)), 4));
      }),
    );
  });
  it('discounts towards the start, and pays each token its KL', () => {
    const group = [
      { tokens: [1, 2, 3], reward: 1, oldLogprobs: [-1, -1, -1], refLogprobs: [-1, -3, -41] },
      { tokens: [1], reward: 0, oldLogprobs: [-1], refLogprobs: [-1] },
    ];
    expect([...run(reinforcePp, batchOf(group), { gamma: 0.5, whiten: 0 }).advantages]).toEqual([0.25, 0.5, 1, 0]);
    const paid = (knobs: Record<string, number>) => [
      ...run(reinforcePp, batchOf(group), { klInRewardCoef: 0.1, whiten: 0, ...knobs }).trace.tokenRewards.values,
    ];
    expect(paid({}).map((q) => Number(q.toFixed(12)))).toEqual([0, -0.2, -3, 0]);
    // The clamp acts on the KL before the coefficient.
    expect(paid({ klInRewardClamp: 10 }).map((q) => Number(q.toFixed(12)))).toEqual([0, -0.2, 0, 0]);
  });
  it('in the baseline variant compares within the group first: a prompt’s own shift changes nothing, and equal rewards give nothing', () => {
    fc.assert(
      fc.property(varied, (groups) => {
        const moved = groups.map((group, g) => group.map((response) => ({ ...response, reward: response.reward + g })));
        const [a, b] = [groups, moved].map((given) => run(reinforcePp, batchOf(...given), { returnVariant: 1 }));
        a.advantages.forEach((value, t) => expect(b.advantages[t]).toBeCloseTo(value, 6));
        const batch = batchOf(...groups);
        batch.responses.forEach(({ group, start, end }, i) => {
          const { start: first, end: last } = batch.groups[group];
          const mean = total(batch.responses.slice(first, last).map(({ reward }) => reward)) / (last - first);
          for (let t = start; t < end; t++) expect(a.trace.unwhitened.values[t]).toBeCloseTo(batch.responses[i].reward - mean, 12);
        });
      }),
    );
    const equal = [0, 1].map((reward) => [1, 2].map((token) => ({ tokens: [token], reward })));
    expect([...run(reinforcePp, batchOf(...equal), { returnVariant: 1 }).advantages]).toEqual([0, 0, 0, 0]);
    expect(run(reinforcePp, batchOf(...equal)).advantages[3]).toBeCloseTo(Math.sqrt(3) / 2, 6);
  });
  it('in the baseline variant sums the KL into one score, undiscounted, and leaves a lone sample its reward', () => {
    const response = { tokens: [1, 2], reward: 1, oldLogprobs: [-1, -1], refLogprobs: [-2, -3] };
    const { trace } = run(reinforcePp, batchOf([response]), { returnVariant: 1, gamma: 0.5, klInRewardCoef: 0.1 });
    trace.unwhitened.values.forEach((g) => expect(g).toBeCloseTo(0.7, 12));
    expect(trace.groupMean.values[0]).toBe(0);
  });
  it('can take the mean only, or nothing', () => {
    const group = [3, 1].map((reward) => ({ tokens: [1], reward }));
    run(reinforcePp, batchOf(group), { whiten: 1 }).advantages.forEach((a, t) => expect(a).toBeCloseTo(1 - 2 * t, 7));
    expect([...run(reinforcePp, batchOf(group), { whiten: 0 }).advantages]).toEqual([3, 1]);
  });
});

describe('Dr. GRPO', () => {
  it('sums to zero over a group, without a standard deviation', () => {
    fc.assert(
      fc.property(anyGroup(realRewards), (group) => {
        const batch = batchOf(group);
        const own = ofResponses(batch, run(drGrpo, batch).advantages);
        const mean = total(group.map(({ reward }) => reward)) / group.length;
        expect(Math.abs(total(own))).toBeLessThan(1e-12);
        own.forEach((a, i) => expect(a).toBeCloseTo(group[i].reward - mean, 12));
      }),
    );
  });
  it('on-policy pushes every token by |A|/(B L), whatever the length of its response', () => {
    fc.assert(
      fc.property(anyGroups(), fc.integer({ min: 1, max: 64 }), (groups, lossScaleFactor) => {
        const batch = batchOf(...groups.map(onPolicy));
        const { trace, advantages } = run(drGrpo, batch, { lossScaleFactor });
        trace.gradLogprobs.values.forEach((value, t) =>
          expect(value).toBeCloseTo(-advantages[t] / (batch.responses.length * lossScaleFactor), 12),
        );
        expect([trace.responseCount.values[0], trace.lossScale.values[0]]).toEqual([batch.responses.length, lossScaleFactor]);
      }),
    );
  });
  it('gives long and short responses with the same advantage a push per token, where GRPO gives a push per response', () => {
    const tokens = (n: number) => Array.from({ length: n }, () => 1);
    const batch = batchOf([
      { tokens: tokens(6), reward: 0 },
      { tokens: tokens(2), reward: 0 },
      { tokens: tokens(1), reward: 1 },
    ]);
    const pushes = (method: Method) => {
      const { gradLogprobs } = run(method, batch).trace;
      return batch.responses.map(({ start, end }) => total(gradLogprobs.values.subarray(start, end)));
    };
    const [long, short] = pushes(drGrpo);
    expect(long / short).toBeCloseTo(3, 12);
    const [longGrpo, shortGrpo] = pushes(grpo);
    expect(longGrpo / shortGrpo).toBeCloseTo(1, 6);
  });
  it('divides by the task’s limit by default, by the longest response where the batch does not say it or 0 asks for it', () => {
    const batch = batchOf([
      { tokens: [1, 2, 3], reward: 1 },
      { tokens: [1], reward: 0 },
    ]);
    const weight = (given: RolloutBatch, knobs = {}) => {
      const { trace } = run(drGrpo, given, knobs);
      expect(trace.weight.values[0]).toBe(1 / (2 * trace.lossScale.values[0]));
      return trace.lossScale.values[0];
    };
    expect(weight({ ...batch, maxTokens: 20 })).toBe(20);
    expect(weight({ ...batch, maxTokens: 20 }, { lossScaleFactor: 5 })).toBe(5);
    expect(weight({ ...batch, maxTokens: 20 }, { lossScaleFactor: 0 })).toBe(3);
    expect(weight(batch)).toBe(3);
    expect(run(drGrpo, batch, { aggMode: 0 }).trace.lossScale).toBeUndefined();
  });
  it('weighs the KL term by the same constant', () => {
    fc.assert(
      fc.property(anyGroup(), (group) => {
        const batch = { ...batchOf(group), maxTokens: 20 };
        const { trace } = run(drGrpo, batch, { klCoef: 0.1 });
        const expected = total(trace.tokenKl.values) / (group.length * 20);
        expect(trace.klLoss.values[0]).toBeCloseTo(expected, 12);
      }),
    );
  });
  it('counts a cut-off response as wrong, or takes it as it stands', () => {
    const whole = batchOf([1, 1, 0].map((reward) => ({ tokens: [1], reward })));
    const batch = { ...whole, responses: whole.responses.map((response, i) => ({ ...response, truncated: i === 0 })) };
    const counted = run(drGrpo, batch);
    expect([...counted.trace.reward.values]).toEqual([0, 1, 0]);
    expect([...counted.trace.isZeroed.values]).toEqual([1, 0, 0]);
    expect(counted.advantages[1]).toBeCloseTo(2 / 3, 12);
    const stands = run(drGrpo, batch, { truncatedZero: 0 });
    expect([...stands.trace.reward.values]).toEqual([1, 1, 0]);
    expect([...stands.trace.isZeroed.values]).toEqual([0, 0, 0]);
    expect([...stands.trace.isTruncated.values]).toEqual([1, 0, 0]);
    // Without any cut-off response the switch does nothing.
    expect([...run(drGrpo, whole).credit]).toEqual([...run(drGrpo, whole, { truncatedZero: 0 }).credit]);
  });
});

describe('RLOO', () => {
  it('sums to zero over a group and is G/(G − 1) times the centred reward', () => {
    fc.assert(
      fc.property(anyGroup(realRewards), (group) => {
        const batch = batchOf(group);
        const own = ofResponses(batch, run(rloo, batch).advantages);
        const centred = ofResponses(batch, run(grpo, batch, { normByStd: 0 }).advantages);
        expect(Math.abs(total(own))).toBeLessThan(1e-12);
        own.forEach((a, i) => expect(a).toBeCloseTo((group.length / (group.length - 1)) * centred[i], 12));
      }),
    );
  });
  it('compares with the others only: its own reward is not in its baseline', () => {
    const group = [3, 1, 2].map((reward) => ({ tokens: [1], reward }));
    const { trace, advantages } = run(rloo, batchOf(group));
    expect([...trace.baseline.values]).toEqual([1.5, 2.5, 2]);
    expect([...advantages]).toEqual([1.5, -1.5, 0]);
  });
  it('takes the KL in the reward over the whole response before the baseline', () => {
    fc.assert(
      fc.property(anyGroup(), (group) => {
        const batch = batchOf(group);
        const { trace, advantages } = run(rloo, batch, { klInRewardCoef: 0.05 });
        const shaped = group.map(
          ({ reward, oldLogprobs, refLogprobs }) => reward - 0.05 * total(oldLogprobs!.map((old, t) => old - refLogprobs![t])),
        );
        shaped.forEach((r, i) => {
          expect(trace.totalReward.values[i]).toBeCloseTo(r, 12);
          const others = (total(shaped) - r) / (group.length - 1);
          expect(advantages[batch.responses[i].start]).toBeCloseTo(r - others, 12);
        });
      }),
    );
  });
  it('gives a lone sample nothing, or its reward where asked, and lets it not disturb a group beside it', () => {
    const lone = [{ tokens: [1], reward: 3 }];
    const pair = [3, 1].map((reward) => ({ tokens: [1], reward }));
    expect([...run(rloo, batchOf(lone, pair)).advantages]).toEqual([0, 2, -2]);
    expect([...run(rloo, batchOf(lone, pair), { singletonZero: 0 }).advantages]).toEqual([3, 2, -2]);
    const [first, ...rest] = run(rloo, batchOf(lone, pair), { normByStd: 1, stdEps: 0 }).advantages;
    expect(first).toBe(0);
    expect(rest.map((a) => Math.abs(a))).toEqual([Math.SQRT1_2, Math.SQRT1_2].map((x) => expect.closeTo(x, 12)));
  });
  it('normalises to mean 0 and sample variance 1: over the batch as TRL, or over each group', () => {
    fc.assert(
      fc.property(anyGroups(realRewards), (groups) => {
        const batch = batchOf(...groups);
        const check = (values: number[]) => {
          expect(Math.abs(total(values))).toBeLessThan(1e-9);
          expect(total(values.map((a) => a * a)) / (values.length - 1)).toBeCloseTo(1, 9);
        };
        const whole = ofResponses(batch, run(rloo, batch, { normByStd: 2, stdEps: 0 }).advantages);
        if (whole.every(Number.isFinite)) check(whole);
        const each = ofResponses(batch, run(rloo, batch, { normByStd: 1, stdEps: 0 }).advantages);
        for (const { start, end } of batch.groups) if (each.slice(start, end).every(Number.isFinite)) check(each.slice(start, end));
      }),
    );
  });
  it('takes the mean off where a lone sample keeps its reward', () => {
    const [lone, pair] = [[3], [2, 1]].map((rewards) => rewards.map((reward) => ({ tokens: [1], reward })));
    // A = 3, 1, −1: mean 1, sample std 2
    expect([...run(rloo, batchOf(lone, pair), { normByStd: 2, singletonZero: 0, stdEps: 0 }).advantages]).toEqual([1, 0, -1]);
  });
  it('with one response in the whole batch divides by nothing', () => {
    const lone = batchOf([{ tokens: [1, 2], reward: 3 }]);
    expect([...run(rloo, lone, { normByStd: 2, singletonZero: 0, stdEps: 0 }).advantages]).toEqual([3, 3]);
  });
  it('has one ratio and one clip state per response at sequence level', () => {
    fc.assert(
      fc.property(anyGroup(), fc.constantFrom(RATIO_LEVEL.sum, RATIO_LEVEL.mean), (group, ratioLevel) => {
        const batch = batchOf(group);
        const { trace, clipState } = run(rloo, batch, { ratioLevel });
        for (const { start, end } of batch.responses) {
          expect(new Set(trace.ratio.values.subarray(start, end)).size).toBe(1);
          expect(new Set(clipState.subarray(start, end)).size).toBe(1);
        }
      }),
    );
  });
  it('has the same ratio at all levels where responses have one token', () => {
    fc.assert(
      fc.property(anyGroup(), (group) => {
        const first = (values?: number[]) => values?.slice(0, 1);
        const short = group.map(({ tokens, reward, oldLogprobs, logprobs }) => ({
          tokens: tokens.slice(0, 1),
          reward,
          oldLogprobs: first(oldLogprobs),
          logprobs: first(logprobs),
        }));
        const [token, sum, mean] = [0, 1, 2].map((ratioLevel) => [...run(rloo, batchOf(short), { ratioLevel }).credit]);
        expect(sum).toEqual(token);
        expect(mean).toEqual(token);
      }),
    );
  });
  it('on-policy at sequence-sum is REINFORCE’s gradient −A/B on every token', () => {
    fc.assert(
      fc.property(anyGroup(), (group) => {
        const batch = batchOf(onPolicy(group));
        const { trace, advantages } = run(rloo, batch, { ratioLevel: RATIO_LEVEL.sum });
        trace.gradLogprobs.values.forEach((value, t) => expect(value).toBeCloseTo(-advantages[t] / group.length, 7));
      }),
    );
  });
  it('is the derivative of its loss at each level', () => {
    fc.assert(
      fc.property(anyGroup(), fc.constantFrom(0, 1, 2), fc.constantFrom(0, 3), (group, ratioLevel, aggMode) => {
        const batch = batchOf(group);
        const input = { batch, composed: composeMethod(rloo), knobs: { ...defaultKnobs(rloo), ratioLevel, aggMode }, state: null };
        const prepared = prepareCredit(input);
        const at = (logprobs: Float64Array) => computeUpdate({ ...input, ...prepared, groups: [0], logprobs });
        const here = batch.fields.logprobs!;
        const { gradLogprobs, trace } = at(here);
        here.forEach((_, t) => {
          const [up, down] = [1e-6, -1e-6].map((d) => at(here.map((x, k) => (k === t ? x + d : x))));
          if ([up, down].some((moved) => moved.trace.clipState.values[t] !== trace.clipState.values[t])) return;
          expect(gradLogprobs[t]).toBeCloseTo((up.loss - down.loss) / 2e-6, 6);
        });
      }),
    );
  });
});

describe('OPO', () => {
  it('weighs by length: the advantages of all tokens of a group sum to zero', () => {
    fc.assert(
      fc.property(anyGroups(realRewards), (groups) => {
        const batch = batchOf(...groups);
        const { advantages, trace } = run(opo, batch);
        batch.groups.forEach(({ start, end }, g) => {
          const [first, last] = [batch.responses[start].start, batch.responses[end - 1].end];
          expect(Math.abs(total(advantages.subarray(first, last)))).toBeLessThan(1e-12);
          expect(total(trace.lengthShare.values.subarray(start, end))).toBeCloseTo(1, 12);
          expect(trace.baseline.values[g]).toBeCloseTo(
            total(batch.responses.slice(start, end).map(({ reward }, i) => reward * trace.lengthShare.values[start + i])),
            12,
          );
        });
      }),
    );
  });
  it('compares with b = Σ T r / Σ T', () => {
    const group = [
      { tokens: [1, 1, 1], reward: 1 },
      { tokens: [1], reward: 0 },
    ];
    const { advantages, trace } = run(opo, batchOf([{ tokens: [1], reward: 5 }], group));
    expect([...advantages]).toEqual([5, 0.25, 0.25, 0.25, -0.75]);
    expect([...trace.baseline.values]).toEqual([0, 0.75]);
    expect([...trace.weightedReward.values]).toEqual([5, 3]);
    expect([...trace.tokenTotal.values]).toEqual([1, 4]);
  });
  it('for equal lengths is the reward minus the group’s mean', () => {
    fc.assert(
      fc.property(anyGroup(realRewards), (group) => {
        const batch = batchOf(group.map(({ reward }) => ({ tokens: [1, 2], reward })));
        const centred = run(grpo, batch, { normByStd: 0 }).advantages;
        run(opo, batch).advantages.forEach((a, t) => expect(a).toBeCloseTo(centred[t], 12));
      }),
    );
  });
  it('leaves a lone sample its reward, or nothing where asked', () => {
    const lone = batchOf([{ tokens: [1, 2], reward: 3 }]);
    expect([...run(opo, lone).advantages]).toEqual([3, 3]);
    expect([...run(opo, lone, { singletonZero: 1 }).advantages]).toEqual([0, 0]);
    const pair = [3, 1].map((reward) => ({ tokens: [1], reward }));
    expect([...run(opo, batchOf(pair), { singletonZero: 1 }).advantages]).toEqual([1, -1]);
  });
});

describe('OTB', () => {
  /** Σ π² of a policy over four tokens whose other three share the rest. */
  const squares = (logprob: number) => exp(2 * logprob) + ((1 - exp(logprob)) * (1 - exp(logprob))) / 3;
  const given = (...groups: TestResponse[][]): RolloutBatch => {
    const batch = batchOf(...groups);
    return { ...batch, fields: { ...batch.fields, sumPiSquared: batch.fields.oldLogprobs!.map(squares) } };
  };
  /** e of a token with probability ½ and the other half on three tokens. */
  const HALF = log(0.5);
  const HALF_ENERGY = 1 - 1 + 0.25 + 0.25 / 3;

  it('takes the energy from 0 for a sure token to 2 for a surprise, and gathers it along the response', () => {
    fc.assert(
      fc.property(anyGroups(realRewards), (groups) => {
        const batch = given(...groups);
        const { trace } = run(otb, batch);
        batch.responses.forEach(({ start, end }) => {
          let gathered = 0;
          for (let t = start; t < end; t++) {
            const e = trace.tokenEnergy.values[t];
            const p = exp(batch.fields.oldLogprobs![t]);
            expect(e).toBeCloseTo((1 - p) * (1 - p) * (4 / 3), 12);
            expect(e >= 0 && e <= 2).toBe(true);
            gathered += e;
            expect(trace.cumEnergy.values[t]).toBe(gathered);
          }
        });
      }),
    );
  });
  it('sums A W to zero at every position that several responses reach, and stays within their returns', () => {
    fc.assert(
      fc.property(anyGroups(realRewards), (groups) => {
        const batch = given(...groups);
        const { trace, advantages } = run(otb, batch);
        for (const { start, end } of batch.groups) {
          const own = batch.responses.slice(start, end);
          for (let k = 0; k < 6; k++) {
            const at = own.filter((response) => response.start + k < response.end).map((response) => response.start + k);
            if (at.length === 0) continue;
            expect(trace.isTail.values[at[0]]).toBe(at.length === 1 ? 1 : 0);
            if (at.length === 1) {
              expect(advantages[at[0]]).toBe(trace.returns.values[at[0]]);
              continue;
            }
            expect(Math.abs(total(at.map((t) => advantages[t] * trace.cumEnergy.values[t])))).toBeLessThan(1e-7);
            const returns = at.map((t) => trace.returns.values[t]);
            // The ε under the energy draws b towards 0 by a little.
            for (const t of at) {
              expect(trace.baseline.values[t]).toBeLessThanOrEqual(Math.max(...returns, 0) + 1e-9);
              expect(trace.baseline.values[t]).toBeGreaterThanOrEqual(Math.min(...returns, 0) - 1e-9);
            }
          }
        }
      }),
    );
  });
  it('with equal rewards gives nothing except on the tail', () => {
    fc.assert(
      fc.property(anyGroup(fc.constant(1)), (group) => {
        const { advantages, trace } = run(otb, given(group));
        // e of the surest token here is 1.3e-4, against 1e-8.
        advantages.forEach((a, t) => expect(Math.abs(a - trace.isTail.values[t])).toBeLessThan(1e-3));
      }),
    );
  });
  it('weighs by the energy so far: the surer response counts less', () => {
    const sure = log(0.9);
    const group = [
      { tokens: [1], reward: 1, oldLogprobs: [sure] },
      { tokens: [2], reward: 0, oldLogprobs: [HALF] },
    ];
    const { trace } = run(otb, given(group));
    const weight = (0.01 * 4) / 3;
    expect(trace.baseline.values[0]).toBeCloseTo(weight / (weight + HALF_ENERGY), 6);
  });
  it('on the tail compares the longest with nothing, or with itself where the rule is off', () => {
    const group = [
      { tokens: [1, 2, 3], reward: 1, oldLogprobs: [HALF, HALF, HALF] },
      { tokens: [1], reward: 0, oldLogprobs: [HALF] },
    ];
    const rounded = (knobs = {}) => [...run(otb, given(group), knobs).advantages].map((a) => Number(a.toFixed(6)) + 0);
    expect(rounded()).toEqual([0.5, 1, 1, -0.5]);
    expect(rounded({ zeroTail: 0 })).toEqual([0.5, 0, 0, -0.5]);
    // Two longest responses of the same length have no tail.
    expect([...run(otb, given([group[0], group[0], group[1]])).trace.isTail.values]).toEqual([0, 0, 0, 0, 0, 0, 0]);
  });
  it('has no baseline for a lone sample, and discounts', () => {
    const lone = { tokens: [1, 2], reward: 1, oldLogprobs: [HALF, HALF] };
    expect([...run(otb, given([lone]), { gamma: 0.5 }).advantages]).toEqual([0.5, 1]);
    expect([...run(otb, given([lone]), { zeroTail: 0 }).advantages]).toEqual([1, 1]);
    expect([...run(otb, given([lone]), { singletonZero: 1 }).advantages]).toEqual([0, 0]);
    const pair = [3, 1].map((reward) => ({ tokens: [1], reward, oldLogprobs: [HALF] }));
    run(otb, given(pair), { singletonZero: 1 }).advantages.forEach((a, t) => expect(a).toBeCloseTo(1 - 2 * t, 6));
  });
  it('takes Σ π² from the logits at the base temperature where the batch gives none', () => {
    const batch = { ...seededBatch(1, 2, 3, 5), baseTemperature: 1.5 };
    const { data, width } = batch.logits!;
    sumPiSquared(batch).forEach((value, t) => {
      const weights = Array.from(data.subarray(t * width, (t + 1) * width), (x) => exp(x / 1.5));
      const sum = total(weights);
      expect(value).toBeCloseTo(total(weights.map((w) => (w / sum) * (w / sum))), 12);
    });
    expect(() => sumPiSquared(batchOf([{ tokens: [1], reward: 1 }]))).toThrow('sumPiSquared');
  });
  it('keeps its weights at least (1 − π)² where a stored log-prob was rounded', () => {
    const batch = batchOf([1, 0].map((reward) => ({ tokens: [1], reward, oldLogprobs: [log(0.5)] })));
    const rounded = { ...batch, fields: { ...batch.fields, sumPiSquared: Float64Array.of(0.25 - 1e-7, 0.25) } };
    expect([...run(otb, rounded).trace.tokenEnergy.values]).toEqual([0.25, 0.25]);
  });
});
