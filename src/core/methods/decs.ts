import { columnNormalisation } from '../stages/columnNormalisation.ts';
import { DECOUPLED_KNOBS, decoupledReward } from '../stages/decoupledReward.ts';
import { CURRICULUM_KNOBS, easyCurriculum, nextCurriculum } from '../stages/easyCurriculum.ts';
import { CREDIT_LINES, surrogateLines } from '../stages/formulas.ts';
import { baseKnobs } from '../stages/knobs.ts';
import { temperatureSampling } from '../stages/temperatureSampling.ts';
import type { FormulaLine, Lane, Method } from '../stages/types.ts';

const CODE = 'DECS@0d12e53 core_algos.py';

const LANES: readonly Lane[] = [
  {
    id: 'chunkType',
    label: 'Chunk',
    trace: 'chunkType',
    unit: 'none',
    kind: 'categorical',
    domain: [0, 4],
    categories: ['no thinking', 'a: right for the first time', 'b: before that', 'c: after it, not right', 'd: after it, right again'],
    meaning: 'a and b are needed; c and d are redundant. A wrong answer is b throughout.',
  },
  {
    id: 'tokenReward',
    label: 'Token reward',
    trace: 'tokenRewards',
    unit: 'reward',
    kind: 'sequential',
    domain: 'auto',
    meaning: 'What the token is worth by itself; compared with the tokens at the same position of the other samples.',
  },
  {
    id: 'redundantCredit',
    label: 'Redundant tokens',
    trace: 'redundantCredit',
    unit: 'none',
    kind: 'categorical',
    domain: [0, 3],
    categories: ['needed', 'redundant, pushed down', 'redundant, not pushed', 'redundant but A > 0: still pushed up'],
    meaning: 'The reward of a redundant token is lower, but beside wrong samples it is still above the mean, and A stays positive.',
  },
  {
    id: 'nrpRatio',
    label: 'Needed share',
    trace: 'nrpRatio',
    unit: 'of the chunks',
    kind: 'sequential',
    domain: [0, 1],
    meaning: 'Chunks up to the first right one over all chunks of the answer; 0 where none is right.',
  },
];

const N_EASY = { latex: 'n', trace: 'easyWanted' };
const NEXT = { latex: "\\kappa'", trace: 'kappaNext' };
const REWARD = { latex: 'r_t', trace: 'tokenRewards' };
const ADVANTAGE = { latex: 'A', trace: 'advantages' };
const BONUS = '([[knob:rPlus|r_+]] - 1)';
const LENGTH = '\\frac{[[responseLength|T]]}{[[lengthLimit|L_{max}]]}';

const LINES: readonly FormulaLine[] = [
  {
    stage: 'sampling',
    result: N_EASY,
    template: '0\\quad\\text{(easy groups: the share is }[[kappa|\\kappa]]\\text{)}',
    when: { trace: 'easyRule', equals: 0 },
  },
  {
    stage: 'sampling',
    result: N_EASY,
    template:
      '\\left\\lfloor\\frac{[[kappa|\\kappa]]\\,[[mixedCount|k]]}{1 - [[kappa|\\kappa]]}\\right\\rfloor\\quad\\text{(easy groups that take part)}',
    when: { trace: 'easyRule', equals: 1 },
  },
  {
    stage: 'sampling',
    result: NEXT,
    template: '[[kappa|\\kappa]]\\quad\\text{(no batch to compare with)}',
    when: { trace: 'kappaMoves', equals: 0 },
  },
  {
    stage: 'sampling',
    result: NEXT,
    template: '[[kappa|\\kappa]] + [[knob:kappaLr|\\eta_\\kappa]]\\,([[nrpMean|R_m]] - [[nrpMeanBefore|R_{m-1}]])',
    when: { trace: 'kappaMoves', equals: 1 },
  },
  {
    stage: 'reward',
    result: REWARD,
    template: '[[reward|R]]\\cdot[[knob:rPlus|r_+]]',
    when: { trace: 'rewardRule', equals: 0 },
  },
  {
    stage: 'reward',
    result: REWARD,
    template: `[[reward|R]] + ${BONUS}\\left(1 - ${LENGTH}\\right)\\quad\\text{(redundant)}`,
    when: { trace: 'rewardRule', equals: 1 },
  },
  {
    stage: 'reward',
    result: REWARD,
    template: `[[reward|R]] - ${BONUS}\\,${LENGTH}\\quad\\text{(redundant)}`,
    when: { trace: 'rewardRule', equals: 2 },
  },
  {
    stage: 'advantage',
    result: ADVANTAGE,
    template:
      '\\frac{[[tokenRewards|r_t]] - [[columnMean|\\bar r_t]]}{[[columnStd|\\sigma_t]] + [[knob:stdEps|\\varepsilon]]}\\quad\\text{over the samples at this position}',
    when: { trace: 'knob:normByStd', equals: 1 },
  },
  {
    stage: 'advantage',
    result: ADVANTAGE,
    template: '[[tokenRewards|r_t]] - [[columnMean|\\bar r_t]]\\quad\\text{over the samples at this position}',
    when: { trace: 'knob:normByStd', equals: 0 },
  },
];

export const decs: Method = {
  meta: {
    id: 'decs',
    title: 'DECS',
    fullName: 'Decoupled Rewards and Curriculum Data Scheduling',
    paper: {
      authors: 'Jiang, Liao, Zhang, Wang, Wang',
      title: 'Overthinking Reduction with Decoupled Rewards and Curriculum Data Scheduling',
      year: 2025,
      arxiv: '2509.25827',
      venue: 'ICLR 2026',
    },
    changes: 'Thinking up to the first right result keeps its full reward; what re-checks it earns less, and less the longer the answer.',
    source:
      'pixas/DECS@0d12e53 reward_manager.py, core_algos.py compute_grpo_proc_length_advantage_return, valid_ray_trainer.py; the judge is our exact rule',
    status: 'authors-code',
    family: 'length',
  },
  knobs: [
    ...baseKnobs(
      {
        temperature: { paper: { value: 0.6, source: 'DECS settings' } },
        normByStd: { options: ['no', 'per position'], max: 1, paper: { value: 1, source: CODE } },
        stdEps: { paper: { value: 1e-6, source: CODE } },
        singletonZero: { paper: { value: 0, source: CODE } },
        clipLow: { paper: { value: 0.2, source: CODE } },
        clipHigh: { paper: { value: 0.2, source: CODE } },
        clipC: { default: 3, paper: { value: 3, source: CODE } },
        logRatioClamp: { default: Infinity, paper: null },
        aggMode: { default: 0, paper: { value: 0, source: CODE } },
        klCoef: { paper: { value: 0, source: 'DECS settings' } },
        k3LogClamp: { default: Infinity, paper: null },
      },
      ['reward'],
    ),
    ...CURRICULUM_KNOBS,
    ...DECOUPLED_KNOBS,
  ],
  stages: {
    sampling: { ...temperatureSampling, keepGroups: easyCurriculum },
    reward: decoupledReward,
    advantage: columnNormalisation,
  },
  lanes: LANES,
  explain: [...LINES, ...surrogateLines(), ...CREDIT_LINES],
  needs: ['oldLogprobs', 'chunks'],
  trains: 'policy',
  creditShape: 'token',
  nextState: nextCurriculum,
};
