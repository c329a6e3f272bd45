import type { RolloutBatch } from '../../core/batch.ts';
import { buildPrefixTree } from '../../core/prefixTree.ts';

/** A stretch of the prefix tree without a branch: one box of the tidy tree. */
export interface Chain {
  /** Token ids from just after the parent's branch to the next branch or end; empty at the root, which is the prompt. */
  tokens: number[];
  /** Position of the first of them in a response. */
  position: number;
  /** Samples that pass, and their mean reward. */
  count: number;
  value: number;
  /** Indices into `batch.responses`. */
  responses: number[];
  children: Chain[];
}

/**
 * The prefix tree of a group with its unary chains compressed (a radix tree).
 * Siblings by value, then count, then token, as in the matrix's trie order.
 */
export function chainTree(batch: RolloutBatch, group: number): Chain {
  const { nodes } = buildPrefixTree(batch, group);
  const build = (start: number): Chain => {
    const first = nodes[start];
    const tokens = start === 0 ? [] : [first.token];
    let end = first;
    // A sample that ends inside would change the count: then the chain ends there too.
    while (start !== 0 && end.children.length === 1 && nodes[end.children[0]].count === end.count) {
      end = nodes[end.children[0]];
      tokens.push(end.token);
    }
    const children = [...end.children].sort(
      (a, b) => nodes[b].value - nodes[a].value || nodes[b].count - nodes[a].count || nodes[a].token - nodes[b].token,
    );
    return {
      tokens,
      position: first.depth - 1,
      count: first.count,
      value: first.value,
      responses: first.responses,
      children: children.map(build),
    };
  };
  return build(0);
}

/** Chains with more than one continuation. */
export function branchCount(chain: Chain): number {
  return chain.children.reduce((sum, child) => sum + branchCount(child), chain.children.length > 1 ? 1 : 0);
}
