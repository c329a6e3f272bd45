import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LANES, laneValues } from '../lanes.ts';
import { composeMethod, creditBatch, defaultKnobs } from '../pipeline.ts';
import { ENTROPY_FORM, paperWeights, releasedOmega, releasedWeights, theoremOmega, WEIGHT_MAP } from '../stages/entropyWeight.ts';
import type { TestResponse } from '../testBatch.ts';
import { anyGroup, anyGroups, batchOf, seededBatch, withRatios } from '../testBatch.ts';
import { grpo } from './grpo.ts';
import { steer } from './steer.ts';

const RELEASED = { entropyForm: ENTROPY_FORM.released };
const EXPONENTIAL = { ...RELEASED, weightMap: WEIGHT_MAP.exponential };
const view = (groups: TestResponse[][], changes: Record<string, number> = {}) =>
  creditBatch(batchOf(...groups), composeMethod(steer), { ...defaultKnobs(steer), ...changes });
const plain = (groups: TestResponse[][]) =>
  creditBatch(batchOf(...groups), composeMethod(grpo), { ...defaultKnobs(grpo), clipHigh: 0.28, clipC: 10, aggMode: 0 });
const smallest = fc.integer({ min: 1, max: 19 }).map((k) => k / 20);
const omegas = fc
  .array(fc.double({ min: -3, max: 3, noNaN: true }), { minLength: 1, maxLength: 40 })
  .map((values) => Float64Array.from(values, (x) => Math.round(1e6 * x) / 1e6));
const knobsWith = (low: number, high: number, weightMap: number) => ({
  ...defaultKnobs(steer),
  tokenWeightMin: low,
  tokenWeightMax: high,
  weightMap,
});
/** The three maps, by name; each takes a smallest weight. */
const MAPS = [
  { name: 'the paper’s', high: 1, weigh: paperWeights },
  {
    name: 'linear',
    high: 1.2,
    weigh: (omega: Float64Array, low: number) => releasedWeights(omega, knobsWith(low, 1.2, WEIGHT_MAP.linear)),
  },
  {
    name: 'exponential',
    high: 1,
    weigh: (omega: Float64Array, low: number) => releasedWeights(omega, knobsWith(low, 1, WEIGHT_MAP.exponential)),
  },
];
const sizes = (omega: Float64Array) => [...omega].map(Math.abs);

describe.each(MAPS)('the weights, $name map', ({ name, high, weigh }) => {
  it('lie between the smallest and the largest', () => {
    fc.assert(
      fc.property(omegas, smallest, (omega, low) => {
        for (const w of weigh(omega, low)) expect(w >= low - 1e-12 && w <= high + 1e-12).toBe(true);
      }),
    );
  });
  it('fall strictly as |Ω| grows, and do not read its sign', () => {
    fc.assert(
      fc.property(omegas, smallest, (omega, low) => {
        const [size, w] = [sizes(omega), weigh(omega, low)];
        const order = size.map((_, t) => t).sort((a, b) => size[a] - size[b]);
        for (let k = 1; k < order.length; k++) {
          const [a, b] = [order[k - 1], order[k]];
          if (size[a] < size[b]) expect(w[a]).toBeGreaterThan(w[b]);
          else expect(w[a]).toBe(w[b]);
        }
      }),
    );
  });
  it('give the largest |Ω| the smallest weight', () => {
    fc.assert(
      fc.property(omegas, smallest, (omega, low) => {
        const size = sizes(omega);
        const most = Math.max(...size);
        // All equal has no largest in the linear map; below its floor the exponential one does not reach down.
        if (most === 0 || (name === 'linear' && Math.min(...size) === most) || (name === 'exponential' && most < 0.02)) return;
        expect(weigh(omega, low)[size.indexOf(most)]).toBeCloseTo(low, 12);
      }),
    );
  });
  it('do not change when every Ω is scaled, but for the exponential map below its floor', () => {
    fc.assert(
      fc.property(omegas, smallest, fc.double({ min: 0.001, max: 10, noNaN: true }), (omega, low, c) => {
        const [a, b] = [
          weigh(omega, low),
          weigh(
            omega.map((x) => c * x),
            low,
          ),
        ];
        const most = Math.max(...sizes(omega));
        if (name === 'exponential' && Math.min(most, c * most) < 0.02) return;
        a.forEach((w, t) => expect(w).toBeCloseTo(b[t], 9));
      }),
    );
    if (name === 'exponential') {
      expect(weigh(Float64Array.of(0.01), 0.8)[0]).toBeCloseTo(Math.sqrt(0.8), 12);
      expect(weigh(Float64Array.of(0.1), 0.8)[0]).toBeCloseTo(0.8, 12);
    }
  });
});

describe('the estimates', () => {
  const terms = (x: number, q: number, entropy: number, advantage: number) => ({
    logprobs: Float64Array.of(Math.log(x)),
    oldLogprobs: Float64Array.of(Math.log(q)),
    entropies: Float64Array.of(entropy),
    advantages: Float64Array.of(advantage),
  });
  const probability = fc.double({ min: 1e-6, max: 0.999, noNaN: true });
  const entropy = fc.double({ min: 0.001, max: 3, noNaN: true });
  it('by hand, and the release lacks the factor x', () => {
    // x 0.5, q 0.4, ρ 1.25, H 1: 1.25 · 2 · 0.25 (ln 0.5 + 1)
    const at = terms(0.5, 0.4, 1, 2);
    const expected = 1.25 * 2 * 0.25 * (Math.log(0.5) + 1);
    expect(theoremOmega(at, Float64Array.of(1.25), Float64Array.of(0))[0]).toBeCloseTo(expected, 12);
    expect(releasedOmega(at)[0]).toBeCloseTo(expected / 0.5, 12);
  });
  it('predict a fall for right and likely, wrong and unlikely tokens, and a rise for the others', () => {
    fc.assert(
      fc.property(probability, probability, entropy, fc.constantFrom(-1.3, 0.7), (x, q, h, advantage) => {
        const border = Math.log(x) + h;
        if (Math.abs(border) < 1e-9) return;
        const at = terms(x, q, h, advantage);
        const change = -Math.sign(advantage) * Math.sign(border);
        expect(Math.sign(0 - theoremOmega(at, Float64Array.of(x / q), Float64Array.of(0))[0])).toBe(change);
        expect(Math.sign(0 - releasedOmega(at)[0])).toBe(change);
      }),
    );
  });
  it('of a certain token are 0, with the release’s clamp nearly', () => {
    const at = terms(1, 1, 0, 1);
    expect(theoremOmega(at, Float64Array.of(1), Float64Array.of(0))[0]).toBe(0);
    expect(Math.abs(releasedOmega(at)[0])).toBeLessThan(1e-15);
  });
  it('let a rare token own the largest |Ω| in the released form only', () => {
    const at = {
      logprobs: Float64Array.of(Math.log(0.001), Math.log(0.6)),
      oldLogprobs: Float64Array.of(Math.log(0.001), Math.log(0.6)),
      entropies: Float64Array.of(1.2, 1.2),
      advantages: Float64Array.of(1, 1),
    };
    const [theorem, released] = [theoremOmega(at, Float64Array.of(1, 1), Float64Array.of(0, 0)), releasedOmega(at)].map(sizes);
    expect(theorem[1]).toBeGreaterThan(theorem[0]);
    expect(released[0]).toBeGreaterThan(released[1]);
  });
});

describe('STEER', () => {
  it('with the smallest weight 1 is the plain clipped loss', () => {
    fc.assert(
      fc.property(anyGroups(), (groups) => {
        for (const form of [{}, EXPONENTIAL, { ...RELEASED, tokenWeightMax: 1 }]) {
          const own = view(groups, { ...form, tokenWeightMin: 1 });
          expect([...own.credit]).toEqual([...plain(groups).credit]);
        }
      }),
    );
  });
  it('multiplies each token’s loss and credit by its weight', () => {
    fc.assert(
      fc.property(anyGroups(), fc.constantFrom({}, RELEASED, EXPONENTIAL), (groups, form) => {
        const own = view(groups, form);
        const base = plain(groups);
        own.trace.tokenWeights.values.forEach((w, t) => {
          expect(own.trace.tokenLoss.values[t]).toBeCloseTo(w * base.trace.tokenLoss.values[t], 10);
          expect(own.credit[t]).toBeCloseTo(w * base.credit[t], 10);
          expect(own.clipState[t]).toBe(base.clipState[t]);
        });
      }),
    );
  });
  it('has both forms in the trace, whichever weighs', () => {
    fc.assert(
      fc.property(anyGroups(), (groups) => {
        const [theorem, released] = [view(groups), view(groups, RELEASED)];
        for (const name of ['predictedTheorem', 'predictedReleased', 'weightTheorem', 'weightReleased', 'quadrant'])
          expect([...theorem.trace[name].values]).toEqual([...released.trace[name].values]);
        expect([...theorem.trace.tokenWeights.values]).toEqual([...theorem.trace.weightTheorem.values]);
        expect([...released.trace.tokenWeights.values]).toEqual([...released.trace.weightReleased.values]);
        theorem.trace.omega.values.forEach((omega, t) => expect(theorem.trace.predictedTheorem.values[t]).toBe(0 - omega));
        released.trace.omega.values.forEach((omega, t) => expect(released.trace.predictedReleased.values[t]).toBe(0 - omega));
      }),
    );
  });
  it('gives equal rewards weight 1, in the linear map the middle, and no loss, rounding or not', () => {
    const equal = fc.tuple(anyGroup(), fc.constantFrom(0, 1, 0.1)).map(([group, reward]) => group.map((r) => ({ ...r, reward })));
    fc.assert(
      fc.property(equal, (group) => {
        const theorem = view([group]);
        expect(theorem.trace.tokenWeights.values.every((w) => w === 1)).toBe(true);
        expect(view([group], RELEASED).trace.tokenWeights.values.every((w) => w === 1)).toBe(true);
        expect(view([group], { ...RELEASED, tokenWeightMax: 1.4 }).trace.tokenWeights.values.every((w) => w === (0.8 + 1.4) / 2)).toBe(
          true,
        );
        expect(view([group], EXPONENTIAL).trace.tokenWeights.values.every((w) => w === 1)).toBe(true);
        expect(Math.abs(theorem.loss)).toBeLessThan(1e-8);
        expect(theorem.trace.quadrant.values.every(Number.isNaN)).toBe(true);
      }),
    );
  });
  it('gives a clipped token weight 1 by the theorem, and a dual-clipped one keeps its Ω', () => {
    const group = withRatios([
      { tokens: [1, 2], reward: 1, ratios: [1.5, 1.1] },
      { tokens: [1, 2, 3], reward: 0, ratios: [0.5, 1, 12] },
    ]).map((response) => ({ ...response, oldEntropies: response.tokens.map(() => 0.5) }));
    const { trace } = view([group]);
    expect([...trace.clipState.values]).toEqual([1, 0, 1, 0, 2]);
    [0, 2].forEach((t) => expect([trace.omega.values[t] + 0, trace.tokenWeights.values[t]]).toEqual([0, 1]));
    expect(trace.omega.values[4]).not.toBe(0);
    expect([trace.clippedHigh.values, trace.clippedLow.values].map((flags) => [...flags])).toEqual([
      [1, 0, 0, 0, 0],
      [0, 0, 1, 0, 0],
    ]);
    expect(view([group], RELEASED).trace.omega.values[0]).not.toBe(0);
  });
  it('reads the entropies of the policy that drew the batch, and the probability of the current one', () => {
    const response = (reward: number) => ({
      tokens: [1],
      reward,
      oldLogprobs: [Math.log(0.4)],
      logprobs: [Math.log(0.5)],
      entropies: [0.3],
      oldEntropies: [1],
    });
    const { trace, advantages } = view([[response(1), response(0)]]);
    expect(trace.omega.values[0]).toBeCloseTo(1.25 * advantages[0] * 0.25 * (Math.log(0.5) + 1), 12);
  });
  it('takes the extremes over all groups of the minibatch', () => {
    fc.assert(
      fc.property(anyGroups(), (groups) => {
        const { trace } = view(groups);
        const most = Math.max(...sizes(trace.omega.values));
        trace.tokenWeights.values.forEach((w, t) => {
          const expected = most === 0 ? 1 : 0.8 ** (Math.abs(trace.omega.values[t]) / most);
          expect(w).toBeCloseTo(expected, 10);
        });
      }),
    );
  });
  it('names the quadrant by the sign of the advantage and the side of ln x = −H', () => {
    const response = (reward: number, x: number) => ({ tokens: [1], reward, oldLogprobs: [Math.log(x)], oldEntropies: [1] });
    const { trace } = view([[response(1, 0.9), response(1, 0.1), response(0, 0.9), response(0, 0.1)]]);
    expect([...trace.quadrant.values]).toEqual([0, 1, 2, 3]);
  });
  it('with smallest weight 1, on-policy, pushes the entropy to first order by −A [x (ln x + H) − Σ π² (ln π + H)]', () => {
    const batch = seededBatch(1, 4, 3, 5);
    const logits = batch.logits!;
    const rows = Array.from(batch.tokens, (token, t) => {
      const e = Array.from(logits.data.subarray(5 * t, 5 * t + 5), Math.exp);
      const p = e.map((value) => value / e.reduce((a, b) => a + b, 0));
      const h = -p.reduce((sum, x) => sum + x * Math.log(x), 0);
      const sum = p.reduce((s, x) => s + x * x * (Math.log(x) + h), 0);
      return { slope: p[token] * (Math.log(p[token]) + h) - sum, h, logprob: Math.log(p[token]) };
    });
    const field = (read: (row: (typeof rows)[number]) => number) => Float64Array.from(rows, read);
    const fields = { oldLogprobs: field(({ logprob }) => logprob), oldEntropies: field(({ h }) => h) };
    const own = { ...batch, fields };
    const credit = creditBatch(own, composeMethod(steer), { ...defaultKnobs(steer), tokenWeightMin: 1 });
    const lane = LANES.find(({ id }) => id === 'entropyPush')!;
    laneValues(lane, own, credit).forEach((value, t) => expect(value).toBeCloseTo(-credit.advantages[t] * rows[t].slope, 9));
  });
});
