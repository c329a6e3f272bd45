/** Knobs of PRIME's process reward and of the model that gives it. */
import { GRANULARITY, PROCESS_NORM } from './processReward.ts';
import type { Knob } from './types.ts';

type Rest = Pick<Knob, 'label' | 'symbol' | 'default' | 'meaning' | 'paper'> & Partial<Knob>;

const knob = (id: string, min: number, max: number, step: number, rest: Rest): Knob => ({
  id,
  stage: 'reward',
  min,
  max,
  step,
  scale: 'lin',
  unit: '',
  applies: 'credit',
  ...rest,
});

const choice = (id: string, options: readonly string[], rest: Rest): Knob => knob(id, 0, options.length - 1, 1, { options, ...rest });

export const PROCESS_KNOBS: readonly Knob[] = [
  knob('processCoef', 0, 10, 0.1, {
    label: 'Weight of the process reward',
    symbol: 'c_p',
    default: 1,
    meaning: 'How much the model’s rewards per token count; 0 leaves the outcome alone, which is RLOO with whitening.',
    paper: { value: 1, source: 'PRIME: its coefficient of 5 does not reach this estimator; verl recipe 5' },
  }),
  knob('outcomeCoef', 0, 10, 0.1, {
    label: 'Weight of the outcome',
    symbol: 'c_o',
    default: 1,
    meaning: 'How much the verifier’s reward at the end counts.',
    paper: { value: 1, source: 'PRIME: its coefficient of 5 does not reach this estimator; verl recipe 5' },
  }),
  choice('granularity', GRANULARITY, {
    label: 'Process reward on',
    symbol: 'q',
    default: 0,
    meaning: 'Every token’s own log-ratio on that token, or their sum on the last token of the response.',
    paper: { value: 0, source: 'PRIME-RL/PRIME reward_model.prime_granularity' },
  }),
  choice('processNorm', PROCESS_NORM, {
    label: 'Scale of the process reward',
    symbol: '/\\max|Q|',
    default: 1,
    meaning: 'With batch_norm it is divided by the largest return in the batch, so that none is above 1 before the baseline.',
    paper: { value: 1, source: 'PRIME-RL/PRIME reward_model.prime_norm' },
  }),
  choice('processBaseline', ['code', 'paper'], {
    label: 'Baseline of the process reward',
    symbol: '\\bar q_{others}',
    default: 0,
    meaning:
      'The code’s baseline holds part of the token’s own reward, factor G/(G − 1); the paper’s is the mean of the other responses’ means.',
    paper: { value: 0, source: 'PRIME core_algos.py compute_rloo_returns; the paper’s words read as 1' },
    advanced: true,
  }),
  choice('betaInReward', ['no', 'yes'], {
    label: 'β in the reward',
    symbol: '\\beta q',
    default: 0,
    meaning: 'Whether the process reward is multiplied by the β of the model’s loss; batch_norm takes any such factor out again.',
    paper: { value: 0, source: 'PRIME dp_prime.py has none; the paper’s eq. has β' },
    alsoReadBy: [],
    advanced: true,
  }),
  choice('prmReference', ['frozen model', 'sampling policy'], {
    label: 'Reference of the process reward',
    symbol: '\\pi_{ref}',
    default: 0,
    meaning: 'What the log-ratio is taken to: the run’s reference model, or the policy that drew the batch.',
    paper: { value: 0, source: 'PRIME-RL/PRIME ref_type freeze; fixtures policy' },
  }),
  knob('betaTrain', 0.01, 5, 20, {
    label: 'β of the model’s loss',
    symbol: '\\beta',
    scale: 'log',
    default: 0.5,
    meaning: 'Turns the summed log-ratio into the model’s log-odds of success; larger makes the model sure with smaller changes.',
    paper: { value: 0.05, source: 'PRIME-RL/PRIME reward_model.beta_train; its responses are a hundred times longer' },
  }),
  knob('prmRate', 0.1, 30, 20, {
    label: 'Learning rate of the process model',
    symbol: '\\eta_\\phi/\\eta',
    scale: 'log',
    unit: '× the policy’s',
    default: 3,
    meaning: 'How much faster than the policy the process reward model learns.',
    paper: { value: 2, source: 'PRIME: 1e-6 against 5e-7' },
    applies: 'training',
  }),
  knob('prmClip', 0.01, 100, 20, {
    label: 'Gradient clip of the process model',
    symbol: 'c_\\phi',
    scale: 'log',
    default: 10,
    meaning: 'A longer gradient of the model’s loss is scaled down to this norm before its step.',
    paper: { value: 10, source: 'PRIME-RL/PRIME reward_model.prime_model.optim.grad_clip' },
    special: { value: Infinity, label: '∞ = off' },
    applies: 'training',
    advanced: true,
  }),
  choice('prmUpdate', ['frozen', 'learns'], {
    label: 'Process model',
    symbol: '\\Delta\\phi',
    default: 1,
    meaning: 'Frozen, it goes on giving the rewards that it gives now, which the policy learns to exploit.',
    paper: { value: 1, source: 'PRIME §3: online update' },
    applies: 'training',
  }),
  choice('prmOrder', ['reward, then learn', 'learn, then reward'], {
    label: 'Order',
    symbol: 'q \\leftrightarrow \\Delta\\phi',
    default: 0,
    meaning: 'Whether a batch is rewarded by the model before its update on that batch, or after it.',
    paper: { value: 0, source: 'PRIME-RL/PRIME update=after; its update=before does not run' },
    applies: 'training',
    advanced: true,
  }),
  choice('prmInit', ['reference model', 'policy'], {
    label: 'Start of the process model',
    symbol: '\\phi_0',
    default: 0,
    meaning: 'The weights that it starts from; either needs no labels but the outcomes.',
    paper: { value: 0, source: 'PRIME: the SFT model' },
    applies: 'training',
  }),
];

const gamma = (id: string, label: string, symbol: string, meaning: string): Knob =>
  knob(id, 0.5, 1, 0.01, {
    label,
    symbol,
    stage: 'advantage',
    default: 1,
    meaning,
    paper: { value: 1, source: 'PRIME-RL/PRIME algorithm.adv_params' },
  });

export const STREAM_KNOBS: readonly Knob[] = [
  gamma('processGamma', 'Discount of the process', '\\gamma_p', 'Below 1, a token hears less of the process rewards far behind it.'),
  gamma('outcomeGamma', 'Discount of the outcome', '\\gamma_o', 'Below 1, a token far from the end gets less of the outcome.'),
];
