/**
 * The prefix tree with its chains compressed: a node is a maximal run of tokens that the same responses share. Every
 * response ends in a leaf of its own: where others repeat it or go on from it, its last token parts from theirs.
 */
import type { RolloutBatch } from './batch.ts';
import { buildPrefixTree } from './prefixTree.ts';

export interface RadixNode {
  /** Index of the parent node, −1 at the root. */
  parent: number;
  /** Tokens of the run; 0 at the root. */
  length: number;
  /** Indices into `batch.responses` of those that pass the run, ascending. */
  responses: readonly number[];
}

export interface RadixTree {
  /** Node 0 is the root (the prompt); parents precede children. */
  nodes: RadixNode[];
  /** First token of the group in the batch's token arrays. */
  tokenStart: number;
  /** [n] node of each of the group's tokens. */
  node: Int32Array;
}

/** Builds the tree of group `group` on its prefix tree. */
export function buildRadixTree(batch: RolloutBatch, group: number): RadixTree {
  const prefixes = buildPrefixTree(batch, group);
  const { tokenStart } = prefixes;
  const { start, end } = batch.groups[group];
  const nodes: RadixNode[] = [{ parent: -1, length: 0, responses: prefixes.nodes[0].responses }];
  const node = new Int32Array(prefixes.node.length);
  const found = new Int32Array(prefixes.nodes.length).fill(-1);
  for (let i = start; i < end; i++) {
    const response = batch.responses[i];
    let current = 0;
    for (let t = response.start; t < response.end; t++) {
      const prefix = prefixes.node[t - tokenStart];
      const { depth, responses } = prefixes.nodes[prefix];
      if (t === response.end - 1 && responses.length > 1) {
        current = nodes.push({ parent: current, length: 1, responses: [i] }) - 1;
      } else if (found[prefix] >= 0) {
        current = found[prefix];
      } else {
        const isAlone = responses.length === 1;
        const through = isAlone ? responses : responses.filter((j) => batch.responses[j].end - batch.responses[j].start > depth);
        // The responses of a prefix are among those of the one before: as many are the same ones.
        if (current > 0 && nodes[current].responses.length === through.length) nodes[current].length++;
        else current = nodes.push({ parent: current, length: 1, responses: through }) - 1;
        found[prefix] = current;
      }
      node[t - tokenStart] = current;
    }
  }
  return { nodes, tokenStart, node };
}
