import { baseKnobs } from '../stages/knobs.ts';
import { NO_CREDIT_LINE, noPenalty, noPolicyLoss } from '../stages/noPolicyLoss.ts';
import type { Lane, Method } from '../stages/types.ts';
import { valueFigures } from '../stages/valueFigures.ts';
import {
  CANDIDATE_VALUES,
  VALUE_MODEL,
  VALUE_SAMPLING_KNOBS,
  valueAugmentedSampling,
  valueModel,
  valueTargets,
} from '../stages/valueSampling.ts';

const LANES: readonly Lane[] = [
  {
    id: 'stateValue',
    label: 'Learned value',
    trace: 'values',
    unit: 'reward',
    kind: 'sequential',
    domain: [0, 1],
    meaning: 'What the value network expects at the state before this token, of the frozen policy.',
  },
  {
    id: 'tdError',
    label: 'TD error',
    trace: 'tdError',
    unit: 'reward',
    kind: 'diverging',
    domain: 'auto',
    meaning: 'Reward plus value after this token minus value before it.',
  },
  {
    id: 'drawKl',
    label: 'KL of the draw',
    trace: 'drawKl',
    unit: 'nats',
    kind: 'sequential',
    domain: 'auto',
    meaning: 'How far the values move the distribution of this token from the frozen policy’s, at the slider’s weight.',
  },
  {
    id: 'isAugmented',
    label: 'Drawn by',
    trace: 'isAugmented',
    unit: 'none',
    kind: 'categorical',
    domain: [0, 1],
    categories: ['the frozen policy', 'policy and values'],
    meaning: 'Whether the sample was decoded with the values; the values learn from the others alone.',
  },
];

export const vas: Method = {
  meta: {
    id: 'vas',
    title: 'VAS',
    fullName: 'Value Augmented Sampling',
    paper: {
      authors: 'Han, Shenfeld, Srivastava, Kim, Agrawal',
      title: 'Value Augmented Sampling for Language Model Alignment and Personalization',
      year: 2024,
      arxiv: '2405.06639',
    },
    changes:
      'Leaves the policy frozen, learns the value of its prefixes, and adds the value of each candidate token to its logit as it decodes.',
    source: 'idanshen/Value-Augmented-Sampling@85e13ed vas_trainer.py compute_advantages, loss, VASLogitsProcessor',
    status: 'authors-code',
    family: 'model',
  },
  knobs: [...baseKnobs({}, ['reward', 'advantage', 'loss', 'regulariser']), ...VALUE_SAMPLING_KNOBS],
  stages: { sampling: valueAugmentedSampling, advantage: valueTargets, loss: noPolicyLoss, regulariser: noPenalty },
  lanes: LANES,
  explain: [
    {
      stage: 'advantage',
      result: { latex: '\\delta', trace: 'tdError' },
      template: '[[tokenReward|r_t]] + [[knob:gamma|\\gamma]]\\,[[nextValues|V_{t+1}]] - [[values|V_t]]',
    },
    {
      stage: 'advantage',
      result: { latex: 'V^{target}', trace: 'returns' },
      template:
        '[[advantages|A_t]] + [[values|V_t]]\\quad\\text{(}A_t = \\delta_t + \\gamma\\,[[knob:gaeLambda|\\lambda]]\\,A_{t+1}\\text{)}',
    },
    NO_CREDIT_LINE,
  ],
  needs: ['oldLogprobs', 'values', `measured:${CANDIDATE_VALUES}`],
  models: [valueModel],
  measures: () => [
    { measure: { kind: 'candidates', model: VALUE_MODEL, name: CANDIDATE_VALUES }, gives: [`measured:${CANDIDATE_VALUES}`] },
  ],
  needWords: { values: 'the value network’s values', [`measured:${CANDIDATE_VALUES}`]: 'the value after every candidate token' },
  figures: valueFigures,
  trains: 'model',
  creditShape: 'token',
};
