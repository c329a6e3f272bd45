import { CREDIT_LINES, surrogateLines } from '../stages/formulas.ts';
import { baseKnobs } from '../stages/knobs.ts';
import { SEGMENT_KNOBS, SEGMENT_RULE, segmentAdvantage, uncertainTokenKl, uncertainTokenLoss } from '../stages/segmentAdvantage.ts';
import { maskedLine } from '../stages/tokenMask.ts';
import type { Lane, Method } from '../stages/types.ts';

const CODE = 'SPO@b9fc6a2 ppo_trainer.py';
const RESULT = { latex: 'A', trace: 'advantages' };

const LANES: readonly Lane[] = [
  {
    id: 'segmentAdvantage',
    label: 'Segment’s advantage',
    trace: 'segmentAdvantages',
    unit: 'reward',
    kind: 'diverging',
    domain: 'auto',
    meaning: 'Value at the end of the segment minus value at its start, before certain tokens are left out.',
  },
  {
    id: 'segmentStartValue',
    label: 'Value at the cut',
    trace: 'segmentStartValue',
    unit: 'reward',
    kind: 'sequential',
    domain: [0, 1],
    meaning:
      'Mean reward from the start of this segment: of fresh continuations where the batch has them, else of the group’s own samples that share the text.',
  },
  {
    id: 'segmentStartCount',
    label: 'Samples behind it',
    trace: 'segmentStartCount',
    unit: 'samples',
    kind: 'sequential',
    domain: 'auto',
    meaning: 'How many rewards the value at the cut is the mean of; one sample alone is its own value.',
  },
  {
    id: 'valueSource',
    label: 'Value from',
    trace: 'valueSource',
    unit: 'none',
    kind: 'categorical',
    domain: [0, 1],
    categories: ['the group’s own samples', 'fresh continuations'],
    meaning: 'Whether the value at the cut is an estimate from the samples at hand or from continuations drawn for it.',
  },
  {
    id: 'segmentStart',
    label: 'Start of a segment',
    trace: 'segmentStart',
    unit: 'none',
    kind: 'categorical',
    domain: [0, 1],
    categories: ['goes on', 'starts'],
    meaning: 'A segment starts at every k-th token that the model was unsure of.',
  },
  {
    id: 'oldProbability',
    label: 'Probability when drawn',
    trace: 'oldProbability',
    unit: 'none',
    kind: 'sequential',
    domain: [0, 1],
    meaning: 'Probability that the policy gave the token when it was drawn; certain tokens do not learn.',
  },
];

export const spoChain: Method = {
  meta: {
    id: 'spo-chain',
    title: 'SPO-chain',
    fullName: 'Segment Policy Optimization, chain of segments',
    paper: {
      authors: 'Guo, Xu, Liu, Ye, Qiu',
      title: 'Segment Policy Optimization: Effective Segment-Level Credit Assignment in RL for Large Language Models',
      year: 2025,
      arxiv: '2505.23564',
    },
    changes: 'Cuts a response where the model was unsure, credits each segment with its change of value, and trains unsure tokens only.',
    source: 'SPO (SPO-chain); AIFrameResearch/SPO@b9fc6a2 math_episode_generator_with_mc_advantages.py:347-440, :927, ppo_trainer.py:1057',
    status: 'authors-code',
    family: 'tree',
  },
  knobs: [
    ...baseKnobs(
      {
        clipLow: { paper: { value: 0.2, source: CODE } },
        clipHigh: { paper: { value: 0.2, source: CODE } },
        logRatioClamp: { default: 10, paper: { value: 10, source: CODE } },
        aggMode: { default: 0, paper: { value: 0, source: `${CODE} masked_mean` } },
        klCoef: { paper: null },
      },
      ['advantage'],
    ),
    ...SEGMENT_KNOBS,
  ],
  stages: { advantage: segmentAdvantage, loss: uncertainTokenLoss, regulariser: uncertainTokenKl },
  lanes: LANES,
  explain: [
    {
      stage: 'advantage',
      result: RESULT,
      template: '[[segmentEndValue|V_{end}]] - [[segmentStartValue|V_{start}]]',
      when: { trace: 'segmentRule', equals: SEGMENT_RULE.segment },
    },
    {
      stage: 'advantage',
      result: RESULT,
      template: '0\\quad\\text{(before the first cut)}',
      when: { trace: 'segmentRule', equals: SEGMENT_RULE.beforeFirst },
    },
    {
      stage: 'advantage',
      result: RESULT,
      template: '0\\quad\\text{(certain: }[[oldProbability|\\pi_{old}]] > [[knob:probThreshold|p_{max}]]\\text{)}',
      when: { trace: 'segmentRule', equals: SEGMENT_RULE.certain },
    },
    ...surrogateLines(),
    maskedLine('[[oldProbability|\\pi_{old}]] \\ge [[knob:probThreshold|p_{max}]]'),
    ...CREDIT_LINES,
  ],
  needs: ['oldLogprobs'],
  trains: 'policy',
  creditShape: 'token',
};
