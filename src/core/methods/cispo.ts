import { clippedWeightLoss, WEIGHT_KNOBS } from '../stages/clippedWeight.ts';
import { CREDIT_LINES, GROUP_ADVANTAGE_LINES, RATIO_LINE } from '../stages/formulas.ts';
import { baseKnobs } from '../stages/knobs.ts';
import type { Method } from '../stages/types.ts';

export const cispo: Method = {
  meta: {
    id: 'cispo',
    title: 'CISPO',
    fullName: 'Clipped Importance Sampling weight Policy Optimization',
    paper: {
      authors: 'MiniMax',
      title: 'MiniMax-M1: Scaling Test-Time Compute Efficiently with Lightning Attention',
      year: 2025,
      arxiv: '2506.13585',
    },
    changes: 'Clips the weight of a token and not its gradient: no token ever stops learning, it only pushes less hard.',
    source: 'MiniMax-M1 §3.1; verl-project/verl@1dda039 core_algos.py:2047; huggingface/trl@f2cd577 grpo_trainer.py:3080',
    status: 'authors-code',
    family: 'baseline',
  },
  knobs: [
    ...baseKnobs(
      {
        clipLow: {
          default: 1,
          special: { value: 1, label: '1 = no lower bound' },
          meaning: 'The weight of a token is never below 1 − ε_low; larger lets a token that grew unlikely push less.',
          paper: { value: 1, source: 'MiniMax-M1 §3.1: no lower bound; verl’s example sets 10' },
        },
        clipHigh: {
          meaning: 'The weight of a token is never above 1 + ε_high; larger lets a token that grew likelier push more.',
          paper: { value: 0.2, source: 'verl’s CISPO example; not given in MiniMax-M1' },
        },
        aggMode: { default: 0, paper: { value: 0, source: 'MiniMax-M1 §3.1' } },
        klCoef: { paper: { value: 0, source: 'MiniMax-M1 §3.1' } },
      },
      ['clipC', 'delta'],
    ),
    ...WEIGHT_KNOBS,
  ],
  stages: { loss: clippedWeightLoss },
  lanes: [
    {
      id: 'clippedRatio',
      label: 'Weight',
      trace: 'clippedRatio',
      unit: 'none',
      kind: 'diverging',
      domain: 'auto',
      centre: 1,
      meaning: 'The ratio after its bounds: how hard the token pushes for its advantage.',
    },
    {
      id: 'weightHeld',
      label: 'Weight held',
      trace: 'clipped',
      unit: 'none',
      kind: 'categorical',
      domain: [0, 1],
      categories: ['its ratio', 'at a bound'],
      meaning: 'Whether a bound holds the weight; the token goes on learning.',
    },
  ],
  explain: [
    ...GROUP_ADVANTAGE_LINES,
    RATIO_LINE,
    {
      stage: 'loss',
      result: { latex: 'W', trace: 'clippedRatio' },
      template:
        '\\mathrm{clip}([[ratio|\\rho]], [[weightLow|W_{low}]], [[weightHigh|W_{high}]])\\quad\\text{(a constant for the gradient)}',
    },
    {
      stage: 'loss',
      result: { latex: '\\frac{\\partial M}{\\partial \\log\\pi}', trace: 'lossSlope' },
      template: '-[[clippedRatio|W]]\\,[[lossAdvantages|A]]',
    },
    ...CREDIT_LINES,
  ],
  needs: ['oldLogprobs'],
  trains: 'policy',
  creditShape: 'token',
};
