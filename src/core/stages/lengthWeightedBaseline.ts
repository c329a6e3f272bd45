import { perGroup, perResponse, perToken, spreadResponses } from '../trace.ts';
import type { AdvantageStage } from './types.ts';

/**
 * OPO: A = r − b with b = Σ_j T_j r_j / Σ_j T_j over the group, T the length in tokens: the baseline of least variance where the
 * squared gradient of a response grows with its length [verl core_algos.py:640]. A lone sample has no baseline: A = r, or 0
 * with `singletonZero`.
 */
export const lengthWeightedBaseline: AdvantageStage = ({ batch, knobs, rewards }) => {
  const groups = batch.groups.length;
  const [baseline, weightedReward, tokenTotal] = Array.from({ length: 3 }, () => new Float64Array(groups));
  const score = new Float64Array(batch.responses.length);
  const lengthShare = new Float64Array(batch.responses.length);
  batch.groups.forEach(({ start, end }, g) => {
    for (let i = start; i < end; i++) {
      const length = batch.responses[i].end - batch.responses[i].start;
      weightedReward[g] += length * rewards.total[i];
      tokenTotal[g] += length;
      lengthShare[i] = length;
    }
    const isLone = end - start === 1;
    baseline[g] = isLone ? 0 : weightedReward[g] / tokenTotal[g];
    for (let i = start; i < end; i++) {
      lengthShare[i] /= tokenTotal[g];
      score[i] = isLone && knobs.singletonZero === 1 ? 0 : rewards.total[i] - baseline[g];
    }
  });
  const advantages = spreadResponses(batch, score);
  return {
    advantages,
    trace: {
      baseline: perGroup(baseline),
      weightedReward: perGroup(weightedReward),
      tokenTotal: perGroup(tokenTotal),
      lengthShare: perResponse(lengthShare),
      advantages: perToken(advantages),
    },
  };
};
