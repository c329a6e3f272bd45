import { clippedSurrogate } from '../stages/clippedSurrogate.ts';
import { DYNAMIC_SAMPLING_KNOB, dynamicFilter } from '../stages/dynamicFilter.ts';
import { CREDIT_LINES, GROUP_ADVANTAGE_LINES, surrogateLines } from '../stages/formulas.ts';
import { baseKnobs } from '../stages/knobs.ts';
import { OVERLONG_KNOBS, overlongShaping } from '../stages/overlongShaping.ts';
import { temperatureSampling } from '../stages/temperatureSampling.ts';
import type { Method } from '../stages/types.ts';

export const dapo: Method = {
  meta: {
    id: 'dapo',
    title: 'DAPO',
    fullName: 'Decoupled Clip and Dynamic Sampling Policy Optimization',
    paper: {
      authors: 'Yu et al.',
      title: 'DAPO: An Open-Source LLM Reinforcement Learning System at Scale',
      year: 2025,
      arxiv: '2503.14476',
    },
    changes: 'Raises the upper clip bound, drops groups that teach nothing, averages over tokens and makes overlong responses pay.',
    source:
      'DAPO eq. 8–13; verl-project/verl@1dda039 core_algos.py, reward_manager/dapo.py:122; verl-recipe@48ea0a7 dapo_ray_trainer.py:251',
    status: 'authors-code',
    family: 'baseline',
  },
  knobs: [
    ...baseKnobs({
      clipHigh: { default: 0.28, paper: { value: 0.28, source: 'DAPO §4.1' } },
      clipC: { default: 10, paper: { value: 10, source: 'verl-recipe run_dapo_qwen2.5_32b.sh' } },
      aggMode: { default: 0, paper: { value: 0, source: 'DAPO eq. 12' } },
      klCoef: { paper: { value: 0, source: 'DAPO §2.3' } },
    }),
    DYNAMIC_SAMPLING_KNOB,
    ...OVERLONG_KNOBS,
  ],
  stages: { sampling: { ...temperatureSampling, keepGroups: dynamicFilter }, reward: overlongShaping, loss: clippedSurrogate },
  lanes: [
    {
      id: 'overlongPenalty',
      label: 'Overlong penalty',
      trace: 'overlongPenalty',
      unit: 'reward',
      kind: 'diverging',
      domain: 'auto',
      meaning: 'Reward that the response loses for its length.',
    },
    {
      id: 'groupMetricStd',
      label: 'Spread of the group',
      trace: 'groupMetricStd',
      unit: 'accuracy',
      kind: 'sequential',
      domain: 'auto',
      meaning: 'Population std of the raw accuracy; a group with 0 is dropped.',
    },
  ],
  explain: [
    {
      stage: 'reward',
      result: { latex: "r'", trace: 'shapedReward' },
      template: 'r + [[overlongPenalty|p]]',
      when: { trace: 'knob:overlong', equals: 1 },
    },
    ...GROUP_ADVANTAGE_LINES,
    ...surrogateLines(),
    ...CREDIT_LINES,
  ],
  needs: ['oldLogprobs'],
  trains: 'policy',
  creditShape: 'token',
};
