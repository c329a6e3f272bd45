import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { composeMethod, creditBatch, defaultKnobs } from '../pipeline.ts';
import { entropySignal } from '../stages/entropySignal.ts';
import type { TestResponse } from '../testBatch.ts';
import { anyGroup, anyGroups, batchOf } from '../testBatch.ts';
import { exp, log } from '../math.ts';
import { dapo } from './dapo.ts';
import { hapo } from './hapo.ts';

const run = (groups: TestResponse[][], changes: Record<string, number> = {}) =>
  creditBatch(batchOf(...groups), composeMethod(hapo), { ...defaultKnobs(hapo), dynamicSampling: 0, ...changes });
const entropies = fc.array(fc.double({ min: 1e-4, max: 3, noNaN: true }), { minLength: 2, maxLength: 40 });
const pivot = fc.double({ min: 0.05, max: 0.95, noNaN: true });

describe('the signal h', () => {
  it('lies in [−1, 1] and rises with the entropy', () => {
    fc.assert(
      fc.property(entropies, pivot, (values, q) => {
        const { h } = entropySignal(Float64Array.from(values), q, -1);
        expect(h.every((x) => x >= -1 - 1e-12 && x <= 1 + 1e-12)).toBe(true);
        const order = values.map((_, t) => t).sort((a, b) => values[a] - values[b]);
        for (let k = 1; k < order.length; k++) expect(h[order[k]]).toBeGreaterThanOrEqual(h[order[k - 1]] - 1e-12);
      }),
    );
  });
  it('does not change when the log-entropies are stretched and shifted', () => {
    const distinct = entropies.filter((values) => Math.max(...values) > 2 * Math.min(...values));
    fc.assert(
      fc.property(distinct, pivot, (values, q) => {
        const stretched = values.map((x) => exp(0.5 * log(x) - 1));
        const [a, b] = [values, stretched].map((x) => entropySignal(Float64Array.from(x), q, -1).h);
        a.forEach((x, t) => expect(x).toBeCloseTo(b[t], 6));
      }),
    );
  });
});

describe('HAPO', () => {
  it('with all entropies equal is plain: h = 0, base clip, no redistribution', () => {
    fc.assert(
      fc.property(anyGroup(), (group) => {
        const flat = group.map((response) => ({ ...response, entropies: response.tokens.map(() => 0.7) }));
        const { trace, advantages } = run([flat]);
        expect(trace.hHat.values.every((h) => h === 0)).toBe(true);
        expect(trace.clipLow.values.every((e) => e === 0.2) && trace.clipHigh.values.every((e) => e === 0.2)).toBe(true);
        expect([...trace.lossAdvantages.values]).toEqual([...advantages]);
      }),
    );
  });
  it('centres a group’s tokens: Σ A = 0 and mean A² = 1', () => {
    fc.assert(
      fc.property(anyGroup(), (group) => {
        const { advantages, trace } = run([group]);
        if (trace.advantageRule.values[0] === 2 || new Set(group.map((r) => r.reward)).size === 1) return;
        expect(Math.abs(advantages.reduce((a, b) => a + b, 0))).toBeLessThan(1e-9);
        expect(advantages.reduce((a, b) => a + b * b, 0) / advantages.length).toBeCloseTo(1, 4);
      }),
    );
  });
  it('for equal lengths is (r − mean) over the population std', () => {
    const group = [1, 0, 0, 1, 1].map((reward, i) => ({ tokens: [i, 2], reward, entropies: [0.5, 1] }));
    // mean 0.6, population std √0.24
    const { advantages } = run([group], { stdEps: 0 });
    expect(advantages[0]).toBeCloseTo(0.4 / Math.sqrt(0.24), 12);
    expect(advantages[2]).toBeCloseTo(-0.6 / Math.sqrt(0.24), 12);
  });
  it('keeps the widths in [ε, (1 + α) ε], never both widened, and A′/A in [1 − β, 1 + β]', () => {
    fc.assert(
      fc.property(anyGroups(), (groups) => {
        const { trace } = run(groups, { clipAlpha: 0.5, advBeta: 0.3, clipHigh: 0.28 });
        const inside = (x: number, low: number, high: number) => x >= low - 1e-12 && x <= high + 1e-12;
        trace.hHat.values.forEach((_, t) => {
          const [low, high] = [trace.clipLow.values[t], trace.clipHigh.values[t]];
          expect(inside(low, 0.2, 0.3) && inside(high, 0.28, 0.42)).toBe(true);
          expect(low > 0.2 && high > 0.28).toBe(false);
          expect(inside(trace.redistribution.values[t], 0.7, 1.3)).toBe(true);
        });
      }),
    );
  });
  it('reports the factor on the advantage, 1 where there is none to change', () => {
    // x = 0 −1 −2 at pivot 0.5: h = 1, 0, −1; ratio 1, so only the last is damped, to 0
    const tokens = (reward: number) => ({ tokens: [1, 2, 3], reward, entropies: [1, exp(-1), exp(-2)] });
    const factors = (first: number) =>
      [...run([[tokens(first), tokens(0)]], { entropyPivot: 0.5 }).trace.redistribution.values].map((x) => Number(x.toFixed(9)) + 0);
    expect(factors(1)).toEqual([1, 1, 0, 1, 1, 0]);
    expect(factors(0)).toEqual([1, 1, 1, 1, 1, 1]);
  });
  it('at ratio 1 leaves uncertain tokens alone, and with the released sign every token', () => {
    fc.assert(
      fc.property(anyGroup(), (group) => {
        const fresh = group.map(({ logprobs: _, ...response }) => response);
        const signed = run([fresh]);
        signed.trace.hHat.values.forEach((h, t) => {
          if (h > 0) expect(signed.trace.lossAdvantages.values[t]).toBe(signed.advantages[t]);
        });
        const released = run([fresh], { lowSign: 1 });
        expect([...released.trace.lossAdvantages.values]).toEqual([...released.advantages]);
      }),
    );
  });
  it('with τ = α = β = 0 and equal lengths is DAPO up to sample against population std', () => {
    const equal = anyGroup().map((group) =>
      group.map((r) => ({
        ...r,
        tokens: [r.tokens[0]],
        oldLogprobs: [-1],
        logprobs: [r.logprobs![0] / 4 - 0.9],
        entropies: [r.entropies![0]],
        refLogprobs: undefined,
        oldEntropies: undefined,
      })),
    );
    fc.assert(
      fc.property(equal, (group) => {
        const n = group.length;
        const off = { clipAlpha: 0, advBeta: 0, clipHigh: 0.28, stdEps: 0 };
        const a = run([group], off);
        if (a.advantages.some(Number.isNaN) || a.trace.advantageRule.values[0] === 2) return;
        const knobs = { ...defaultKnobs(dapo), dynamicSampling: 0, overlong: 0, stdEps: 0 };
        const b = creditBatch(batchOf(group), composeMethod(dapo), knobs);
        a.credit.forEach((value, t) => expect(value).toBeCloseTo(b.credit[t] * Math.sqrt(n / (n - 1)), 9));
      }),
    );
  });
  it('takes the statistics over the whole minibatch, not per group', () => {
    const group = (h: number[]) => h.map((entropy, i) => ({ tokens: [i], reward: i % 2, entropies: [entropy] }));
    const { trace } = run([group([0.1, 0.2]), group([1, 2])], { entropyPivot: 0.5 });
    const together = entropySignal(Float64Array.of(0.1, 0.2, 1, 2), 0.5, -1);
    expect([...trace.hHat.values]).toEqual([...together.h]);
    expect(trace.median.values[3]).toBe(together.median);
  });
  it('carries the statistics of this step’s old entropies into the next', () => {
    const batch = batchOf([{ tokens: [1, 2, 3], reward: 1, oldEntropies: [0.1, 0.5, 1] }]);
    const { median, std, scalePos, scaleNeg } = entropySignal(Float64Array.of(0.1, 0.5, 1), 0.8, -1);
    expect(hapo.nextState?.({ batch, knobs: defaultKnobs(hapo), state: null })).toEqual({ median, std, scalePos, scaleNeg });
  });
  it('drops groups without spread, as its recipe does', () => {
    const { kept } = run(
      [
        [
          { tokens: [1], reward: 1, entropies: [1] },
          { tokens: [1], reward: 1, entropies: [1] },
        ],
      ],
      { dynamicSampling: 1 },
    );
    expect([...kept]).toEqual([0]);
  });
});
