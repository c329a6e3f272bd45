import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { buildPrefixTree, trieOrder } from './prefixTree.ts';
import { anyGroup, batchOf } from './testBatch.ts';

// S2>1  ✓,  S2>3  ✗,  S2  ✗ (ends inside the others),  D5  ✓
const GROUP = [
  { tokens: [1, 2, 3], reward: 1 },
  { tokens: [1, 2, 4], reward: 0 },
  { tokens: [1, 2], reward: 0 },
  { tokens: [7, 5], reward: 1 },
];

describe('the prefix tree of four samples', () => {
  const tree = buildPrefixTree(batchOf([{ tokens: [0], reward: 9 }], GROUP), 1);
  it('counts and values every prefix', () => {
    expect(tree.nodes.map(({ depth, token, parent, count }) => [depth, token, parent, count])).toEqual([
      [0, -1, -1, 4],
      [1, 1, 0, 3],
      [2, 2, 1, 3],
      [3, 3, 2, 1],
      [3, 4, 2, 1],
      [1, 7, 0, 1],
      [2, 5, 5, 1],
    ]);
    expect(tree.nodes.map(({ value }) => value)).toEqual([0.5, 1 / 3, 1 / 3, 1, 0, 1, 1]);
    expect(tree.nodes[0].children).toEqual([1, 5]);
    expect(tree.nodes[2].responses).toEqual([1, 2, 3]);
  });
  it('says for each token what was before and after it', () => {
    expect(tree.tokenStart).toBe(1);
    expect([...tree.countBefore]).toEqual([4, 3, 3, 4, 3, 3, 4, 3, 4, 1]);
    expect([...tree.countAfter]).toEqual([3, 3, 1, 3, 3, 1, 3, 3, 1, 1]);
    expect([...tree.valueAfter.subarray(0, 3)]).toEqual([1 / 3, 1 / 3, 1]);
    expect([...tree.valueBefore.subarray(8)]).toEqual([0.5, 1]);
    expect([...tree.node]).toEqual([1, 2, 3, 1, 2, 4, 1, 2, 5, 6]);
  });
  it('puts equal prefixes side by side, a sample that ends before those that go on', () => {
    expect(trieOrder(tree)).toEqual([3, 1, 2, 4]);
  });
  it('values other rewards when they are given', () => {
    const shaped = buildPrefixTree(batchOf(GROUP), 0, [4, 0, 0, 0]);
    expect(shaped.nodes[0].value).toBe(1);
    expect(shaped.nodes[3].value).toBe(4);
  });
});

describe('invariants', () => {
  const groups = anyGroup(fc.double({ min: -2, max: 2, noNaN: true }));
  it('a node’s value is the mean of its samples’ rewards, and children share out the samples that go on', () => {
    fc.assert(
      fc.property(groups, (responses) => {
        const batch = batchOf(responses);
        const { nodes } = buildPrefixTree(batch, 0);
        for (const node of nodes) {
          const rewards = node.responses.map((i) => batch.responses[i].reward);
          expect(node.value).toBeCloseTo(rewards.reduce((a, b) => a + b, 0) / rewards.length, 12);
          const below = node.children.flatMap((child) => nodes[child].responses);
          expect(new Set(below).size).toBe(below.length);
          const goOn = node.responses.filter((i) => batch.responses[i].end - batch.responses[i].start > node.depth);
          expect([...below].sort((a, b) => a - b)).toEqual(goOn);
        }
      }),
    );
  });
  it('where nobody ends, the changes of value weighted by samples sum to zero', () => {
    fc.assert(
      fc.property(groups, (responses) => {
        const { nodes } = buildPrefixTree(batchOf(responses), 0);
        for (const node of nodes) {
          const below = node.children.reduce((n, child) => n + nodes[child].count, 0);
          if (below !== node.count) continue;
          const flow = node.children.reduce((total, child) => total + nodes[child].count * (nodes[child].value - node.value), 0);
          expect(Math.abs(flow)).toBeLessThan(1e-9);
        }
      }),
    );
  });
  it('trie order is a permutation in which samples of a prefix are neighbours', () => {
    fc.assert(
      fc.property(groups, (responses) => {
        const tree = buildPrefixTree(batchOf(responses), 0);
        const order = trieOrder(tree);
        expect([...order].sort((a, b) => a - b)).toEqual(responses.map((_, i) => i));
        for (const node of tree.nodes) {
          const places = node.responses.map((i) => order.indexOf(i));
          expect(Math.max(...places) - Math.min(...places)).toBe(places.length - 1);
        }
      }),
    );
  });
});
