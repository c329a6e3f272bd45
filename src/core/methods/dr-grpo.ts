import { clippedSurrogate } from '../stages/clippedSurrogate.ts';
import { CREDIT_LINES, GROUP_ADVANTAGE_LINES, SUM_NORM_LINE, surrogateLines } from '../stages/formulas.ts';
import { groupNormalisation } from '../stages/groupNormalisation.ts';
import { baseKnobs } from '../stages/knobs.ts';
import { TRUNCATED_ZERO_KNOB, truncatedReward } from '../stages/truncatedReward.ts';
import type { Method } from '../stages/types.ts';

export const drGrpo: Method = {
  meta: {
    id: 'dr-grpo',
    title: 'Dr. GRPO',
    fullName: 'GRPO Done Right',
    paper: { authors: 'Liu et al.', title: 'Understanding R1-Zero-Like Training: A Critical Perspective', year: 2025, arxiv: '2503.20783' },
    changes: 'Drops GRPO’s two biases: no division by the standard deviation, and none by the response’s own length.',
    source:
      'sail-sg/understand-r1-zero@dfca49d train_zero_math.py:286; sail-sg/oat@c1a074c ops.py masked_sum; verl-project/verl@1dda039 core_algos.py:1140',
    status: 'authors-code',
    family: 'baseline',
  },
  knobs: [
    ...baseKnobs({
      normByStd: { default: 0, paper: { value: 0, source: 'train_zero_math.py:286' } },
      aggMode: { default: 4, paper: { value: 4, source: 'oat ops.py masked_sum' } },
      lossScaleFactor: {
        default: Infinity,
        meaning: 'Constant length that every response is divided by; larger makes the step smaller. 0 stands for the longest response.',
        paper: { value: Infinity, source: 'train_zero_math.py generate_max_length' },
        special: { value: Infinity, label: '∞ = the task’s limit' },
      },
      klCoef: { paper: { value: 0, source: 'understand-r1-zero scripts' } },
    }),
    TRUNCATED_ZERO_KNOB,
  ],
  stages: { reward: truncatedReward, advantage: groupNormalisation, loss: clippedSurrogate },
  lanes: [
    {
      id: 'weight',
      label: 'Weight in the loss',
      trace: 'weight',
      unit: 'none',
      kind: 'sequential',
      domain: 'auto',
      meaning: 'What the token counts in the loss: the same for all, however long its response is.',
    },
    {
      id: 'isZeroed',
      label: 'Counted as wrong',
      trace: 'isZeroed',
      unit: 'none',
      kind: 'categorical',
      domain: [0, 1],
      categories: ['reward kept', 'cut off: reward 0'],
      meaning: 'Whether the response lost its reward because it reached the length limit without an end token.',
    },
  ],
  explain: [
    {
      stage: 'reward',
      result: { latex: 'r', trace: 'reward' },
      template: '0\\quad\\text{(cut off at the length limit)}',
      when: { trace: 'isZeroed', equals: 1 },
    },
    ...GROUP_ADVANTAGE_LINES,
    ...surrogateLines(),
    SUM_NORM_LINE,
    ...CREDIT_LINES,
  ],
  needs: ['oldLogprobs'],
  trains: 'policy',
  creditShape: 'token',
};
