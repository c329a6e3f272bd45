import type { RolloutBatch } from '../batch.ts';
import type { RadixTree } from '../radixTree.ts';
import { buildRadixTree } from '../radixTree.ts';
import { sum } from '../stats.ts';
import { perGroup, perResponse, perToken } from '../trace.ts';
import type { AdvantageStage, Knob, KnobValues } from './types.ts';

/** Options of `overallNormStyle` and `weightedValueStyle`, by index, under the names that the released code gives them. */
export const OVERALL_NORM_STYLES = ['token', 'step'] as const;
export const WEIGHTED_VALUE_STYLES = ['original', 'sqrt', 'uniform'] as const;
const SOURCE = 'TreeRL@f0edbea scripts/treerl-qw14b.sh';

export const TREE_NODE_KNOBS: readonly Knob[] = [
  {
    id: 'overallNormStyle',
    label: 'Mean that is taken off',
    symbol: '\\mu',
    stage: 'advantage',
    default: 0,
    min: 0,
    max: 1,
    step: 1,
    scale: 'lin',
    unit: '',
    meaning: 'The mean value of the tree is taken off every node; per token, long nodes weigh more in it, per step, all nodes alike.',
    paper: { value: 0, source: SOURCE },
    options: OVERALL_NORM_STYLES,
    applies: 'credit',
  },
  {
    id: 'weightedValueStyle',
    label: 'Divide shared nodes by',
    symbol: '\\sqrt{n}',
    stage: 'advantage',
    default: 1,
    min: 0,
    max: 2,
    step: 1,
    scale: 'lin',
    unit: '',
    meaning: 'A node that n samples share is trained n times: its value is kept (original), divided by √n (sqrt) or by n (uniform).',
    paper: { value: 1, source: SOURCE },
    options: WEIGHTED_VALUE_STYLES,
    applies: 'credit',
  },
];

/** Below this a local advantage counts as zero [parallel_mcts.py fill_in_paths]. */
const ZERO = 1e-8;

/** What a node of n leaves is divided by. */
function divisorOf(leaves: number, knobs: KnobValues): number {
  switch (WEIGHTED_VALUE_STYLES[knobs.weightedValueStyle]) {
    case 'original':
      return 1;
    case 'sqrt':
      return Math.sqrt(leaves);
    case 'uniform':
      return leaves;
  }
}

/** [nodes] sum of the leaf values below each node, their mean μ over the tree, and V. */
function nodeValues(tree: RadixTree, leafValues: Float64Array, knobs: KnobValues) {
  const sums = tree.nodes.map(({ responses }) => sum(responses.map((i) => leafValues[i])));
  const isStep = OVERALL_NORM_STYLES[knobs.overallNormStyle] === 'step';
  let total = 0;
  let count = 0;
  tree.nodes.forEach(({ length, responses }, k) => {
    const size = isStep ? 1 : length;
    total += sums[k] * size;
    count += responses.length * size;
  });
  const treeMean = total / count;
  const values = tree.nodes.map(({ responses }, k) => {
    const leaves = responses.length;
    return (sums[k] - treeMean * leaves) / divisorOf(leaves, knobs) / leaves;
  });
  return { sums, treeMean, values };
}

/** [responses] r minus the mean of the group's other responses; 0 for a lone one, which has nobody to be compared with. */
function leaveOneOut({ groups }: RolloutBatch, rewards: Float64Array): Float64Array {
  const out = new Float64Array(rewards.length);
  for (const { start, end } of groups) {
    const total = sum(rewards.subarray(start, end));
    for (let i = start; i < end; i++) out[i] = end - start === 1 ? 0 : rewards[i] - (total - rewards[i]) / (end - start - 1);
  }
  return out;
}

/**
 * TreeRL: every token of a node of the responses' radix tree gets (V − V_parent) + V. A leaf is worth its reward minus the
 * mean of the other leaves, a node the mean of its leaves, less the tree's mean, over √n. A local part V − V_parent of zero
 * is taken from the node before [THUDM/TreeRL@f0edbea tree_node.py:377-567 leaf_normalize, compute_weighted_update;
 * parallel_mcts.py:1602-1675 gather_paths with use_state_value_reward].
 */
export const treeNodeRewards: AdvantageStage = ({ batch, knobs, rewards }) => {
  const n = batch.tokens.length;
  const leafValues = leaveOneOut(batch, rewards.total);
  const treeMeans = new Float64Array(batch.groups.length);
  const fields = Array.from({ length: 10 }, () => new Float64Array(n));
  const [nodeStart, nodeLength, leafCount, leafSum, nodeDivisor, nodeValue, parentValue, localAdvantage, isFilled, advantages] = fields;
  batch.groups.forEach(({ start, end }, g) => {
    const tree = buildRadixTree(batch, g);
    const { sums, treeMean, values } = nodeValues(tree, leafValues, knobs);
    treeMeans[g] = treeMean;
    for (let i = start; i < end; i++) {
      const response = batch.responses[i];
      let before = -1;
      let local = 0;
      let filled = false;
      for (let t = response.start; t < response.end; t++) {
        const k = tree.node[t - tree.tokenStart];
        const { parent, length, responses } = tree.nodes[k];
        if (k !== before) {
          nodeStart[t] = 1;
          const own = values[k] - values[parent];
          filled = before >= 0 && Math.abs(own) < ZERO;
          if (!filled) local = own;
          before = k;
        }
        nodeLength[t] = length;
        leafCount[t] = responses.length;
        leafSum[t] = sums[k];
        nodeDivisor[t] = divisorOf(responses.length, knobs) * responses.length;
        nodeValue[t] = values[k];
        parentValue[t] = values[parent];
        localAdvantage[t] = local;
        isFilled[t] = filled ? 1 : 0;
        advantages[t] = local + values[k];
      }
    }
  });
  return {
    advantages,
    trace: {
      leafValue: perResponse(leafValues),
      treeMean: perGroup(treeMeans),
      nodeStart: perToken(nodeStart),
      nodeLength: perToken(nodeLength),
      leafCount: perToken(leafCount),
      leafSum: perToken(leafSum),
      nodeDivisor: perToken(nodeDivisor),
      nodeValue: perToken(nodeValue),
      parentValue: perToken(parentValue),
      localAdvantage: perToken(localAdvantage),
      isFilled: perToken(isFilled),
      advantages: perToken(advantages),
    },
  };
};
