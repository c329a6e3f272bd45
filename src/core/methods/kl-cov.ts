import { COVARIANCE_LANE, COVARIANCE_LINE } from '../stages/covariance.ts';
import { covariancePenalty, KL_COV_KNOBS } from '../stages/covariancePenalty.ts';
import { CREDIT_LINES, GROUP_ADVANTAGE_LINES, RATIO_LINE } from '../stages/formulas.ts';
import { baseKnobs } from '../stages/knobs.ts';
import type { FormulaLine, Method } from '../stages/types.ts';

const M = { latex: 'M', trace: 'tokenLoss' };
const SLOPE = { latex: '\\frac{\\partial M}{\\partial \\log\\pi}', trace: 'lossSlope' };
const PUSH = '-[[lossAdvantages|A]]\\,[[ratio|\\rho]]';
const free = { trace: 'selected', equals: 0 };
const held = { trace: 'selected', equals: 1 };
const LOSS_LINES: readonly FormulaLine[] = [
  { stage: 'loss', result: M, template: PUSH, when: free },
  {
    stage: 'loss',
    result: M,
    template: `${PUSH} + [[knob:ppoKlCoef|\\beta_{cov}]]\\,\\left|[[logRatio|\\log\\pi - \\log\\pi_{old}]]\\right|`,
    when: held,
  },
  { stage: 'loss', result: SLOPE, template: PUSH, when: free },
  { stage: 'loss', result: SLOPE, template: `${PUSH} + [[covPull|\\pm\\beta_{cov}]]`, when: held },
];

export const klCov: Method = {
  meta: {
    id: 'kl-cov',
    title: 'KL-Cov',
    fullName: 'KL-Cov (The Entropy Mechanism of Reinforcement Learning)',
    paper: {
      authors: 'Cui et al.',
      title: 'The Entropy Mechanism of Reinforcement Learning for Reasoning Language Models',
      year: 2025,
      arxiv: '2505.22617',
    },
    changes: 'Drops the clip; the few tokens whose push lowers the entropy most pay for every move away from the policy that drew them.',
    source:
      'Entropy Mechanism §4.2; verl-project/verl@1dda039 core_algos.py:1848, as PRIME-RL/Entropy-Mechanism-of-RL@8850579 core_algos.py',
    status: 'authors-code',
    family: 'entropy',
  },
  knobs: [
    ...baseKnobs(
      {
        aggMode: { default: 0, paper: { value: 0, source: 'Entropy-Mechanism-of-RL scripts' } },
        klCoef: { paper: { value: 0, source: 'Entropy-Mechanism-of-RL scripts' } },
      },
      ['clipLow', 'clipHigh', 'clipC', 'delta', 'logRatioClamp'],
    ),
    ...KL_COV_KNOBS,
  ],
  stages: { loss: covariancePenalty },
  lanes: [
    COVARIANCE_LANE,
    {
      id: 'selected',
      label: 'Held back',
      trace: 'selected',
      unit: 'none',
      kind: 'categorical',
      domain: [0, 1],
      categories: ['free', 'held back'],
      meaning: 'Whether the token is among those of largest covariance, which pay for moving.',
    },
    {
      id: 'covPenalty',
      label: 'Price paid',
      trace: 'covPenalty',
      unit: 'none',
      kind: 'sequential',
      domain: 'auto',
      meaning: 'What a token that is held back pays for its distance from the policy that drew it; 0 at the first update.',
    },
  ],
  explain: [...GROUP_ADVANTAGE_LINES, COVARIANCE_LINE, RATIO_LINE, ...LOSS_LINES, ...CREDIT_LINES],
  needs: ['oldLogprobs', 'uniforms'],
  trains: 'policy',
  creditShape: 'token',
};
