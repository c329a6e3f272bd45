/** A critic: V(s) of the state before each token, fitted to returns with PPO's value clip. */
import { clamp, maskedMean } from '../stats.ts';
import { perBatch, perToken } from '../trace.ts';
import { aggregate, knobWeights } from './aggregation.ts';
import { requireField } from './fields.ts';
import type { ModelLossInput, ModelLossResult, ModelSpec } from './models.ts';
import type { Knob } from './types.ts';

/** Options of `criticTrunk` and `criticInit`, by index. */
const TRUNKS = ['own', 'shared'] as const;
const STARTS = ['base', 'policy', 'random'] as const;

/**
 * ½ Σ w max((v − R)², (v_c − R)²) with v_c = clamp(v, V_old − c, V_old + c) [verl core_algos.py:2124 compute_value_loss]. The trace
 * holds the loss and its slope; what the optimiser is given is `valueCoef` times that.
 */
export function clippedValueLoss({ batch, knobs, now, targets }: ModelLossInput): ModelLossResult {
  const old = requireField(batch, 'values');
  if (!targets)
    throw new Error('A critic needs an advantage stage that says what it should have answered: take PPO’s, or another with returns.');
  const n = batch.tokens.length;
  const weights = knobWeights(batch, knobs);
  const [squares, slope, clipped] = Array.from({ length: 3 }, () => new Float64Array(n));
  for (let t = 0; t < n; t++) {
    const value = now.answers[t];
    const free = (value - targets[t]) * (value - targets[t]);
    const bounded = clamp(value, old[t] - knobs.valueClip, old[t] + knobs.valueClip) - targets[t];
    const isClipped = bounded * bounded > free;
    squares[t] = isClipped ? bounded * bounded : free;
    clipped[t] = isClipped ? 1 : 0;
    slope[t] = isClipped ? 0 : weights[t] * (value - targets[t]);
  }
  const loss = 0.5 * aggregate(weights, squares);
  return {
    loss: knobs.valueCoef * loss,
    gradAnswers: slope.map((g) => knobs.valueCoef * g),
    trace: {
      newValues: perToken(now.answers),
      valueSlope: perToken(slope),
      valueLoss: perBatch(loss),
      valueClipFraction: perBatch(maskedMean(clipped)),
    },
  };
}

export const criticModel: ModelSpec = {
  name: 'critic',
  title: 'Critic',
  stage: 'advantage',
  answer: { kind: 'values' },
  trunk: (knobs) => TRUNKS[knobs.criticTrunk],
  init: (knobs) => STARTS[knobs.criticInit],
  schedule: () => 'inner',
  isOnline: (knobs) => knobs.criticUpdate === 1,
  learningRate: (knobs, policyRate) => knobs.criticRate * policyRate,
  loss: clippedValueLoss,
};

const choice = (
  id: string,
  label: string,
  symbol: string,
  options: readonly string[],
  rest: Pick<Knob, 'default' | 'meaning' | 'paper'>,
): Knob => ({
  id,
  label,
  symbol,
  stage: 'advantage',
  min: 0,
  max: options.length - 1,
  step: 1,
  scale: 'lin',
  unit: '',
  options,
  applies: 'training',
  ...rest,
});

export const CRITIC_KNOBS: readonly Knob[] = [
  choice('criticTrunk', 'Trunk of the critic', '\\phi', TRUNKS, {
    default: 0,
    meaning: 'A network of its own, or a head on the policy’s, whose loss then also moves the policy.',
    paper: { value: 0, source: 'verl, TRL and OpenRLHF: a model of its own' },
  }),
  choice('criticUpdate', 'Critic', '\\Delta\\phi', ['frozen', 'learns'], {
    default: 1,
    meaning: 'Frozen, it goes on giving the values that it gives now.',
    paper: { value: 1, source: 'PPO eq. 9' },
  }),
  choice('criticInit', 'Start of the critic', '\\phi_0', ['reference model', 'policy', 'random'], {
    default: 0,
    meaning: 'The weights that its own trunk starts from; the head starts at zero, so that every value is 0 at first.',
    paper: null,
  }),
  {
    id: 'criticRate',
    label: 'Learning rate of the critic',
    symbol: '\\eta_\\phi/\\eta',
    stage: 'advantage',
    default: 3,
    min: 0.1,
    max: 30,
    step: 20,
    scale: 'log',
    unit: '× the policy’s',
    meaning: 'How much faster than the policy the critic learns; it has to follow a moving target. A shared trunk moves at the policy’s.',
    paper: { value: 10, source: 'verl examples: critic 1e-5, actor 1e-6' },
    applies: 'training',
  },
  {
    id: 'valueClip',
    label: 'Value clip',
    symbol: 'c_v',
    stage: 'advantage',
    default: 0.5,
    min: 0.01,
    max: 2,
    step: 0.01,
    scale: 'lin',
    unit: 'reward',
    meaning:
      'In one step the critic learns nothing from moving a value further than this from where it was; smaller is slower and steadier.',
    paper: { value: 0.5, source: 'verl cliprange_value; TRL 0.2' },
    special: { value: Infinity, label: '∞ = off' },
    applies: 'training',
  },
  {
    id: 'valueCoef',
    label: 'Weight of the value loss',
    symbol: 'c_1',
    stage: 'advantage',
    default: 0.5,
    min: 0.01,
    max: 2,
    step: 0.01,
    scale: 'lin',
    unit: '',
    meaning: 'How much the value loss counts beside the policy’s where both move one trunk; Adam undoes it for a trunk of its own.',
    paper: { value: 0.1, source: 'TRL vf_coef; verl has two optimisers and none' },
    applies: 'training',
  },
];
