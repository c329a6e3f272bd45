import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RolloutBatch } from './batch.ts';
import { buildPrefixTree } from './prefixTree.ts';
import type { RadixTree } from './radixTree.ts';
import { buildRadixTree } from './radixTree.ts';
import { anyGroup, batchOf } from './testBatch.ts';

const of = (...tokens: number[][]) => batchOf(tokens.map((list) => ({ tokens: list, reward: 0 })));

/** Nodes on a response's way, from the top. */
function pathOf(batch: RolloutBatch, tree: RadixTree, response: number): number[] {
  const { start, end } = batch.responses[response];
  return [...new Set(tree.node.subarray(start - tree.tokenStart, end - tree.tokenStart))];
}

describe('the radix tree', () => {
  it('runs as long as the same responses share the tokens', () => {
    const batch = of([1, 2, 3, 4], [1, 2, 5], [6, 7]);
    const tree = buildRadixTree(batch, 0);
    expect(tree.nodes.map(({ parent, length, responses }) => [parent, length, responses])).toEqual([
      [-1, 0, [0, 1, 2]],
      [0, 2, [0, 1]],
      [1, 2, [0]],
      [1, 1, [1]],
      [0, 2, [2]],
    ]);
  });
  it('parts twins at their last token, so that a shared run of one token leaves no shared node', () => {
    expect(buildRadixTree(of([1, 2, 3], [1, 2, 3]), 0).nodes.map(({ length, responses }) => [length, responses])).toEqual([
      [0, [0, 1]],
      [2, [0, 1]],
      [1, [0]],
      [1, [1]],
    ]);
    expect(buildRadixTree(of([7], [7]), 0).nodes.map(({ parent, length }) => [parent, length])).toEqual([
      [-1, 0],
      [0, 1],
      [0, 1],
    ]);
  });
  it('gives a response that another goes on from a leaf of its own', () => {
    expect(buildRadixTree(of([1, 2], [1, 2, 3]), 0).nodes.map(({ parent, length, responses }) => [parent, length, responses])).toEqual([
      [-1, 0, [0, 1]],
      [0, 1, [0, 1]],
      [1, 1, [0]],
      [1, 2, [1]],
    ]);
  });
  it('covers every response with runs that end in its own leaf, and a node’s children share out its responses', () => {
    fc.assert(
      fc.property(anyGroup(), (group) => {
        const batch = batchOf(group);
        const tree = buildRadixTree(batch, 0);
        group.forEach(({ tokens }, i) => {
          const path = pathOf(batch, tree, i);
          expect(path.reduce((n, k) => n + tree.nodes[k].length, 0)).toBe(tokens.length);
          expect(tree.nodes[path[path.length - 1]].responses).toEqual([i]);
          path.forEach((k, place) => expect(tree.nodes[k].parent).toBe(place === 0 ? 0 : path[place - 1]));
        });
        tree.nodes.forEach(({ responses }, k) => {
          const children = tree.nodes.filter(({ parent }) => parent === k);
          if (k > 0) expect(children.length).not.toBe(1);
          if (children.length > 0) expect(children.flatMap((child) => child.responses).sort()).toEqual([...responses].sort());
        });
      }),
    );
  });
  it('keeps a prefix’s responses together, but for those that end there', () => {
    fc.assert(
      fc.property(anyGroup(), (group) => {
        const batch = batchOf(group);
        const [tree, prefixes] = [buildRadixTree(batch, 0), buildPrefixTree(batch, 0)];
        batch.responses.forEach(({ start, end }, i) => {
          for (let t = start; t < end; t++) {
            const { responses, depth } = prefixes.nodes[prefixes.node[t]];
            const goesOn = responses.filter((j) => group[j].tokens.length > depth);
            const expected = t === end - 1 ? [i] : goesOn;
            expect(tree.nodes[tree.node[t]].responses).toEqual(expected);
          }
        });
      }),
    );
  });
});
