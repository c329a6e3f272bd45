/**
 * The prefix tree of one group: G samples of a prompt share prefixes, and the mean reward of the samples through a
 * prefix estimates its value. Plain counts and means: nothing comes from the model.
 */
import type { RolloutBatch } from './batch.ts';

export interface PrefixNode {
  /** Number of response tokens of the prefix; 0 at the root. */
  depth: number;
  /** Last token of the prefix, −1 at the root. */
  token: number;
  /** Index of the parent node, −1 at the root. */
  parent: number;
  /** Node indices in the order in which they were first seen. */
  children: number[];
  /** |D(s)|: samples whose tokens begin with this prefix. */
  count: number;
  /** V(s): mean reward of those samples. */
  value: number;
  /** Indices into `batch.responses` of those samples. */
  responses: number[];
}

export interface PrefixTree {
  /** Node 0 is the root (the prompt); parents precede children. */
  nodes: PrefixNode[];
  /** First token of the group in the batch's token arrays; the arrays below run over the group's n tokens. */
  tokenStart: number;
  /** [n] node that the token leads to. */
  node: Int32Array;
  /** [n] V(s_t) and V(s_{t+1}). */
  valueBefore: Float64Array;
  valueAfter: Float64Array;
  /** [n] |D(s_t)| and |D(s_{t+1})|; fewer after than before marks a branch token (or another sample's end). */
  countBefore: Int32Array;
  countAfter: Int32Array;
}

/** Builds the tree of group `group`. `rewards` [responses] replaces the verifier's rewards where a method values something else. */
export function buildPrefixTree(batch: RolloutBatch, group: number, rewards?: ArrayLike<number>): PrefixTree {
  const { start, end } = batch.groups[group];
  const tokenStart = start < end ? batch.responses[start].start : 0;
  const n = start < end ? batch.responses[end - 1].end - tokenStart : 0;
  const node = new Int32Array(n);
  const nodes: PrefixNode[] = [{ depth: 0, token: -1, parent: -1, children: [], count: 0, value: 0, responses: [] }];
  for (let i = start; i < end; i++) {
    const response = batch.responses[i];
    let current = 0;
    nodes[0].responses.push(i);
    for (let t = response.start; t < response.end; t++) {
      const token = batch.tokens[t];
      let next = -1;
      for (const child of nodes[current].children) {
        if (nodes[child].token === token) {
          next = child;
          break;
        }
      }
      if (next < 0) {
        next = nodes.length;
        nodes.push({ depth: nodes[current].depth + 1, token, parent: current, children: [], count: 0, value: 0, responses: [] });
        nodes[current].children.push(next);
      }
      nodes[next].responses.push(i);
      node[t - tokenStart] = next;
      current = next;
    }
  }
  for (const entry of nodes) {
    entry.count = entry.responses.length;
    let total = 0;
    for (const i of entry.responses) total += rewards ? rewards[i] : batch.responses[i].reward;
    entry.value = total / entry.count;
  }
  const valueBefore = new Float64Array(n);
  const valueAfter = new Float64Array(n);
  const countBefore = new Int32Array(n);
  const countAfter = new Int32Array(n);
  for (let t = 0; t < n; t++) {
    const after = nodes[node[t]];
    const before = nodes[after.parent];
    valueBefore[t] = before.value;
    valueAfter[t] = after.value;
    countBefore[t] = before.count;
    countAfter[t] = after.count;
  }
  return { nodes, tokenStart, node, valueBefore, valueAfter, countBefore, countAfter };
}

/** Response indices of a group in trie order: depth first, equal prefixes side by side, children in first-seen order. */
export function trieOrder(tree: PrefixTree): number[] {
  const order: number[] = [];
  const visit = (index: number) => {
    const node = tree.nodes[index];
    // A sample that ends here is in no child.
    const below = new Set(node.children.flatMap((child) => tree.nodes[child].responses));
    for (const response of node.responses) if (!below.has(response)) order.push(response);
    for (const child of node.children) visit(child);
  };
  visit(0);
  return order;
}
