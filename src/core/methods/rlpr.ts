import { spreadNormalisation } from '../stages/answerAdvantage.ts';
import { ANSWER_LANES } from '../stages/answerReward.ts';
import { CREDIT_LINES, GROUP_ADVANTAGE_LINES, surrogateLines } from '../stages/formulas.ts';
import { baseKnobs } from '../stages/knobs.ts';
import { PROBABILITY_KNOBS, probabilityReward, spreadSampling, spreadState } from '../stages/probabilityReward.ts';
import type { Method } from '../stages/types.ts';

const SHAPED = { latex: 'f', trace: 'shapedScore' };
const GAIN = '[[answerScore|b]] - [[knob:scoreA|b_0]]';

export const rlpr: Method = {
  meta: {
    id: 'rlpr',
    title: 'RLPR',
    fullName: 'Reinforcement Learning with Reference Probability Reward',
    paper: {
      authors: 'Yu et al.',
      title: 'RLPR: Extrapolating RLVR to General Domains without Verifiers',
      year: 2025,
      arxiv: '2506.18254',
    },
    changes:
      'A response earns the mean probability of the reference answer’s tokens after its reasoning, less what they score without one.',
    source: 'OpenBMB/RLPR@8490fca verl/workers/reward_manager/prob.py, verl/trainer/ppo/core_algos.py',
    status: 'authors-code',
    family: 'model',
  },
  knobs: [
    ...baseKnobs(
      {
        normByStd: { options: ['no', 'per group'], max: 1, paper: { value: 1, source: 'RLPR core_algos.py' } },
        stdEps: { paper: { value: 1e-6, source: 'RLPR core_algos.py' } },
        clipLow: { paper: { value: 0.2, source: 'RLPR run script' } },
        clipHigh: { default: 0.27, paper: { value: 0.27, source: 'RLPR run script' } },
      },
      ['reward'],
    ),
    ...PROBABILITY_KNOBS,
  ],
  stages: { sampling: spreadSampling, reward: probabilityReward, advantage: spreadNormalisation },
  lanes: [
    ...ANSWER_LANES,
    {
      id: 'answerScore',
      label: 'Score',
      trace: 'answerScore',
      unit: 'probability',
      kind: 'sequential',
      domain: [0, 1],
      meaning: 'Mean probability of the reference answer’s tokens after this reasoning.',
    },
  ],
  explain: [
    { stage: 'reward', result: SHAPED, template: `\\max(${GAIN}, 0)`, when: { trace: 'knob:shaping', equals: 0 } },
    {
      stage: 'reward',
      result: SHAPED,
      template: `\\sigma\\big([[knob:shapingSteepness|k]]\\,(2\\,(${GAIN}) - 1)\\big)`,
      when: { trace: 'knob:shaping', equals: 1 },
    },
    {
      stage: 'reward',
      result: { latex: 'b_0(p)', trace: 'scoreWithout' },
      template:
        '\\exp\\big([[promptOutlook|\\log\\pi(a^*\\mid p)]] / [[answerLength|n]]\\big)\\quad\\text{(what it would be for this prompt)}',
      when: { trace: 'hasPromptOutlook', equals: 1 },
    },
    {
      stage: 'reward',
      result: { latex: 'R', trace: 'totalReward' },
      template: '(1 - [[knob:formatCoefficient|c]])\\,[[shapedScore|f]] + [[knob:formatCoefficient|c]]\\,[[wellFormed|\\text{form}]]',
    },
    ...GROUP_ADVANTAGE_LINES.filter(({ when }) => when?.equals !== 2),
    ...surrogateLines(),
    ...CREDIT_LINES,
  ],
  needs: ['oldLogprobs', 'answerLogprobs'],
  trains: 'policy',
  creditShape: 'token',
  nextState: spreadState,
};
