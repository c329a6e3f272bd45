import { CREDIT_LINES, GRPO_STEP_LINES, advantageLine as line, surrogateLines } from '../stages/formulas.ts';
import { baseKnobs } from '../stages/knobs.ts';
import { GRADIENT_IMPORTANCE, outcomeReshaping, RESHAPE_RULE, RESHAPING_KNOBS } from '../stages/outcomeReshaping.ts';
import type { FormulaLine, Lane, Method } from '../stages/types.ts';

const LANES: readonly Lane[] = [
  {
    id: 'importance',
    label: 'Importance',
    trace: 'importance',
    unit: 'nats',
    kind: 'sequential',
    domain: 'auto',
    meaning: 'How much the distribution of the answer hangs on this token; the answer itself has none.',
  },
  {
    id: 'importanceLevel',
    label: 'Importance, 0 to 1',
    trace: 'importanceLevel',
    unit: 'none',
    kind: 'sequential',
    domain: [0, 1],
    meaning: 'Its logarithm between that of the least and of the most important token of the response.',
  },
  {
    id: 'reshapedWeights',
    label: 'Weight of OAR',
    trace: 'reshapedWeights',
    unit: 'none',
    kind: 'diverging',
    domain: 'auto',
    centre: 1,
    meaning: 'Factor on the advantage: below 1 where the answer does not depend on the token.',
  },
];

const atRule = (equals: number) => ({ trace: 'reshapeRule', equals });
const LEVEL = '[[importanceLevel|n]]';
const THRESHOLD = '[[importanceThreshold|th]]';
const RAW = 'w_0';
const ADVANTAGE_LINES: readonly FormulaLine[] = [
  ...GRPO_STEP_LINES,
  ...[RESHAPE_RULE.low, RESHAPE_RULE.high].map((rule) =>
    line(
      'n',
      'importanceLevel',
      '\\mathrm{minmax}\\,\\ln\\left(1 + [[importance|I]]\\right)\\quad\\text{(over the response)}',
      atRule(rule),
    ),
  ),
  line(RAW, 'rawWeights', `\\max\\left(\\frac{${LEVEL}}{${THRESHOLD}},\\; 0.1\\right)`, atRule(RESHAPE_RULE.low)),
  line(
    RAW,
    'rawWeights',
    `1 + [[knob:importanceBoost|\\beta]]\\cdot\\frac{${LEVEL} - ${THRESHOLD}}{1 - ${THRESHOLD}}`,
    atRule(RESHAPE_RULE.high),
  ),
  ...[RESHAPE_RULE.low, RESHAPE_RULE.high].map((rule) =>
    line('w', 'reshapedWeights', '[[rawWeights|w_0]]\\cdot[[massScale|T/\\textstyle\\sum w_0]]', atRule(rule)),
  ),
  line('w', 'reshapedWeights', '1\\quad\\text{(the answer, and what follows it)}', atRule(RESHAPE_RULE.answer)),
  line('A', 'advantages', '[[reshapedWeights|w]]\\cdot[[grpoAdvantages|A_{GRPO}]]'),
];

export const oar: Method = {
  meta: {
    id: 'oar',
    title: 'OAR',
    fullName: 'Outcome-grounded Advantage Reshaping',
    paper: {
      authors: 'Li et al.',
      title: 'Outcome-Grounded Advantage Reshaping for Fine-Grained Credit Assignment in Mathematical Reasoning',
      year: 2026,
      arxiv: '2601.07408',
      venue: 'ACL 2026',
    },
    changes: 'Shares out an answer’s advantage by how much each token means for the distribution of the final answer.',
    source: 'Valsure/Outcome-Grounded-Advantage-Reshaping@8dbc478 OAR-main.py calculate_oar_hybrid_weights, compute_loss',
    status: 'authors-code',
    family: 'process',
  },
  knobs: [
    ...baseKnobs({
      normByStd: { options: ['no', 'per group'], max: 1 },
      logRatioClamp: { default: Infinity, paper: null },
      aggMode: { paper: { value: 3, source: 'OAR@8dbc478 OAR-main.py compute_loss' } },
      klCoef: { paper: { value: 0, source: 'OAR@8dbc478 OAR-main.py compute_loss' } },
    }),
    ...RESHAPING_KNOBS,
  ],
  stages: { advantage: outcomeReshaping },
  lanes: LANES,
  explain: [...ADVANTAGE_LINES, ...surrogateLines(), ...CREDIT_LINES],
  needs: ['oldLogprobs', 'importance'],
  lacks: (_batch, need, { importanceForm }) => (need === 'importance' && importanceForm === 1 ? false : undefined),
  measures: ({ importanceForm }) =>
    importanceForm === 1
      ? [
          {
            measure: { kind: 'gradientImportance', name: GRADIENT_IMPORTANCE },
            gives: [`measured:${GRADIENT_IMPORTANCE}`],
          },
        ]
      : [],
  needWords: { [`measured:${GRADIENT_IMPORTANCE}`]: 'how steeply the answer turns with each token' },
  trains: 'policy',
  creditShape: 'token',
};
