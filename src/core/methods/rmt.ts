import { CREDIT_LINES, GROUP_ADVANTAGE_LINES, surrogateLines } from '../stages/formulas.ts';
import { baseKnobs } from '../stages/knobs.ts';
import { midTrainingLoss, midTrainingReward, TIERS } from '../stages/midTraining.ts';
import { midTrainingFigures } from '../stages/midTrainingFigures.ts';
import { MID_TRAINING_KNOBS } from '../stages/midTrainingKnobs.ts';
import { midTrainingSampling } from '../stages/midTrainingSampling.ts';
import type { Method } from '../stages/types.ts';

export const rmt: Method = {
  meta: {
    id: 'rmt',
    title: 'RMT',
    fullName: 'Reinforcement Mid-Training',
    paper: { authors: 'Tian et al.', title: 'Reinforcement Mid-Training', year: 2025, arxiv: '2509.24375' },
    changes: 'Thinks about chosen tokens of an unlabelled corpus within a shrinking budget, and learns all others by next-token loss.',
    source: 'Reconstruction: RMT (arXiv 2509.24375) through a note, no code was found. Loss: verl-project/verl@1dda039 core_algos.py:1286',
    status: 'reconstruction',
    family: 'model',
  },
  knobs: [
    ...baseKnobs({ normByStd: { options: ['no', 'per group'], max: 1 }, klCoef: { paper: null } }, ['reward']),
    ...MID_TRAINING_KNOBS,
  ],
  stages: { sampling: midTrainingSampling, reward: midTrainingReward, loss: midTrainingLoss },
  lanes: [
    {
      id: 'matchReward',
      label: 'Match',
      trace: 'matchReward',
      unit: 'reward',
      kind: 'sequential',
      domain: [0, 1],
      meaning: 'Whether the corpus token was predicted.',
    },
    {
      id: 'lengthReward',
      label: 'Length reward',
      trace: 'lengthReward',
      unit: 'reward',
      kind: 'sequential',
      domain: 'auto',
      meaning: 'Largest where the thought is exactly as long as the budget, 0 without a thought and from twice the budget on.',
    },
    {
      id: 'targetTier',
      label: 'Tier of the token',
      trace: 'targetTier',
      unit: 'none',
      kind: 'categorical',
      domain: [0, TIERS.length - 1],
      categories: TIERS,
      meaning: 'How hard the corpus token is by the entropy of its prediction.',
    },
    {
      id: 'targetEntropy',
      label: 'Entropy of the token',
      trace: 'targetEntropy',
      unit: 'nats',
      kind: 'sequential',
      domain: 'auto',
      meaning: 'How unsure the policy is of the corpus token when it predicts it without a thought.',
    },
  ],
  explain: [
    {
      stage: 'reward',
      result: { latex: 'R', trace: 'totalReward' },
      template:
        '(1 - [[knob:lengthWeight|w]])\\,[[matchReward|\\text{match}]] + [[knob:lengthWeight|w]]\\,[[lengthReward|r_{len}]]\\quad\\text{with }\\ell = [[thoughtLength|\\ell]],\\; B = [[budget|B_t]]',
    },
    ...GROUP_ADVANTAGE_LINES.filter(({ when }) => when?.equals !== 2),
    ...surrogateLines(),
    ...CREDIT_LINES,
  ],
  figures: midTrainingFigures,
  needs: ['oldLogprobs', 'corpusLogprobs'],
  trains: 'policy',
  creditShape: 'token',
};
