import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RolloutBatch } from '../batch.ts';
import { composeMethod, creditBatch, defaultKnobs } from '../pipeline.ts';
import { anyGroup, batchOf } from '../testBatch.ts';
import { treerl } from './treerl.ts';

const composed = composeMethod(treerl);
const run = (batch: RolloutBatch, changes: Record<string, number> = {}) =>
  creditBatch(batch, composed, { ...defaultKnobs(treerl), ...changes });
const total = (values: Iterable<number>) => [...values].reduce((a, b) => a + b, 0);
const TOKEN = { overallNormStyle: 0 };
const STEP = { overallNormStyle: 1 };
const ORIGINAL = { weightedValueStyle: 0 };
const SQRT = { weightedValueStyle: 1 };
const UNIFORM = { weightedValueStyle: 2 };

describe('TreeRL', () => {
  it('compares a sample with the others: leaf values sum to 0', () => {
    fc.assert(
      fc.property(anyGroup(), (group) => {
        const { leafValue } = run(batchOf(group)).trace;
        expect(total(leafValue.values)).toBeCloseTo(0, 12);
        const rewards = group.map(({ reward }) => reward);
        rewards.forEach((r, i) => expect(leafValue.values[i]).toBeCloseTo(r - (total(rewards) - r) / (group.length - 1), 12));
      }),
    );
  });
  it('centres the tree: per token over all tokens, per step over all nodes and the root', () => {
    fc.assert(
      fc.property(anyGroup(), (group) => {
        const batch = batchOf(group);
        expect(total(run(batch, { ...TOKEN, ...ORIGINAL }).trace.nodeValue.values)).toBeCloseTo(0, 9);
        const { trace } = run(batch, { ...STEP, ...ORIGINAL });
        // Each node once for every sample that passes it; the root's value is the parent value of every first token.
        const starts = [...trace.nodeValue.values].filter((_, t) => trace.nodeStart.values[t] === 1);
        const roots = batch.responses.map(({ start }) => trace.parentValue.values[start]);
        expect(total(starts) + total(roots)).toBeCloseTo(0, 9);
      }),
    );
  });
  it('divides the value of a node that n samples share by √n or by n', () => {
    fc.assert(
      fc.property(anyGroup(), (group) => {
        const batch = batchOf(group);
        const [plain, root, uniform] = [ORIGINAL, SQRT, UNIFORM].map((style) => run(batch, style).trace);
        plain.nodeValue.values.forEach((value, t) => {
          const n = plain.leafCount.values[t];
          expect(root.nodeValue.values[t] * Math.sqrt(n)).toBeCloseTo(value, 12);
          expect(uniform.nodeValue.values[t] * n).toBeCloseTo(value, 12);
        });
      }),
    );
  });
  it('telescopes: without zeros the local parts on a response’s way sum to V(leaf) − V(root)', () => {
    fc.assert(
      fc.property(anyGroup(fc.double({ min: -2, max: 2, noNaN: true })), (group) => {
        const batch = batchOf(group);
        const { trace } = run(batch);
        batch.responses.forEach(({ start, end }) => {
          const way = Array.from({ length: end - start }, (_, k) => start + k).filter((t) => trace.nodeStart.values[t] === 1);
          if (way.some((t) => trace.isFilled.values[t] === 1)) return;
          const root = trace.parentValue.values[start];
          expect(total(way.map((t) => trace.localAdvantage.values[t]))).toBeCloseTo(trace.nodeValue.values[end - 1] - root, 12);
        });
      }),
    );
  });
  it('gives every token of a stretch the same, and samples that share it the same too', () => {
    fc.assert(
      fc.property(anyGroup(), (group) => {
        const batch = batchOf([...group, group[0]]);
        const { advantages, trace } = run(batch);
        batch.responses.forEach(({ start, end }) => {
          for (let t = start + 1; t < end; t++) if (trace.nodeStart.values[t] === 0) expect(advantages[t]).toBe(advantages[t - 1]);
        });
        const [first, twin] = [batch.responses[0], batch.responses[group.length]];
        expect([...advantages.subarray(twin.start, twin.end)]).toEqual([...advantages.subarray(first.start, first.end)]);
      }),
    );
  });
  it('is 2V − V(root) where no two samples share a token', () => {
    const group = [0, 1, 2].map((first) => ({ tokens: [first, 9], reward: first }));
    const { advantages, trace } = run(batchOf(group));
    advantages.forEach((a, t) => expect(a).toBeCloseTo(2 * trace.nodeValue.values[t] - trace.parentValue.values[0], 12));
    // Leaves −1.5, 0, 1.5 of equal length: μ = 0, V(root) = 0.
    expect([...advantages]).toEqual([-3, -3, 0, 0, 3, 3]);
  });
  it('takes a local part of zero from the stretch before, but never for the first', () => {
    const group = [
      { tokens: [1, 2], reward: 1 },
      { tokens: [1, 3], reward: 1 },
      { tokens: [4, 5], reward: 0 },
    ];
    // Leaves 0.5, 0.5, −1; V [1] = V [2] = V [3] = 0.5, V(root) = 0, and all tokens together have mean 0.
    const { advantages, trace } = run(batchOf(group), ORIGINAL);
    expect([...trace.isFilled.values]).toEqual([0, 1, 0, 1, 0, 0]);
    expect([...trace.localAdvantage.values]).toEqual([0.5, 0.5, 0.5, 0.5, -1, -1]);
    expect([...advantages]).toEqual([1, 1, 1, 1, -2, -2]);
    const even = run(batchOf(group.map((response) => ({ ...response, reward: 1 }))), ORIGINAL);
    expect([...even.trace.isFilled.values]).toEqual([0, 1, 0, 1, 0, 0]);
  });
  it('does not care what the tokens are called, and keeps the trees of groups apart', () => {
    fc.assert(
      fc.property(anyGroup(), (group) => {
        const renamed = group.map((response) => ({ ...response, tokens: response.tokens.map((token) => (token * 7 + 3) % 11) }));
        const alone = run(batchOf(group)).advantages;
        const both = run(
          batchOf(
            renamed,
            group.map((response) => ({ ...response, reward: 1 - response.reward })),
          ),
        ).advantages;
        expect([...both.subarray(0, alone.length)]).toEqual([...alone]);
        both.subarray(alone.length).forEach((a, t) => expect(a).toBeCloseTo(-alone[t], 9));
      }),
    );
  });
  it('is 0 for a group of one', () => {
    expect([...run(batchOf([{ tokens: [1, 2], reward: 1 }])).advantages]).toEqual([0, 0]);
  });
});
