import { groupTokens } from '../batchSlice.ts';
import { mean, populationStd } from '../stats.ts';
import { perGroup, perToken, spreadResponses } from '../trace.ts';
import { groupScores, NORM } from './groupNormalisation.ts';
import type { AdvantageStage } from './types.ts';

/** Beyond this the released code gives the group GRPO's advantages instead; the paper has no such rule. */
const FALLBACK_AT = 5;

/** Which formula gave a group's advantages: values of the trace `advantageRule`. */
export const ADVANTAGE_RULE = { centred: 0, standardised: 1, grpo: 2 } as const;

/**
 * Token-level group average (HAPO eq. 9): every token of a response carries its reward; A = (r − μ)/(σ + 1e-6) with μ and
 * the POPULATION σ over all tokens of the group, so that long responses weigh more in the mean. Any |A| ≥ 5 sends the
 * whole group back to GRPO's advantage [starriver030515/HAPO@7671dde core_algos.py compute_hapo_outcome_advantage].
 */
export const tokenGroupAverage: AdvantageStage = ({ batch, knobs, rewards }) => {
  const groups = batch.groups.length;
  const spread = spreadResponses(batch, rewards.total);
  const grpo = spreadResponses(batch, groupScores(batch, rewards.total, knobs).score);
  const advantages = new Float64Array(batch.tokens.length);
  const [tokenMean, tokenStd, rule] = Array.from({ length: 3 }, () => new Float64Array(groups));
  for (let g = 0; g < groups; g++) {
    const [start, end] = groupTokens(batch, g);
    const own = spread.subarray(start, end);
    tokenMean[g] = mean(own);
    tokenStd[g] = populationStd(own, tokenMean[g]);
    rule[g] = knobs.normByStd === NORM.none ? ADVANTAGE_RULE.centred : ADVANTAGE_RULE.standardised;
    const divisor = knobs.normByStd === NORM.none ? 1 : tokenStd[g] + knobs.stdEps;
    for (let t = start; t < end; t++) {
      advantages[t] = (spread[t] - tokenMean[g]) / divisor;
      if (Math.abs(advantages[t]) >= FALLBACK_AT) rule[g] = ADVANTAGE_RULE.grpo;
    }
    if (rule[g] === ADVANTAGE_RULE.grpo) advantages.set(grpo.subarray(start, end), start);
  }
  return {
    advantages,
    trace: {
      tokenMean: perGroup(tokenMean),
      tokenStd: perGroup(tokenStd),
      advantageRule: perGroup(rule),
      grpoAdvantages: perToken(grpo),
      groupAdvantages: perToken(advantages),
      advantages: perToken(advantages),
    },
  };
};
