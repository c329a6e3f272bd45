import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RolloutBatch } from '../batch.ts';
import { exp } from '../math.ts';
import { composeMethod, creditBatch, defaultKnobs, missingNeeds } from '../pipeline.ts';
import { GRADIENT_IMPORTANCE, reshape } from '../stages/outcomeReshaping.ts';
import { mean } from '../stats.ts';
import { anyGroups, batchOf, furnish } from '../testBatch.ts';
import { oar } from './oar.ts';

const knobs = (changes: Record<string, number> = {}) => ({ ...defaultKnobs(oar), ...changes });
const weigh = (importance: readonly number[], changes: Record<string, number> = {}) => [
  ...reshape(Float64Array.from(importance), knobs(changes)).weights,
];
const importances = fc
  .array(fc.integer({ min: 0, max: 3000 }), { minLength: 1, maxLength: 12 })
  .map((values) => values.map((x) => x / 1000));
const anyKnobs = fc.record({
  importanceQuantile: fc.integer({ min: 0, max: 19 }).map((k) => k / 20),
  importanceBoost: fc.integer({ min: 0, max: 40 }).map((k) => k / 10),
});

describe('by hand', () => {
  // ln(1 + I) = 0, 1, 2, 4: levels 0, ¼, ½, 1.
  const importance = [0, 1, 2, 4].map((x) => exp(x) - 1);
  it('below the threshold n/th, above it 1 + β (n − th)/(1 − th)', () => {
    const found = reshape(Float64Array.from(importance), knobs({ importanceQuantile: 0.5, importanceBoost: 2, keepMass: 0 }));
    // The median of the levels is 3/8.
    expect(found.threshold).toBeCloseTo(0.375, 12);
    [0.1, 2 / 3, 1 + (2 * 0.125) / 0.625, 3].forEach((w, t) => expect(found.weights[t]).toBeCloseTo(w, 6));
  });
  it('scaled to mean 1 where the mass is kept', () => {
    const raw = [0.1, 2 / 3, 1.4, 3];
    const weights = weigh(importance, { importanceQuantile: 0.5, importanceBoost: 2 });
    raw.forEach((w, t) => expect(weights[t]).toBeCloseTo((4 * w) / raw.reduce((a, b) => a + b, 0), 6));
  });
  it('the answer has no importance, keeps weight 1 and moves no other', () => {
    const changes = { importanceQuantile: 0.5, importanceBoost: 2 };
    expect(weigh([...importance, NaN, NaN], changes)).toEqual([...weigh(importance, changes), 1, 1]);
    expect(weigh([NaN, NaN])).toEqual([1, 1]);
  });
  it('multiplies GRPO’s advantage', () => {
    const batch: RolloutBatch = batchOf([
      { tokens: [1, 2], reward: 1 },
      { tokens: [1, 3], reward: 0 },
    ]);
    const { advantages } = creditBatch(
      { ...batch, fields: { ...batch.fields, importance: Float64Array.of(0, exp(1) - 1, 0.5, 0.5) } },
      composeMethod(oar),
      knobs({ importanceQuantile: 0, importanceBoost: 1, keepMass: 0 }),
    );
    [1, 2, -1, -1].forEach((factor, t) => expect(advantages[t]).toBeCloseTo(factor * Math.SQRT1_2, 5));
  });
});

describe('invariants', () => {
  it('weights rise with the importance, and none is below 0.1 before the scale', () => {
    fc.assert(
      fc.property(importances, anyKnobs, (importance, changes) => {
        const { raw, weights } = reshape(Float64Array.from(importance), knobs(changes));
        raw.forEach((w) => expect(w).toBeGreaterThanOrEqual(0.1));
        const order = [...importance.keys()].sort((a, b) => importance[a] - importance[b]);
        for (let k = 1; k < order.length; k++) expect(weights[order[k]]).toBeGreaterThanOrEqual(weights[order[k - 1]] - 1e-12);
      }),
    );
  });
  it('the mean weight is 1 where the mass is kept', () => {
    fc.assert(
      fc.property(importances, anyKnobs, (importance, changes) => {
        expect(mean(weigh(importance, changes))).toBeCloseTo(1, 7);
      }),
    );
  });
  it('q = 0 weakens no token, and with β = 0 weighs nothing', () => {
    fc.assert(
      fc.property(importances, (importance) => {
        const off = { importanceQuantile: 0, keepMass: 0 };
        for (const w of weigh(importance, off)) expect(w).toBeGreaterThanOrEqual(1);
        for (const w of weigh(importance, { ...off, importanceBoost: 0 })) expect(w).toBe(1);
      }),
    );
  });
  it('equal scores, and lone tokens, weigh 1', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 3000 }), fc.integer({ min: 1, max: 8 }), anyKnobs, (x, length, changes) => {
        for (const w of weigh(Array(length).fill(x / 1000), changes)) expect(w).toBeCloseTo(1, 7);
      }),
    );
  });
  it('a response is weighed by itself', () => {
    fc.assert(
      fc.property(anyGroups(), (groups) => {
        const batch = furnish(batchOf(...groups));
        const { trace } = creditBatch(batch, composeMethod(oar), knobs());
        for (const { start, end } of batch.responses) {
          const own = reshape((batch.fields.importance as Float64Array).subarray(start, end), knobs());
          expect([...trace.reshapedWeights.values.subarray(start, end)]).toEqual([...own.weights]);
        }
      }),
    );
  });
  it('weighs by gradients where asked, and then asks for those alone', () => {
    const byGradients = knobs({ importanceForm: 1 });
    const batch = furnish(
      batchOf([
        { tokens: [1, 2, 3], reward: 1 },
        { tokens: [2, 1, 3], reward: 0 },
      ]),
    );
    const { importance: _, ...fields } = batch.fields;
    const bare = { ...batch, fields };
    expect(missingNeeds(bare, oar, byGradients)).toEqual([`measured:${GRADIENT_IMPORTANCE}`]);
    expect(missingNeeds(bare, oar, knobs())).toEqual(['importance']);
    const values = batch.responses.flatMap(({ start, end }) => Array.from({ length: end - start }, (_x, k) => k / 2));
    const measured = { [GRADIENT_IMPORTANCE]: { level: 'token' as const, width: 1, values: Float64Array.from(values) } };
    const { trace } = creditBatch({ ...bare, measured }, composeMethod(oar), byGradients);
    for (const { start, end } of batch.responses) {
      const own = reshape(Float64Array.from(values.slice(start, end)), byGradients);
      expect([...trace.reshapedWeights.values.subarray(start, end)]).toEqual([...own.weights]);
    }
    expect(new Set(trace.reshapedWeights.values).size).toBeGreaterThan(1);
  });
});
