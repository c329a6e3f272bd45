import type { RolloutBatch } from '../batch.ts';
import { sum } from '../stats.ts';
import { perBatch, perResponse, perToken } from '../trace.ts';
import { MissingFieldError } from './fields.ts';
import type { AdvantageStage, Knob } from './types.ts';
import { whiten } from './whitening.ts';

/** Options of `baseline`, by index. */
export const BASELINES = ['none', 'group-mean', 'leave-one-out', 'greedy'] as const;
export type Baseline = (typeof BASELINES)[number];

/** [responses] what is subtracted from each response's reward; `rewards` [responses] are the scalars. */
export function baselines(batch: RolloutBatch, rewards: Float64Array, baseline: Baseline): Float64Array {
  const out = new Float64Array(rewards.length);
  for (const { start, end, greedyReward } of batch.groups) {
    const total = sum(rewards.subarray(start, end));
    const size = end - start;
    for (let i = start; i < end; i++) {
      switch (baseline) {
        case 'none':
          break;
        case 'group-mean':
          out[i] = total / size;
          break;
        case 'leave-one-out':
          // Nobody else to compare with: no baseline.
          out[i] = size === 1 ? 0 : (total - rewards[i]) / (size - 1);
          break;
        case 'greedy':
          if (greedyReward === undefined) throw new MissingFieldError('greedyReward');
          out[i] = greedyReward;
      }
    }
  }
  return out;
}

/**
 * REINFORCE's advantage: G_t = q_t + γ G_{t+1}, minus a baseline. Group mean and leave-one-out shift the terminal reward
 * before the return is formed (OpenRLHF); greedy (ReMax) is subtracted from the return afterwards (verl core_algos.py:735).
 */
export const returnToGo: AdvantageStage = ({ batch, knobs, rewards }) => {
  const kind = BASELINES[knobs.baseline];
  const scalars = Float64Array.from(batch.responses, ({ end }) => rewards.streams.reward[end - 1]);
  const baseline = baselines(batch, scalars, kind);
  const isAfterwards = kind === 'greedy';
  const n = batch.tokens.length;
  const tokenRewards = new Float64Array(n);
  for (const stream of Object.values(rewards.streams)) for (let t = 0; t < n; t++) tokenRewards[t] += stream[t];
  const returns = new Float64Array(n);
  const raw = new Float64Array(n);
  batch.responses.forEach(({ start, end }, i) => {
    let running = isAfterwards ? 0 : -baseline[i];
    for (let t = end - 1; t >= start; t--) {
      // At t = end − 1 the running value is the undiscounted shift of the terminal reward.
      running = tokenRewards[t] + (t === end - 1 ? running : knobs.gamma * running);
      returns[t] = running;
      raw[t] = isAfterwards ? running - baseline[i] : running;
    }
  });
  const shared = { baseline: perResponse(baseline), returns: perToken(returns), unwhitened: perToken(raw) };
  if (knobs.whiten === 0) return { advantages: raw, trace: { ...shared, advantages: perToken(raw) } };
  const white = whiten(raw, knobs.whiten === 2);
  return {
    advantages: white.values,
    trace: { ...shared, whitenMean: perBatch(white.mean), whitenScale: perBatch(white.scale), advantages: perToken(white.values) },
  };
};

export const RETURN_KNOBS: readonly Knob[] = [
  {
    id: 'baseline',
    label: 'Baseline',
    symbol: 'b',
    stage: 'advantage',
    default: 1,
    min: 0,
    max: 3,
    step: 1,
    scale: 'lin',
    unit: '',
    meaning: 'What a reward is compared with; without one, every rewarded token is pushed up and nothing is pushed down.',
    paper: { value: 0, source: 'Williams 1992 allows any; 0 is the plain rule' },
    options: BASELINES,
    applies: 'credit',
    requires: { field: 'greedyReward', equals: 3 },
  },
  {
    id: 'gamma',
    label: 'Discount',
    symbol: '\\gamma',
    stage: 'advantage',
    default: 1,
    min: 0.5,
    max: 1,
    step: 0.01,
    scale: 'lin',
    unit: '',
    meaning: 'Below 1, a token far from the end gets less of the final reward.',
    paper: { value: 1, source: 'OpenRLHF --gamma' },
    applies: 'credit',
  },
  {
    id: 'whiten',
    label: 'Whiten over the batch',
    symbol: '\\mathrm{whiten}',
    stage: 'advantage',
    default: 0,
    min: 0,
    max: 2,
    step: 1,
    scale: 'lin',
    unit: '',
    meaning: 'Centres the advantages over all tokens of the batch, and can divide by their spread.',
    paper: { value: 2, source: 'OpenRLHF experience_maker.py:312' },
    options: ['no', 'mean', 'mean and std'],
    applies: 'credit',
  },
];
