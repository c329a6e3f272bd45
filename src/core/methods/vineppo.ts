import { CREDIT_LINES, surrogateLines, WHITENING_LINES } from '../stages/formulas.ts';
import { baseKnobs, withChanges } from '../stages/knobs.ts';
import { RETURN_KNOBS } from '../stages/returnToGo.ts';
import { hasContinuations, STEP_KNOBS, STEP_VALUE_SOURCE, stepAdvantage } from '../stages/stepAdvantage.ts';
import type { Lane, Method } from '../stages/types.ts';

const CODE = 'VinePPO@efe7228 configs';

const LANES: readonly Lane[] = [
  {
    id: 'stepAdvantage',
    label: 'Step’s advantage',
    trace: 'stepAdvantages',
    unit: 'reward',
    kind: 'diverging',
    domain: 'auto',
    meaning: 'Value after the step minus value before it, before whitening; the last step ends with the reward itself.',
  },
  {
    id: 'stepValue',
    label: 'Monte-Carlo value',
    trace: 'stepValueBefore',
    unit: 'reward',
    kind: 'sequential',
    domain: [0, 1],
    meaning: 'Mean reward of the fresh continuations from the text before this step.',
  },
  {
    id: 'stepValueCount',
    label: 'Continuations',
    trace: 'stepValueCount',
    unit: 'samples',
    kind: 'sequential',
    domain: 'auto',
    meaning: 'How many continuations stand behind that value; 0 where it is filled backwards.',
  },
  {
    id: 'stepStart',
    label: 'Start of a step',
    trace: 'stepStart',
    unit: 'none',
    kind: 'categorical',
    domain: [0, 1],
    categories: ['goes on', 'starts'],
    meaning: 'The tokens of one step share one advantage.',
  },
];

const RESULT = { latex: '\\Delta V', trace: 'stepAdvantages' };

export const vineppo: Method = {
  meta: {
    id: 'vineppo',
    title: 'VinePPO',
    fullName: 'VinePPO, Monte-Carlo values at every step',
    paper: {
      authors: 'Kazemnejad et al.',
      title: 'VinePPO: Refining Credit Assignment in RL Training of LLMs',
      year: 2024,
      arxiv: '2410.01679',
      venue: 'ICML 2025',
    },
    changes: 'No value network: the value before each step is the mean reward of fresh continuations from there.',
    source: 'McGill-NLP/VinePPO@efe7228 math_episode_generator_with_mc_advantages.py:329-432 _compute_step_advantages',
    status: 'authors-code',
    family: 'process',
  },
  knobs: [
    ...baseKnobs(
      {
        clipLow: { paper: { value: 0.2, source: CODE } },
        clipHigh: { paper: { value: 0.2, source: CODE } },
        aggMode: { default: 0, paper: { value: 0, source: `${CODE}, masked mean` } },
        klCoef: { paper: { value: 1e-4, source: 'VinePPO@efe7228 klLoss.jsonnet' } },
      },
      ['advantage'],
    ),
    ...STEP_KNOBS,
    ...withChanges(RETURN_KNOBS, { whiten: { default: 2, paper: { value: 2, source: 'VinePPO@efe7228 ppo_MATH' } } }).filter(
      ({ id }) => id === 'whiten',
    ),
  ],
  stages: { advantage: stepAdvantage },
  lanes: LANES,
  explain: [
    {
      stage: 'advantage',
      result: RESULT,
      template: '[[stepReward|r_k]] + [[stepValueAfter|V_{k+1}]] - [[stepValueBefore|V_k]]',
      when: { trace: 'stepValueSource', equals: STEP_VALUE_SOURCE.continuations },
    },
    {
      stage: 'advantage',
      result: RESULT,
      template: '0\\quad\\text{(}V_k = [[stepReward|r_k]] + [[stepValueAfter|V_{k+1}]]\\text{, filled backwards)}',
      when: { trace: 'stepValueSource', equals: STEP_VALUE_SOURCE.filledBackwards },
    },
    {
      stage: 'advantage',
      result: { latex: 'A', trace: 'advantages' },
      template: '[[unwhitened|\\Delta V]]',
      when: { trace: 'knob:whiten', equals: 0 },
    },
    ...WHITENING_LINES,
    ...surrogateLines(),
    ...CREDIT_LINES,
  ],
  needs: ['oldLogprobs', 'continuations'],
  measures: ({ continuations }) => [{ measure: { kind: 'continuations', count: continuations }, gives: ['continuations'] }],
  lacks: (batch, need, knobs) => (need === 'continuations' ? !hasContinuations(batch, knobs, knobs.continuations) : undefined),
  trains: 'policy',
  creditShape: 'token',
};
