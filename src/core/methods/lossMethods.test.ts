/** Methods that replace the loss: what their papers and code say of ratio, clip, weight and gate. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CLIP_STATE } from '../pipeline.types.ts';
import { composeMethod, creditBatch, defaultKnobs } from '../pipeline.ts';
import { exp, log } from '../math.ts';
import type { Method } from '../stages/types.ts';
import type { TestResponse } from '../testBatch.ts';
import { anyGroup, anyGroups, batchOf, evenly, withRatios } from '../testBatch.ts';
import { cispo } from './cispo.ts';
import { gmpo } from './gmpo.ts';
import { grpo } from './grpo.ts';
import { gspo } from './gspo.ts';
import { sapo } from './sapo.ts';
import { tempo } from './tempo.ts';

const run = (method: Method, groups: TestResponse[][], changes: Record<string, number> = {}) =>
  creditBatch(batchOf(...groups), composeMethod(method), { ...defaultKnobs(method), ...changes });
const onPolicy = (groups: TestResponse[][]) => groups.map((group) => group.map(({ logprobs: _, ...response }) => response));
const close = (a: number, b: number, tolerance = 1e-7) => Math.abs(a - b) <= tolerance * Math.max(1, Math.abs(b));
const expectClose = (a: Float64Array, b: ArrayLike<number>, tolerance?: number) =>
  a.forEach((value, t) => expect(close(value, b[t], tolerance), `${t}: ${value} against ${b[t]}`).toBe(true));
/** Bounds that no ratio of the arbitrary batches reaches. */
const FAR = { clipLow: 1, clipHigh: 1e9 };
const twoEqual = (group: TestResponse[]) => new Set(group.map(({ reward }) => reward)).size > 1;

describe('what all four share', () => {
  it.each([gspo, cispo, sapo, gmpo])('$meta.id: at ratio 1 the gradient is GRPO’s, −A w', (method) => {
    fc.assert(
      fc.property(anyGroups(), (groups) => {
        const fresh = onPolicy(groups);
        const same = { aggMode: method === cispo ? 0 : 3 };
        const [own, plain] = [run(method, fresh, same), run(grpo, fresh, same)];
        expectClose(own.credit, plain.credit);
        expect(own.clipState.every((state) => state === CLIP_STATE.none)).toBe(true);
      }),
    );
  });
  it.each([gspo, sapo, gmpo])('$meta.id: fixes its aggregation; the knob is about the KL term alone', (method) => {
    fc.assert(
      fc.property(anyGroups(), (groups) => {
        const [a, b] = [3, 1].map((aggMode) => run(method, groups, { aggMode, klCoef: 0.2 }));
        expect([...a.trace.policyLoss.values]).toEqual([...b.trace.policyLoss.values]);
        expect([...a.trace.weight.values]).toEqual([...b.trace.weight.values]);
        expect(b.trace.klWeight.values.every((w) => w === 1)).toBe(true);
      }),
    );
  });
  it.each([gspo, cispo, sapo, gmpo])('$meta.id: its traced numbers make up the credit', (method) => {
    fc.assert(
      fc.property(anyGroups(), (groups) => {
        const { credit, trace, knobs } = run(method, groups, { klCoef: 0.2, aggMode: 1 });
        const read = (name: string) => trace[name].values;
        const built = credit.map(
          (_, t) =>
            -read('tokenCount')[t] * (read('weight')[t] * read('lossSlope')[t] + read('klWeight')[t] * knobs.klCoef * read('klSlope')[t]),
        );
        expectClose(credit, built, 1e-12);
      }),
    );
  });
});

describe('GSPO', () => {
  it('clips a response as a whole or not at all', () => {
    let held = 0;
    fc.assert(
      fc.property(anyGroup(), (group) => {
        const batch = batchOf(group);
        const { clipState } = creditBatch(batch, composeMethod(gspo), defaultKnobs(gspo));
        batch.responses.forEach(({ start, end }) => {
          expect(new Set(clipState.subarray(start, end)).size).toBe(1);
          held += clipState[start];
        });
      }),
    );
    expect(held).toBeGreaterThan(0);
  });
  it('gives a response of one token the ratio of its token', () => {
    const one = anyGroup().map((group) =>
      group.map((r) => ({
        tokens: [r.tokens[0]],
        reward: r.reward,
        oldLogprobs: [r.oldLogprobs?.[0] ?? 0],
        logprobs: [r.logprobs?.[0] ?? 0],
      })),
    );
    fc.assert(
      fc.property(one, (group) => {
        const [sequence, token] = [2, 0].map((ratioLevel) => run(gspo, [group], { ratioLevel }));
        expectClose(sequence.trace.ratio.values, token.trace.ratio.values, 1e-12);
        expectClose(sequence.credit, token.credit, 1e-12);
      }),
    );
  });
  it('looks at the mean log-ratio alone: the same mean, spread otherwise, gives the same credit', () => {
    const group = (first: number[]) =>
      withRatios([
        { tokens: [1, 2, 3], reward: 1, ratios: first },
        { tokens: [4], reward: 0, ratios: [1] },
      ]);
    const even = run(gspo, [group([1.1, 1.1, 1.1])], { clipHigh: 0.2 });
    const uneven = run(gspo, [group([1.1 * 3, 1.1 / 3, 1.1])], { clipHigh: 0.2 });
    expectClose(uneven.credit, even.credit, 1e-9);
    expect(even.trace.seqRatio.values[0]).toBeCloseTo(1.1, 9);
    // −N ∂L/∂log π of a token: A s N/(B T), A = 1/√2
    expect(even.credit[0]).toBeCloseTo((Math.SQRT1_2 * 1.1 * 4) / 6, 5);
  });
  it('caps the mean log-ratio at 10 from above, with no gradient beyond', () => {
    const far = (x: number) => [
      { tokens: [1, 2], reward: 0, oldLogprobs: [-40, -40], logprobs: [-40 + x, -40 + x] },
      { tokens: [3], reward: 1, oldLogprobs: [-1], logprobs: [-1] },
    ];
    const at = (x: number) => run(gspo, [far(x)], FAR);
    expect(at(12).trace.seqRatio.values[0]).toBe(exp(10));
    expect([at(12).credit[0], at(12).clipState[0]]).toEqual([0, 1]);
    expect(at(9).credit[0]).toBeLessThan(0);
    expect(at(-12).trace.seqRatio.values[0]).toBeCloseTo(exp(-12), 12);
    expect(at(-12).credit[0]).toBeLessThan(0);
  });
  it('takes its bounds from the knobs: only s > 1 + ε_high at A > 0 and s < 1 − ε_low at A < 0 are held', () => {
    fc.assert(
      fc.property(anyGroup(), evenly(0.01, 0.5), (group, width) => {
        const { trace, advantages } = run(gspo, [group], { clipLow: width, clipHigh: 2 * width });
        trace.ratio.values.forEach((s, t) => {
          const isHeld = advantages[t] > 0 ? s > 1 + 2 * width : advantages[t] < 0 && s < 1 - width;
          expect(trace.clipped.values[t]).toBe(isHeld ? 1 : 0);
        });
      }),
    );
  });
  it('lets a token-level advantage of another method keep its own push (GSPO-token)', () => {
    fc.assert(
      fc.property(anyGroup(), (group) => {
        const composed = composeMethod(gspo, { advantage: tempo });
        const { trace, credit, advantages } = creditBatch(batchOf(group), composed, { ...defaultKnobs(gspo), ...FAR });
        const n = credit.length;
        expectClose(
          credit,
          advantages.map((a, t) => n * trace.weight.values[t] * a * trace.ratio.values[t]),
        );
      }),
    );
  });
});

describe('CISPO', () => {
  it('never takes a token out of the update: the gradient is −W A w at any ratio', () => {
    const wild = fc.array(evenly(0.001, 50), { minLength: 4, maxLength: 8 });
    fc.assert(
      fc.property(wild, evenly(0.05, 1), (ratios, clipLow) => {
        const half = Math.floor(ratios.length / 2);
        const group = withRatios(
          [ratios.slice(0, half), ratios.slice(half)].map((own, i) => ({ tokens: own.map((_, t) => t), reward: i, ratios: own })),
        );
        const { credit, trace, clipState } = run(cispo, [group], { clipLow });
        credit.forEach((value, t) => {
          const weight = Math.min(Math.max(trace.ratio.values[t], 1 - clipLow), 1.2);
          expect(close(value, weight * trace.lossAdvantages.values[t])).toBe(true);
          if (clipLow < 1) expect(Math.abs(value)).toBeGreaterThan(0);
        });
        expect(clipState.every((state) => state === CLIP_STATE.none)).toBe(true);
      }),
    );
  });
  it('by default has no lower bound', () => {
    const group = withRatios([
      { tokens: [1, 2], reward: 1, ratios: [1e-6, 3] },
      { tokens: [3], reward: 0, ratios: [1] },
    ]);
    const { trace } = run(cispo, [group]);
    expect(trace.clippedRatio.values[0]).toBeCloseTo(1e-6, 12);
    expect(trace.clippedRatio.values[1]).toBe(1.2);
    expect([...trace.clipped.values]).toEqual([0, 1, 0]);
    expect(trace.clipFraction.values[0]).toBeCloseTo(1 / 3, 7);
  });
  it('with TRL’s absolute cap takes min(ρ, cap), and counts the held ones with A > 0', () => {
    const group = withRatios([
      { tokens: [1, 2], reward: 1, ratios: [0.01, 6] },
      { tokens: [3, 4], reward: 0, ratios: [7, 4] },
    ]);
    const { trace } = run(cispo, [group], { weightBounds: 1, clipLow: 0.2 });
    expectClose(trace.clippedRatio.values, [0.01, 5, 5, 4]);
    expect([...trace.clipped.values]).toEqual([0, 1, 1, 0]);
    expect(trace.clipFraction.values[0]).toBeCloseTo(1 / 4, 7);
  });
  it('marks no weight that stands exactly at its bound, and counts none without an advantage', () => {
    const equal = (ratio: number) =>
      withRatios([
        { tokens: [1, 2], reward: 1, ratios: [ratio, ratio] },
        { tokens: [3], reward: 1, ratios: [ratio] },
      ]);
    expect([...run(cispo, [equal(1)], { clipLow: 0, clipHigh: 0 }).trace.clipped.values]).toEqual([0, 0, 0]);
    const { trace } = run(cispo, [equal(7)], { weightBounds: 1 });
    expect([...trace.clipped.values]).toEqual([1, 1, 1]);
    expect(trace.clipFraction.values[0]).toBe(0);
  });
  it('a lower ε_high never raises a weight, and beyond every ratio the weight is the ratio', () => {
    const widths = fc.tuple(evenly(0, 1), evenly(0, 1));
    fc.assert(
      fc.property(anyGroup(), widths, (group, [width, more]) => {
        const [narrow, wide, free] = [width, width + more, 1e9].map((clipHigh) => run(cispo, [group], { clipHigh }).trace);
        narrow.clippedRatio.values.forEach((w, t) => expect(w).toBeLessThanOrEqual(wide.clippedRatio.values[t]));
        expect([...free.clippedRatio.values]).toEqual([...free.ratio.values]);
      }),
    );
  });
});

describe('SAPO', () => {
  /** Gate of a token with this ratio; `sign` of its advantage. */
  const gateAt = (ratio: number, sign: 1 | -1, knobs: Record<string, number> = {}) => {
    const group = withRatios([
      { tokens: [1], reward: sign, ratios: [ratio] },
      { tokens: [2], reward: 0, ratios: [1] },
    ]);
    return run(sapo, [group], knobs).trace.gate.values[0];
  };
  it('is fully open at ratio 1 and closes with the distance, on both sides', () => {
    expect(gateAt(1, 1)).toBeCloseTo(1, 9);
    const rising = [1, 1.2, 1.7, 3, 6].map((ratio) => gateAt(ratio, 1));
    const falling = [1, 0.8, 0.5, 0.2].map((ratio) => gateAt(ratio, 1));
    for (const gates of [rising, falling]) for (let k = 1; k < gates.length; k++) expect(gates[k]).toBeLessThan(gates[k - 1]);
    expect(gateAt(1.5, 1)).toBeCloseTo(gateAt(0.5, 1), 9);
  });
  it('takes τ by the sign of the advantage, and a larger one never opens the gate', () => {
    // 4σ(1 − σ) at x = τ (ρ − 1) is 1/cosh²(x/2)
    expect(gateAt(2, 1)).toBeCloseTo(1 / Math.cosh(0.5) ** 2, 9);
    expect(gateAt(2, -1)).toBeCloseTo(1 / Math.cosh(0.525) ** 2, 9);
    expect(gateAt(2, 1, { tauPos: 3 })).toBeCloseTo(1 / Math.cosh(1.5) ** 2, 9);
    const cases = fc.tuple(evenly(0.1, 4), evenly(0.1, 5));
    fc.assert(
      fc.property(cases, evenly(0, 5), ([ratio, tau], more) => {
        expect(gateAt(ratio, 1, { tauPos: tau + more })).toBeLessThanOrEqual(gateAt(ratio, 1, { tauPos: tau }) + 1e-12);
      }),
    );
  });
  it('with small τ is the unclipped ratio', () => {
    fc.assert(
      fc.property(anyGroup(), (group) => {
        const soft = run(sapo, [group], { tauPos: 1e-6, tauNeg: 1e-6 });
        expectClose(soft.credit, run(grpo, [group], FAR).credit, 1e-6);
      }),
    );
  });
  it('has no gradient where the log-ratio is clamped', () => {
    const group = withRatios([
      { tokens: [1, 2], reward: 1, ratios: [3, 1] },
      { tokens: [3], reward: 0, ratios: [1] },
    ]);
    expect(run(sapo, [group], { logRatioClamp: log(2) }).credit[0]).toBe(0);
    expect(run(sapo, [group]).credit[0]).toBeGreaterThan(0);
  });
});

describe('GMPO', () => {
  it('holds x > ε_high at A > 0 and x < −ε_low at A < 0, and nothing else', () => {
    let held = 0;
    fc.assert(
      fc.property(anyGroup().filter(twoEqual), evenly(0.01, 0.5), (group, width) => {
        const { trace, advantages, clipState } = run(gmpo, [group], { clipLowLog: width, clipHighLog: 1.5 * width });
        trace.logRatio.values.forEach((x, t) => {
          const isHeld = advantages[t] > 0 ? x > 1.5 * width : x < -width;
          expect(clipState[t]).toBe(isHeld ? CLIP_STATE.clipped : CLIP_STATE.none);
          expect(trace.clippedLogRatio.values[t]).toBe(isHeld ? Math.sign(x) * (x > 0 ? 1.5 : 1) * width : x);
          held += clipState[t];
        });
      }),
    );
    expect(held).toBeGreaterThan(0);
  });
  it('a token held back leaves the others of its response learning', () => {
    const group = withRatios([
      { tokens: [1, 2], reward: 1, ratios: [exp(0.9), 1] },
      { tokens: [3], reward: 0, ratios: [1] },
    ]);
    const { credit, trace } = run(gmpo, [group]);
    // s = exp(0.4/2); −N ∂L/∂log π = A s N/(B T) with A = 1/√2
    expect(trace.seqRatio.values[0]).toBeCloseTo(exp(0.2), 7);
    expect([...credit.subarray(0, 2)].map((x) => Number(x.toFixed(5)) + 0)).toEqual([
      0,
      Number(((Math.SQRT1_2 * exp(0.2) * 3) / 4).toFixed(5)),
    ]);
  });
  it('without a bound in reach is GSPO without a clip', () => {
    fc.assert(
      fc.property(anyGroup().filter(twoEqual), (group) => {
        expectClose(run(gmpo, [group], { clipLowLog: 9, clipHighLog: 9 }).credit, run(gspo, [group], FAR).credit, 1e-6);
      }),
    );
  });
  it('wider bounds never hold more tokens', () => {
    const widths = fc.tuple(evenly(0.01, 0.5), evenly(0, 0.5));
    fc.assert(
      fc.property(anyGroup(), widths, (group, [width, more]) => {
        const held = (w: number) => run(gmpo, [group], { clipLowLog: w, clipHighLog: w }).clipState.reduce((a, b) => a + b, 0);
        expect(held(width + more)).toBeLessThanOrEqual(held(width));
      }),
    );
  });
  it('counts tokens outside on both sides by the sign of the advantage', () => {
    const group = withRatios([
      { tokens: [1, 2, 3], reward: 1, ratios: [2, 0.3, 1] },
      { tokens: [4, 5], reward: 0, ratios: [2, 1] },
    ]);
    const { trace } = run(gmpo, [group]);
    expect(trace.outsideUp.values[0]).toBeCloseTo(2 / 5, 7);
    expect(trace.outsideDown.values[0]).toBeCloseTo(1 / 5, 7);
  });
  it('shows nothing as held where there is no advantage', () => {
    const group = withRatios([
      { tokens: [1, 2], reward: 1, ratios: [3, 0.2] },
      { tokens: [3], reward: 1, ratios: [1] },
    ]);
    const { clipState, credit, trace } = run(gmpo, [group]);
    expect([...clipState]).toEqual([0, 0, 0]);
    expect([...credit].map(Math.abs)).toEqual([0, 0, 0]);
    expect([...trace.clippedLogRatio.values].map(Math.abs)).toEqual([0, 0, 0]);
  });
  it('takes the mean of a token-level advantage over the response, as verl does', () => {
    fc.assert(
      fc.property(anyGroup(), (group) => {
        const batch = batchOf(group);
        const { trace, advantages } = creditBatch(batch, composeMethod(gmpo, { advantage: tempo }), defaultKnobs(gmpo));
        batch.responses.forEach(({ start, end }) => {
          const own = advantages.subarray(start, end);
          expect(close(trace.lossAdvantages.values[start], own.reduce((a, b) => a + b, 0) / own.length)).toBe(true);
        });
      }),
    );
  });
});
