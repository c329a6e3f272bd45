import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RolloutBatch } from '../batch.ts';
import { exp, log } from '../math.ts';
import { composeMethod, creditBatch, defaultKnobs } from '../pipeline.ts';
import { headFactors, outerKernel, outerSum } from '../stages/gradientKernel.ts';
import { HIDDEN_FORM, THRESHOLD_RULE } from '../stages/tokenHiddenReward.ts';
import { mean, sum } from '../stats.ts';
import { anyGroup, anyGroups, batchOf, furnish } from '../testBatch.ts';
import { thr } from './thr.ts';

const view = (batch: RolloutBatch, changes: Record<string, number> = {}) =>
  creditBatch(batch, composeMethod(thr), { ...defaultKnobs(thr), ...changes });
const values = (batch: RolloutBatch, name: string, changes: Record<string, number> = {}) => [...view(batch, changes).trace[name].values];
const lengthOf = ({ start, end }: { start: number; end: number }) => end - start;

/** One-token samples of two ids with π = ½ each and h = `hidden`: ⟨g, g'⟩ is ½ for the same id, −½ for the other. */
const coins = (samples: readonly { token: number; reward: number; hidden: number }[]): RolloutBatch => ({
  ...batchOf(samples.map(({ token, reward }) => ({ tokens: [token], reward, oldLogprobs: [log(0.5)] }))),
  logits: { width: 2, data: new Float64Array(2 * samples.length) },
  hidden: { width: 1, data: Float64Array.from(samples, ({ hidden }) => hidden) },
});

describe('by hand', () => {
  // One right sample (id 0, h = 2); wrong ones: id 1, h = 2, and id 0, h = 3. A = (r − 1/3)/0.57735.
  const batch = coins([
    { token: 0, reward: 1, hidden: 2 },
    { token: 1, reward: 0, hidden: 2 },
    { token: 0, reward: 0, hidden: 3 },
  ]);
  it('I = ½·2·2, −½·2·2, ½·2·3, the sign turned in wrong answers, and τ the right answer’s own', () => {
    expect(values(batch, 'influence')).toEqual([2, -2, 3]);
    expect(values(batch, 'hiddenReward')).toEqual([2, 2, -3]);
    expect(values(batch, 'hiddenThreshold')).toEqual([2]);
  });
  it('keeps what is strictly above τ, tilted by the sign', () => {
    expect(values(batch, 'hiddenKept')).toEqual([0, 0, 1]);
    expect(values(batch, 'hiddenWeight', { thresholdScale: 0.5, hiddenTilt: 0.25 })).toEqual([1.25, 1.25, 0.75]);
    const advantages = values(batch, 'advantages', { thresholdScale: 0.5, hiddenTilt: 0.25 });
    [1.25 * (2 / 3), 1.25 * (-1 / 3), 0.75 * (-1 / 3)].forEach((a, t) => expect(advantages[t]).toBeCloseTo(a / 0.57735, 4));
  });
  it('NTHR weakens the wrong token that the right answer shares, by η = 2|½ − ⅓|', () => {
    const nthr = { hiddenForm: HIDDEN_FORM.suppress };
    expect(values(batch, 'suppressed', nthr)).toEqual([0, 0, 1]);
    const advantages = values(batch, 'advantages', nthr);
    [2 / 3, -1 / 3, -1 / 9].forEach((a, t) => expect(advantages[t]).toBeCloseTo(a / 0.57735, 4));
    // Both forms are traced whichever is the advantage.
    expect(values(batch, 'tiltedAdvantages', nthr)).toEqual(values(batch, 'advantages'));
    expect(values(batch, 'suppressedAdvantages')).toEqual(advantages);
  });
  it('names the token of another right sample with which a token shares most', () => {
    expect(values(batch, 'sharedMost')).toEqual([NaN, -2, 3]);
    expect(values(batch, 'sharedSample')).toEqual([NaN, 1, 1]);
    expect(values(batch, 'sharedPosition')).toEqual([NaN, 1, 1]);
  });
  it('the mean threshold lies above the least where right answers differ', () => {
    const two = coins([
      { token: 0, reward: 1, hidden: 1 },
      { token: 0, reward: 1, hidden: 3 },
      { token: 1, reward: 0, hidden: 3 },
    ]);
    // I = ½ (1 + 3) h: 2, 6, −6.
    expect(values(two, 'hiddenThreshold')).toEqual([2]);
    expect(values(two, 'hiddenThreshold', { thresholdRule: THRESHOLD_RULE.mean })).toEqual([4]);
    expect(values(two, 'hiddenKept', { thresholdRule: THRESHOLD_RULE.mean })).toEqual([0, 1, 1]);
    // NTHR keeps the least.
    expect(values(two, 'summedThreshold', { thresholdRule: THRESHOLD_RULE.mean })).toEqual([2]);
  });
  it('an all-right group keeps nothing though its THR is not 0, and an all-wrong one has no threshold', () => {
    const right = coins([
      { token: 0, reward: 1, hidden: 2 },
      { token: 1, reward: 2, hidden: 2 },
    ]);
    expect(values(right, 'hiddenReward')).toEqual([0, 0]);
    expect(values(coins([{ token: 0, reward: 1, hidden: 2 }]), 'hiddenReward')).toEqual([2]);
    expect(values(right, 'advantages', { thresholdScale: 0 })).toEqual([0, 0]);
    expect(values(right, 'suppression')).toEqual([1]);
    const wrong = coins([{ token: 0, reward: 0, hidden: 2 }]);
    expect(values(wrong, 'hiddenThreshold')).toEqual([NaN]);
    expect(values(wrong, 'suppressed')).toEqual([0]);
  });
  it('a token that was certain has g = 0 and THR 0', () => {
    const certain = { ...batch, logits: { width: 2, data: Float64Array.of(800, 0, 0, 0, 0, 0) } };
    expect(values(certain, 'hiddenReward')[0]).toBe(0);
  });
});

describe('invariants', () => {
  it('the double sum over pairs of tokens is gᵀ M h', () => {
    fc.assert(
      fc.property(anyGroup(), (group) => {
        const batch = furnish(batchOf(group));
        const { left, right } = headFactors(batch);
        const kernel = outerKernel(left, right);
        const found = values(batch, 'influence');
        found.forEach((influence, t) => {
          let direct = 0;
          for (const response of batch.responses.filter(({ reward }) => reward > 0))
            for (let s = response.start; s < response.end; s++) direct += kernel.pair(t, s) / lengthOf(response);
          expect(influence).toBeCloseTo(direct, 9);
        });
      }),
    );
  });
  it('the right answers’ means of their own I sum to ‖M‖²', () => {
    fc.assert(
      fc.property(anyGroup(), (group) => {
        const batch = furnish(batchOf(group));
        const weights = new Float64Array(batch.tokens.length);
        for (const response of batch.responses) if (response.reward > 0) weights.fill(1 / lengthOf(response), response.start, response.end);
        const { left, right } = headFactors(batch);
        const squares = outerSum(left, right, weights).reduce((total, x) => total + x * x, 0);
        const own = values(batch, 'ownInfluence').filter((value) => !Number.isNaN(value));
        expect(sum(own)).toBeCloseTo(squares, 9);
      }),
    );
  });
  it('A’(p) + A’(−p) = 2A’(0)', () => {
    fc.assert(
      fc.property(anyGroups(), fc.integer({ min: 0, max: 20 }), (groups, tilt) => {
        const batch = furnish(batchOf(...groups));
        const [up, down, none] = [tilt / 20, -tilt / 20, 0].map((hiddenTilt) => values(batch, 'advantages', { hiddenTilt }));
        none.forEach((a, t) => expect(up[t] + down[t]).toBeCloseTo(2 * a, 12));
      }),
    );
  });
  it('τ < 0 and p = 0 is GRPO in a group that is mixed', () => {
    fc.assert(
      fc.property(anyGroup(), (group) => {
        const batch = furnish(batchOf(group));
        const { trace } = view(batch, { hiddenTilt: 0, thresholdScale: -1 });
        const isMixed = new Set(batch.responses.map(({ reward }) => reward)).size > 1;
        if (!isMixed || !(trace.hiddenThreshold.values[0] < 0)) return;
        expect([...trace.advantages.values]).toEqual([...trace.grpoAdvantages.values]);
      }),
    );
  });
  it('hidden states times c scale THR and τ by c² and leave the mask', () => {
    fc.assert(
      fc.property(anyGroups(), fc.constantFrom(0.25, 0.5, 2, 4), (groups, c) => {
        const batch = furnish(batchOf(...groups));
        const hidden = batch.hidden as NonNullable<typeof batch.hidden>;
        const scaled = { ...batch, hidden: { ...hidden, data: hidden.data.map((h) => c * h) } };
        for (const name of ['hiddenReward', 'hiddenThreshold'])
          expect(values(scaled, name)).toEqual(values(batch, name).map((value) => c * c * value));
        expect(values(scaled, 'hiddenKept')).toEqual(values(batch, 'hiddenKept'));
      }),
    );
  });
  it('NTHR leaves right answers alone, and a wrong token never gains', () => {
    let weakened = 0;
    fc.assert(
      fc.property(anyGroups(), (groups) => {
        const batch = furnish(batchOf(...groups));
        const { trace } = view(batch, { hiddenForm: HIDDEN_FORM.suppress });
        batch.responses.forEach(({ reward, start, end }) => {
          for (let t = start; t < end; t++) {
            const [a, grpo] = [trace.advantages.values[t], trace.grpoAdvantages.values[t]];
            if (reward > 0) expect(a).toBe(grpo);
            else expect(Math.abs(a)).toBeLessThanOrEqual(Math.abs(grpo));
            if (a !== grpo) weakened++;
          }
        });
      }),
    );
    expect(weakened).toBeGreaterThan(0);
  });
  it('the measured effect reads the products of whole gradients, and never enters the credit', () => {
    const group = [
      { tokens: [0, 1], reward: 1 },
      { tokens: [1, 2, 0], reward: 0 },
    ];
    const batch = furnish(batchOf(group));
    const { measured: _, ...without } = batch;
    const whole = values(batch, 'wholeHiddenReward');
    // ⟨∇, ∇'⟩ is there that of the hidden states.
    const h = (t: number) => Array.from((batch.hidden as NonNullable<typeof batch.hidden>).data.subarray(3 * t, 3 * t + 3));
    const dot = (t: number, s: number) => h(t).reduce((total, x, k) => total + x * h(s)[k], 0);
    whole.forEach((value, t) => expect(value).toBeCloseTo((t < 2 ? 1 : -1) * mean([dot(t, 0), dot(t, 1)]), 12));
    expect(values(without, 'wholeHiddenReward').every(Number.isNaN)).toBe(true);
    expect([...view(without).credit]).toEqual([...view(batch).credit]);
  });
  it('π at the base temperature: g holds 1/T', () => {
    const batch = coins([{ token: 0, reward: 1, hidden: 2 }]);
    const warm = { ...batch, baseTemperature: 2, logits: { width: 2, data: Float64Array.of(2, 0) } };
    const p = exp(1) / (exp(1) + 1);
    // ‖g‖² = 2(1 − p)²/4, ‖h‖² = 4.
    expect(values(warm, 'influence')[0]).toBeCloseTo(2 * (1 - p) * (1 - p), 12);
  });
});
