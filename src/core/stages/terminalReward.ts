import { perResponse, perToken } from '../trace.ts';
import { requireField } from './fields.ts';
import { klEstimate, VERL_CLAMPS } from './klEstimators.ts';
import { KL_TYPES } from './lossKnobs.ts';
import type { Knob, RewardResult, RewardStage, StageInput, Trace } from './types.ts';

/**
 * Puts one scalar per response on its last token and, with `klInRewardCoef` β_r > 0, takes β_r·kl(old, ref) from every
 * token. That KL is between the sampling policy and the reference: a constant [verl ray_trainer.apply_kl_penalty]. A method
 * with the knob `klInRewardClamp` bounds its value (OpenRLHF).
 */
export function scalarRewards({ batch, knobs }: StageInput, scalars: Float64Array, trace: Trace = {}): RewardResult {
  const n = batch.tokens.length;
  const reward = new Float64Array(n);
  batch.responses.forEach((response, i) => {
    reward[response.end - 1] = scalars[i];
  });
  // A method whose advantage reads no reward has no such knob.
  if ((knobs.klInRewardCoef ?? 0) === 0) {
    return {
      streams: { reward },
      total: scalars,
      trace: { ...trace, reward: perResponse(scalars), totalReward: perResponse(scalars), tokenRewards: perToken(reward) },
    };
  }
  const old = requireField(batch, 'oldLogprobs');
  const ref = requireField(batch, 'refLogprobs');
  const kl = new Float64Array(n);
  const tokenRewards = new Float64Array(n);
  const type = KL_TYPES[knobs.klInRewardType];
  const clamps = { ...VERL_CLAMPS, every: knobs.klInRewardClamp };
  for (let t = 0; t < n; t++) {
    kl[t] = -knobs.klInRewardCoef * klEstimate(type, old[t] - ref[t], clamps).value;
    tokenRewards[t] = reward[t] + kl[t];
  }
  const total = Float64Array.from(batch.responses, ({ start, end }) => {
    let sum = 0;
    for (let t = start; t < end; t++) sum += tokenRewards[t];
    return sum;
  });
  return {
    streams: { reward, kl },
    total,
    trace: {
      ...trace,
      reward: perResponse(scalars),
      totalReward: perResponse(total),
      tokenRewards: perToken(tokenRewards),
      klReward: perToken(kl),
    },
  };
}

/** The verifier's scalar at the end of each response. */
export const terminalReward: RewardStage = (input) =>
  scalarRewards(
    input,
    Float64Array.from(input.batch.responses, (response) => response.reward),
  );

export const KL_IN_REWARD_CLAMP_KNOB: Knob = {
  id: 'klInRewardClamp',
  label: 'Clamp of that KL',
  symbol: '\\mathrm{kl}_{max}',
  stage: 'reward',
  default: Infinity,
  min: 0.1,
  max: 20,
  step: 0.1,
  scale: 'lin',
  unit: 'nats',
  meaning: 'The KL that one token pays for is kept within ± this; smaller lets no single token dominate the reward.',
  paper: { value: 10, source: 'OpenRLHF models/utils.py:64; verl none' },
  special: { value: Infinity, label: '∞ = off' },
  applies: 'credit',
  advanced: true,
};
