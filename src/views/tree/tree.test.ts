import { describe, expect, it } from 'vitest';
import { eight, textBatch, VOCABULARY } from '../matrix/testBatch.ts';
import { branchCount, chainTree } from './chains.ts';
import type { Chain } from './chains.ts';
import { moveInTree, tidyLayout } from './tidyLayout.ts';

const outline = (chain: Chain): unknown => [
  `${chain.tokens.map((token) => VOCABULARY[token]).join('')}@${chain.position} ${chain.value} n${chain.count}`,
  ...chain.children.map(outline),
];

describe('compressed chains', () => {
  it('keep only branches, best sibling first', () => {
    expect(outline(chainTree(eight, 0))).toEqual([
      '@-1 0.5 n8',
      ['S0>8>@0 0.75 n4', ['1.@5 1 n3'], ['9.@5 0 n1']],
      ['D@0 0.25 n4', ['1.@1 1 n1'], ['4.@1 0 n1'], ['7.@1 0 n1'], ['9.@1 0 n1']],
    ]);
    expect(branchCount(chainTree(eight, 0))).toBe(3);
  });

  it('end where a sample ends inside', () => {
    expect(
      outline(
        chainTree(
          textBatch({
            '1+1=': [
              ['2', 0],
              ['2>', 1],
            ],
          }),
          0,
        ),
      ),
    ).toEqual(['@-1 0.5 n2', ['2@0 0.5 n2', ['>@1 1 n1']]]);
  });
});

describe('tidy layout', () => {
  const layout = tidyLayout(chainTree(eight, 0), (chain) => chain.tokens.length);

  it('centres parents on their children and never overlaps', () => {
    expect(layout.boxes.map((box) => [box.parent, box.level, box.left, box.top])).toEqual([
      [-1, 1, 0, 88],
      [0, 2, 136, 22],
      [1, 3, 272, 0],
      [1, 3, 272, 44],
      [0, 2, 136, 154],
      [4, 3, 272, 88],
      [4, 3, 272, 132],
      [4, 3, 272, 176],
      [4, 3, 272, 220],
    ]);
    expect([layout.width, layout.height]).toEqual([368, 258]);
  });

  it('moves by keys', () => {
    expect(['ArrowDown', 'ArrowUp', 'ArrowRight', 'ArrowLeft', 'Home', 'End', 'x'].map((key) => moveInTree(layout.boxes, 4, key))).toEqual([
      5,
      3,
      5,
      0,
      0,
      8,
      null,
    ]);
  });
});
