import { CREDIT_LINES, WHITENING_LINES } from '../stages/formulas.ts';
import { baseKnobs } from '../stages/knobs.ts';
import { policyGradient } from '../stages/policyGradient.ts';
import { RETURN_KNOBS, returnToGo } from '../stages/returnToGo.ts';
import type { FormulaLine, Method } from '../stages/types.ts';

/** What the returns to go and the baseline did, where nothing is whitened. */
const RETURN_LINE: FormulaLine = {
  stage: 'advantage',
  result: { latex: 'A', trace: 'advantages' },
  template: '\\sum_{k \\ge t} \\gamma^{k-t} q_k - b = [[unwhitened|G]]',
  when: { trace: 'knob:whiten', equals: 0 },
};

export const reinforce: Method = {
  meta: {
    id: 'reinforce',
    title: 'REINFORCE',
    fullName: 'REINFORCE with a baseline',
    paper: {
      authors: 'Williams',
      title: 'Simple statistical gradient-following algorithms for connectionist reinforcement learning',
      year: 1992,
      arxiv: null,
      venue: 'Machine Learning 8',
    },
    changes: 'Every token is pushed by the reward that follows it, minus a baseline; nothing is clipped.',
    source: 'Williams 1992; loss verl-project/verl@1dda039 core_algos.py:2332; baselines OpenRLHF@3c3be62 experience_maker.py',
    status: 'authors-code',
    family: 'baseline',
  },
  knobs: [
    ...baseKnobs({ aggMode: { default: 2, paper: { value: 2, source: 'verl core_algos.py:2332 default' } } }, [
      'advantage',
      'clipLow',
      'clipHigh',
      'clipC',
      'delta',
      'logRatioClamp',
    ]),
    ...RETURN_KNOBS,
  ],
  stages: { advantage: returnToGo, loss: policyGradient },
  lanes: [
    {
      id: 'returns',
      label: 'Return to go',
      trace: 'returns',
      unit: 'reward',
      kind: 'diverging',
      domain: 'auto',
      meaning: 'Discounted reward from this token on.',
    },
    {
      id: 'baseline',
      label: 'Baseline',
      trace: 'baseline',
      unit: 'reward',
      kind: 'diverging',
      domain: 'auto',
      meaning: 'What the reward is compared with.',
    },
  ],
  explain: [
    RETURN_LINE,
    ...WHITENING_LINES,
    { stage: 'loss', result: { latex: 'M', trace: 'tokenLoss' }, template: '-[[lossAdvantages|A]]\\,[[logprobs|\\log\\pi]]' },
    { stage: 'loss', result: { latex: '\\frac{\\partial M}{\\partial \\log\\pi}', trace: 'lossSlope' }, template: '-[[lossAdvantages|A]]' },
    ...CREDIT_LINES,
  ],
  needs: ['logprobs'],
  trains: 'policy',
  creditShape: 'token',
};
