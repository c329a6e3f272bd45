import { CREDIT_LINES, GRPO_STEP_LINES, surrogateLines } from '../stages/formulas.ts';
import { KEY_RULE, KEY_TOKEN_KNOBS, keyTokens } from '../stages/keyTokens.ts';
import { baseKnobs } from '../stages/knobs.ts';
import type { FormulaLine, Lane, Method } from '../stages/types.ts';

const CODE = 'KTAE@ea9fb77 core_algos.py';

const lane = (trace: string, label: string, unit: string, kind: Lane['kind'], domain: Lane['domain'], meaning: string): Lane => ({
  id: trace,
  label,
  trace,
  unit,
  kind,
  domain,
  meaning,
});
const LANES: readonly Lane[] = [
  lane(
    'keyTokenValue',
    'Key-token value',
    'none',
    'diverging',
    'auto',
    'What this token’s id adds to the advantage: + where it goes with right samples, − with wrong ones.',
  ),
  lane(
    'fisherScore',
    'Fisher’s test',
    'none',
    'sequential',
    [0, 1],
    'e^(−2p) of the exact test of “holds this token” against “is right”; 0 where the test says nothing.',
  ),
  lane('informationGain', 'Information gain', 'bits', 'sequential', 'auto', 'What “holds this token” tells about right or wrong.'),
  lane(
    'keyDirection',
    'Direction',
    'none',
    'diverging',
    'auto',
    'Whether right or wrong samples hold this token more often, and use it more.',
  ),
  lane(
    'heldRight',
    'Right samples with it',
    'samples',
    'sequential',
    'auto',
    'How many right samples of the group hold this token anywhere.',
  ),
  lane(
    'heldWrong',
    'Wrong samples with it',
    'samples',
    'sequential',
    'auto',
    'How many wrong samples of the group hold this token anywhere.',
  ),
];

const DIRECTION = { latex: 'x', trace: 'keyDirection' };
const SHARES =
  '\\arcsin\\sqrt{\\tfrac{[[heldRight|a]]}{[[rightSamples|n_{right}]]}} - \\arcsin\\sqrt{\\tfrac{[[heldWrong|b]]}{[[wrongSamples|n_{wrong}]]}}';
const FREQUENCIES =
  '\\tfrac{[[rightFrequency|t_1]]}{[[wrongFrequency|t_2]] + 10^{-5}} - \\tfrac{[[wrongFrequency|t_2]]}{[[rightFrequency|t_1]] + 10^{-5}}';
const TESTED =
  '2\\,[[knob:keyTop|s]]\\left(\\sigma\\left(\\frac{[[knob:keyAlpha|\\alpha]]\\,[[fisherScore|F]] + [[knob:keyBeta|\\beta]]\\,[[informationGain|IG]]}{[[knob:keyAlpha|\\alpha]] + [[knob:keyBeta|\\beta]]}\\,[[keyDirection|x]]\\right) - \\tfrac12\\right)';
const VALUE = { latex: 'v', trace: 'keyTokenValue' };
const ADVANTAGE_LINES: readonly FormulaLine[] = [
  ...GRPO_STEP_LINES,
  {
    stage: 'advantage',
    result: DIRECTION,
    template: `${SHARES} + ${FREQUENCIES}`,
    when: { trace: 'keyRule', equals: KEY_RULE.withFrequency },
  },
  {
    stage: 'advantage',
    result: { latex: 'F', trace: 'fisherScore' },
    template: 'e^{-2\\,[[fisherP|p]]}\\quad\\text{(0 at }p = 1\\text{)}',
  },
  { stage: 'advantage', result: DIRECTION, template: SHARES, when: { trace: 'keyRule', equals: KEY_RULE.sharesOnly } },
  ...[KEY_RULE.sharesOnly, KEY_RULE.withFrequency].map(
    (equals): FormulaLine => ({
      stage: 'advantage',
      result: VALUE,
      template: TESTED,
      when: { trace: 'keyRule', equals },
    }),
  ),
  {
    stage: 'advantage',
    result: VALUE,
    template: '0\\quad\\text{(the end token, or all samples right or all wrong)}',
    when: { trace: 'keyRule', equals: KEY_RULE.none },
  },
  { stage: 'advantage', result: { latex: 'A', trace: 'advantages' }, template: '[[grpoAdvantages|A_{GRPO}]] + [[keyTokenValue|v]]' },
];

export const ktae: Method = {
  meta: {
    id: 'ktae',
    title: 'KTAE',
    fullName: 'Key-token Advantage Estimation',
    paper: {
      authors: 'Sun et al.',
      title: 'KTAE: A Model-Free Algorithm to Key-Tokens Advantage Estimation in Mathematical Reasoning',
      year: 2025,
      arxiv: '2505.16826',
      venue: 'NeurIPS 2025',
    },
    changes: 'Adds to GRPO’s advantage a value for each token’s id: how strongly it goes with the right or the wrong samples.',
    source: 'KTAE (key-token value); xiaolizh1/KTAE@ea9fb77 core_algos.py:155-239, workers/actor/compute_key_tokens.py',
    status: 'authors-code',
    family: 'tree',
  },
  knobs: [
    ...baseKnobs({
      normByStd: { options: ['no', 'per group'], max: 1, paper: { value: 1, source: CODE } },
      clipC: { default: 3, paper: { value: 3, source: `${CODE} compute_policy_loss default` } },
      logRatioClamp: { default: Infinity, paper: null },
      aggMode: { default: 0, paper: { value: 0, source: `${CODE} agg_loss default` } },
    }),
    ...KEY_TOKEN_KNOBS,
  ],
  stages: { advantage: keyTokens },
  lanes: LANES,
  explain: [...ADVANTAGE_LINES, ...surrogateLines(), ...CREDIT_LINES],
  needs: ['oldLogprobs'],
  trains: 'policy',
  creditShape: 'token',
};
