import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RolloutBatch } from '../batch.ts';
import { composeMethod, creditBatch, defaultKnobs } from '../pipeline.ts';
import { fisherP, informationGain } from '../stages/keyTokens.ts';
import { anyGroup, batchOf } from '../testBatch.ts';
import { ktae } from './ktae.ts';

const composed = composeMethod(ktae);
const run = (batch: RolloutBatch, changes: Record<string, number> = {}) =>
  creditBatch(batch, composed, { ...defaultKnobs(ktae), ...changes });
const valuesOf = (batch: RolloutBatch, changes: Record<string, number> = {}) => [...run(batch, changes).trace.keyTokenValue.values];
const count = fc.integer({ min: 0, max: 6 });
const table = fc.record({ a: count, b: count, c: count, d: count }).filter(({ a, b, c, d }) => a + b + c + d > 0);
const mixed = anyGroup().filter((group) => new Set(group.map(({ reward }) => reward)).size > 1);

describe('Fisher’s exact test', () => {
  it('is the textbook’s', () => {
    expect(fisherP({ a: 3, b: 0, c: 0, d: 3 })).toBeCloseTo(0.1, 12);
    // R: fisher.test(matrix(c(1, 11, 9, 3), 2))$p.value
    expect(fisherP({ a: 1, b: 9, c: 11, d: 3 })).toBeCloseTo(0.0027594561852200836, 14);
  });
  it('counts tables that are as likely, whatever rounding says', () => {
    // 16 of 70 for three and for one, 1 of 70 for four and for none.
    expect(fisherP({ a: 3, b: 1, c: 1, d: 3 })).toBeCloseTo(34 / 70, 12);
    expect(fisherP({ a: 5, b: 2, c: 2, d: 5 })).toBeCloseTo(fisherP({ a: 2, b: 5, c: 5, d: 2 }), 12);
  });
  it('lies in (0, 1], is exactly 1 where no table is less likely, and does not care for the order of rows, columns or questions', () => {
    fc.assert(
      fc.property(table, ({ a, b, c, d }) => {
        const p = fisherP({ a, b, c, d });
        expect(p).toBeGreaterThan(0);
        expect(p).toBeLessThanOrEqual(1 + 1e-12);
        expect(fisherP({ a: b, b: a, c: d, d: c })).toBeCloseTo(p, 12);
        expect(fisherP({ a: c, b: d, c: a, d: b })).toBeCloseTo(p, 12);
        expect(fisherP({ a, b: c, c: b, d })).toBeCloseTo(p, 12);
        if (a + b === 0 || c + d === 0 || a + c === 0 || b + d === 0) expect(p).toBe(1);
      }),
    );
    expect(fisherP({ a: 1, b: 1, c: 1, d: 1 })).toBe(1);
  });
});

describe('the information gain', () => {
  it('is all that there is to know for a token that only right samples hold, and nothing for one that is everywhere', () => {
    expect(informationGain({ a: 4, b: 0, c: 0, d: 4 })).toBeCloseTo(1, 12);
    expect(informationGain({ a: 4, b: 4, c: 0, d: 0 })).toBeCloseTo(0, 12);
    expect(informationGain({ a: 1, b: 2, c: 2, d: 4 })).toBeCloseTo(0, 12);
    // H(1/4) − (1/2) H(1/2): 0.8113 − 0.5 bits.
    expect(informationGain({ a: 1, b: 1, c: 0, d: 2 })).toBeCloseTo(0.3112781244591328, 12);
  });
  it('is never negative, and the same for either answer', () => {
    fc.assert(
      fc.property(table, ({ a, b, c, d }) => {
        const gain = informationGain({ a, b, c, d });
        expect(gain).toBeGreaterThan(-1e-12);
        expect(informationGain({ a: b, b: a, c: d, d: c })).toBeCloseTo(gain, 12);
      }),
    );
  });
});

describe('KTAE', () => {
  it('adds a value between −s and s to GRPO’s advantage, one for each id', () => {
    fc.assert(
      fc.property(mixed, fc.double({ min: 0, max: 4, noNaN: true }), (group, keyTop) => {
        const batch = batchOf(group);
        const { advantages, trace } = run(batch, { keyTop });
        const byId = new Map<number, number>();
        batch.tokens.forEach((id, t) => {
          const value = trace.keyTokenValue.values[t];
          expect(Math.abs(value)).toBeLessThanOrEqual(keyTop);
          expect(value).toBe(byId.get(id) ?? value);
          byId.set(id, value);
          expect(advantages[t]).toBe(trace.grpoAdvantages.values[t] + value);
        });
      }),
    );
  });
  it('changes sign when right and wrong change places', () => {
    fc.assert(
      fc.property(mixed, (group) => {
        const there = valuesOf(batchOf(group));
        const back = valuesOf(batchOf(group.map((response) => ({ ...response, reward: 1 - response.reward }))));
        there.forEach((value, t) => expect(back[t]).toBeCloseTo(-value, 12));
      }),
    );
  });
  it('favours a token that only right samples hold, and one that they hold more', () => {
    const batch = batchOf([
      { tokens: [1, 3, 3], reward: 1 },
      { tokens: [1, 3, 4], reward: 1 },
      { tokens: [2, 4, 4], reward: 0 },
      { tokens: [2, 4, 3], reward: 0 },
    ]);
    const values = valuesOf(batch);
    expect(values[0]).toBeGreaterThan(values[1]);
    expect(values[1]).toBeGreaterThan(0);
    expect(values[6]).toBeCloseTo(-values[0], 12);
  });
  it('counts a sample once, however often it holds the token; only the frequency does not', () => {
    const group = (times: number) => [
      { tokens: [1, ...Array<number>(times).fill(5)], reward: 1 },
      { tokens: [1, 5, 6], reward: 1 },
      { tokens: [2, 5], reward: 0 },
      { tokens: [2, 6], reward: 0 },
    ];
    const at = (times: number, keyFrequency: number) => valuesOf(batchOf(group(times)), { keyFrequency })[1];
    expect(at(3, 0)).toBe(at(1, 0));
    expect(at(3, 1)).not.toBe(at(1, 1));
  });
  it('leaves the end token alone', () => {
    fc.assert(
      fc.property(mixed, fc.integer({ min: 0, max: 3 }), (group, endToken) => {
        const batch = batchOf(group);
        const [free, ended] = [valuesOf(batch), valuesOf({ ...batch, endToken })];
        batch.tokens.forEach((id, t) => expect(ended[t]).toBe(id === endToken ? 0 : free[t]));
      }),
    );
  });
  it('is GRPO where all are right or all wrong, for a lone sample, and with no weights', () => {
    fc.assert(
      fc.property(anyGroup(fc.constantFrom(0.5, 1, 2)), mixed, (right, group) => {
        for (const { advantages, trace } of [
          run(batchOf(right)),
          run(batchOf(right.map((response) => ({ ...response, reward: -response.reward })))),
          run(batchOf([right[0]])),
          run(batchOf(group), { keyAlpha: 0, keyBeta: 0 }),
          run(batchOf(group), { keyTop: 0 }),
        ]) {
          expect(advantages.every((a, t) => a === trace.grpoAdvantages.values[t])).toBe(true);
        }
      }),
    );
  });
  it('shares its strength out between the two tests', () => {
    fc.assert(
      fc.property(mixed, (group) => {
        const batch = batchOf(group);
        const base = valuesOf(batch, { keyAlpha: 0.5, keyBeta: 1 });
        valuesOf(batch, { keyAlpha: 2, keyBeta: 4 }).forEach((value, t) => expect(value).toBeCloseTo(base[t], 12));
      }),
    );
  });
  it('does not care what the tokens are called, and asks each group by itself', () => {
    fc.assert(
      fc.property(mixed, mixed, (group, other) => {
        const renamed = group.map((response) => ({ ...response, tokens: response.tokens.map((token) => (token * 7 + 3) % 11) }));
        const alone = valuesOf(batchOf(group));
        expect(valuesOf(batchOf(renamed, other)).slice(0, alone.length)).toEqual(alone);
      }),
    );
  });
});
