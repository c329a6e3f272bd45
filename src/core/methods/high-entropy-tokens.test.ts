import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { composeMethod, creditBatch, defaultKnobs } from '../pipeline.ts';
import { CLIP_STATE } from '../pipeline.types.ts';
import { highEntropyMask } from '../stages/highEntropyMask.ts';
import type { TestResponse } from '../testBatch.ts';
import { anyGroup, anyGroups, batchOf } from '../testBatch.ts';
import { dapo } from './dapo.ts';
import { highEntropyTokens } from './high-entropy-tokens.ts';

const run = (groups: TestResponse[][], changes: Record<string, number> = {}) =>
  creditBatch(batchOf(...groups), composeMethod(highEntropyTokens), { ...defaultKnobs(highEntropyTokens), dynamicSampling: 0, ...changes });
const share = fc.integer({ min: 1, max: 100 }).map((percent) => percent / 100);
const entropies = fc
  .array(fc.double({ min: 1e-3, max: 3, noNaN: true }), { minLength: 1, maxLength: 60 })
  .map((list) => Float64Array.from(list));
const count = (keep: Float64Array) => keep.reduce((a, b) => a + b, 0);

describe('the mask of high entropies', () => {
  it('keeps at least 1 + ⌊ρ(N − 1)⌋ tokens, and no more where no two are equal', () => {
    fc.assert(
      fc.property(entropies, share, (values, rho) => {
        const { keep } = highEntropyMask(values, rho);
        const least = 1 + Math.floor((Math.round(100 * rho) * (values.length - 1)) / 100);
        expect(count(keep)).toBeGreaterThanOrEqual(least);
        if (new Set(values.map(Math.fround)).size === values.length) expect(count(keep)).toBe(least);
      }),
    );
  });
  it('keeps no token that is less uncertain than one it leaves out, and all that tie', () => {
    fc.assert(
      fc.property(entropies, share, (values, rho) => {
        const { keep } = highEntropyMask(values, rho);
        const kept = values.filter((_, t) => keep[t] === 1);
        const out = values.filter((_, t) => keep[t] === 0);
        expect(Math.max(-1, ...out)).toBeLessThan(Math.min(...kept));
      }),
    );
  });
  it('compares in float32: the threshold never drops the token that it was taken from', () => {
    // float32 rounds 0.1 up
    expect([...highEntropyMask(Float64Array.of(0.1, 0.1, 0.1), 0.2).keep]).toEqual([1, 1, 1]);
    expect(highEntropyMask(Float64Array.of(0.1), 1).threshold).toBe(Math.fround(0.1));
  });
  it('interpolates between neighbours', () => {
    expect(highEntropyMask(Float64Array.of(2, 0, 1, 3), 0.5)).toEqual({ threshold: 1.5, keep: Float64Array.of(1, 0, 0, 1) });
  });
});

describe('80/20', () => {
  it('with ρ = 1 is DAPO, without its dual clip and clamp', () => {
    fc.assert(
      fc.property(anyGroups(), (groups) => {
        const all = run(groups, { entropyShare: 1 });
        const knobs = { ...defaultKnobs(dapo), dynamicSampling: 0, clipC: Infinity, logRatioClamp: Infinity };
        const plain = creditBatch(batchOf(...groups), composeMethod(dapo), knobs);
        expect([...all.credit]).toEqual([...plain.credit]);
        expect(all.loss).toBe(plain.loss);
      }),
    );
  });
  it('leaves the credit of the kept tokens as it is: the mean counts every token', () => {
    fc.assert(
      fc.property(anyGroups(), share, (groups, rho) => {
        const all = run(groups, { entropyShare: 1 });
        const some = run(groups, { entropyShare: rho });
        some.trace.entropyMask.values.forEach((keep, t) => {
          expect(some.credit[t]).toBe(keep === 1 ? all.credit[t] : 0);
          expect(some.trace.tokenLoss.values[t]).toBe(keep === 1 ? all.trace.tokenLoss.values[t] : 0);
          expect(some.clipState[t]).toBe(keep === 1 ? all.clipState[t] : CLIP_STATE.masked);
        });
      }),
    );
  });
  it('does not look at rewards when it chooses', () => {
    fc.assert(
      fc.property(anyGroup(), (group) => {
        const turned = group.map((response) => ({ ...response, reward: 1 - response.reward }));
        expect([...run([turned]).trace.entropyMask.values]).toEqual([...run([group]).trace.entropyMask.values]);
      }),
    );
  });
  it('takes the threshold over all groups of the minibatch, not per group', () => {
    const group = (h: number[]) => h.map((entropy, i) => ({ tokens: [i], reward: i % 2, entropies: [entropy] }));
    const { trace } = run([group([0.1, 0.2]), group([1, 2])], { entropyShare: 0.5 });
    expect([...trace.entropyMask.values]).toEqual([0, 0, 1, 1]);
    expect([...trace.entropyThreshold.values]).toEqual(new Array(4).fill(Math.fround(Math.fround(0.2) + 0.5 * (1 - Math.fround(0.2)))));
  });
  it('reads the current policy’s entropies, not those of the draw', () => {
    const response = (entropy: number, old: number, reward: number) => ({ tokens: [1], reward, entropies: [entropy], oldEntropies: [old] });
    expect([...run([[response(2, 0.1, 1), response(0.1, 2, 0)]]).trace.entropyMask.values]).toEqual([1, 0]);
  });
  it('does not leave tokens out of the KL term', () => {
    fc.assert(
      fc.property(anyGroup(), (group) => {
        const { trace } = run([group], { klCoef: 0.5 });
        trace.entropyMask.values.forEach((keep, t) => {
          if (keep === 0) expect(trace.gradLogprobs.values[t]).toBe(trace.klWeight.values[t] * 0.5 * trace.klSlope.values[t]);
        });
      }),
    );
  });
});
