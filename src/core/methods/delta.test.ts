import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RolloutBatch } from '../batch.ts';
import { exp, log, sigmoid } from '../math.ts';
import { composeMethod, creditBatch, defaultKnobs } from '../pipeline.ts';
import { discriminate, GRADIENT_PROXY, gradientKernel } from '../stages/discriminativeWeight.ts';
import { headFactors, outerKernel, outerSum, ownRowFactors } from '../stages/gradientKernel.ts';
import { mean } from '../stats.ts';
import type { TestResponse } from '../testBatch.ts';
import { anyGroups, batchOf, furnish } from '../testBatch.ts';
import { delta } from './delta.ts';
import { grpo } from './grpo.ts';

const view = (batch: RolloutBatch, changes: Record<string, number> = {}) =>
  creditBatch(batch, composeMethod(delta), { ...defaultKnobs(delta), ...changes });
const values = (batch: RolloutBatch, name: string, changes: Record<string, number> = {}) => [...view(batch, changes).trace[name].values];
const proxies = Object.values(GRADIENT_PROXY);
const anyBatch = anyGroups().map((groups: TestResponse[][]) => furnish(batchOf(...groups)));
const near = (actual: ArrayLike<number>, expected: ArrayLike<number>, digits = 9) =>
  Array.from(actual).forEach((value, t) => expect(value).toBeCloseTo(expected[t], digits));

/** Vectors on a line, with the advantages of their tokens. */
const line = (points: readonly number[]) =>
  outerKernel({ width: 1, data: new Float64Array(points.length).fill(1) }, { width: 1, data: Float64Array.from(points) });

describe('by hand', () => {
  // + at 1 and 3 (|A| 1 and 3), − at 0 and −2.
  const kernel = line([1, 3, 0, -2]);
  const advantages = Float64Array.of(1, 3, -1, -1);
  it('centres by |A|, margins to the other side’s, and their spread', () => {
    const { before, margin, gamma, alpha } = discriminate(kernel, advantages, 0);
    // μ₊ = 10/4, μ₋ = −1; m = (v − μ_other)² − (v − μ_own)².
    expect(before[0].dots[0]).toBe(2.5);
    expect(before[0].squared).toBe(6.25);
    expect(before[1].dots[0]).toBe(-1);
    expect([...margin]).toEqual([4 - 2.25, 16 - 0.25, 6.25 - 1, 20.25 - 1]);
    expect(gamma).toEqual([7, 7]);
    near(alpha, [1.75 / 7, 15.75 / 7, 5.25 / 7, 19.25 / 7].map(sigmoid), 12);
  });
  it('γ of the final α is that before the last refinement', () => {
    const [one, two] = [1, 2].map((k) => discriminate(kernel, advantages, k));
    expect(one.gamma).toEqual([7, 7]);
    const [a, b] = [sigmoid(1.75 / 7), 3 * sigmoid(15.75 / 7)];
    expect(one.after[0].dots[0]).toBeCloseTo((a + 3 * b) / (a + b), 12);
    // The margins of the first refinement, spread over two tokens: half their distance.
    expect(two.gamma[0]).toBeCloseTo(Math.abs(one.margin[0] - one.margin[1]) / 2, 12);
  });
  it('an empty side has its centre at 0 and the floor for its spread; a token without advantage no side', () => {
    const { after, gamma, side, margin, alpha } = discriminate(line([1, 2, 5]), Float64Array.of(1, 1, 1e-11), 1);
    expect(after[1].squared).toBe(0);
    expect(gamma[1]).toBe(1e-4);
    expect([side[2], margin[2], alpha[2]]).toEqual([0, 0, 0]);
  });
});

describe.each(proxies)('invariants with stand-in %s', (gradientProxy) => {
  it('the mean weight is 1, and λ stays within its bounds', () => {
    fc.assert(
      fc.property(anyBatch, fc.integer({ min: 0, max: 3 }), (batch, refinements) => {
        const { trace } = view(batch, { gradientProxy, refinements });
        expect(mean(trace.discriminativeWeights.values)).toBeCloseTo(1, 12);
        for (const l of trace.lambda.values) expect(l >= 0.8 && l <= 1.2).toBe(true);
      }),
    );
  });
  it('equal bounds are plain GRPO', () => {
    fc.assert(
      fc.property(anyBatch, (batch) => {
        const plain = creditBatch(batch, composeMethod(grpo), { ...defaultKnobs(grpo), clipHigh: 0.28, clipC: 10, aggMode: 0 });
        near(view(batch, { gradientProxy, lambdaMin: 1, lambdaMax: 1 }).credit, plain.credit, 12);
      }),
    );
  });
  it('α > ½ exactly for a token nearer to its own side', () => {
    fc.assert(
      fc.property(anyBatch, (batch) => {
        const { trace } = view(batch, { gradientProxy });
        trace.alpha.values.forEach((alpha, t) => {
          const [own, other] = [trace.ownDistance.values[t], trace.otherDistance.values[t]];
          if (trace.side.values[t] === 0 || Math.abs(own - other) < 1e-9) return;
          expect(alpha > 0.5).toBe(own < other);
          expect(trace.margin.values[t]).toBeCloseTo(other - own, 9);
        });
      }),
    );
  });
  it('advantages times c, of either sign, leave α', () => {
    fc.assert(
      fc.property(anyBatch, fc.constantFrom(-4, -1, 0.5, 8), (batch, c) => {
        const kernel = gradientKernel(batch, gradientProxy);
        const a = Float64Array.from(values(batch, 'grpoAdvantages'));
        near(
          discriminate(
            kernel,
            a.map((x) => c * x),
            2,
          ).alpha,
          discriminate(kernel, a, 2).alpha,
        );
      }),
    );
  });
  it('all rewards equal: every weight 1 and no credit', () => {
    fc.assert(
      fc.property(anyGroups(fc.constant(1)), (groups) => {
        const { trace, loss } = view(furnish(batchOf(...groups)), { gradientProxy });
        near(trace.discriminativeWeights.values, new Float64Array(trace.alpha.values.length).fill(1), 12);
        expect(Math.abs(loss)).toBeLessThan(1e-9);
      }),
    );
  });
});

describe('invariants of the vectors', () => {
  const anyVectors = fc.array(fc.tuple(fc.integer({ min: -40, max: 40 }), fc.integer({ min: -40, max: 40 }), fc.constantFrom(-1, 1, 2)), {
    minLength: 2,
    maxLength: 12,
  });
  const alphaOf = (points: readonly (readonly [number, number, number])[], move = (x: number) => x) => {
    const right = { width: 2, data: Float64Array.from(points.flatMap(([x, y]) => [move(x / 10), move(y / 10)])) };
    const kernel = outerKernel({ width: 1, data: new Float64Array(points.length).fill(1) }, right);
    return discriminate(
      kernel,
      Float64Array.from(points, ([, , a]) => a),
      2,
    );
  };
  it('v + constant and c v leave α while the spreads are above their floor', () => {
    fc.assert(
      fc.property(anyVectors, fc.constantFrom(-3, 0.5, 2), (points, c) => {
        const signs = new Set(points.map(([, , a]) => Math.sign(a)));
        const base = alphaOf(points);
        if (signs.size < 2 || base.gamma.some((gamma) => gamma < 1e-2)) return;
        near(alphaOf(points, (x) => x + c).alpha, base.alpha, 6);
        near(alphaOf(points, (x) => c * x).alpha, base.alpha, 6);
      }),
    );
  });
  it('equal vectors on one side have equal α', () => {
    fc.assert(
      fc.property(anyVectors, (points) => {
        const { alpha } = alphaOf([...points, ...points]);
        points.forEach((_, t) => expect(alpha[t]).toBeCloseTo(alpha[t + points.length], 12));
      }),
    );
  });
  it('m = 2 sign(A)(W·v + b), with the centres as vectors', () => {
    fc.assert(
      fc.property(anyBatch, (batch) => {
        const { trace } = view(batch);
        const { left, right } = ownRowFactors(batch);
        const [plus, minus] = ['plusAfter', 'minusAfter'].map((name) => outerSum(left, right, trace[name].values));
        trace.margin.values.forEach((margin, t) => {
          const v = Array.from({ length: right.width }, (_, k) => left.data[t] * right.data[t * right.width + k]);
          const wv = v.reduce((total, x, k) => total + x * (plus[k] - minus[k]), 0);
          expect(margin).toBeCloseTo(2 * trace.side.values[t] * (wv + trace.discriminatorOffset.values[0]), 9);
        });
      }),
    );
  });
});

describe('the stand-ins', () => {
  it('(1 − π)h is the same for two tokens of one state, up to its length; the unembedding’s is not', () => {
    const batch = {
      ...batchOf([
        { tokens: [0], reward: 1, oldLogprobs: [log(0.5)] },
        { tokens: [1], reward: 0, oldLogprobs: [log(0.5)] },
      ]),
      logits: { width: 2, data: new Float64Array(4) },
      hidden: { width: 2, data: Float64Array.of(3, 4, 3, 4) },
    };
    const own = gradientKernel(batch, GRADIENT_PROXY.ownRow);
    expect([own.pair(0, 0), own.pair(0, 1)]).toEqual([25 / 4, 25 / 4]);
    const head = gradientKernel(batch, GRADIENT_PROXY.head);
    expect([head.pair(0, 0), head.pair(0, 1)]).toEqual([25 / 2, -25 / 2]);
    expect(exp(batch.fields.oldLogprobs?.[0] as number)).toBeCloseTo(0.5, 12);
  });
  it('inner products of a sum are sums of inner products, whichever the stand-in', () => {
    fc.assert(
      fc.property(anyBatch, fc.constantFrom(...proxies), (batch, proxy) => {
        const kernel = gradientKernel(batch, proxy);
        const weights = Float64Array.from(batch.tokens, (_, t) => ((7 * t) % 5) - 2);
        kernel.apply(weights).forEach((value, t) => {
          expect(value).toBeCloseTo(
            weights.reduce((total, w, s) => total + w * kernel.pair(t, s), 0),
            9,
          );
        });
      }),
    );
  });
  it('measured products of the unembedding’s gradients give the unembedding’s weights', () => {
    fc.assert(
      fc.property(anyBatch, (batch) => {
        const { left, right } = headFactors(batch);
        const { pair } = outerKernel(left, right);
        const n = batch.tokens.length;
        const products = Float64Array.from({ length: n * n }, (_, k) => pair(Math.floor(k / n), k % n));
        const measured = { ...batch.measured, gradientProducts: { level: 'token' as const, width: n, values: products } };
        const [a, b] = [GRADIENT_PROXY.whole, GRADIENT_PROXY.head].map((gradientProxy) =>
          values({ ...batch, measured }, 'discriminativeWeights', { gradientProxy }),
        );
        near(a, b, 8);
      }),
    );
  });
});
