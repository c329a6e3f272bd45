import { describe, expect, it } from 'vitest';
import { log } from '../math.ts';
import { batchOf, withRatios } from '../testBatch.ts';
import { aggregate, aggregationWeights, knobWeights } from './aggregation.ts';
import { constantClip } from './adaptiveClip.ts';
import { clippedSurrogate, surrogateLoss } from './clippedSurrogate.ts';
import { klEstimate, NO_CLAMPS, OPENRLHF_CLAMPS, VERL_CLAMPS } from './klEstimators.ts';
import { klLoss } from './klLoss.ts';
import { KL_TYPES } from './lossKnobs.ts';
import { policyGradient } from './policyGradient.ts';
import { ratioKnobs, sequenceSurrogate } from './sequenceSurrogate.ts';
import { terminalReward } from './terminalReward.ts';
import type { LossInput } from './types.ts';

const KNOBS = {
  klInRewardCoef: 0,
  klInRewardType: 0,
  clipLow: 0.2,
  clipHigh: 0.4,
  clipC: Infinity,
  delta: Infinity,
  logRatioClamp: Infinity,
  aggMode: 1,
  lossScaleFactor: 0,
  klCoef: 0,
  klType: 3,
  k3LogClamp: 20,
  k3ValueClamp: 10,
};

/** One response whose tokens have these ratios and advantages. */
function lossInput(ratios: number[], advantages: number[], knobs: Record<string, number> = {}): LossInput {
  const batch = batchOf(withRatios([{ tokens: ratios.map((_, t) => t), reward: 1, ratios }]));
  const input = { batch, knobs: { ...KNOBS, ...knobs }, state: null };
  return { ...input, rewards: terminalReward(input), advantages: Float64Array.from(advantages) };
}

const round = (values: ArrayLike<number>) => Array.from(values, (x) => Number((0 + x).toFixed(10)) + 0);

describe('the clipped surrogate', () => {
  it('clips a rising ratio for A > 0 and a falling one for A < 0, and nothing else', () => {
    const { trace, gradLogprobs } = clippedSurrogate(lossInput([1.5, 0.5, 1, 1.5, 0.5, 1], [2, 2, 2, -2, -2, -2]));
    // bounds 0.8 and 1.4
    expect(round(trace.ratio.values)).toEqual([1.5, 0.5, 1, 1.5, 0.5, 1]);
    expect(round(trace.unclippedLoss.values)).toEqual([-3, -1, -2, 3, 1, 2]);
    expect(round(trace.clippedLoss.values)).toEqual([-2.8, -1.6, -2, 2.8, 1.6, 2]);
    expect(round(trace.tokenLoss.values)).toEqual([-2.8, -1, -2, 3, 1.6, 2]);
    expect([...trace.clipState.values]).toEqual([1, 0, 0, 0, 1, 0]);
    expect([...trace.clipped.values]).toEqual([1, 0, 0, 0, 1, 0]);
    expect([...trace.dualClipped.values]).toEqual([0, 0, 0, 0, 0, 0]);
    expect(round(gradLogprobs)).toEqual([0, -1, -2, 3, 0, 2]);
    expect(round(trace.lossSlope.values)).toEqual(round(gradLogprobs));
    expect(round([trace.lowerBound.values[0], trace.upperBound.values[0]])).toEqual([0.8, 1.4]);
    expect(trace.clipFraction.values[0]).toBeCloseTo(2 / 6, 7);
    expect(trace.dualClipFraction.values[0]).toBe(0);
    expect(trace.tokenCount.values[0]).toBe(6);
  });
  it('sums the losses with the weights of the aggregation', () => {
    const { loss, gradLogprobs, trace } = clippedSurrogate(lossInput([1, 2], [1, -3], { aggMode: 0 }));
    expect(loss).toBeCloseTo((-1 + 6) / 2, 12);
    expect(round(gradLogprobs)).toEqual([-0.5, 3]);
    expect(round(trace.weight.values)).toEqual([0.5, 0.5]);
    expect(trace.policyLoss.values[0]).toBe(loss);
  });
  it('stops a token with A < 0 above c, and leaves A ≥ 0 alone', () => {
    const { trace, gradLogprobs } = clippedSurrogate(lossInput([4, 4, 2.9, 0.5], [-1, 0, -1, -1], { clipC: 3 }));
    expect(round(trace.tokenLoss.values)).toEqual([3, 0, 2.9, 0.8]);
    expect([...trace.clipState.values]).toEqual([2, 0, 0, 1]);
    expect([...trace.dualClipped.values]).toEqual([1, 0, 0, 0]);
    expect(round(gradLogprobs)).toEqual([0, 0, 2.9, 0]);
    expect(trace.dualClipFraction.values[0]).toBeCloseTo(1 / 4, 7);
  });
  it('bites inside the band where c is below 1 + ε_high', () => {
    const { trace } = clippedSurrogate(lossInput([1.3], [-1], { clipC: 1.2 }));
    expect(round(trace.tokenLoss.values)).toEqual([1.2]);
    expect([...trace.clipState.values]).toEqual([2]);
  });
  it('caps the ratio of the unclipped branch at δ, without gradient above it', () => {
    const { trace, gradLogprobs } = clippedSurrogate(lossInput([3, 3, 1.9], [-1, 1, -1], { delta: 2 }));
    expect(round(trace.ratio.values)).toEqual([2, 2, 1.9]);
    expect(round(trace.tokenLoss.values)).toEqual([2, -1.4, 1.9]);
    expect(round(gradLogprobs)).toEqual([0, 0, 1.9]);
    expect([...trace.clipped.values]).toEqual([0, 1, 0]);
    expect([...trace.clipState.values]).toEqual([1, 1, 0]);
  });
  it('with a cap inside the bounds leaves the other branch its gradient, as autograd does', () => {
    // bounds 0.8 and 1.4: for A < 0 the branch clip(ρ) = ρ = 1.3 is the larger one; for A > 0 it is the cap
    const { trace, gradLogprobs } = clippedSurrogate(lossInput([1.3, 1.3, 1.5], [-1, 1, -1], { delta: 1.2 }));
    expect(round(trace.tokenLoss.values)).toEqual([1.3, -1.2, 1.4]);
    expect(round(gradLogprobs)).toEqual([1.3, 0, 0]);
    expect(round(trace.ratio.values)).toEqual([1.3, 1.2, 1.2]);
    expect([...trace.clipState.values]).toEqual([0, 1, 1]);
  });
  it('lets a token learn that stands exactly at a bound', () => {
    const at = (ratio: number, knobs: Record<string, number>, low = 0.2, high = 0.4) =>
      surrogateLoss(
        lossInput([1], [-1], knobs),
        Float64Array.of(-1),
        { low: Float64Array.of(low), high: Float64Array.of(high) },
        Float64Array.of(1),
        { ratio: Float64Array.of(ratio), isClamped: new Uint8Array(1) },
      ).gradLogprobs[0];
    expect(at(3, { clipC: 3 })).toBe(3);
    expect(at(1.5, { delta: 1.2 }, 0.2, 0.5)).toBe(1.5);
    expect(at(1.5, { delta: 1.2 }, -0.5, 0.9)).toBe(1.5);
    const clamped = batchOf([{ tokens: [1], reward: 1, oldLogprobs: [-2], logprobs: [-1] }]);
    expect(clippedSurrogate({ ...lossInput([1], [-1], { logRatioClamp: 1 }), batch: clamped }).gradLogprobs[0]).toBeCloseTo(Math.E, 12);
  });
  it('keeps the gradient of a ratio that is exactly at the cap', () => {
    const { gradLogprobs, trace } = clippedSurrogate(lossInput([1], [1], { delta: 1 }));
    expect([gradLogprobs[0], trace.clipState.values[0]]).toEqual([-1, 0]);
  });
  it('clamps the log-ratio, without gradient outside', () => {
    const bound = log(2);
    const { trace, gradLogprobs } = clippedSurrogate(lossInput([8, 0.1, 1.5], [-1, 1, -1], { logRatioClamp: bound }));
    expect(round(trace.ratio.values)).toEqual([2, 0.5, 1.5]);
    expect(round(gradLogprobs)).toEqual([0, 0, 1.5]);
    expect([...trace.clipState.values]).toEqual([1, 1, 0]);
  });
  it('reports the drift from the sampling policy', () => {
    const { trace } = clippedSurrogate(lossInput([2, 2], [1, 1]));
    const drift = -(trace.logRatio.values[0] + trace.logRatio.values[1]);
    expect(trace.ppoKl.values[0]).toBe(drift / (2 + 1e-8));
    expect(drift).toBeCloseTo(-2 * log(2), 12);
    expect(round(trace.logRatio.values)).toEqual(round([log(2), log(2)]));
    expect([...trace.oldLogprobs.values]).toEqual([-20, -20]);
    expect(round(trace.logprobs.values)).toEqual(round([-20 + log(2), -20 + log(2)]));
  });
  it('takes each token’s own bounds and the advantages it is given', () => {
    const input = lossInput([1.5, 1.5], [9, 9]);
    const { trace } = surrogateLoss(input, Float64Array.of(1, 1), { low: Float64Array.of(0.2, 0.2), high: Float64Array.of(0.4, 0.6) });
    expect([...trace.clipped.values]).toEqual([1, 0]);
    expect([...trace.lossAdvantages.values]).toEqual([1, 1]);
    expect([...constantClip(2, KNOBS).high]).toEqual([0.4, 0.4]);
  });
  it('names the log-probs where they are missing', () => {
    const batch = batchOf([{ tokens: [1], reward: 1 }]);
    const input = { ...lossInput([1], [1]), batch };
    expect(() => clippedSurrogate(input)).toThrow('The batch has no logprobs, which this method needs.');
  });
});

describe('the policy-gradient loss', () => {
  it('is −A log π with gradient −A w', () => {
    const { loss, gradLogprobs, trace } = policyGradient(lossInput([2, 1], [3, -1], { aggMode: 0 }));
    expect(round(trace.tokenLoss.values)).toEqual(round([-3 * (-20 + log(2)), -20]));
    expect(round(gradLogprobs)).toEqual([-1.5, 0.5]);
    expect(loss).toBeCloseTo((-3 * (-20 + log(2)) - 20) / 2, 12);
    expect(trace.ppoKl.values[0]).toBe(-(-20 + log(2) + 20) / (2 + 1e-8));
    expect(trace.tokenCount.values[0]).toBe(2);
    expect(round(trace.lossSlope.values)).toEqual([-3, 1]);
    expect(trace.policyLoss.values[0]).toBe(loss);
    expect([...trace.weight.values]).toEqual([0.5, 0.5]);
  });
  it('does without the sampling policy’s log-probs', () => {
    const input = lossInput([1], [1]);
    const batch = { ...input.batch, fields: { logprobs: Float64Array.of(-1) } };
    expect(policyGradient({ ...input, batch }).trace.ppoKl).toBeUndefined();
  });
});

describe('KL estimators at x = 0.5', () => {
  const e = Math.exp(-0.5);
  const expected: Record<string, [number, number]> = {
    k1: [0.5, 1],
    abs: [0.5, 1],
    k2: [0.125, 0.5],
    k3: [e - 0.5, 1 - e],
    'k1+': [0.5, 0.5],
    'k2+': [0.125, 0.5],
    'k3+': [e - 0.5, 0.5],
  };
  it.each(KL_TYPES)('%s', (type) => {
    const { value, slope } = klEstimate(type, 0.5, VERL_CLAMPS);
    expect(value).toBeCloseTo(expected[type][0], 14);
    expect(slope).toBeCloseTo(expected[type][1], 14);
  });
  it('is negative on the other side where it may be', () => {
    expect(klEstimate('k1', -2, VERL_CLAMPS)).toEqual({ value: -2, slope: 1 });
    expect(klEstimate('abs', -2, VERL_CLAMPS)).toEqual({ value: 2, slope: -1 });
    expect(klEstimate('k2', -2, VERL_CLAMPS)).toEqual({ value: 2, slope: -2 });
  });
  it('clamps k3 inside and outside, and drops the gradient where either holds', () => {
    expect(klEstimate('k3', -5, VERL_CLAMPS)).toEqual({ value: 10, slope: 0 });
    expect(klEstimate('k3', -5, NO_CLAMPS).value).toBeCloseTo(Math.exp(5) - 6, 9);
    expect(klEstimate('k3', -5, NO_CLAMPS).slope).toBeCloseTo(1 - Math.exp(5), 9);
    expect(klEstimate('k3', 3, { log: 2, value: 10 })).toEqual({ value: Math.exp(-2) - 1 + 2, slope: 0 });
    expect(klEstimate('k3', 30, VERL_CLAMPS).slope).toBe(0);
    const edge = klEstimate('k3', 1, NO_CLAMPS).value;
    expect(klEstimate('k3', 1, { log: 1, value: edge })).toEqual(klEstimate('k3', 1, NO_CLAMPS));
  });
  it('clamps every value for OpenRLHF', () => {
    expect(klEstimate('k1', 12, OPENRLHF_CLAMPS).value).toBe(10);
    expect(klEstimate('k2', 12, OPENRLHF_CLAMPS).value).toBe(10);
    expect(klEstimate('k1', -12, OPENRLHF_CLAMPS).value).toBe(-10);
    expect(klEstimate('k3', -5, OPENRLHF_CLAMPS).value).toBe(10);
    expect(klEstimate('k1', 12, VERL_CLAMPS).value).toBe(12);
  });
});

describe('the KL loss', () => {
  const input = (knobs: Record<string, number>) => {
    const batch = batchOf([{ tokens: [1, 2], reward: 1, logprobs: [-1, -2], refLogprobs: [-1.5, -2] }]);
    const base = { batch, knobs: { ...KNOBS, aggMode: 0, ...knobs }, state: null };
    return { ...base, rewards: terminalReward(base), advantages: new Float64Array(2) };
  };
  it('adds β times the aggregated estimate, with its gradient', () => {
    const { loss, gradLogprobs, trace } = klLoss(input({ klCoef: 0.1, klType: 2 }));
    expect(loss).toBeCloseTo((0.1 * 0.125) / 2, 15);
    expect(round(gradLogprobs)).toEqual([0.025, 0]);
    expect(round(trace.tokenKl.values)).toEqual([0.125, 0]);
    expect(round(trace.klSlope.values)).toEqual([0.5, 0]);
    expect(round(trace.tokenPenalty.values)).toEqual([0.0125, 0]);
    expect(trace.klLoss.values[0]).toBeCloseTo(0.0625, 15);
    expect(trace.hasPenalty.values[0]).toBe(1);
  });
  it('takes the clamps of its knobs', () => {
    expect(klLoss(input({ klCoef: 1, k3ValueClamp: 0.05 })).trace.tokenKl.values[0]).toBe(0.05);
    expect(klLoss(input({ klCoef: 1, k3LogClamp: 0.1 })).trace.klSlope.values[0]).toBe(0);
  });
  it('does nothing and needs no reference at β = 0', () => {
    const batch = batchOf([{ tokens: [1, 2], reward: 1 }]);
    const { loss, gradLogprobs, trace } = klLoss({ ...input({}), batch });
    expect([loss, ...gradLogprobs]).toEqual([0, 0, 0]);
    expect(Object.keys(trace)).toEqual(['hasPenalty']);
    expect(trace.hasPenalty.values[0]).toBe(0);
    expect(() => klLoss({ ...input({ klCoef: 1 }), batch: { ...batch, fields: { logprobs: Float64Array.of(-1, -1) } } })).toThrow(
      'refLogprobs',
    );
  });
});

describe('aggregation weights of responses of 1 and 3 tokens', () => {
  const responses = [
    { start: 0, end: 1 },
    { start: 1, end: 4 },
  ];
  const longest = 1 / (2 * 3);
  it.each([
    ['token-mean', [0.25, 0.25]],
    ['token-sum', [1, 1]],
    ['seq-mean-token-sum', [0.5, 0.5]],
    ['seq-mean-token-mean', [1 / (2 * (1 + 1e-8)), 1 / (2 * (3 + 1e-8))]],
    ['seq-mean-token-sum-norm', [longest, longest]],
  ] as const)('%s', (mode, [short, long]) => {
    expect([...aggregationWeights(responses, mode)]).toEqual([short, long, long, long]);
  });
  it('divides the sum-norm by a constant length where one is given', () => {
    expect([...aggregationWeights(responses, 'seq-mean-token-sum-norm', 10)]).toEqual([0.05, 0.05, 0.05, 0.05]);
  });
  it('leaves a masked response out of every count but the padded length', () => {
    const isMasked = (i: number) => i === 1;
    expect([...aggregationWeights(responses, 'token-mean', 0, isMasked)]).toEqual([1, 0, 0, 0]);
    expect([...aggregationWeights(responses, 'seq-mean-token-sum', 0, isMasked)]).toEqual([1, 0, 0, 0]);
    expect([...aggregationWeights(responses, 'seq-mean-token-sum-norm', 0, isMasked)]).toEqual([1 / 3, 0, 0, 0]);
  });
  it('follows the knobs', () => {
    const batch = batchOf([
      { tokens: [1], reward: 1 },
      { tokens: [1, 2, 3], reward: 0 },
    ]);
    expect([...knobWeights(batch, { aggMode: 4, lossScaleFactor: 10 })]).toEqual([0.05, 0.05, 0.05, 0.05]);
    expect(aggregate(Float64Array.of(0.5, 2), Float64Array.of(3, -1))).toBe(-0.5);
  });
});

describe('the surrogate with one ratio per response', () => {
  /** Log-ratios ln 2, ln 2 | ln ¼: sums ln 4 and ln ¼, means ln 2 and ln ¼. */
  const two = (knobs: Record<string, number>, advantages = [1, 1, -1]) => {
    const batch = batchOf(
      withRatios([
        { tokens: [1, 2], reward: 1, ratios: [2, 2] },
        { tokens: [3], reward: 0, ratios: [0.25] },
      ]),
    );
    const input = { batch, knobs: { ...KNOBS, clipLow: 0.9, clipHigh: 9, aggMode: 3, seqLogRatioMax: Infinity, ...knobs }, state: null };
    return sequenceSurrogate({ ...input, rewards: terminalReward(input), advantages: Float64Array.from(advantages) });
  };
  it('takes the sum of the log-ratios, and its slope by every token is the whole ratio', () => {
    const { trace, gradLogprobs, loss } = two({ ratioLevel: 1 });
    expect(round(trace.seqRatio.values)).toEqual([4, 0.25]);
    expect(round(trace.seqLoss.values)).toEqual([-4, 0.25]);
    expect(loss).toBeCloseTo(-3.75 / 2, 7);
    // ∂/∂log π of a mean over two responses: −A ρ/2
    expect(round(gradLogprobs).map((x) => Number(x.toFixed(6)))).toEqual([-2, -2, 0.125]);
    expect(round(trace.ratio.values)).toEqual([4, 4, 0.25]);
    expect([...trace.ratioReach.values]).toEqual([2, 1]);
  });
  it('takes their mean, whose slope by a token is a T-th of it', () => {
    const { trace, gradLogprobs, loss } = two({ ratioLevel: 2 });
    expect(round(trace.seqRatio.values)).toEqual([2, 0.25]);
    expect(loss).toBeCloseTo(-1.75 / 2, 7);
    expect(gradLogprobs[0]).toBeCloseTo(-0.5, 7);
    expect(gradLogprobs[2]).toBeCloseTo(0.125, 7);
    expect([...trace.ratioReach.values]).toEqual([1, 1]);
  });
  it('clips all tokens of a response or none', () => {
    const { trace, gradLogprobs } = two({ ratioLevel: 1, clipHigh: 0.2, clipLow: 0.2 });
    expect([...trace.clipState.values]).toEqual([1, 1, 1]);
    expect(round(gradLogprobs)).toEqual([0, 0, 0]);
    expect(round(trace.seqLoss.values)).toEqual([-1.2, 0.8]);
    expect([...two({ ratioLevel: 1, clipHigh: 0.2, clipLow: 0.9 }).trace.clipState.values]).toEqual([1, 1, 0]);
  });
  it('caps the log-ratio from above only, with no gradient beyond it, and ignores the clamp per token', () => {
    const { trace, gradLogprobs } = two({ ratioLevel: 1, seqLogRatioMax: log(3), logRatioClamp: 0.1 });
    expect(round(trace.seqRatio.values)).toEqual([3, 0.25]);
    expect(round(trace.seqLogRatio.values)).toEqual(round([log(4), log(0.25)]));
    expect(gradLogprobs[0] + gradLogprobs[1]).toBe(0);
    expect(gradLogprobs[2]).toBeCloseTo(0.125, 7);
    expect([...trace.clipState.values]).toEqual([1, 1, 0]);
  });
  it('at token level is the clipped surrogate', () => {
    const token = two({ ratioLevel: 0 });
    expect(round(token.trace.ratio.values)).toEqual([2, 2, 0.25]);
    expect([...token.trace.ratioReach.values]).toEqual([1, 1]);
    expect(token.trace.seqRatio).toBeUndefined();
  });
  it('keeps a token’s own advantage where a mixed-in stage gives one', () => {
    const { gradLogprobs, trace } = two({ ratioLevel: 2 }, [1, 3, -1]);
    expect(gradLogprobs[1] / gradLogprobs[0]).toBeCloseTo(3, 12);
    expect(trace.seqLoss.values[0]).toBeCloseTo(-4, 12);
  });
  it('has knobs whose words and defaults a method may change, and refuses others', () => {
    expect(ratioKnobs({ ratioLevel: { default: 2 } }).map((knob) => knob.default)).toEqual([2, Infinity]);
    expect(() => ratioKnobs({ clipLow: { default: 1 } })).toThrow('clipLow');
  });
});
