import { ANSWER_LANES } from '../stages/answerReward.ts';
import { CREDIT_LINES, GROUP_ADVANTAGE_LINES, surrogateLines } from '../stages/formulas.ts';
import { baseKnobs } from '../stages/knobs.ts';
import { LAG_KNOBS, LAGGED_COPY } from '../stages/laggedCopy.ts';
import { PERPLEXITY_KNOBS, perplexityReward } from '../stages/perplexityReward.ts';
import type { Method } from '../stages/types.ts';

export const nover: Method = {
  meta: {
    id: 'nover',
    title: 'NOVER',
    fullName: 'No-Verifier Reinforcement Learning',
    paper: {
      authors: 'Liu et al.',
      title: 'NOVER: Incentive Training for Language Models via Verifier-Free Reinforcement Learning',
      year: 2025,
      arxiv: '2505.16022',
    },
    changes: 'Reasonings are ranked by the perplexity of the reference answer after them, under a lagged copy of the policy.',
    source: 'NOVER@cb1a4ef utils.py reasoning_reward, efficiency_reward, calculate_perplexity',
    status: 'authors-code',
    family: 'model',
  },
  knobs: [
    ...baseKnobs(
      {
        normByStd: { default: 0, options: ['no', 'per group'], max: 1, paper: { value: 0, source: 'NOVER scale_rewards false' } },
        clipLow: { default: 0.1, paper: { value: 0.1, source: 'NOVER configuration' } },
        clipHigh: { paper: { value: 0.2, source: 'NOVER configuration' } },
        klCoef: { paper: { value: 0.1, source: 'NOVER configuration' } },
      },
      ['reward'],
    ),
    ...PERPLEXITY_KNOBS,
    ...LAG_KNOBS,
  ],
  stages: { reward: perplexityReward },
  lanes: [
    ...ANSWER_LANES,
    {
      id: 'reasoningReward',
      label: 'Rank of the reasoning',
      trace: 'reasoningReward',
      unit: 'reward',
      kind: 'sequential',
      domain: [0, 1],
      meaning: 'Best of its group 1, worst 1/m, malformed 0.',
    },
    {
      id: 'efficiencyReward',
      label: 'Efficiency',
      trace: 'efficiencyReward',
      unit: 'reward',
      kind: 'sequential',
      domain: [0, 1],
      meaning: 'Share of the other samples that are both longer and worse.',
    },
    {
      id: 'normalizedPerplexity',
      label: 'Perplexity',
      trace: 'normalizedPerplexity',
      unit: 'tokens',
      kind: 'sequential',
      domain: 'auto',
      meaning: 'Perplexity of the reference answer under the lagged copy, forgiven for the length of the reasoning.',
    },
  ],
  explain: [
    {
      stage: 'reward',
      result: { latex: 'P', trace: 'normalizedPerplexity' },
      template:
        '\\exp\\left(\\frac{-[[answerSum|\\sum_t l_t]]/[[answerLength|n]]}{\\max(1, 1+\\log_{10}[[reasoningLength|\\lvert z \\rvert]])}\\right)',
    },
    {
      stage: 'reward',
      result: { latex: 'R', trace: 'totalReward' },
      template:
        '[[knob:weightFormat|w_f]]\\,[[wellFormed|\\text{form}]] + [[knob:weightReasoning|w_r]]\\,[[reasoningReward|\\text{rank}]] + [[knob:weightEfficiency|w_e]]\\,[[efficiencyReward|\\text{eff}]]',
    },
    ...GROUP_ADVANTAGE_LINES.filter(({ when }) => when?.equals !== 2),
    ...surrogateLines(),
    ...CREDIT_LINES,
  ],
  needs: ['oldLogprobs', 'proxyAnswerLogprobs'],
  models: [LAGGED_COPY],
  trains: 'policy',
  creditShape: 'token',
};
