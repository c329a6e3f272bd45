import type { ModelConfig, PackedSequences } from '../types.ts';

/**
 * Sequences as a tree: a node is one token in its context, computed once however many sequences begin with it
 * (the responses of a group share their prompt). Tokens after a sequence's last wanted row are left out: nothing sees them.
 */
export interface SequenceTree {
  /** [nodes] token and position of each node. */
  tokens: Int32Array;
  positions: Int32Array;
  /** [nodes] where the node's path begins in `paths`; it is `position + 1` long. */
  pathStarts: Int32Array;
  paths: Int32Array;
  /** W: the logits of the first W nodes are wanted. */
  wanted: number;
  /** [K] per wanted row of the batch: its node. */
  slots: Int32Array;
}

/** Throws one sentence if a token or a length is outside the model: the kernels do not check. */
export function checkTokens(ids: ArrayLike<number>, start: number, end: number, config: ModelConfig): void {
  if (end - start > config.context)
    throw new Error(`A sequence of ${end - start} tokens is longer than the model's context of ${config.context}.`);
  for (let i = start; i < end; i++) {
    if (!(ids[i] >= 0 && ids[i] < config.vocabulary))
      throw new Error(`Token id ${ids[i]} is outside the vocabulary of ${config.vocabulary}.`);
  }
}

export function buildSequenceTree(batch: PackedSequences, config: ModelConfig): SequenceTree {
  const { ids, offsets, rows } = batch;
  const most = ids.length;
  const tokens = new Int32Array(most);
  const positions = new Int32Array(most);
  const pathStarts = new Int32Array(most);
  const paths = new Int32Array(most);
  const firstChild = new Int32Array(most).fill(-1);
  const nextSibling = new Int32Array(most).fill(-1);
  /** Where a node ends up. */
  const place = new Int32Array(most).fill(-1);
  const slots = new Int32Array(rows.length);
  let root = -1;
  let nodes = 0;
  let pathLength = 0;
  let wanted = 0;
  let row = 0;
  for (let s = 0; s + 1 < offsets.length; s++) {
    const start = offsets[s];
    const end = offsets[s + 1];
    let rowEnd = row;
    while (rowEnd < rows.length && rows[rowEnd] < end) rowEnd++;
    if (rowEnd === row) continue;
    const length = rows[rowEnd - 1] - start + 1;
    checkTokens(ids, start, start + length, config);
    let parent = -1;
    for (let position = 0; position < length; position++) {
      const token = ids[start + position];
      const head = parent < 0 ? root : firstChild[parent];
      let node = head;
      while (node >= 0 && tokens[node] !== token) node = nextSibling[node];
      if (node < 0) {
        node = nodes++;
        tokens[node] = token;
        positions[node] = position;
        pathStarts[node] = pathLength;
        nextSibling[node] = head;
        if (parent < 0) root = node;
        else firstChild[parent] = node;
      }
      paths[pathLength + position] = node;
      parent = node;
    }
    for (; row < rowEnd; row++) {
      const node = paths[pathLength + rows[row] - start];
      if (place[node] < 0) place[node] = wanted++;
      slots[row] = place[node];
    }
    pathLength += length;
  }
  if (row < rows.length) throw new Error(`Row ${rows[row]} is outside the batch of ${ids.length} tokens, or the rows are not ascending.`);
  // Wanted nodes first, so that the last layer can leave out the others.
  for (let node = 0, next = wanted; node < nodes; node++) if (place[node] < 0) place[node] = next++;
  const rearranged = (values: Int32Array) => {
    const result = new Int32Array(nodes);
    for (let node = 0; node < nodes; node++) result[place[node]] = values[node];
    return result;
  };
  for (let i = 0; i < pathLength; i++) paths[i] = place[paths[i]];
  return {
    tokens: rearranged(tokens),
    positions: rearranged(positions),
    pathStarts: rearranged(pathStarts),
    paths: paths.subarray(0, pathLength),
    wanted,
    slots,
  };
}
