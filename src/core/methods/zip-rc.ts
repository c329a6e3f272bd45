import { jointFigures, UTILITY_KNOBS } from '../stages/jointFigures.ts';
import { JOINT_HEAD, JOINT_KNOBS, jointHead, LAB_GRID, TEACHER_LOGITS, zipRcStages } from '../stages/jointHead.ts';
import { baseKnobs } from '../stages/knobs.ts';
import { NO_CREDIT_LINE } from '../stages/noPolicyLoss.ts';
import type { Lane, Method } from '../stages/types.ts';

const LANES: readonly Lane[] = [
  {
    id: 'expectedReward',
    label: 'Expected reward',
    trace: 'expectedReward',
    unit: 'reward',
    kind: 'sequential',
    domain: [0, 1],
    meaning: 'Mean reward of the grid at the state before this token, from the same forward pass that drew it.',
  },
  {
    id: 'expectedRemaining',
    label: 'Expected remaining',
    trace: 'expectedRemaining',
    unit: 'tokens',
    kind: 'sequential',
    domain: 'auto',
    meaning: 'Mean number of tokens that the grid expects after this one.',
  },
  {
    id: 'jointEntropy',
    label: 'Entropy of the grid',
    trace: 'jointEntropy',
    unit: 'nats',
    kind: 'sequential',
    domain: 'auto',
    meaning: 'How unsure the grid is of reward and length together.',
  },
  {
    id: 'teacherKl',
    label: 'KL to the frozen model',
    trace: 'teacherKl',
    unit: 'nats',
    kind: 'sequential',
    domain: 'auto',
    meaning: 'How far learning the grid has moved the next-token probabilities from those of the frozen model.',
  },
];

export const zipRc: Method = {
  meta: {
    id: 'zip-rc',
    title: 'ZIP-RC',
    fullName: 'Zero-overhead introspective prediction of reward and cost',
    paper: {
      authors: 'Manvi et al.',
      title: 'ZIP-RC: Optimizing Test-Time Compute via Zero-Overhead Joint Reward-Cost Prediction',
      year: 2025,
      arxiv: '2512.01457',
    },
    changes:
      'Reads the joint distribution of final reward and remaining length from extra logits at every token, and moves no token’s probability.',
    source:
      'rohinmanvi/ZIP-RC@63281ba train_ziprc_joint_head.py compute_loss, score_with_ziprc_joint_head.py; the sampling utility is a reconstruction',
    status: 'authors-code',
    family: 'model',
  },
  knobs: [...baseKnobs({}, ['reward', 'advantage', 'loss', 'regulariser']), ...UTILITY_KNOBS, ...JOINT_KNOBS],
  stages: zipRcStages(LAB_GRID),
  lanes: LANES,
  explain: [
    {
      stage: 'advantage',
      result: { latex: 'E[V]', trace: 'expectedReward' },
      template: '\\textstyle\\sum_b v_b\\,p(b)\\quad\\text{(and }E[L] = [[expectedRemaining|\\sum_l m_l\\,p(l)]]\\text{)}',
    },
    {
      stage: 'regulariser',
      result: { latex: 'L', trace: 'klLoss' },
      template: '\\overline{\\mathrm{KL}}\\text{, here }[[teacherKl|\\mathrm{KL}_t]]\\text{, times }[[knob:teacherKlCoef|\\beta_{KL}]]',
      when: { trace: 'hasPenalty', equals: 1 },
    },
    NO_CREDIT_LINE,
  ],
  needs: ['logits', `measured:${JOINT_HEAD}`],
  models: [jointHead(LAB_GRID)],
  measures: ({ teacherKlCoef }) => [
    { measure: { kind: 'models' }, gives: [`measured:${JOINT_HEAD}`] },
    ...(teacherKlCoef > 0
      ? [{ measure: { kind: 'referenceLogits' as const, name: TEACHER_LOGITS }, gives: [`measured:${TEACHER_LOGITS}` as const] }]
      : []),
  ],
  needWords: {
    [`measured:${JOINT_HEAD}`]: 'the grid of rewards and lengths at every token',
    [`measured:${TEACHER_LOGITS}`]: 'the frozen model’s logits at every token',
  },
  figures: (input) => jointFigures(LAB_GRID, input),
  trains: 'model',
  creditShape: 'token',
};
