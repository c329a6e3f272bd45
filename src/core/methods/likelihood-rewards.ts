import { answerAdvantage } from '../stages/answerAdvantage.ts';
import { ANSWER_COEF_KNOB, likelihoodLoss } from '../stages/answerLoss.ts';
import { ANSWER_CREDIT_LANE, ANSWER_LANES, answerReward, LIKELIHOOD_KNOBS } from '../stages/answerReward.ts';
import { CREDIT_LINES } from '../stages/formulas.ts';
import { baseKnobs } from '../stages/knobs.ts';
import { ANSWER_KNOBS, kindLines, REASONING_LINES } from '../stages/likelihoodLines.ts';
import type { Method } from '../stages/types.ts';

export const likelihoodRewards: Method = {
  meta: {
    id: 'likelihood-rewards',
    title: 'Likelihood rewards',
    fullName: 'Likelihood-based rewards: probability, log-probability, JEPO',
    paper: {
      authors: 'Kwiatkowski et al.',
      title: 'Likelihood-Based Reward Designs for General LLM Reasoning',
      year: 2026,
      arxiv: '2602.03979',
    },
    changes: 'No verifier: a reasoning earns how likely it makes the reference answer, and the answer itself is learnt beside it.',
    source: 'arXiv 2602.03979 eqs 2–11 and 20, Lemma 1; no code by its authors; RLOO as verl-project/verl@1dda039 core_algos.py:588',
    status: 'reconstruction',
    family: 'model',
  },
  knobs: [
    ...baseKnobs(ANSWER_KNOBS, ['reward', 'clipLow', 'clipHigh', 'clipC', 'delta', 'logRatioClamp']),
    ...LIKELIHOOD_KNOBS,
    ANSWER_COEF_KNOB,
  ],
  stages: { reward: answerReward, advantage: answerAdvantage, loss: likelihoodLoss },
  lanes: [...ANSWER_LANES, ANSWER_CREDIT_LANE],
  explain: [...kindLines(), ...REASONING_LINES, ...CREDIT_LINES],
  needs: ['logprobs', 'answerLogprobs'],
  trains: 'policy',
  creditShape: 'token',
};
