import { CREDIT_LINES, surrogateLines, WHITENING_LINES } from '../stages/formulas.ts';
import { clippedSurrogate } from '../stages/clippedSurrogate.ts';
import { baseKnobs, withChanges } from '../stages/knobs.ts';
import { RETURN_KNOBS } from '../stages/returnToGo.ts';
import { KL_IN_REWARD_CLAMP_KNOB } from '../stages/terminalReward.ts';
import type { FormulaLine, Method } from '../stages/types.ts';
import { RETURN_VARIANT_KNOB, RETURN_VARIANTS, whitenedReturns } from '../stages/whitenedReturns.ts';

const returnLine = (variant: (typeof RETURN_VARIANTS)[number], template: string): FormulaLine => ({
  stage: 'advantage',
  result: { latex: 'G', trace: 'unwhitened' },
  template,
  when: { trace: 'knob:returnVariant', equals: RETURN_VARIANTS.indexOf(variant) },
});
const RETURN_SUM = '\\sum_{k \\ge t} [[knob:gamma|\\gamma]]^{k-t} q_k\\quad\\text{(the reward still to come)}';

export const reinforcePp: Method = {
  meta: {
    id: 'reinforce-pp',
    title: 'REINFORCE++',
    fullName: 'REINFORCE++ with whitening over the batch',
    paper: {
      authors: 'Hu et al.',
      title: 'REINFORCE++: A Simple and Efficient Approach for Aligning Large Language Models',
      year: 2025,
      arxiv: '2501.03262',
    },
    changes: 'The reward still to come, whitened over all tokens of all prompts at once, with PPO’s clip and no value network.',
    source: 'verl-project/verl@1dda039 core_algos.py:694, :536, :1286; OpenRLHF/OpenRLHF@3c3be62 experience_maker.py:312',
    status: 'authors-code',
    family: 'baseline',
  },
  knobs: [
    ...baseKnobs(
      {
        klInRewardCoef: { paper: { value: 0.01, source: 'OpenRLHF init_kl_coef; verl off' } },
        aggMode: { default: 0, paper: { value: 0, source: 'verl and OpenRLHF defaults' } },
        klCoef: { paper: { value: 0, source: 'the KL is in the reward' } },
      },
      ['advantage'],
    ),
    KL_IN_REWARD_CLAMP_KNOB,
    RETURN_VARIANT_KNOB,
    ...withChanges(RETURN_KNOBS, { whiten: { default: 2, paper: { value: 2, source: 'verl core_algos.py:694' } } }).filter(
      ({ id }) => id !== 'baseline',
    ),
  ],
  stages: { advantage: whitenedReturns, loss: clippedSurrogate },
  lanes: [
    {
      id: 'unwhitened',
      label: 'Before whitening',
      trace: 'unwhitened',
      unit: 'reward',
      kind: 'diverging',
      domain: 'auto',
      meaning: 'The reward still to come from this token on, before the mean of the whole batch is taken off.',
    },
  ],
  explain: [
    returnLine('verl', RETURN_SUM),
    returnLine('verl-baseline', '[[totalReward|r]] - [[groupMean|\\bar r]]'),
    returnLine('openrlhf', RETURN_SUM),
    {
      stage: 'advantage',
      result: { latex: 'A', trace: 'advantages' },
      template: '[[unwhitened|G]]',
      when: { trace: 'knob:whiten', equals: 0 },
    },
    ...WHITENING_LINES,
    ...surrogateLines(),
    ...CREDIT_LINES,
  ],
  needs: ['oldLogprobs'],
  trains: 'policy',
  creditShape: 'token',
};
