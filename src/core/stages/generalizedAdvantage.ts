import { perToken } from '../trace.ts';
import { requireField } from './fields.ts';
import { tokenRewards, whitened } from './returnToGo.ts';
import type { AdvantageStage, Knob } from './types.ts';
import { whitenMasked } from './whitening.ts';

/**
 * Generalized advantage estimation over a critic's V(s_t), s_t the state before token t and V = 0 after the last
 * [verl core_algos.py:216]: δ_t = q_t + γ V(s_{t+1}) − V(s_t), A_t = δ_t + γλ A_{t+1}. The critic is fitted to A + V, before whitening.
 */
export const generalizedAdvantage: AdvantageStage = ({ batch, knobs, rewards }) => {
  const n = batch.tokens.length;
  const q = tokenRewards(rewards, n);
  const values = requireField(batch, 'values');
  const [tdError, nextValues, raw, returns, carried] = Array.from({ length: 5 }, () => new Float64Array(n));
  for (const { start, end } of batch.responses) {
    let later = 0;
    for (let t = end - 1; t >= start; t--) {
      nextValues[t] = t === end - 1 ? 0 : values[t + 1];
      tdError[t] = q[t] + knobs.gamma * nextValues[t] - values[t];
      carried[t] = later;
      raw[t] = tdError[t] + knobs.gamma * knobs.gaeLambda * later;
      returns[t] = raw[t] + values[t];
      later = raw[t];
    }
  }
  const trace = {
    values: perToken(values),
    nextValues: perToken(nextValues),
    tokenReward: perToken(q),
    tdError: perToken(tdError),
    laterAdvantage: perToken(carried),
    returns: perToken(returns),
  };
  return { ...whitened(raw, knobs, whitenMasked, trace), targets: returns };
};

export const GAE_LAMBDA_KNOB: Knob = {
  id: 'gaeLambda',
  label: 'λ of the advantage',
  symbol: '\\lambda',
  stage: 'advantage',
  default: 0.95,
  min: 0,
  max: 1,
  step: 0.01,
  scale: 'lin',
  unit: '',
  meaning:
    'At 0 a token is judged by the critic’s next value alone, at 1 by the reward that really came; between, errors of the critic fade.',
  paper: { value: 0.95, source: 'PPO §6.1, TRL; verl 1' },
  applies: 'credit',
};
