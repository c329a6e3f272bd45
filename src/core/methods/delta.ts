import { DISCRIMINATIVE_KNOBS, discriminativeWeight } from '../stages/discriminativeWeight.ts';
import { CREDIT_LINES, GRPO_STEP_LINES, advantageLine as line, surrogateLines } from '../stages/formulas.ts';
import { GRADIENT_PRODUCTS } from '../stages/gradientNames.ts';
import { GRADIENT_PLANE } from '../stages/gradientPlane.ts';
import { baseKnobs } from '../stages/knobs.ts';
import type { FormulaLine, Lane, Method } from '../stages/types.ts';

const SCRIPT = 'DelTA@cf048bd run_DelTA.sh';

const lane = (trace: string, label: string, kind: Lane['kind'], meaning: string, rest: Partial<Lane> = {}): Lane => ({
  id: trace,
  label,
  trace,
  unit: 'none',
  kind,
  domain: 'auto',
  meaning,
  ...rest,
});
const LANES: readonly Lane[] = [
  lane(
    'alpha',
    'Distinctive',
    'diverging',
    'Above ½ the token’s gradient is nearer to the centre of its own side than to that of the other.',
    {
      domain: [0, 1],
      centre: 0.5,
    },
  ),
  lane(
    'discriminativeWeights',
    'Weight of DelTA',
    'diverging',
    'Factor on the advantage, 1 on average: low where both sides share the gradient.',
    {
      centre: 1,
    },
  ),
  lane('score', 'Discriminator', 'diverging', 'How far the token’s gradient lies on its own side of the plane between the two centres.'),
];

const ADVANTAGE_LINES: readonly FormulaLine[] = [
  ...GRPO_STEP_LINES,
  ...[1, -1].map((equals) =>
    line('m', 'margin', '[[otherDistance|\\|v - \\mu_{other}\\|^2]] - [[ownDistance|\\|v - \\mu_{own}\\|^2]]', { trace: 'side', equals }),
  ),
  ...[1, -1].map((equals) =>
    line('\\alpha', 'alpha', '\\sigma\\left([[margin|m]]\\,/\\,[[marginSpread|\\gamma]]\\right)', { trace: 'side', equals }),
  ),
  line('\\alpha', 'alpha', '0\\quad\\text{(no advantage, on neither side)}', { trace: 'side', equals: 0 }),
  line(
    '\\lambda',
    'lambda',
    '[[knob:lambdaMin|\\lambda_{min}]] + ([[knob:lambdaMax|\\lambda_{max}]] - [[knob:lambdaMin|\\lambda_{min}]])\\cdot[[alpha|\\alpha]]',
  ),
  line('w', 'discriminativeWeights', '[[lambda|\\lambda]]\\cdot[[weightNorm|N/\\textstyle\\sum\\lambda]]'),
  line('A', 'advantages', '[[discriminativeWeights|w]]\\cdot[[grpoAdvantages|A_{GRPO}]]'),
];

export const delta: Method = {
  meta: {
    id: 'delta',
    title: 'DelTA',
    fullName: 'Discriminative Token Credit Assignment',
    paper: { authors: 'Zhang, Wu, Lin', title: 'DelTA: Discriminative Token Credit Assignment', year: 2026, arxiv: '2605.21467' },
    changes: 'Weighs a token by how little the other side shares its gradient, so that right and wrong answers are told apart.',
    source: 'RUCBM/DelTA@cf048bd dp_actor.py compute_log_prob_h, core_algos.py compute_policy_loss_vanilla, run_DelTA.sh',
    status: 'authors-code',
    family: 'entropy',
  },
  knobs: [
    ...baseKnobs({
      normByStd: { options: ['no', 'per group'], max: 1 },
      clipLow: { paper: { value: 0.2, source: SCRIPT } },
      clipHigh: { default: 0.28, paper: { value: 0.28, source: SCRIPT } },
      clipC: { default: 10, paper: { value: 10, source: SCRIPT } },
      aggMode: { default: 0, paper: { value: 0, source: SCRIPT } },
      klCoef: { paper: { value: 0, source: SCRIPT } },
    }),
    ...DISCRIMINATIVE_KNOBS,
  ],
  stages: { advantage: discriminativeWeight },
  lanes: LANES,
  explain: [...ADVANTAGE_LINES, ...surrogateLines(), ...CREDIT_LINES],
  planes: [GRADIENT_PLANE],
  needs: ['oldLogprobs', 'hidden'],
  needWords: { [`measured:${GRADIENT_PRODUCTS}`]: 'the gradient of every token by all parameters' },
  trains: 'policy',
  creditShape: 'token',
};
