import { clippedSurrogate } from '../stages/clippedSurrogate.ts';
import { CRITIC_KNOBS, criticModel } from '../stages/critic.ts';
import { CREDIT_LINES, surrogateLines, WHITENING_LINES } from '../stages/formulas.ts';
import { GAE_LAMBDA_KNOB, generalizedAdvantage } from '../stages/generalizedAdvantage.ts';
import { baseKnobs, withChanges } from '../stages/knobs.ts';
import { RETURN_KNOBS } from '../stages/returnToGo.ts';
import type { Lane, Method } from '../stages/types.ts';

const lane = (id: string, label: string, trace: string, kind: Lane['kind'], meaning: string): Lane => ({
  id,
  label,
  trace,
  unit: 'reward',
  kind,
  domain: 'auto',
  meaning,
});

export const ppoGae: Method = {
  meta: {
    id: 'ppo-gae',
    title: 'PPO',
    fullName: 'PPO with generalized advantage estimation',
    paper: { authors: 'Schulman et al.', title: 'Proximal Policy Optimization Algorithms', year: 2017, arxiv: '1707.06347' },
    changes: 'A second network, the critic, learns what each prefix is worth; a token’s credit is what came beyond that, faded by λ.',
    source:
      'PPO eq. 7–12, GAE (1506.02438) eq. 16; verl-project/verl@1dda039 core_algos.py:216, :1286, :2124; huggingface/trl@f2cd577 ppo_trainer.py:787',
    status: 'authors-code',
    family: 'model',
  },
  knobs: [
    ...baseKnobs(
      {
        klInRewardCoef: { paper: { value: 0.05, source: 'TRL kl_coef; verl off' } },
        clipC: { default: 3, paper: { value: 3, source: 'verl clip_ratio_c' } },
        aggMode: { default: 0, alsoReadBy: ['regulariser', 'advantage'], paper: { value: 0, source: 'verl actor.loss_agg_mode default' } },
        klCoef: { paper: { value: 0, source: 'the KL is in the reward' } },
      },
      ['normByStd', 'stdEps', 'singletonZero'],
    ),
    ...withChanges(RETURN_KNOBS, {
      gamma: { paper: { value: 1, source: 'verl, TRL and OpenRLHF defaults' } },
      whiten: { default: 2, paper: { value: 2, source: 'verl core_algos.py:216: always' } },
    }).filter(({ id }) => id !== 'baseline'),
    GAE_LAMBDA_KNOB,
    ...CRITIC_KNOBS,
  ],
  stages: { advantage: generalizedAdvantage, loss: clippedSurrogate },
  lanes: [
    lane('criticValue', 'Critic V(s)', 'values', 'sequential', 'What the critic expected before this token, when it was drawn.'),
    lane(
      'tdError',
      'TD error',
      'tdError',
      'diverging',
      'Reward plus the critic’s next value minus its value here: the surprise at this token alone.',
    ),
    lane('lambdaReturn', 'λ-return', 'returns', 'sequential', 'What the critic is told that it should have expected here.'),
  ],
  explain: [
    {
      stage: 'advantage',
      result: { latex: '\\delta', trace: 'tdError' },
      template: "[[tokenReward|q]] + [[knob:gamma|\\gamma]]\\,[[nextValues|V(s')]] - [[values|V(s)]]",
    },
    {
      stage: 'advantage',
      result: { latex: 'G', trace: 'unwhitened' },
      template: '[[tdError|\\delta]] + [[knob:gamma|\\gamma]]\\,[[knob:gaeLambda|\\lambda]]\\,[[laterAdvantage|G_{t+1}]]',
    },
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
  needs: ['oldLogprobs', 'values'],
  models: [criticModel],
  trains: 'policy',
  creditShape: 'token',
};
