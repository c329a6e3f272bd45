import { clippedSurrogate } from '../stages/clippedSurrogate.ts';
import { CREDIT_LINES, GROUP_ADVANTAGE_LINES, surrogateLines } from '../stages/formulas.ts';
import { groupNormalisation } from '../stages/groupNormalisation.ts';
import { baseKnobs } from '../stages/knobs.ts';
import type { Method } from '../stages/types.ts';

export const grpo: Method = {
  meta: {
    id: 'grpo',
    title: 'GRPO',
    fullName: 'Group Relative Policy Optimization',
    paper: {
      authors: 'Shao et al.',
      title: 'DeepSeekMath: Pushing the Limits of Mathematical Reasoning in Open Language Models',
      year: 2024,
      arxiv: '2402.03300',
    },
    changes: 'A sample is compared with its own group: every token of a response gets the same advantage, (r − mean)/std.',
    source:
      'DeepSeekMath eq. 3–4, §4.1.2; verl-project/verl@1dda039 core_algos.py:268, :1286; huggingface/trl@f2cd577 grpo_trainer.py:2681',
    status: 'authors-code',
    family: 'baseline',
  },
  knobs: baseKnobs(),
  stages: { advantage: groupNormalisation, loss: clippedSurrogate },
  lanes: [],
  explain: [...GROUP_ADVANTAGE_LINES, ...surrogateLines(), ...CREDIT_LINES],
  needs: ['oldLogprobs'],
  trains: 'policy',
  creditShape: 'token',
};
