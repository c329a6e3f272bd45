import type { RolloutBatch } from '../batch.ts';
import { sum } from '../stats.ts';
import { perBatch, perResponse, perToken, spreadResponses } from '../trace.ts';
import { MissingFieldError } from './fields.ts';
import type { AdvantageResult, AdvantageStage, Knob, KnobValues, RewardResult, Trace } from './types.ts';
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

/** q [N]: all reward streams of a token. */
export function tokenRewards(rewards: RewardResult, n: number): Float64Array {
  const sums = new Float64Array(n);
  for (const stream of Object.values(rewards.streams)) for (let t = 0; t < n; t++) sums[t] += stream[t];
  return sums;
}

/** G_t = q_t + γ G_{t+1}, [N]; `shift` [responses] is added to the terminal reward, undiscounted. */
export function discountedReturns(batch: RolloutBatch, q: Float64Array, gamma: number, shift?: Float64Array): Float64Array {
  const returns = new Float64Array(q.length);
  batch.responses.forEach(({ start, end }, i) => {
    let running = shift?.[i] ?? 0;
    for (let t = end - 1; t >= start; t--) {
      running = q[t] + (t === end - 1 ? running : gamma * running);
      returns[t] = running;
    }
  });
  return returns;
}

/** Values of `whiten`. */
const WHITEN = { no: 0, mean: 1, meanAndStd: 2 } as const;

/** The advantages as the knob `whiten` asks for, with the trace that its formula reads. */
export function whitened(raw: Float64Array, knobs: KnobValues, rule: typeof whiten, trace: Trace): AdvantageResult {
  const white = knobs.whiten === WHITEN.no ? null : rule(raw, knobs.whiten === WHITEN.meanAndStd);
  const advantages = white?.values ?? raw;
  return {
    advantages,
    trace: {
      ...trace,
      unwhitened: perToken(raw),
      ...(white ? { whitenMean: perBatch(white.mean), whitenScale: perBatch(white.scale) } : {}),
      advantages: perToken(advantages),
    },
  };
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
  const q = tokenRewards(rewards, batch.tokens.length);
  const returns = discountedReturns(batch, q, knobs.gamma, isAfterwards ? undefined : baseline.map((b) => -b));
  const after = isAfterwards ? spreadResponses(batch, baseline) : null;
  const raw = after ? returns.map((g, t) => g - after[t]) : returns;
  return whitened(raw, knobs, whiten, { baseline: perResponse(baseline), returns: perToken(returns) });
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
