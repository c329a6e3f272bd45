import type { RolloutBatch } from '../batch.ts';
import { mean, sampleStd } from '../stats.ts';
import { perGroup, perToken, spreadResponses } from '../trace.ts';
import type { AdvantageStage, KnobValues } from './types.ts';

/** Values of `normByStd`. */
export const NORM = { none: 0, group: 1, batch: 2 } as const;

export interface GroupScores {
  /** [groups] mean and std that were used; a lone sample has mean 0 and std 1 (verl). */
  mean: Float64Array;
  std: Float64Array;
  /** [responses] (r − mean)/(std + ε), or r − mean. */
  score: Float64Array;
}

/**
 * GRPO's normalisation of one reward per response (DeepSeekMath §4.1.2; verl core_algos.py:268): sample std (n − 1).
 * `normByStd` "whole batch" takes the mean per group and the std over all rewards (TRL scale_rewards="batch").
 */
export function groupScores(batch: RolloutBatch, rewards: Float64Array, knobs: KnobValues): GroupScores {
  const means = new Float64Array(batch.groups.length);
  const stds = new Float64Array(batch.groups.length);
  const score = new Float64Array(rewards.length);
  const batchStd = knobs.normByStd === NORM.batch ? sampleStd(rewards) : NaN;
  batch.groups.forEach(({ start, end }, g) => {
    const own = rewards.subarray(start, end);
    const isLone = own.length === 1;
    means[g] = isLone ? 0 : mean(own);
    stds[g] = knobs.normByStd === NORM.batch ? batchStd : isLone ? 1 : sampleStd(own, means[g]);
    for (let i = start; i < end; i++) {
      const centred = rewards[i] - means[g];
      if (isLone && knobs.singletonZero === 1) score[i] = 0;
      else score[i] = knobs.normByStd === NORM.none ? centred : centred / (stds[g] + knobs.stdEps);
    }
  });
  return { mean: means, std: stds, score };
}

/** The same normalised reward on every token of a response. */
export const groupNormalisation: AdvantageStage = ({ batch, knobs, rewards }) => {
  const scores = groupScores(batch, rewards.total, knobs);
  const advantages = spreadResponses(batch, scores.score);
  return {
    advantages,
    trace: { groupMean: perGroup(scores.mean), groupStd: perGroup(scores.std), advantages: perToken(advantages) },
  };
};
