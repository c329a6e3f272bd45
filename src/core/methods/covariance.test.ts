/** Clip-Cov and KL-Cov: which tokens are taken, and what happens to them. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RolloutBatch } from '../batch.ts';
import { composeMethod, creditBatch, defaultKnobs } from '../pipeline.ts';
import { CLIP_STATE } from '../pipeline.types.ts';
import type { Method } from '../stages/types.ts';
import type { TestResponse } from '../testBatch.ts';
import { anyGroup, anyGroups, batchOf, withRatios } from '../testBatch.ts';
import { clipCov } from './clip-cov.ts';
import { grpo } from './grpo.ts';
import { klCov } from './kl-cov.ts';

const view = (method: Method, batch: RolloutBatch, changes: Record<string, number> = {}) =>
  creditBatch(batch, composeMethod(method), { ...defaultKnobs(method), ...changes });
const withDraw = (batch: RolloutBatch, uniforms: Float64Array): RolloutBatch => ({ ...batch, fields: { ...batch.fields, uniforms } });
const total = (values: Float64Array) => values.reduce((a, b) => a + b, 0);
const share = fc.integer({ min: 1, max: 100 }).map((percent) => percent / 100);
const cut = fc.record({ clipCovRatio: share, covLow: fc.double({ min: -1, max: 0.5, noNaN: true }), covHigh: fc.constantFrom(0.6, 5) });
/** A batch with a draw of its own. */
const drawnBatch = anyGroups().chain((groups) => {
  const batch = batchOf(...groups);
  const n = batch.tokens.length;
  const u = fc.noBias(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }));
  return fc.array(u, { minLength: n, maxLength: n }).map((draws) => withDraw(batch, Float64Array.from(draws)));
});

describe('Clip-Cov', () => {
  it('draws min(k, eligible) tokens, all of them eligible, with the smallest u', () => {
    fc.assert(
      fc.property(drawnBatch, cut, (batch, knobs) => {
        const { trace } = view(clipCov, batch, knobs);
        const [eligible, drawn, u] = ['eligible', 'drawn', 'uniforms'].map((name) => trace[name].values);
        const most = Math.max(1, Math.floor(knobs.clipCovRatio * batch.tokens.length));
        expect(trace.drawCount.values[0]).toBe(most);
        expect(total(drawn)).toBe(Math.min(most, total(eligible)));
        expect(drawn.every((value, t) => value <= eligible[t])).toBe(true);
        const largest = Math.max(-1, ...u.filter((_, t) => drawn[t] === 1));
        expect(u.every((value, t) => eligible[t] === 0 || drawn[t] === 1 || value >= largest)).toBe(true);
      }),
    );
  });
  it('counts as eligible what lies strictly between the bounds and is not clipped', () => {
    fc.assert(
      fc.property(anyGroups(), cut, fc.constantFrom(0.1, 1), (groups, knobs, width) => {
        const { trace } = view(clipCov, batchOf(...groups), { ...knobs, clipLow: width, clipHigh: width });
        trace.covariance.values.forEach((cov, t) => {
          const isEligible = cov > knobs.covLow && cov < knobs.covHigh && trace.clipped.values[t] === 0;
          expect(trace.eligible.values[t]).toBe(isEligible ? 1 : 0);
        });
      }),
    );
  });
  it('takes drawn tokens out of the loss and changes no other: the mean still counts them', () => {
    fc.assert(
      fc.property(drawnBatch, cut, (batch, knobs) => {
        const own = view(clipCov, batch, knobs);
        const plain = view(grpo, batch, { clipLow: 1, clipHigh: 1, logRatioClamp: Infinity, aggMode: 0 });
        own.trace.drawn.values.forEach((drawn, t) => {
          expect(own.credit[t]).toBe(drawn === 1 ? 0 : plain.credit[t]);
          expect(own.trace.tokenLoss.values[t]).toBe(drawn === 1 ? 0 : plain.trace.tokenLoss.values[t]);
          expect(own.clipState[t]).toBe(drawn === 1 ? CLIP_STATE.masked : plain.clipState[t]);
        });
      }),
    );
  });
  it('finds nothing eligible where all rewards are equal, unless the lower bound is below 0', () => {
    const equal = fc.tuple(anyGroup(), fc.constantFrom(0, 1)).map(([group, reward]) => group.map((r) => ({ ...r, reward })));
    fc.assert(
      fc.property(equal, fc.double({ min: 0, max: 2, noNaN: true }), (group, covLow) => {
        expect(total(view(clipCov, batchOf(group), { covLow }).trace.eligible.values)).toBe(0);
        expect(total(view(clipCov, batchOf(group), { covLow: -1 }).trace.eligible.values)).toBe(batchOf(group).tokens.length);
      }),
    );
  });
  it('draws from the batch’s place in the random streams: the same at every look, others at another step and update', () => {
    const group = Array.from({ length: 40 }, (_, i) => ({ tokens: [1, 2], reward: i % 2 }));
    const batch = batchOf(group);
    const drawnAt = (step: number) => [
      ...view(clipCov, { ...batch, draw: { seed: 5, step } }, { covLow: -1, clipCovRatio: 0.2 }).trace.drawn.values,
    ];
    expect(drawnAt(1)).toEqual(drawnAt(1));
    expect(drawnAt(1)).not.toEqual(drawnAt(2));
    const n = batch.tokens.length;
    const record = (epoch: number) => ({ epoch, minibatch: 0, groups: [0], loss: 0, gradientNorm: 0, ...numbers });
    const numbers = { logprobs: new Float64Array(n).fill(-1), entropies: new Float64Array(n), gradLogprobs: new Float64Array(n) };
    const twice: RolloutBatch = { ...batch, draw: { seed: 5, step: 1 }, updates: [record(0), record(1)] };
    const shown = [0, 1].map((update) => {
      const knobs = { ...defaultKnobs(clipCov), covLow: -1, clipCovRatio: 0.2 };
      return [...creditBatch(twice, composeMethod(clipCov), knobs, { update }).trace.drawn.values];
    });
    expect(shown[0]).toEqual(drawnAt(1));
    expect(shown[1]).not.toEqual(shown[0]);
  });
  it('reports the share of tokens drawn as its clip fraction', () => {
    const group = withRatios([
      { tokens: [1, 1], reward: 1, ratios: [1, 2] },
      { tokens: [1, 1], reward: 0, ratios: [1, 1] },
    ]);
    const { trace } = view(clipCov, batchOf(group), { covLow: -1, clipCovRatio: 0.5, clipHigh: 0.2 });
    expect([...trace.clipped.values]).toEqual([0, 1, 0, 0]);
    expect(trace.clipFraction.values[0]).toBeCloseTo(0.5, 7);
  });
});

describe('KL-Cov', () => {
  it('takes max(1, ⌊kN⌋) tokens, and no other has a larger covariance', () => {
    fc.assert(
      fc.property(drawnBatch, share, (batch, klCovRatio) => {
        const { trace } = view(klCov, batch, { klCovRatio });
        const [cov, selected] = ['covariance', 'selected'].map((name) => trace[name].values);
        expect(total(selected)).toBe(Math.max(1, Math.floor(klCovRatio * batch.tokens.length)));
        const least = Math.min(...cov.filter((_, t) => selected[t] === 1));
        expect(cov.every((value, t) => selected[t] === 1 || value <= least)).toBe(true);
      }),
    );
  });
  it('breaks ties by the smaller u, not by place', () => {
    // Equal rewards: every covariance is 0.
    const batch = batchOf([
      { tokens: [1, 2], reward: 1 },
      { tokens: [1, 2], reward: 1 },
    ]);
    const { trace } = view(klCov, withDraw(batch, Float64Array.of(0.9, 0.1, 0.2, 0.8)), { klCovRatio: 0.5 });
    expect([...trace.selected.values]).toEqual([0, 1, 1, 0]);
  });
  it('at the first update costs nothing: every token has −Aρ', () => {
    fc.assert(
      fc.property(anyGroups(), (groups) => {
        const fresh = batchOf(...groups.map((group) => group.map(({ logprobs: _, ...response }) => response)));
        const own = view(klCov, fresh, { klCovRatio: 1 });
        expect([...own.credit]).toEqual([...view(grpo, fresh, { aggMode: 0 }).credit]);
        expect(total(own.trace.covPenalty.values)).toBe(0);
      }),
    );
  });
  it('adds coef |log π − log π_old| to the tokens taken, which pulls them back; the rest is −Aρ without any clip', () => {
    fc.assert(
      fc.property(drawnBatch, share, fc.double({ min: 0.1, max: 5, noNaN: true }), (batch, klCovRatio, ppoKlCoef) => {
        const own = view(klCov, batch, { klCovRatio, ppoKlCoef });
        const free = view(grpo, batch, { clipLow: Infinity, clipHigh: Infinity, aggMode: 0 });
        own.trace.selected.values.forEach((selected, t) => {
          const d = own.trace.logRatio.values[t];
          expect(own.trace.tokenLoss.values[t]).toBeCloseTo(free.trace.tokenLoss.values[t] + selected * ppoKlCoef * Math.abs(d), 9);
          // Credit above that of the free loss raises log π: it must, where log π has fallen.
          expect(own.credit[t]).toBeCloseTo(free.credit[t] - selected * ppoKlCoef * Math.sign(d), 7);
        });
      }),
    );
  });
  it('with price 0 or without a move is the unclipped surrogate', () => {
    fc.assert(
      fc.property(drawnBatch, (batch) => {
        const own = view(klCov, batch, { ppoKlCoef: 0, klCovRatio: 1 });
        const free = view(grpo, batch, { clipLow: Infinity, clipHigh: Infinity, aggMode: 0 });
        own.credit.forEach((value, t) => expect(value).toBeCloseTo(free.credit[t], 9));
      }),
    );
  });
});

describe('the covariance', () => {
  it.each([clipCov, klCov])('is over all groups of the minibatch: by hand', (method) => {
    const response = (token: number, reward: number, logprob: number): TestResponse => ({
      tokens: [token],
      reward,
      oldLogprobs: [logprob],
    });
    const batch = batchOf([response(1, 1, -1), response(2, 0, -2)], [response(1, 1, -3), response(2, 1, -4)]);
    const { trace } = view(method, batch, { normByStd: 0 });
    // A = ½ −½ 0 0, mean 0; log π = −1 −2 −3 −4, mean −2.5
    [0.75, -0.25, 0, 0].forEach((value, t) => expect(trace.covariance.values[t]).toBeCloseTo(value, 7));
  });
  it.each([clipCov, klCov])('terms add up to nothing but rounding beside N times the covariance', (method) => {
    fc.assert(
      fc.property(anyGroups(), (groups) => {
        const { trace, advantages } = view(method, batchOf(...groups));
        const product = advantages.map((a, t) => a * trace.logprobs.values[t]);
        const n = advantages.length;
        const direct = total(product) - (total(advantages) * total(trace.logprobs.values)) / n;
        expect(total(trace.covariance.values)).toBeCloseTo(direct, 6);
      }),
    );
  });
});
