import { mean, sampleStd } from '../stats.ts';
import { perResponse, perToken, spreadResponses } from '../trace.ts';
import { NORM } from './groupNormalisation.ts';
import { baselines } from './returnToGo.ts';
import type { AdvantageStage } from './types.ts';

/**
 * RLOO: a response's total reward, KL in the reward included, minus the mean of the others of its group
 * [verl core_algos.py:588; huggingface/trl rloo_trainer.py:1544]. `normByStd` then takes (A − mean A)/(sample std A + ε), over
 * the group or, as TRL's normalize_advantages, over the batch. A lone sample has nobody to be compared with: A = r (verl's
 * loop) or 0 (`singletonZero`).
 */
export const leaveOneOut: AdvantageStage = ({ batch, knobs, rewards }) => {
  const n = batch.responses.length;
  const baseline = baselines(batch, rewards.total, 'leave-one-out');
  const isLone = (group: number) => batch.groups[group].end - batch.groups[group].start === 1;
  const centred = rewards.total.map((r, i) => (isLone(batch.responses[i].group) && knobs.singletonZero === 1 ? 0 : r - baseline[i]));
  const [middle, spread] = [new Float64Array(n), new Float64Array(n).fill(1)];
  const measure = (start: number, end: number) => {
    const own = centred.subarray(start, end);
    middle.fill(mean(own), start, end);
    spread.fill(sampleStd(own), start, end);
  };
  if (knobs.normByStd === NORM.batch && n > 1) measure(0, n);
  if (knobs.normByStd === NORM.group) batch.groups.forEach(({ start, end }, g) => !isLone(g) && measure(start, end));
  const score = knobs.normByStd === NORM.none ? centred : centred.map((a, i) => (a - middle[i]) / (spread[i] + knobs.stdEps));
  const advantages = spreadResponses(batch, score);
  return {
    advantages,
    trace: {
      baseline: perResponse(baseline),
      leaveOneOut: perResponse(centred),
      advantageMean: perResponse(middle),
      advantageStd: perResponse(spread),
      advantages: perToken(advantages),
    },
  };
};
