import type { ModelSpec } from './models.ts';
import type { Knob } from './types.ts';

/** A copy of the policy that lags behind it: every `proxyEvery` steps it becomes mix · policy + (1 − mix) · itself [NOVER]. */
export const LAGGED_COPY: ModelSpec = {
  name: 'proxy',
  title: 'Lagged copy',
  stage: 'reward',
  answer: { kind: 'logprobs' },
  trunk: () => 'own',
  init: () => 'policy',
  schedule: () => 'after',
  isOnline: () => false,
  learningRate: (_, policyRate) => policyRate,
  readsForced: true,
  follow: ({ proxyEvery, proxyMix }, steps) => (steps % proxyEvery === 0 ? proxyMix : 0),
  loss: ({ now }) => ({ loss: 0, gradAnswers: new Float64Array(now.answers.length), trace: {} }),
};

export const LAG_KNOBS: readonly Knob[] = [
  {
    id: 'proxyEvery',
    label: 'Steps between syncs',
    symbol: 'K',
    stage: 'reward',
    default: 10,
    min: 1,
    max: 200,
    step: 1,
    scale: 'log',
    unit: 'steps',
    meaning: 'How many steps the copy that judges the reasonings stands still; larger is a steadier judge that knows less.',
    paper: null,
    applies: 'training',
  },
  {
    id: 'proxyMix',
    label: 'Share at a sync',
    symbol: '\\alpha',
    stage: 'reward',
    default: 0.9,
    min: 0,
    max: 1,
    step: 0.05,
    scale: 'lin',
    unit: '',
    meaning: 'How much of the policy the copy takes over at a sync; 0 keeps the first one for ever.',
    paper: { value: 0.9, source: 'NOVER configuration' },
    applies: 'training',
  },
];
