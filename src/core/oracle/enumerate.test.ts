import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { exp, logSumExp } from '../math.ts';
import { uniformAt } from '../random.ts';
import type { Extension, OracleProblem } from './enumerate.ts';
import { runEnumeration } from './enumerate.ts';
import type { ValueTree } from './valueTree.ts';

const V = 4;
const END = 0;
const L = 5;

const logSoftmax = (logits: Float64Array) => logits.map((z) => z - logSumExp(logits));

/** A policy whose log π after a prefix is any fixed function of it: seeded, of some sharpness. */
const policyOf = (seed: number, sharpness: number) => (prefix: readonly number[]) =>
  logSoftmax(Float64Array.from({ length: V }, (_, v) => sharpness * uniformAt(seed, ...prefix, 99, v)));

/** 1 where the tokens before the end add up to a multiple of 3. */
const reward = (response: readonly number[]) => (response.reduce((a, b) => a + b, 0) % 3 === 0 ? 1 : 0);

type Policy = (prefix: readonly number[]) => Float64Array;

/** Answers extensions with the policy, and keeps the prefixes in the order in which they were asked for. */
function evaluator(policy: Policy) {
  const prefixes: number[][] = [];
  return {
    prefixes,
    evaluate: ({ parents, tokens }: Extension) => {
      const rows = new Float64Array(parents.length * V);
      parents.forEach((parent, k) => {
        const prefix = parent < 0 ? [] : [...prefixes[parent], tokens[k]];
        prefixes.push(prefix);
        rows.set(policy(prefix), k * V);
      });
      return rows;
    },
  };
}

/** Σ over all whole responses below the prefix of P(rest | prefix) R: what the oracle must find. */
function bruteForce(policy: Policy, prefix: readonly number[], score: (response: readonly number[]) => number = reward): number {
  if (prefix[prefix.length - 1] === END || prefix.length === L) return score(prefix);
  const logp = policy(prefix);
  let total = 0;
  for (let v = 0; v < V; v++) total += exp(logp[v]) * bruteForce(policy, [...prefix, v], score);
  return total;
}

const problemOf = (changes: Partial<OracleProblem> = {}): OracleProblem => ({
  vocabulary: V,
  endToken: END,
  maxTokens: L,
  reward,
  rewardRange: [0, 1],
  prefixes: [],
  epsilon: 1e-3,
  maxNodes: 10_000,
  ...changes,
});

const solve = (policy: Policy, changes: Partial<OracleProblem> = {}): ValueTree =>
  runEnumeration(problemOf(changes), evaluator(policy).evaluate);

const anyPrefix = fc.array(fc.integer({ min: 1, max: V - 1 }), { maxLength: L });
const anyPolicy = fc.tuple(fc.integer({ min: 0, max: 1e6 }), fc.double({ min: 0, max: 20, noNaN: true }));

describe('exact values', () => {
  it('by hand: two tokens, ends at once with probability 1/4', () => {
    // π uniform over 4; L = 2. Ended at once: reward of [0] is 1 (sum 0). Else [v, w] is right where v + w is 3 (or w = END and v = 3).
    const uniform = () => new Float64Array(V).fill(logSoftmax(new Float64Array(V))[0]);
    const tree = solve(uniform, { maxTokens: 2, epsilon: 1e-9, prefixes: [[3], [1, 2]] });
    // [1,2], [2,1], [3,0], [3,3] of the twelve two-token responses, and [0]: 1/4 + 4/16.
    expect(tree.valueOf(0).estimate).toBeCloseTo(0.5, 12);
    expect(tree.value([3])?.estimate).toBeCloseTo(0.5, 12);
    expect(tree.value([1, 2])).toEqual({ estimate: 1, low: 1, high: 1 });
    expect(tree.actionValues(0).map(({ estimate }) => estimate)).toEqual([1, 0.25, 0.25, 0.5]);
  });

  it('equal the sum over all responses, to 1e-6, when everything is opened', () => {
    fc.assert(
      fc.property(anyPolicy, anyPrefix, ([seed, sharpness], prefix) => {
        const policy = policyOf(seed, sharpness);
        const value = solve(policy, { prefixes: [prefix], epsilon: 1e-12 }).value(prefix);
        expect(Math.abs((value?.estimate ?? NaN) - bruteForce(policy, prefix))).toBeLessThan(1e-6);
      }),
    );
  });

  it('lie in certified intervals, narrower than ε below every wanted prefix', () => {
    fc.assert(
      fc.property(
        anyPolicy,
        fc.array(anyPrefix, { maxLength: 6 }),
        fc.constantFrom(0.3, 0.03, 1e-3),
        ([seed, sharpness], prefixes, epsilon) => {
          const policy = policyOf(seed, sharpness);
          const tree = solve(policy, { prefixes, epsilon });
          expect(tree.isComplete).toBe(true);
          for (const prefix of [[], ...prefixes]) {
            const value = tree.value(prefix);
            const truth = bruteForce(policy, prefix);
            expect(value).not.toBeNull();
            if (!value) return;
            expect(value.high - value.low).toBeLessThan(epsilon + 1e-12);
            expect(value.low).toBeLessThanOrEqual(truth + 1e-12);
            expect(value.high).toBeGreaterThanOrEqual(truth - 1e-12);
          }
        },
      ),
    );
  });

  it('hold for other reward ranges: the interval is as wide as the rewards that may be left', () => {
    const policy = policyOf(3, 4);
    const score = (response: readonly number[]) => 4 * reward(response) - 2;
    const tree = solve(policy, { reward: score, rewardRange: [-2, 2], epsilon: 0.1 });
    const value = tree.valueOf(0);
    expect(value.high - value.low).toBeCloseTo(4 * tree.unopenedShare(0), 12);
    expect(value.low).toBeLessThanOrEqual(bruteForce(policy, [], score));
    expect(value.high).toBeGreaterThanOrEqual(bruteForce(policy, [], score));
  });

  it('V(s) is the mean of Q(s, ·) under π, so that true advantages average to 0', () => {
    const tree = solve(policyOf(8, 6), { prefixes: [[1, 2]], epsilon: 1e-3 });
    for (const node of [0, tree.find([1, 2])]) {
      const policy = tree.policy(node);
      const mean = tree.actionValues(node).reduce((sum, { estimate }, v) => sum + policy[v] * estimate, 0);
      expect(mean).toBeCloseTo(tree.valueOf(node).estimate, 12);
    }
  });
});

describe('the order of work', () => {
  it('evaluates no prefix twice, and only what a wanted prefix needs', () => {
    const policy = policyOf(5, 9);
    const { prefixes, evaluate } = evaluator(policy);
    const tree = runEnumeration(problemOf({ epsilon: 1e-2 }), evaluate);
    expect(new Set(prefixes.map(String)).size).toBe(prefixes.length);
    expect(prefixes.length).toBe(tree.size);
    const all = solve(policy, { epsilon: 1e-12 }).size;
    expect(tree.size).toBeLessThan(all / 2);
  });

  it('opens the likeliest prefixes first: no evaluated one is rarer than one that was left', () => {
    const policy = policyOf(11, 7);
    // One at a time would be exactly best first; in batches, only those of the last batch may be out of order.
    const tree = solve(policy, { epsilon: 0.05 });
    const opened = Array.from({ length: tree.size - 1 }, (_, n) => tree.logMass(n + 1));
    const likeliestLeft = Array.from({ length: tree.size }, (_, n) => tree.nextOpen(n, null)?.logMass ?? -Infinity);
    expect(Math.max(...likeliestLeft)).toBeLessThanOrEqual(Math.min(...opened) + 1e-12);
  });

  it('goes through the open prefixes of a node by their probability, equal ones by token, and knows what they hold', () => {
    const [likely, unlikely] = [Math.log(0.4), Math.log(0.1)];
    // Token 0 ends a response; the others have .1, .4 and .4.
    const tree = solve(() => Float64Array.of(unlikely, unlikely, likely, likely), { prefixes: [], epsilon: 0.1, maxNodes: 1 });
    const order = [];
    for (let next = tree.nextOpen(0, null); next; next = tree.nextOpen(0, next)) order.push(next.token);
    expect(order).toEqual([2, 3, 1]);
    expect(tree.openShare(0)).toBeCloseTo(0.9, 12);
  });

  it('stops at the budget and says so', () => {
    const tree = solve(policyOf(2, 1), { epsilon: 1e-9, maxNodes: 40 });
    expect(tree.size).toBeLessThanOrEqual(40);
    expect(tree.isComplete).toBe(false);
    const [value, truth] = [tree.valueOf(0), bruteForce(policyOf(2, 1), [])];
    expect(value.low).toBeLessThanOrEqual(truth);
    expect(value.high).toBeGreaterThanOrEqual(truth);
  });

  it('refuses an ε or a budget that could never end', () => {
    expect(() => solve(policyOf(1, 1), { epsilon: 0 })).toThrow('ε is 0; a number above 0 is wanted.');
    expect(() => solve(policyOf(1, 1), { maxNodes: 0 })).toThrow('The budget is 0 prefixes; at least one is wanted.');
  });

  it('settles a prefix that the policy almost never takes', () => {
    // After token 3 the policy is uniform; token 3 itself has probability e^-200.
    const rare: Policy = (prefix) => logSoftmax(Float64Array.of(0, 0, 0, prefix.length === 0 ? -200 : 0));
    const value = solve(rare, { prefixes: [[3]], epsilon: 1e-3 }).value([3]);
    expect(value && value.high - value.low).toBeLessThan(1e-3);
    expect(Math.abs((value?.estimate ?? NaN) - bruteForce(rare, [3]))).toBeLessThan(1e-3);
  });
});

describe('the exact gradient', () => {
  /** Logits are a linear function of the parameters: one weight per (depth, last token, next token) and one per (count of 2s, next). */
  const features = (prefix: readonly number[]) => [
    prefix.length * V + (prefix[prefix.length - 1] ?? END),
    L * V + prefix.filter((token) => token === 2).length,
  ];
  const rows = L * V + L + 1;
  const policyAt =
    (theta: Float64Array): Policy =>
    (prefix) =>
      logSoftmax(Float64Array.from({ length: V }, (_, v) => features(prefix).reduce((sum, row) => sum + theta[row * V + v], 0)));
  const theta = Float64Array.from({ length: rows * V }, (_, i) => 2 * uniformAt(17, i) - 1);

  function gradientOf(tree: ValueTree): Float64Array {
    const gradient = new Float64Array(theta.length);
    for (let node = 0; node < tree.size; node++) {
      const own = tree.gradient(node);
      for (const row of features(tree.prefix(node))) for (let v = 0; v < V; v++) gradient[row * V + v] += own[v];
    }
    return gradient;
  }
  const gradient = gradientOf(solve(policyAt(theta), { epsilon: 1e-14 }));
  const norm = Math.hypot(...gradient);
  const directions = [
    gradient.map((g) => g / norm),
    ...[1, 2, 3].map((k) => Float64Array.from(theta, (_, i) => uniformAt(23, k, i) - 0.5)),
  ];

  it.each(directions.map((direction, k) => [k, direction] as const))(
    'is the slope of the exact expected reward, direction %d',
    (_, direction) => {
      const h = 1e-5;
      const [up, down] = [h, -h].map((step) => bruteForce(policyAt(theta.map((x, i) => x + step * direction[i])), []));
      const slope = (up - down) / (2 * h);
      expect(gradient.reduce((sum, g, i) => sum + g * direction[i], 0)).toBeCloseTo(slope, 8);
    },
  );

  it('is what the mean of many REINFORCE samples comes to: |z| < 4 on 10 projections', () => {
    const policy = policyAt(theta);
    const samples = 4000;
    const projections = Array.from({ length: 10 }, (_, k) => Float64Array.from(theta, (_, i) => uniformAt(31, k, i) - 0.5));
    const sums = projections.map(() => ({ total: 0, squares: 0 }));
    for (let s = 0; s < samples; s++) {
      const prefix: number[] = [];
      const score = new Float64Array(theta.length);
      while (prefix[prefix.length - 1] !== END && prefix.length < L) {
        const pi = policy(prefix).map(exp);
        let token = 0;
        for (let u = uniformAt(41, s, prefix.length) - pi[0]; u > 0 && token < V - 1; u -= pi[token]) token++;
        for (const row of features(prefix)) for (let v = 0; v < V; v++) score[row * V + v] += (v === token ? 1 : 0) - pi[v];
        prefix.push(token);
      }
      const r = reward(prefix);
      projections.forEach((direction, k) => {
        const x = r * score.reduce((sum, g, i) => sum + g * direction[i], 0);
        sums[k].total += x;
        sums[k].squares += x * x;
      });
    }
    projections.forEach((direction, k) => {
      const mean = sums[k].total / samples;
      const error = Math.sqrt((sums[k].squares / samples - mean * mean) / samples);
      const exact = gradient.reduce((sum, g, i) => sum + g * direction[i], 0);
      expect(Math.abs(mean - exact) / error).toBeLessThan(4);
    });
  });
});
