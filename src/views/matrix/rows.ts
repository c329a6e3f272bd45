import type { RolloutBatch } from '../../core/batch.ts';
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

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/**
 * Order of the leaves of the prefix tree: siblings by mean reward, then by count, then by token. It depends only on the
 * samples, so that switching the method never reshuffles the rows.
 * @param paths token ids of each response
 * @returns indices into `paths`
 */
export function trieOrder(paths: readonly ArrayLike<number>[], rewards: readonly number[]): number[] {
  const descend = (members: number[], depth: number): number[] => {
    if (members.length < 2) return members;
    const ended = members.filter((member) => paths[member].length <= depth);
    const children = new Map<number, number[]>();
    for (const member of members) {
      if (paths[member].length <= depth) continue;
      const token = paths[member][depth];
      const siblings = children.get(token);
      if (siblings) siblings.push(member);
      else children.set(token, [member]);
    }
    const ranked = [...children].map(([token, child]) => ({ token, child, value: mean(child.map((member) => rewards[member])) }));
    ranked.sort((a, b) => b.value - a.value || b.child.length - a.child.length || a.token - b.token);
    return [...ended, ...ranked.flatMap(({ child }) => descend(child, depth + 1))];
  };
  return descend(
    paths.map((_, i) => i),
    0,
  );
}

/** The rows of one group. By reward: the right answers first, and among equals the trie's order, so that equal prefixes stay together. */
export function orderRows(batch: RolloutBatch, group: number, order: RowOrder): Row[] {
  const { start, end } = batch.groups[group];
  const responses = batch.responses.slice(start, end);
  const paths = responses.map((response) => batch.tokens.subarray(response.start, response.end));
  let sequence = responses.map((_, i) => i);
  if (order !== 'sampled') {
    sequence = trieOrder(
      paths,
      responses.map((response) => response.reward),
    );
    // Array sort is stable: equal rewards keep the trie's order.
    if (order === 'reward') sequence.sort((a, b) => responses[b].reward - responses[a].reward);
  }
  const rows = sequence.map((i) => ({
    response: i,
    index: start + i,
    start: responses[i].start,
    length: responses[i].end - responses[i].start,
    reward: responses[i].reward,
    copies: 1,
  }));
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
