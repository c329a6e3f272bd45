import { clippedSurrogate } from '../stages/clippedSurrogate.ts';
import { CREDIT_LINES, surrogateLines } from '../stages/formulas.ts';
import { baseKnobs } from '../stages/knobs.ts';
import { lengthWeightedBaseline } from '../stages/lengthWeightedBaseline.ts';
import type { Method } from '../stages/types.ts';

export const opo: Method = {
  meta: {
    id: 'opo',
    title: 'OPO',
    fullName: 'On-Policy RL with Optimal Reward Baseline',
    paper: { authors: 'Hao et al.', title: 'On-Policy RL with Optimal Reward Baseline', year: 2025, arxiv: '2505.23585' },
    changes: 'Compares with the group’s mean reward weighted by length, the baseline of least variance, and divides by no spread.',
    source: 'verl-project/verl@1dda039 core_algos.py:640, docs/algo/opo.md',
    status: 'authors-code',
    family: 'baseline',
  },
  knobs: baseKnobs(
    {
      singletonZero: { paper: { value: 0, source: 'verl core_algos.py:640' } },
      aggMode: { default: 0, paper: { value: 0, source: 'verl actor.loss_agg_mode default' } },
      klCoef: { paper: { value: 0, source: 'verl docs/algo/opo.md' } },
    },
    ['normByStd', 'stdEps'],
  ),
  stages: { advantage: lengthWeightedBaseline, loss: clippedSurrogate },
  lanes: [
    {
      id: 'baseline',
      label: 'Length-weighted mean',
      trace: 'baseline',
      unit: 'reward',
      kind: 'sequential',
      domain: 'auto',
      meaning: 'Mean reward over all tokens of the prompt’s samples, with which each sample is compared.',
    },
    {
      id: 'lengthShare',
      label: 'Share of the baseline',
      trace: 'lengthShare',
      unit: 'share',
      kind: 'sequential',
      domain: [0, 1],
      meaning: 'How much this response counts in the baseline: its tokens over all tokens of the group.',
    },
  ],
  explain: [
    {
      stage: 'advantage',
      result: { latex: 'b', trace: 'baseline' },
      template: '\\frac{[[weightedReward|\\sum_j T_j r_j]]}{[[tokenTotal|\\sum_j T_j]]}',
    },
    { stage: 'advantage', result: { latex: 'A', trace: 'advantages' }, template: '[[totalReward|r]] - [[baseline|b]]' },
    ...surrogateLines(),
    ...CREDIT_LINES,
  ],
  needs: ['oldLogprobs'],
  trains: 'policy',
  creditShape: 'token',
};
