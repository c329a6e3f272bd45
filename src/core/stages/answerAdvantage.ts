import { answersOf, answerSums, forcedField } from '../forced.ts';
import { log, logSumExp } from '../math.ts';
import { perResponse, perToken, spreadResponses } from '../trace.ts';
import { leaveOneOut } from './leaveOneOut.ts';
import { LIKELIHOOD_KINDS } from './likelihood.ts';
import { groupNormalisation } from './groupNormalisation.ts';
import type { AdvantageStage, Knob } from './types.ts';

/**
 * Leave-one-out; of `jepo`, whose reward is the group's, what the group's reward loses without the sample:
 * A_i = log (1/G) Σ_j exp(s_j) − log (1/(G−1)) Σ_{j≠i} exp(s_j) [arXiv 2602.03979 eq. 20]. A lone sample has no advantage there.
 */
export const answerAdvantage: AdvantageStage = (input) => {
  const { batch, knobs, rewards } = input;
  if (LIKELIHOOD_KINDS[knobs.likelihoodKind] !== 'jepo') return leaveOneOut(input);
  const sums = answerSums(answersOf(batch), forcedField(batch, 'oldLogprobs', 'answerLogprobs'));
  const baseline = Float64Array.from(rewards.total);
  for (const { start, end } of batch.groups) {
    if (end - start === 1) continue;
    for (let i = start; i < end; i++) {
      const others = [...sums.subarray(start, i), ...sums.subarray(i + 1, end)];
      baseline[i] = logSumExp(others) - log(others.length);
    }
  }
  const own = rewards.total.map((r, i) => r - baseline[i]);
  const advantages = spreadResponses(batch, own);
  return {
    advantages,
    trace: { baseline: perResponse(baseline), leaveOneOut: perResponse(own), advantages: perToken(advantages) },
  };
};

/** Options of `criticType`, by index. */
export const CRITICS = ['leave-one-out', 'group-mean'] as const;

/** Against the mean of the others, or of all; `criticType` grpo of its code has no division by a std [VeriFree verifree.py compute_grpo_advantages]. */
export const criticAdvantage: AdvantageStage = (input) => {
  if (CRITICS[input.knobs.criticType] === 'leave-one-out') return leaveOneOut(input);
  const { advantages, trace } = groupNormalisation(input);
  return { advantages, trace: { ...trace, baseline: trace.groupMean } };
};

export const CRITIC_KNOB: Knob = {
  id: 'criticType',
  label: 'Baseline',
  symbol: 'b',
  stage: 'advantage',
  default: 0,
  min: 0,
  max: 1,
  step: 1,
  scale: 'lin',
  unit: '',
  meaning: 'What a reward is compared with: the mean of the others of its group, or of the whole group.',
  paper: { value: 0, source: 'VeriFree run.sh' },
  options: CRITICS,
  applies: 'credit',
};

/** Below this spread a group teaches nothing [RLPR core_algos.py]. */
const LEAST_STD = 1e-6;

/** GRPO's normalisation; a group whose rewards spread less than 1e-6 has no advantage [RLPR core_algos.py compute_grpo_outcome_advantage]. */
export const spreadNormalisation: AdvantageStage = (input) => {
  const { advantages, trace } = groupNormalisation(input);
  const { batch, knobs } = input;
  const std = trace.groupStd.values;
  if (knobs.normByStd === 0) return { advantages, trace };
  const own = advantages.map((a) => a);
  for (const { group, start, end } of batch.responses) if (std[group] < LEAST_STD) own.fill(0, start, end);
  return { advantages: own, trace: { ...trace, advantages: perToken(own) } };
};
