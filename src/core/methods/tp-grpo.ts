import { CREDIT_LINES, surrogateLines } from '../stages/formulas.ts';
import { baseKnobs, withChanges } from '../stages/knobs.ts';
import { rewardToGo } from '../stages/rewardToGo.ts';
import { THOUGHT_KNOBS, thoughtRewards } from '../stages/thoughtRewards.ts';
import type { FormulaLine, Lane, Method } from '../stages/types.ts';

const LANES: readonly Lane[] = [
  {
    id: 'stepLabel',
    label: 'Step label',
    trace: 'stepLabel',
    unit: 'none',
    kind: 'categorical',
    domain: [0, 3],
    categories: [
      'right answer, step wrong or taken back',
      'right answer, step right',
      'wrong answer, step not used',
      'wrong answer, step used in it',
    ],
    meaning: 'What the judge says of the step that the token belongs to; the answer itself always counts as label 1.',
  },
  {
    id: 'processReward',
    label: 'Thought reward',
    trace: 'processRewards',
    unit: 'none',
    kind: 'diverging',
    domain: 'auto',
    meaning: 'Paid at the end of each thought, a run of steps with one label; the last thought carries the outcome alone.',
  },
  {
    id: 'processReturn',
    label: 'Thought rewards ahead',
    trace: 'processReturn',
    unit: 'none',
    kind: 'diverging',
    domain: 'auto',
    meaning: 'Thought rewards still to come, this token’s own thought included: what the steps add to the outcome.',
  },
  {
    id: 'labelFlipped',
    label: 'Judge’s mistakes',
    trace: 'labelFlipped',
    unit: 'none',
    kind: 'categorical',
    domain: [0, 1],
    categories: ['label as it is', 'label turned around'],
    meaning: 'Steps whose label the noise turned around.',
  },
];

const OUTCOME = { latex: 'r^o', trace: 'outcomeAdvantage' };
const BONUS = { latex: 'r^c', trace: 'thoughtBonus' };

const LINES: readonly FormulaLine[] = [
  {
    stage: 'reward',
    result: OUTCOME,
    template: '\\frac{[[reward|R]] - [[outcomeMean|\\bar R]]}{[[outcomeStd|\\sigma]] + [[knob:stdEps|\\varepsilon]]}',
    when: { trace: 'knob:normByStd', equals: 1 },
  },
  {
    stage: 'reward',
    result: OUTCOME,
    template: '[[reward|R]] - [[outcomeMean|\\bar R]]',
    when: { trace: 'knob:normByStd', equals: 0 },
  },
  {
    stage: 'reward',
    result: BONUS,
    template: '[[knob:processAlpha|\\alpha]]\\cdot[[groupAccuracy|\\mathrm{acc}_G]]',
    when: { trace: 'knob:adaptiveReward', equals: 1 },
  },
  { stage: 'reward', result: BONUS, template: '[[knob:processAlpha|\\alpha]]', when: { trace: 'knob:adaptiveReward', equals: 0 } },
  {
    stage: 'advantage',
    result: { latex: 'A', trace: 'advantages' },
    template: '[[processReturn|\\sum_{s \\ge t} r^p_s]] + [[outcomeReturn|r^o]]',
  },
];

export const tpGrpo: Method = {
  meta: {
    id: 'tp-grpo',
    title: 'TP-GRPO',
    fullName: 'Thought-level Process-reward GRPO',
    paper: {
      authors: 'He, Mu, Liao, Cao, Liu, Qin',
      title: 'Good Learners Think Their Thinking',
      year: 2025,
      arxiv: '2507.23317',
      venue: 'ICLR 2026',
    },
    changes: 'Judges steps by what the answer itself reveals, merges equal ones into thoughts and pays them by the group’s accuracy.',
    source:
      'Reconstruction from notes on “Smarter Not Harder” (ICLR 2026, OpenReview LZZENDlZt9); its code was not found. Loss: verl-project/verl@1dda039 core_algos.py:1286',
    status: 'reconstruction',
    family: 'process',
  },
  knobs: [
    ...baseKnobs(
      {
        logRatioClamp: { default: Infinity, paper: null },
        klCoef: { paper: null },
        k3LogClamp: { default: Infinity, paper: null },
        k3ValueClamp: { default: Infinity, paper: null },
      },
      ['reward', 'advantage'],
    ),
    ...withChanges(THOUGHT_KNOBS, {
      normByStd: { options: ['no', 'per group'], max: 1, paper: { value: 1, source: 'TP-GRPO: GRPO’s outcome advantage' } },
      stdEps: { default: 1e-4, paper: null },
      singletonZero: { default: 1, paper: null },
    }),
  ],
  stages: { reward: thoughtRewards, advantage: rewardToGo },
  lanes: LANES,
  explain: [...LINES, ...surrogateLines(), ...CREDIT_LINES],
  needs: ['oldLogprobs', 'steps'],
  trains: 'policy',
  creditShape: 'token',
};
