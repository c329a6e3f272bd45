import { CREDIT_LINES, surrogateLines } from '../stages/formulas.ts';
import { baseKnobs } from '../stages/knobs.ts';
import { TREE_NODE_KNOBS, treeNodeRewards } from '../stages/treeNodeRewards.ts';
import type { FormulaLine, Lane, Method } from '../stages/types.ts';

const SCRIPT = 'TreeRL@f0edbea treerl-qw14b.sh';

const lane = (id: string, label: string, unit: string, kind: Lane['kind'], meaning: string, rest: Partial<Lane> = {}): Lane => ({
  id,
  label,
  trace: id,
  unit,
  kind,
  domain: 'auto',
  meaning,
  ...rest,
});

const VALUE = { latex: 'V', trace: 'nodeValue' };
/** The divisor by the value of `weightedValueStyle`: every one of them over the number of leaves as well. */
const VALUE_LINES: readonly FormulaLine[] = ['n', '\\sqrt{n}\\,n', 'n^2'].map((divisor, k) => ({
  stage: 'advantage',
  result: VALUE,
  template: `\\frac{[[leafSum|S]] - [[treeMean|\\mu]]\\cdot[[leafCount|n]]}{[[nodeDivisor|${divisor}]]}`,
  when: { trace: 'knob:weightedValueStyle', equals: k },
}));

export const treerl: Method = {
  meta: {
    id: 'treerl',
    title: 'TreeRL',
    fullName: 'Reinforcement learning with on-policy tree search',
    paper: {
      authors: 'Hou, Hu, Li, Lu, Tang, Dong',
      title: 'TreeRL: LLM Reinforcement Learning with On-Policy Tree Search',
      year: 2025,
      arxiv: '2506.11902',
      venue: 'ACL 2025',
    },
    changes: 'Credits each stretch of the samples’ tree with how much it is worth and how much it adds to the stretch before it.',
    source: 'TreeRL (global and local advantage); THUDM/TreeRL@f0edbea tree_node.py:377, parallel_mcts.py:1602',
    status: 'authors-code',
    family: 'tree',
  },
  knobs: [
    ...baseKnobs(
      {
        temperature: { paper: { value: 1.2, source: SCRIPT } },
        logRatioClamp: { default: Infinity, paper: null },
        aggMode: { paper: { value: 3, source: 'TreeRL@f0edbea loss.py ReinforcePolicyLoss' } },
        clipLow: { paper: { value: 0.2, source: 'TreeRL@f0edbea loss.py ReinforcePolicyLoss' } },
        clipHigh: { paper: { value: 0.2, source: 'TreeRL@f0edbea loss.py ReinforcePolicyLoss' } },
        klCoef: { paper: null },
      },
      ['advantage'],
    ),
    ...TREE_NODE_KNOBS,
  ],
  stages: { advantage: treeNodeRewards },
  lanes: [
    lane(
      'nodeValue',
      'Worth of the stretch',
      'reward',
      'diverging',
      'How much better the samples through this stretch do than the others, shared stretches damped.',
    ),
    lane(
      'localAdvantage',
      'Local part',
      'reward',
      'diverging',
      'Worth of this stretch minus worth of the one before it; where that is 0, the local part of the one before.',
    ),
    lane('leafCount', 'Samples through it', 'samples', 'sequential', 'How many samples share this stretch of the tree.'),
    lane(
      'nodeStart',
      'Start of a stretch',
      'none',
      'categorical',
      'Where the samples of the group part: a stretch is a run of tokens that the same samples share.',
      {
        domain: [0, 1],
        categories: ['goes on', 'starts'],
      },
    ),
  ],
  explain: [
    ...VALUE_LINES,
    {
      stage: 'advantage',
      result: { latex: 'L', trace: 'localAdvantage' },
      template: '[[nodeValue|V]] - [[parentValue|V_{parent}]]',
      when: { trace: 'isFilled', equals: 0 },
    },
    {
      stage: 'advantage',
      result: { latex: 'L', trace: 'localAdvantage' },
      template: '[[localAdvantage|L_{before}]]\\quad\\text{(}[[nodeValue|V]] - [[parentValue|V_{parent}]] = 0\\text{)}',
      when: { trace: 'isFilled', equals: 1 },
    },
    { stage: 'advantage', result: { latex: 'A', trace: 'advantages' }, template: '[[localAdvantage|L]] + [[nodeValue|V]]' },
    ...surrogateLines(),
    ...CREDIT_LINES,
  ],
  needs: ['oldLogprobs'],
  trains: 'policy',
  creditShape: 'token',
};
