import { clippedSurrogate } from '../stages/clippedSurrogate.ts';
import { CREDIT_LINES, surrogateLines } from '../stages/formulas.ts';
import { baseKnobs } from '../stages/knobs.ts';
import { optimalTokenBaseline, ZERO_TAIL_KNOB } from '../stages/optimalTokenBaseline.ts';
import { RETURN_KNOBS } from '../stages/returnToGo.ts';
import type { FormulaLine, Lane, Method } from '../stages/types.ts';

const lane = (id: string, label: string, unit: string, kind: Lane['kind'], meaning: string): Lane => ({
  id,
  label,
  trace: id,
  unit,
  kind,
  domain: 'auto',
  meaning,
});

const ADVANTAGE_LINES: readonly FormulaLine[] = [
  {
    stage: 'advantage',
    result: { latex: 'e', trace: 'tokenEnergy' },
    template: '1 - 2\\,[[oldProbability|\\pi_{old}]] + [[sumPiSquared|\\sum_v \\pi_{old}(v)^2]]',
  },
  {
    stage: 'advantage',
    result: { latex: 'b', trace: 'baseline' },
    template:
      '\\frac{[[weightedReturns|\\sum_j G_j W_j]]}{[[energySum|\\sum_j W_j]]}\\quad\\text{with } W = [[cumEnergy|\\sum_{k \\le t} e_k]]',
    when: { trace: 'isTail', equals: 0 },
  },
  {
    stage: 'advantage',
    result: { latex: 'b', trace: 'baseline' },
    template: '0\\quad\\text{(no other response reaches this far)}',
    when: { trace: 'isTail', equals: 1 },
  },
  { stage: 'advantage', result: { latex: 'A', trace: 'advantages' }, template: '[[returns|G]] - [[baseline|b]]' },
];

export const otb: Method = {
  meta: {
    id: 'otb',
    title: 'OTB',
    fullName: 'Optimal Token Baseline',
    paper: {
      authors: 'Li et al.',
      title: 'The Optimal Token Baseline: Variance Reduction for Long-Horizon LLM-RL',
      year: 2026,
      arxiv: '2602.07078',
    },
    changes: 'A baseline for each position: the group’s returns weighted by how much gradient each response has gathered so far.',
    source: 'verl-project/verl@1dda039 core_algos.py:872, docs/algo/otb.md',
    status: 'authors-code',
    family: 'baseline',
  },
  knobs: [
    ...baseKnobs(
      {
        singletonZero: { paper: { value: 0, source: 'verl core_algos.py:872' } },
        aggMode: { default: 0, paper: { value: 0, source: 'verl actor.loss_agg_mode default' } },
        klCoef: { paper: null },
      },
      ['normByStd', 'stdEps'],
    ),
    ...RETURN_KNOBS.filter(({ id }) => id === 'gamma'),
    ZERO_TAIL_KNOB,
  ],
  stages: { advantage: optimalTokenBaseline, loss: clippedSurrogate },
  lanes: [
    lane(
      'tokenEnergy',
      'Energy',
      'none',
      'sequential',
      'Squared size of the token’s gradient on the logits: 0 for a sure token, towards 2 for a surprise.',
    ),
    lane(
      'cumEnergy',
      'Energy so far',
      'none',
      'sequential',
      'Energy gathered from the start of the response: its weight in the baseline here.',
    ),
    lane('baseline', 'Baseline', 'reward', 'diverging', 'What the return is compared with at this position.'),
    lane('returns', 'Return to go', 'reward', 'diverging', 'Discounted reward from this token on.'),
  ],
  explain: [...ADVANTAGE_LINES, ...surrogateLines(), ...CREDIT_LINES],
  needs: ['oldLogprobs', 'sumPiSquared'],
  trains: 'policy',
  creditShape: 'token',
};
