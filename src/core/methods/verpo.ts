import { CREDIT_LINES, surrogateLines } from '../stages/formulas.ts';
import { baseKnobs } from '../stages/knobs.ts';
import { TEST_KNOBS, testRewards } from '../stages/testRewards.ts';
import { TURN_KNOBS, turnAdvantage } from '../stages/turnAdvantage.ts';
import type { FormulaLine, Lane, Method } from '../stages/types.ts';

const LANES: readonly Lane[] = [
  {
    id: 'globalAdvantage',
    label: 'Full-pass part',
    trace: 'globalAdvantage',
    unit: 'reward',
    kind: 'diverging',
    domain: 'auto',
    meaning: 'Passing all tests, against the mean of the group.',
  },
  {
    id: 'localAdvantage',
    label: 'Single-tests part',
    trace: 'localAdvantage',
    unit: 'reward',
    kind: 'diverging',
    domain: 'auto',
    meaning: 'Weighted tests passed, against the mean over all turns of the group; before its weight β.',
  },
  {
    id: 'turnReward',
    label: 'Worth of the tests passed',
    trace: 'turnReward',
    unit: 'reward',
    kind: 'sequential',
    domain: 'auto',
    meaning: 'Sum of the weights of the tests that this turn passes.',
  },
  {
    id: 'testsPassed',
    label: 'Tests passed',
    trace: 'testsPassed',
    unit: 'tests',
    kind: 'sequential',
    domain: 'auto',
    meaning: 'How many tests this turn passes, each counted once.',
  },
  {
    id: 'groupSignal',
    label: 'Signal of the prompt',
    trace: 'groupSignal',
    unit: 'none',
    kind: 'categorical',
    domain: [0, 2],
    categories: ['full passes differ', 'only single tests differ', 'nothing differs'],
    meaning: 'Where full passes do not differ, a method that reads them alone learns nothing from the prompt.',
  },
];

const TURN = { latex: 'A^{turn}', trace: 'localAdvantage' };
const WHOLE = { latex: 'A^{traj}', trace: 'globalAdvantage' };
const LOCAL = '[[turnReward|R^{turn}]] - [[localMean|\\bar R^{turn}]]';
const GLOBAL = '[[reward|R^{traj}]] - [[globalMean|\\bar R^{traj}]]';
const over = (top: string, std: string) => `\\frac{${top}}{[[${std}|\\sigma]] + [[knob:stdEps|\\varepsilon]]}`;

const LINES: readonly FormulaLine[] = [
  {
    stage: 'reward',
    result: { latex: 'R^{turn}', trace: 'turnReward' },
    template: "\\sum_j w'_j\\, p^{(j)}\\quad\\text{(}[[testsPassed|k]]\\text{ of }[[testCount|J]]\\text{ tests passed)}",
  },
  { stage: 'advantage', result: TURN, template: LOCAL, when: { trace: 'knob:normByStd', equals: 0 } },
  { stage: 'advantage', result: TURN, template: over(LOCAL, 'localStd'), when: { trace: 'knob:normByStd', equals: 1 } },
  { stage: 'advantage', result: WHOLE, template: GLOBAL, when: { trace: 'knob:normByStd', equals: 0 } },
  { stage: 'advantage', result: WHOLE, template: over(GLOBAL, 'globalStd'), when: { trace: 'knob:normByStd', equals: 1 } },
  {
    stage: 'advantage',
    result: { latex: 'A', trace: 'advantages' },
    template: '[[globalAdvantage|A^{traj}]] + [[knob:turnBeta|\\beta]]\\,[[localAdvantage|A^{turn}]]',
    when: { trace: 'knob:useGlobal', equals: 1 },
  },
  {
    stage: 'advantage',
    result: { latex: 'A', trace: 'advantages' },
    template: '[[knob:turnBeta|\\beta]]\\,[[localAdvantage|A^{turn}]]',
    when: { trace: 'knob:useGlobal', equals: 0 },
  },
];

export const verpo: Method = {
  meta: {
    id: 'verpo',
    title: 'VeRPO',
    fullName: 'Verifiable Dense Reward Policy Optimization',
    paper: {
      authors: 'Wang et al.',
      title: 'VeRPO: Verifiable Dense Reward Policy Optimization for Code Generation',
      year: 2026,
      arxiv: '2601.03525',
    },
    changes: 'Pays for every test passed, hard ones more and alike ones together only once, and adds the reward for passing all.',
    source:
      'Reconstruction: VeRPO eq. 3–14 through a summary of its full text; no code was found. Loss: verl-project/verl@1dda039 core_algos.py:1286',
    status: 'reconstruction',
    family: 'process',
  },
  knobs: [
    ...baseKnobs(
      {
        normByStd: { default: 0, options: ['no', 'per group'], max: 1, paper: { value: 0, source: 'VeRPO, F_norm = 1' } },
        stdEps: { paper: null },
        klCoef: { paper: null },
      },
      ['reward', 'singletonZero'],
    ),
    ...TEST_KNOBS,
    ...TURN_KNOBS,
  ],
  stages: { reward: testRewards, advantage: turnAdvantage },
  lanes: LANES,
  explain: [...LINES, ...surrogateLines(), ...CREDIT_LINES],
  needs: ['oldLogprobs', 'tests'],
  trains: 'policy',
  creditShape: 'token',
};
