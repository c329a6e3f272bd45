import { sigmoid } from '../math.ts';
import { perToken } from '../trace.ts';
import { knobWeights } from './aggregation.ts';
import { ratios } from './clippedSurrogate.ts';
import { sumTokenLoss } from './tokenLoss.ts';
import type { Knob, LossStage } from './types.ts';

/**
 * SAPO: a smooth gate in place of the clip, M = −A (4/τ) σ(τ(ρ − 1)) with τ by the sign of A [verl core_algos.py:1622
 * compute_policy_loss_sapo]. ∂M/∂log π = −A ρ g, g = 4σ(1 − σ): 1 at ρ = 1 and falling on both sides. 0 where the
 * log-ratio is clamped.
 */
export const softGateLoss: LossStage = (input) => {
  const { batch, knobs, advantages } = input;
  const { ratio, isClamped } = ratios(input);
  const tau = advantages.map((a) => (a > 0 ? knobs.tauPos : knobs.tauNeg));
  const open = ratio.map((r, t) => sigmoid(tau[t] * (r - 1)));
  const gate = open.map((s) => 4 * s * (1 - s));
  return sumTokenLoss(input, {
    advantages,
    values: open.map((s, t) => -advantages[t] * (4 / tau[t]) * s),
    slope: gate.map((g, t) => (isClamped[t] === 1 ? 0 : -advantages[t] * ratio[t] * g)),
    weights: knobWeights(batch, knobs),
    trace: { ratio: perToken(ratio), tau: perToken(tau), openness: perToken(open), gate: perToken(gate) },
  });
};

const gateKnob = (id: string, label: string, symbol: string, value: number, side: string): Knob => ({
  id,
  label,
  symbol,
  stage: 'loss',
  default: value,
  min: 0.1,
  max: 20,
  step: 20,
  scale: 'log',
  unit: '',
  meaning: `Larger closes the gate faster as the ratio of a token with ${side} advantage leaves 1.`,
  paper: { value, source: 'SAPO eq. 6; verl actor.yaml' },
  applies: 'credit',
});

export const GATE_KNOBS: readonly Knob[] = [
  gateKnob('tauPos', 'Gate, rising tokens', '\\tau_{pos}', 1, 'positive'),
  gateKnob('tauNeg', 'Gate, falling tokens', '\\tau_{neg}', 1.05, 'negative'),
];
