import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RolloutBatch } from './batch.ts';
import { entropyChangeOf, entropySlopeOf } from './entropyChange.ts';
import { LANES, laneValues } from './lanes.ts';
import { grpo } from './methods/grpo.ts';
import { composeMethod, creditBatch, defaultKnobs } from './pipeline.ts';
import { seededBatch } from './testBatch.ts';

const entropy = (z: readonly number[]) => {
  const p = z.map((x) => Math.exp(x - Math.max(...z)));
  const total = p.reduce((a, b) => a + b, 0);
  return p.reduce((h, x) => (x > 0 ? h - (x / total) * Math.log(x / total) : h), 0);
};
/** A batch of one token at a state with these logits. */
const oneState = (z: readonly number[], token: number, temperature: number, after?: readonly number[]): RolloutBatch => ({
  ...seededBatch(1, 1, 1),
  tokens: Int32Array.of(token),
  baseTemperature: temperature,
  logits: { width: z.length, data: Float64Array.from(z) },
  ...(after ? { logitsAfter: { width: z.length, data: Float64Array.from(after) } } : {}),
});
const row = fc.array(fc.double({ min: -5, max: 5, noNaN: true }), { minLength: 2, maxLength: 8 });
const temperature = fc.constantFrom(0.5, 1, 1.7);
const lane = (id: string) => LANES.find((candidate) => candidate.id === id)!;

describe('the change of entropy', () => {
  it('as measured is the entropy after minus before, at the base temperature', () => {
    fc.assert(
      fc.property(row, row, temperature, (z, other, T) => {
        const after = z.map((x, v) => x + (other[v] ?? 0));
        const change = entropy(after.map((x) => x / T)) - entropy(z.map((x) => x / T));
        expect(entropyChangeOf(oneState(z, 0, T, after))?.[0]).toBeCloseTo(change, 12);
      }),
    );
  });
  it('to first order is the derivative along the step that makes the token likelier', () => {
    fc.assert(
      fc.property(row, fc.nat(7), temperature, (z, index, T) => {
        const token = index % z.length;
        const scaled = z.map((x) => x / T);
        const p = scaled.map((x) => Math.exp(x) / scaled.reduce((a, b) => a + Math.exp(b), 0));
        const at = (d: number) => entropy(scaled.map((x, v) => x + d * ((v === token ? 1 : 0) - p[v])));
        const derivative = (at(1e-5) - at(-1e-5)) / 2e-5;
        expect(entropySlopeOf(oneState(z, token, T))?.[0]).toBeCloseTo(derivative, 7);
      }),
    );
  });
  it('is 0 to first order for a uniform state, and negative for making the likeliest token likelier', () => {
    expect(entropySlopeOf(oneState([1, 1, 1, 1], 2, 1))?.[0]).toBeCloseTo(0, 14);
    fc.assert(
      fc.property(row, (z) => {
        const best = z.indexOf(Math.max(...z));
        expect(entropySlopeOf(oneState(z, best, 1))?.[0]).toBeLessThanOrEqual(1e-12);
      }),
    );
  });
  it('takes a logit of −∞ as probability 0', () => {
    const batch = oneState([0, -Infinity, 1], 1, 1, [0, -Infinity, 1]);
    expect(entropyChangeOf(batch)?.[0]).toBe(0);
    const two = entropySlopeOf(oneState([0, 1], 0, 1))?.[0];
    expect(entropySlopeOf(oneState([0, -Infinity, 1], 0, 1))?.[0]).toBeCloseTo(two as number, 14);
  });
});

describe('their lanes', () => {
  const knobs = defaultKnobs(grpo);
  it('have numbers under any method where the batch has the logits, and none where it has not', () => {
    const batch = seededBatch(2, 4, 3);
    const moved = { width: 16, data: (batch.logits!.data as Float32Array).map((x, i) => x + (i % 3)) };
    const full = { ...batch, logitsAfter: moved };
    const credit = creditBatch(full, composeMethod(grpo), knobs);
    expect([...laneValues(lane('entropyChange'), full, credit)]).toEqual([...(entropyChangeOf(full) ?? [])]);
    expect(laneValues(lane('entropyChange'), batch, credit).every(Number.isNaN)).toBe(true);
    const slopes = entropySlopeOf(full) ?? [];
    laneValues(lane('entropyPush'), full, credit).forEach((value, t) => expect(value).toBe(credit.credit[t] * slopes[t]));
    const { logits: _, ...bare } = batch;
    expect(laneValues(lane('entropyPush'), bare, credit).every(Number.isNaN)).toBe(true);
  });
});
