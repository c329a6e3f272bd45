import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RolloutBatch } from '../batch.ts';
import { composeMethod, creditBatch, defaultKnobs } from '../pipeline.ts';
import { buildPrefixTree } from '../prefixTree.ts';
import { anyGroup, anyGroups, batchOf } from '../testBatch.ts';
import { grpo } from './grpo.ts';
import { lambdaGrpo } from './lambda-grpo.ts';

const composed = composeMethod(lambdaGrpo);
const run = (batch: RolloutBatch, changes: Record<string, number> = {}) =>
  creditBatch(batch, composed, { ...defaultKnobs(lambdaGrpo), ...changes });
const runGrpo = (batch: RolloutBatch, changes: Record<string, number> = {}) =>
  creditBatch(batch, composeMethod(grpo), { ...defaultKnobs(lambdaGrpo), ...changes });

describe('λ-GRPO', () => {
  it('is GRPO’s gradient over the number of samples that share the prefix, the KL’s part too', () => {
    fc.assert(
      fc.property(anyGroups(), (groups) => {
        const batch = batchOf(...groups);
        const [ours, plain] = [run(batch, { klCoef: 0.3 }), runGrpo(batch, { klCoef: 0.3 })];
        batch.responses.forEach(({ group, start, end }) => {
          for (let t = start; t < end; t++) {
            const prefix = [...batch.tokens.subarray(start, t + 1)].join();
            const { start: first, end: last } = batch.groups[group];
            const sharing = batch.responses
              .slice(first, last)
              .filter((other) => other.end - other.start > t - start)
              .filter((other) => [...batch.tokens.subarray(other.start, other.start + t - start + 1)].join() === prefix);
            expect(ours.trace.sharedBy.values[t]).toBe(sharing.length);
            expect(ours.trace.gradLogprobs.values[t]).toBeCloseTo(plain.trace.gradLogprobs.values[t] / sharing.length, 12);
          }
        });
        expect([...ours.advantages]).toEqual([...plain.advantages]);
      }),
    );
  });
  it('gives every step of the prefix tree the same weight: the scales of a group sum to its number of steps', () => {
    fc.assert(
      fc.property(anyGroup(), (group) => {
        const batch = batchOf(group);
        const total = run(batch).trace.prefixScale.values.reduce((a, b) => a + b, 0);
        expect(total).toBeCloseTo(buildPrefixTree(batch, 0).nodes.length - 1, 9);
      }),
    );
  });
  it('is a process reward model on-policy: the pushes on a step sum to its mean advantage', () => {
    fc.assert(
      fc.property(anyGroup(), (group) => {
        const batch = batchOf(group.map(({ logprobs: _, ...response }) => response));
        // Sums over tokens, so that every token of the batch has weight 1.
        const { trace } = run(batch, { aggMode: 1 });
        const tree = buildPrefixTree(batch, 0);
        const pushes = new Float64Array(tree.nodes.length);
        batch.tokens.forEach((_, t) => {
          pushes[tree.node[t]] -= trace.gradLogprobs.values[t];
        });
        tree.nodes.slice(1).forEach(({ value }, k) => {
          expect(pushes[k + 1]).toBeCloseTo((value - trace.groupMean.values[0]) / (trace.groupStd.values[0] + 1e-4), 9);
        });
      }),
    );
  });
  it('is GRPO where no two samples share a first token', () => {
    const group = [0, 1, 2].map((first) => ({ tokens: [first, 9, 8], reward: first === 0 ? 1 : 0 }));
    expect([...run(batchOf(group)).credit]).toEqual([...runGrpo(batchOf(group)).credit]);
  });
  it('counts within the group: the same text under another prompt is another step', () => {
    const group = [{ tokens: [1, 2], reward: 1 }];
    expect([...run(batchOf(group, group, [...group, ...group])).trace.sharedBy.values]).toEqual([1, 1, 1, 1, 2, 2, 2, 2]);
  });
});
