import { CREDIT_LINES, sequenceLines } from '../stages/formulas.ts';
import { NORM } from '../stages/groupNormalisation.ts';
import { baseKnobs } from '../stages/knobs.ts';
import { leaveOneOut } from '../stages/leaveOneOut.ts';
import { ratioKnobs, sequenceSurrogate } from '../stages/sequenceSurrogate.ts';
import type { FormulaLine, Method } from '../stages/types.ts';

const CENTRED = '[[totalReward|r]] - [[baseline|\\bar r_{others}]]';
const normalised = (norm: number): FormulaLine => ({
  stage: 'advantage',
  result: { latex: 'A', trace: 'advantages' },
  template: `\\frac{[[leaveOneOut|(r - \\bar r_{others})]] - [[advantageMean|m]]}{[[advantageStd|\\sigma]] + [[knob:stdEps|\\varepsilon]]}`,
  when: { trace: 'knob:normByStd', equals: norm },
});

export const rloo: Method = {
  meta: {
    id: 'rloo',
    title: 'RLOO',
    fullName: 'REINFORCE Leave-One-Out',
    paper: {
      authors: 'Ahmadian et al.',
      title: 'Back to Basics: Revisiting REINFORCE Style Optimization for Learning from Human Feedback in LLMs',
      year: 2024,
      arxiv: '2402.14740',
    },
    changes: 'A sample is compared with the mean of the others of its group, so that its own reward is not in its baseline.',
    source: 'verl-project/verl@1dda039 core_algos.py:588, :1286; sequence ratio huggingface/trl@f2cd577 rloo_trainer.py:1544, :1685',
    status: 'authors-code',
    family: 'baseline',
  },
  knobs: [
    ...baseKnobs({
      klInRewardCoef: { paper: { value: 0.05, source: 'TRL rloo_config beta; verl off' } },
      normByStd: {
        default: 0,
        meaning: 'Divides the advantages by their own standard deviation, over the group or over the whole batch (TRL).',
        paper: { value: 0, source: 'verl core_algos.py:588; TRL normalize_advantages false' },
      },
      stdEps: { default: 1e-4, paper: { value: 1e-4, source: 'TRL rloo_trainer.py:1561' } },
      singletonZero: { default: 1, paper: { value: 1, source: 'TRL rloo_trainer.py:1544; verl core_algos.py:834' } },
      aggMode: { paper: { value: 3, source: 'TRL rloo_trainer.py:1685 (verl token-mean)' } },
      klCoef: { paper: { value: 0, source: 'TRL puts the KL in the reward' } },
    }),
    ...ratioKnobs({ ratioLevel: { paper: { value: 1, source: 'TRL rloo_trainer.py:1685; verl token' } } }),
  ],
  stages: { advantage: leaveOneOut, loss: sequenceSurrogate },
  lanes: [
    {
      id: 'baseline',
      label: 'Mean of the others',
      trace: 'baseline',
      unit: 'reward',
      kind: 'sequential',
      domain: 'auto',
      meaning: 'Mean reward of the other samples of the prompt, with which this one is compared.',
    },
  ],
  explain: [
    {
      stage: 'advantage',
      result: { latex: 'A', trace: 'advantages' },
      template: CENTRED,
      when: { trace: 'knob:normByStd', equals: NORM.none },
    },
    normalised(NORM.group),
    normalised(NORM.batch),
    ...sequenceLines(),
    ...CREDIT_LINES,
  ],
  needs: ['oldLogprobs'],
  trains: 'policy',
  creditShape: 'token',
};
