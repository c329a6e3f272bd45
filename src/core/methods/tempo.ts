import { CREDIT_LINES, surrogateLines } from '../stages/formulas.ts';
import { baseKnobs } from '../stages/knobs.ts';
import { prefixTreeTd } from '../stages/prefixTreeTd.ts';
import type { Lane, Method } from '../stages/types.ts';

const BRANCH_LANES: readonly Lane[] = [
  {
    id: 'grpoAdvantage',
    label: 'GRPO part',
    trace: 'grpoAdvantages',
    unit: 'none',
    kind: 'diverging',
    domain: 'auto',
    meaning: 'The advantage without the change of value.',
  },
  {
    id: 'branch',
    label: 'Branch token',
    trace: 'isBranch',
    unit: 'none',
    kind: 'categorical',
    domain: [0, 1],
    categories: ['no branch', 'branch'],
    meaning: 'Whether fewer samples share the text after this token than before it.',
  },
  {
    id: 'countBefore',
    label: 'Samples before',
    trace: 'countBefore',
    unit: 'samples',
    kind: 'sequential',
    domain: 'auto',
    meaning: 'How many samples of the group share the text before this token.',
  },
];

/** The inner bracket, with and without the division. */
const BRACKET = '([[totalReward|r]] - [[groupMean|\\bar r]]) + ([[valueAfter|V(s_{t+1})]] - [[valueBefore|V(s_t)]])';
const RESULT = { latex: 'A', trace: 'advantages' };

export const tempo: Method = {
  meta: {
    id: 'tempo',
    title: 'TEMPO',
    fullName: 'Tree-Estimated Mean Prefix Value for Policy Optimization',
    paper: {
      authors: 'Tran, Yao, Yu',
      title: 'Exploiting Tree Structure for Credit Assignment in RL Training of LLMs',
      year: 2025,
      arxiv: '2509.18314',
      venue: 'ACL 2026 Findings',
    },
    changes: 'Adds to GRPO’s advantage the change of the prefix value at each token, read from the tree that the samples form.',
    source: 'TEMPO (prefix-to-tree); fatebreaker/tempo@0a1c273 core_algos.py compute_tempo_outcome_advantage, train_math_tempo.sh',
    status: 'authors-code',
    family: 'tree',
  },
  knobs: baseKnobs(
    {
      normByStd: { options: ['no', 'per group'], max: 1, paper: { value: 1, source: 'tempo@0a1c273 core_algos.py' } },
      clipHigh: { default: 0.28, paper: { value: 0.28, source: 'train_math_tempo.sh' } },
      clipC: { default: 3, paper: { value: 3, source: 'verl default, kept by train_math_tempo.sh' } },
      logRatioClamp: { default: Infinity, paper: null },
      aggMode: { default: 0, paper: { value: 0, source: 'train_math_tempo.sh' } },
      klCoef: { paper: { value: 0, source: 'train_math_tempo.sh' } },
    },
    ['singletonZero'],
  ),
  stages: { advantage: prefixTreeTd },
  lanes: BRANCH_LANES,
  explain: [
    { stage: 'advantage', result: { latex: '\\Delta V', trace: 'td' }, template: '[[valueAfter|V(s_{t+1})]] - [[valueBefore|V(s_t)]]' },
    {
      stage: 'advantage',
      result: RESULT,
      template: `\\frac{${BRACKET}}{[[groupStd|\\sigma]] + [[knob:stdEps|\\varepsilon]]}`,
      when: { trace: 'knob:normByStd', equals: 1 },
    },
    { stage: 'advantage', result: RESULT, template: BRACKET, when: { trace: 'knob:normByStd', equals: 0 } },
    ...surrogateLines(),
    ...CREDIT_LINES,
  ],
  needs: ['oldLogprobs'],
  trains: 'policy',
  creditShape: 'token',
};
