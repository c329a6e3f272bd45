import { describe, expect, it } from 'vitest';
import { columnCount, mergedRuns, orderRows, trieOrder } from './rows.ts';
import { eight, textBatch } from './testBatch.ts';

const order = (...args: Parameters<typeof orderRows>) => orderRows(...args).map((row) => row.response);

describe('row order', () => {
  it('keeps the order of sampling', () => {
    expect(order(eight, 0, 'sampled')).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  });

  it('puts right answers first, and equal prefixes together among equal rewards', () => {
    expect(order(eight, 0, 'reward')).toEqual([0, 2, 6, 3, 4, 7, 1, 5]);
  });

  it('orders siblings by value, then count, then token', () => {
    // S (0.75) before D (0.25); under S the right 1 before the wrong 9; under D the right 1, then 4, 7, 9 with value 0 by token.
    expect(order(eight, 0, 'trie')).toEqual([0, 2, 6, 4, 3, 7, 1, 5]);
  });

  it('prefers the larger branch among equal values', () => {
    const batch = textBatch({
      '1+1=': [
        ['1.', 0],
        ['2.', 0],
        ['2.', 0],
        ['0.', 0],
      ],
    });
    expect(trieOrder(batch, 0)).toEqual([1, 2, 3, 0]);
  });

  it('puts a response that ends before its continuations', () => {
    const batch = textBatch({
      '1+1=': [
        ['2>', 1],
        ['2', 0],
      ],
    });
    expect(trieOrder(batch, 0)).toEqual([1, 0]);
  });

  it('counts within the group and points into the batch', () => {
    const batch = textBatch({
      '1+1=': [['2.', 1]],
      '2+2=': [
        ['3.', 0],
        ['4.', 1],
      ],
    });
    expect(orderRows(batch, 1, 'reward')).toEqual([
      { response: 1, index: 2, start: 4, length: 2, reward: 1, copies: 1 },
      { response: 0, index: 1, start: 2, length: 2, reward: 0, copies: 1 },
    ]);
  });

  it('marks the first of identical responses in trie order only', () => {
    expect(orderRows(eight, 0, 'trie').map((row) => row.copies)).toEqual([3, 1, 1, 1, 1, 1, 1, 1]);
    expect(orderRows(eight, 0, 'sampled').every((row) => row.copies === 1)).toBe(true);
  });
});

describe('merged cells', () => {
  it('are the nodes of the prefix tree, as tall as their samples', () => {
    const runs = mergedRuns(eight, orderRows(eight, 0, 'trie'));
    expect(runs.filter((run) => run.row === 0).map((run) => run.span)).toEqual([4, 4, 4, 4, 4, 3, 3]);
    expect(runs.filter((run) => run.row === 1)).toEqual([]);
    expect(runs.filter((run) => run.row === 3)).toEqual([
      { row: 3, column: 5, span: 1 },
      { row: 3, column: 6, span: 1 },
    ]);
    expect(runs.find((run) => run.row === 4 && run.column === 0)).toEqual({ row: 4, column: 0, span: 4 });
    expect(runs).toHaveLength(18);
  });

  it('do not join equal tokens after different prefixes', () => {
    const batch = textBatch({
      '1+1=': [
        ['2>5', 1],
        ['3>5', 1],
      ],
    });
    expect(mergedRuns(batch, orderRows(batch, 0, 'trie')).every((run) => run.span === 1)).toBe(true);
  });
});

it('has as many columns as the longest response', () => {
  expect(columnCount(orderRows(eight, 0, 'sampled'))).toBe(7);
});
