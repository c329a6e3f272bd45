import { ENTROPY_FORM, ENTROPY_WEIGHT_KNOBS, entropyWeightedLoss, WEIGHT_RULE } from '../stages/entropyWeight.ts';
import { CREDIT_LINES, GROUP_ADVANTAGE_LINES, surrogateLines } from '../stages/formulas.ts';
import { baseKnobs } from '../stages/knobs.ts';
import type { FormulaLine, Lane, Method } from '../stages/types.ts';

const perToken = { unit: 'none', domain: 'auto' } as const;
const LANES: readonly Lane[] = [
  {
    ...perToken,
    id: 'predictedTheorem',
    label: 'Predicted ΔH',
    trace: 'predictedTheorem',
    unit: 'nats per unit step',
    kind: 'diverging',
    meaning: 'How much this token’s push would change the entropy where it was drawn, by theorem 1.',
  },
  {
    ...perToken,
    id: 'predictedReleased',
    label: 'Predicted ΔH, released',
    trace: 'predictedReleased',
    unit: 'nats per unit step',
    kind: 'diverging',
    meaning: 'The same as the released code estimates it: rare tokens count for far more.',
  },
  {
    ...perToken,
    id: 'weightTheorem',
    label: 'Weight',
    trace: 'weightTheorem',
    kind: 'diverging',
    centre: 1,
    meaning: 'Factor on the token’s push by the theorem: below 1 where the entropy would change most.',
  },
  {
    ...perToken,
    id: 'weightReleased',
    label: 'Weight, released',
    trace: 'weightReleased',
    kind: 'diverging',
    centre: 1,
    meaning: 'Factor on the token’s push by the released estimate and the map chosen for it.',
  },
  {
    ...perToken,
    id: 'quadrant',
    label: 'Quadrant',
    trace: 'quadrant',
    kind: 'categorical',
    domain: [0, 3],
    categories: ['right, likely: H falls', 'right, unlikely: H rises', 'wrong, likely: H rises', 'wrong, unlikely: H falls'],
    meaning: 'Right or wrong by the sign of the advantage; likely where ln π is above −H, the border in theorem 1.',
  },
];

const OMEGA = { latex: '\\Omega', trace: 'omega' };
const WEIGHT = { latex: 'w', trace: 'tokenWeights' };
const SPREAD = '[[chosenProbability|x]]\\,(1 - [[chosenProbability|x]])\\,(\\ln [[chosenProbability|x]] + [[oldEntropies|H]])';
const SIZE = '|[[omega|\\Omega]]|';
const LOW = '[[knob:tokenWeightMin|\\lambda_{min}]]';
const HIGH = '[[knob:tokenWeightMax|w_{max}]]';
const weightLine = (rule: number, template: string): FormulaLine => ({
  stage: 'loss',
  result: WEIGHT,
  template,
  when: { trace: 'weightRule', equals: rule },
});
const STEER_LINES: readonly FormulaLine[] = [
  {
    stage: 'loss',
    result: OMEGA,
    template: `[[notClipped|I]]\\cdot[[ratio|\\rho]]\\cdot[[advantages|A]]\\cdot${SPREAD}`,
    when: { trace: 'knob:entropyForm', equals: ENTROPY_FORM.theorem },
  },
  {
    stage: 'loss',
    result: OMEGA,
    template: `\\frac{[[advantages|A]]}{[[oldProbability|q]]}\\cdot${SPREAD}`,
    when: { trace: 'knob:entropyForm', equals: ENTROPY_FORM.released },
  },
  weightLine(WEIGHT_RULE.paper, `\\exp\\left(\\ln ${LOW}\\cdot\\frac{${SIZE}}{[[omegaMost|\\max|\\Omega|]]}\\right)`),
  weightLine(WEIGHT_RULE.paperFlat, '1\\quad\\text{(every }\\Omega\\text{ of the minibatch is 0)}'),
  weightLine(
    WEIGHT_RULE.linear,
    `${HIGH} - \\frac{${SIZE} - [[omegaLeast|\\min|\\Omega|]]}{[[omegaMost|\\max|\\Omega|]] - [[omegaLeast|\\min|\\Omega|]]}\\,(${HIGH} - ${LOW})`,
  ),
  weightLine(WEIGHT_RULE.linearFlat, `\\tfrac12\\,(${LOW} + ${HIGH})\\quad\\text{(all }|\\Omega|\\text{ are equal)}`),
  weightLine(
    WEIGHT_RULE.exponential,
    `\\exp\\left(\\ln ${LOW}\\cdot\\frac{${SIZE}}{[[omegaScale|\\max(|\\Omega|_{max},\\, 0.02)]]}\\right)`,
  ),
  { stage: 'loss', result: { latex: 'wA', trace: 'lossAdvantages' }, template: '[[tokenWeights|w]]\\cdot[[advantages|A]]' },
];

export const steer: Method = {
  meta: {
    id: 'steer',
    title: 'STEER',
    fullName: 'Stabilizing Token-level Entropy-changE via Reweighting',
    paper: {
      authors: 'Hao et al.',
      title: 'Rethinking Entropy Interventions in RLVR: An Entropy Change Perspective',
      year: 2025,
      arxiv: '2510.10150',
      venue: 'ACL 2026',
    },
    changes: 'Estimates how much each token’s push would change the entropy, and pushes less where it would change most.',
    source: 'STEER theorem 1; zz-haooo/STEER@b31df71 core_algos.py:580 compute_token_weights, :681, run/*.sh',
    status: 'authors-code',
    family: 'entropy',
  },
  knobs: [
    ...baseKnobs({
      clipHigh: { default: 0.28, paper: { value: 0.28, source: 'STEER@b31df71 run scripts' } },
      clipLow: { paper: { value: 0.2, source: 'STEER@b31df71 run scripts' } },
      clipC: { default: 10, paper: { value: 10, source: 'STEER@b31df71 run scripts' } },
      aggMode: { default: 0, paper: { value: 0, source: 'STEER@b31df71 core_algos.py:681' } },
      klCoef: { paper: { value: 0, source: 'STEER@b31df71 run scripts' } },
    }),
    ...ENTROPY_WEIGHT_KNOBS,
  ],
  stages: { loss: entropyWeightedLoss },
  lanes: LANES,
  explain: [...GROUP_ADVANTAGE_LINES, ...STEER_LINES, ...surrogateLines({ trace: 'lossAdvantages', latex: 'wA' }), ...CREDIT_LINES],
  needs: ['oldLogprobs', 'oldEntropies'],
  trains: 'policy',
  creditShape: 'token',
};
