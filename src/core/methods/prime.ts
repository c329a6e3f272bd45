import { ACCURACY_FILTER_KNOBS, accuracyFilter } from '../stages/accuracyFilter.ts';
import { clippedSurrogate } from '../stages/clippedSurrogate.ts';
import { CREDIT_LINES, surrogateLines, WHITENING_LINES } from '../stages/formulas.ts';
import { baseKnobs, withChanges } from '../stages/knobs.ts';
import { PROCESS_KNOBS, STREAM_KNOBS } from '../stages/processKnobs.ts';
import { processModel } from '../stages/processModel.ts';
import { implicitProcessReward } from '../stages/processReward.ts';
import { RETURN_KNOBS } from '../stages/returnToGo.ts';
import { temperatureSampling } from '../stages/temperatureSampling.ts';
import { twoStreamReturns } from '../stages/twoStreamReturns.ts';
import type { Lane, Method } from '../stages/types.ts';

const lane = (id: string, label: string, trace: string, unit: string, meaning: string): Lane => ({
  id,
  label,
  trace,
  unit,
  kind: 'diverging',
  domain: 'auto',
  meaning,
});

export const prime: Method = {
  meta: {
    id: 'prime',
    title: 'PRIME',
    fullName: 'Process Reinforcement through Implicit Rewards',
    paper: { authors: 'Cui et al.', title: 'Process Reinforcement through Implicit Rewards', year: 2025, arxiv: '2502.01456' },
    changes: 'A second language model, trained on right or wrong alone, rewards every token by how much more likely it finds it.',
    source:
      'PRIME-RL/PRIME@18ad596 core_algos.py, dp_prime.py, ray_trainer.py; coefficients volcengine/verl@15510e8 recipe/prime/prime_core_algos.py',
    status: 'authors-code',
    family: 'model',
  },
  knobs: [
    ...baseKnobs(
      {
        aggMode: { default: 0, paper: { value: 0, source: 'PRIME-RL/PRIME core_algos.py compute_policy_loss' } },
        klCoef: { paper: { value: 0, source: 'PRIME: none' } },
        clipC: { paper: null },
      },
      ['reward', 'advantage'],
    ),
    ...ACCURACY_FILTER_KNOBS,
    ...PROCESS_KNOBS,
    ...STREAM_KNOBS,
    ...withChanges(RETURN_KNOBS, {
      whiten: { default: 2, paper: { value: 2, source: 'PRIME core_algos.py; the paper does not say it' } },
    }).filter(({ id }) => id === 'whiten'),
  ],
  stages: {
    sampling: { ...temperatureSampling, keepGroups: accuracyFilter },
    reward: implicitProcessReward,
    advantage: twoStreamReturns,
    loss: clippedSurrogate,
  },
  lanes: [
    lane(
      'implicitReward',
      'Process reward q',
      'implicitReward',
      'nats',
      'Log-probability under the process reward model minus the reference’s.',
    ),
    lane(
      'processReward',
      'Centred process reward',
      'processReward',
      'none',
      'The process reward, scaled, minus what the other responses have.',
    ),
    lane('processReturn', 'Process return', 'processReturn', 'none', 'Centred process rewards from this token on.'),
    lane(
      'outcomeReturn',
      'Outcome return',
      'outcomeReturn',
      'reward',
      'The outcome minus the mean of the others, the same on every token of a response.',
    ),
  ],
  explain: [
    {
      stage: 'reward',
      result: { latex: 'q', trace: 'implicitReward' },
      template: '[[prmLogprobs|\\log\\pi_\\phi]] - [[prmReference|\\log\\pi_{ref}]]',
    },
    {
      stage: 'reward',
      result: { latex: 'p', trace: 'processReward' },
      template:
        '[[knob:processCoef|c_p]]\\left(\\frac{[[tokenScores|q]]}{[[processScale|\\max|Q|]]} - [[othersProcess|\\bar q_{others}]]\\right)',
    },
    { stage: 'advantage', result: { latex: 'G', trace: 'unwhitened' }, template: '[[processReturn|P]] + [[outcomeReturn|O]]' },
    {
      stage: 'advantage',
      result: { latex: 'A', trace: 'advantages' },
      template: '[[unwhitened|G]]',
      when: { trace: 'knob:whiten', equals: 0 },
    },
    ...WHITENING_LINES,
    ...surrogateLines(),
    ...CREDIT_LINES,
  ],
  needs: ['oldLogprobs', 'refLogprobs', 'prm.logprobs'],
  needWords: { 'prm.logprobs': 'the process reward model’s log-probabilities' },
  models: [processModel],
  trains: 'policy',
  creditShape: 'token',
};
