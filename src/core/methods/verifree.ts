import { CRITIC_KNOB, criticAdvantage } from '../stages/answerAdvantage.ts';
import { ANSWER_COEF_KNOB, SFT_KNOBS, weightedAnswerLoss } from '../stages/answerLoss.ts';
import { ANSWER_CREDIT_LANE, ANSWER_LANES, VERIFREE_KNOBS, verifreeReward } from '../stages/answerReward.ts';
import { CREDIT_LINES } from '../stages/formulas.ts';
import { baseKnobs } from '../stages/knobs.ts';
import { ANSWER_KNOBS, REASONING_LINES } from '../stages/likelihoodLines.ts';
import type { Method } from '../stages/types.ts';

const REWARD = { latex: 'R', trace: 'totalReward' };

export const verifree: Method = {
  meta: {
    id: 'verifree',
    title: 'VeriFree',
    fullName: 'Verifier-free reinforcement learning',
    paper: { authors: 'Zhou et al.', title: 'Reinforcing General Reasoning without Verifiers', year: 2025, arxiv: '2505.21493' },
    changes:
      'A reasoning earns the probability of the reference answer after it, and the answer is learnt with that probability as weight.',
    source: 'sail-sg/VeriFree@718b363 verifree.py VeriFreeLearner, run.sh',
    status: 'authors-code',
    family: 'model',
  },
  knobs: [
    ...baseKnobs(
      { ...ANSWER_KNOBS, normByStd: { default: 0, max: 1, options: ['no', 'per group'], paper: { value: 0, source: 'VeriFree: no std' } } },
      ['reward', 'clipLow', 'clipHigh', 'clipC', 'delta', 'logRatioClamp'],
    ),
    ...VERIFREE_KNOBS,
    CRITIC_KNOB,
    ...SFT_KNOBS,
    ANSWER_COEF_KNOB,
  ],
  stages: { reward: verifreeReward, advantage: criticAdvantage, loss: weightedAnswerLoss },
  lanes: [...ANSWER_LANES, ANSWER_CREDIT_LANE],
  explain: [
    {
      stage: 'reward',
      result: REWARD,
      template: '[[knob:rewardScale|k]]\\,\\exp([[answerSum|\\textstyle\\sum_t l_t]])',
      when: { trace: 'knob:rewardSource', equals: 0 },
    },
    {
      stage: 'reward',
      result: REWARD,
      template: '[[knob:rewardScale|k]]\\,[[answerSum|s]]',
      when: { trace: 'knob:rewardSource', equals: 1 },
    },
    ...REASONING_LINES,
    ...CREDIT_LINES,
  ],
  needs: ['logprobs', 'answerLogprobs'],
  trains: 'policy',
  creditShape: 'token',
};
