/** PPO's advantage and its critic's loss: by hand, and the invariants of methods/baselines. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RolloutBatch } from '../batch.ts';
import { composeMethod, creditBatch, defaultKnobs, prepareCredit } from '../pipeline.ts';
import { clippedValueLoss } from '../stages/critic.ts';
import { anyGroups, batchOf, evenly, furnish } from '../testBatch.ts';
import { ppoGae } from './ppo-gae.ts';

const composed = composeMethod(ppoGae);
const knobsFor = (changes: Record<string, number> = {}) => ({ ...defaultKnobs(ppoGae), ...changes });
const withValues = (batch: RolloutBatch, values: number[], newValues = values): RolloutBatch => ({
  ...batch,
  fields: { ...batch.fields, values: Float64Array.from(values), newValues: Float64Array.from(newValues) },
});
const prepared = (batch: RolloutBatch, changes: Record<string, number> = {}) =>
  prepareCredit({ batch, composed, knobs: knobsFor(changes), state: null });

describe('one response of three tokens, worth 1, that the critic expected to be ½, ¼ and ¾', () => {
  const batch = withValues(batchOf([{ tokens: [1, 2, 3], reward: 1 }]), [0.5, 0.25, 0.75], [0.5, 0.5, 2]);
  it('has these TD errors, returns and advantages at γ = ½, λ = ½', () => {
    const { trace, targets } = prepared(batch, { gamma: 0.5, gaeLambda: 0.5, whiten: 0 });
    // ½·¼ − ½, ½·¾ − ¼, 1 − ¾; each plus a quarter of the one after.
    expect([...trace.tdError.values]).toEqual([-0.375, 0.125, 0.25]);
    expect([...trace.unwhitened.values]).toEqual([-0.328125, 0.1875, 0.25]);
    expect([...(targets as Float64Array)]).toEqual([0.171875, 0.4375, 1]);
  });
  it('gives this value loss: the clipped token counts and has no slope', () => {
    const { trace } = creditBatch(batch, composed, knobsFor({ gamma: 1, gaeLambda: 1, whiten: 0, valueClip: 0.5 }));
    // Targets 1: (½)², (½)² and (2 − 1)², whose value clipped to 1.25 is nearer, so the free one is the larger.
    expect(trace.valueLoss.values[0]).toBeCloseTo((0.25 + 0.25 + 1) / 6, 12);
    expect([...trace.valueSlope.values].map((x) => 3 * x)).toEqual([-0.5, -0.5, 1].map((x) => expect.closeTo(x, 12)));
    const tight = creditBatch(
      withValues(batch, [0.5, 0.25, 0.75], [0.5, 0.95, 0.75]),
      composed,
      knobsFor({ gaeLambda: 1, valueClip: 0.1 }),
    );
    // 0.95 clipped to 0.35 is further from 1: it counts, and moving the value changes nothing.
    expect(tight.trace.valueSlope.values[1]).toBe(0);
    expect(tight.trace.valueLoss.values[0]).toBeCloseTo((0.25 + 0.65 * 0.65 + 0.0625) / 6, 12);
  });
});

describe('generalized advantages', () => {
  const batches = anyGroups(evenly(-2, 2)).map((groups) => furnish(batchOf(...groups)));
  it('are the return minus V at λ = γ = 1, δ at λ = 0, and Σ δ = G_0 − V_0', () => {
    fc.assert(
      fc.property(batches, (batch) => {
        const values = batch.fields.values as Float64Array;
        const full = prepared(batch, { gamma: 1, gaeLambda: 1, whiten: 0 });
        const single = prepared(batch, { gamma: 1, gaeLambda: 0, whiten: 0 });
        for (const { start, end, reward } of batch.responses) {
          let sum = 0;
          for (let t = start; t < end; t++) {
            if (Math.abs(full.advantages[t] - (reward - values[t])) > 1e-9) expect.fail(`token ${t}`);
            if (single.advantages[t] !== single.trace.tdError.values[t]) expect.fail(`token ${t} at λ = 0`);
            sum += full.trace.tdError.values[t];
          }
          expect(sum).toBeCloseTo(reward - values[start], 9);
        }
      }),
    );
  });
  it('give credit where all rewards are equal, and are whitened over the batch', () => {
    const batch = withValues(batchOf([1, 2, 3].map((id) => ({ tokens: [id, 1], reward: 1 }))), [0.1, 0.9, -0.4, 0.3, 1.2, 0.5]);
    const { advantages } = prepared(batch);
    const centre = advantages.reduce((a, b) => a + b, 0) / advantages.length;
    expect(Math.abs(centre)).toBeLessThan(1e-7);
    expect(advantages.reduce((a, b) => a + b * b, 0) / (advantages.length - 1)).toBeCloseTo(1, 6);
    expect(advantages.some((a) => Math.abs(a) > 0.1)).toBe(true);
  });
});

describe('the value loss', () => {
  it('has the derivative that finite differences give, through the value clip', () => {
    let moving = 0;
    fc.assert(
      fc.property(anyGroups(evenly(-2, 2)), evenly(0.05, 1), (groups, valueClip) => {
        const batch = furnish(batchOf(...groups));
        const knobs = knobsFor({ valueClip, valueCoef: 1 });
        const targets = Float64Array.from(batch.tokens, (_, t) => Math.sin(7 * t));
        const answers = batch.fields.newValues as Float64Array;
        const lossAt = (at: Float64Array) => clippedValueLoss({ batch, knobs, state: null, now: { answers: at }, targets });
        const { gradAnswers } = lossAt(answers);
        for (const t of answers.keys()) {
          const [up, down] = [1e-6, -1e-6].map((h) => lossAt(answers.map((v, k) => (k === t ? v + h : v))).loss);
          const slope = (up - down) / 2e-6;
          // Exactly where the two branches meet there is none.
          if (Math.abs(slope - gradAnswers[t]) > 1e-5) expect.fail(`token ${t}: ${slope} against ${gradAnswers[t]}`);
          if (gradAnswers[t] !== 0) moving++;
        }
      }),
      { numRuns: 30 },
    );
    expect(moving).toBeGreaterThan(30);
  });
  it('says what is missing where nobody says what the critic should have answered', () => {
    const batch = furnish(batchOf([{ tokens: [1], reward: 1 }]));
    const now = { answers: Float64Array.of(0) };
    expect(() => clippedValueLoss({ batch, knobs: knobsFor(), state: null, now })).toThrow('A critic needs an advantage stage');
  });
});
