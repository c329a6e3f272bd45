import type { RolloutBatch } from '../../core/batch.ts';
import { buildPrefixTree } from '../../core/prefixTree.ts';
import type { RowOrder } from './types.ts';

/** One row of the matrix: a response of the shown group. */
export interface Row {
  /** Index within the group, in the order of sampling. */
  response: number;
  /** Index into `batch.responses`. */
  index: number;
  /** Token range [start, start + length) in the batch's flat arrays. */
  start: number;
  length: number;
  reward: number;
  /** On the first of several adjacent identical responses, how many there are; 1 otherwise. */
  copies: number;
}

/** A cell of the merged view: the token at `column` of `span` adjacent rows whose prefixes up to it are equal. */
export interface Run {
  row: number;
  column: number;
  span: number;
}

/**
 * Leaves of the prefix tree in drawing order: siblings by mean reward, then by count, then by token. It depends only on the
 * samples, so that switching the method never reshuffles the rows.
 * @returns indices into `batch.responses`
 */
export function trieOrder(batch: RolloutBatch, group: number): number[] {
  const { nodes } = buildPrefixTree(batch, group);
  const lengthOf = (response: number) => batch.responses[response].end - batch.responses[response].start;
  const descend = (index: number): number[] => {
    const node = nodes[index];
    const ended = node.responses.filter((response) => lengthOf(response) === node.depth);
    const children = [...node.children].sort(
      (a, b) => nodes[b].value - nodes[a].value || nodes[b].count - nodes[a].count || nodes[a].token - nodes[b].token,
    );
    return [...ended, ...children.flatMap(descend)];
  };
  return descend(0);
}

/** The rows of one group. By reward: the right answers first, and among equals the trie's order, so that equal prefixes stay together. */
export function orderRows(batch: RolloutBatch, group: number, order: RowOrder): Row[] {
  const { start, end } = batch.groups[group];
  const indices = order === 'sampled' ? Array.from({ length: end - start }, (_, i) => start + i) : trieOrder(batch, group);
  // Array sort is stable: equal rewards keep the trie's order.
  if (order === 'reward') indices.sort((a, b) => batch.responses[b].reward - batch.responses[a].reward);
  const rows = indices.map((index) => {
    const response = batch.responses[index];
    return {
      response: index - start,
      index,
      start: response.start,
      length: response.end - response.start,
      reward: response.reward,
      copies: 1,
    };
  });
  if (order === 'trie') markCopies(batch, rows);
  return rows;
}

function markCopies(batch: RolloutBatch, rows: Row[]): void {
  let first = 0;
  for (let i = 1; i < rows.length; i++) {
    const same = rows[i].length === rows[first].length && sharedPrefix(batch, rows[first], rows[i]) === rows[i].length;
    if (same) rows[first].copies++;
    else first = i;
  }
}

/** Number of leading tokens that two rows have in common. */
export function sharedPrefix(batch: RolloutBatch, a: Row, b: Row): number {
  const limit = Math.min(a.length, b.length);
  let depth = 0;
  while (depth < limit && batch.tokens[a.start + depth] === batch.tokens[b.start + depth]) depth++;
  return depth;
}

/** The cells of the icicle, row by row. In trie order each run is one node of the prefix tree and `span` its number of samples. */
export function mergedRuns(batch: RolloutBatch, rows: readonly Row[]): Run[] {
  const shared = rows.map((row, i) => (i === 0 ? 0 : sharedPrefix(batch, rows[i - 1], row)));
  const runs: Run[] = [];
  rows.forEach((row, i) => {
    for (let column = shared[i]; column < row.length; column++) {
      let last = i;
      while (last + 1 < rows.length && shared[last + 1] > column) last++;
      runs.push({ row: i, column, span: last - i + 1 });
    }
  });
  return runs;
}

/** Columns of the matrix: the longest response of the shown group. */
export function columnCount(rows: readonly Row[]): number {
  return rows.reduce((longest, row) => Math.max(longest, row.length), 0);
}
