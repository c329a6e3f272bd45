/** PRIME's implicit process reward: a second language model's log-ratio to a reference, centred by leave-one-out, beside the outcome. */
import type { RolloutBatch } from '../batch.ts';
import { perResponse, perToken } from '../trace.ts';
import { requireField } from './fields.ts';
import type { KnobValues, RewardStage } from './types.ts';
import { baselines } from './returnToGo.ts';

/** Values of `prmReference`, `granularity`, `processNorm`, `processBaseline` and `betaInReward`. */
export const REFERENCE = { frozen: 0, policy: 1 } as const;
export const GRANULARITY = ['token', 'whole'] as const;
export const PROCESS_NORM = ['none', 'batch_norm'] as const;
const PAPER_BASELINE = 1;

/** log π of the reference that the process reward is a log-ratio to, [N]. */
export const processReference = (batch: RolloutBatch, knobs: KnobValues): Float64Array =>
  requireField(batch, knobs.prmReference === REFERENCE.policy ? 'oldLogprobs' : 'refLogprobs');

/** Largest |Σ_{s≥t} scores| over all tokens. */
function largestReturn(batch: RolloutBatch, scores: Float64Array): number {
  let largest = 0;
  for (const { start, end } of batch.responses) {
    let later = 0;
    for (let t = end - 1; t >= start; t--) {
      later += scores[t];
      largest = Math.max(largest, Math.abs(later));
    }
  }
  return largest;
}

/**
 * q = log π_φ − log π_ref per token, or its sum on the last (granularity 'whole'), divided by 1e-6 + max |return|; then the two
 * leave-one-out streams [PRIME-RL/PRIME@18ad596 core_algos.py compute_rloo_returns]: p = G/(G−1) q − Σ_j m_j/(G−1) with m_j the
 * response's mean of q, on every token, and R − mean of the others' R on the last.
 */
export const implicitProcessReward: RewardStage = ({ batch, knobs }) => {
  const n = batch.tokens.length;
  const model = requireField(batch, 'prm.logprobs');
  const reference = processReference(batch, knobs);
  const implicit = model.map((value, t) => value - reference[t]);
  const scores = new Float64Array(n);
  const means = new Float64Array(batch.responses.length);
  const beta = knobs.betaInReward === 1 ? knobs.betaTrain : 1;
  batch.responses.forEach(({ start, end }) => {
    let sum = 0;
    for (let t = start; t < end; t++) {
      sum += beta * implicit[t];
      if (GRANULARITY[knobs.granularity] === 'token') scores[t] = beta * implicit[t];
    }
    if (GRANULARITY[knobs.granularity] === 'whole') scores[end - 1] = sum;
  });
  const largest = largestReturn(batch, scores);
  const scale = PROCESS_NORM[knobs.processNorm] === 'batch_norm' ? 1e-6 + largest : 1;
  const normalised = scores.map((q) => q / scale);
  batch.responses.forEach(({ start, end }, i) => {
    for (let t = start; t < end; t++) means[i] += normalised[t] / (end - start);
  });
  const rewards = Float64Array.from(batch.responses, (response) => response.reward);
  const others = baselines(batch, rewards, 'leave-one-out');
  const [process, reward, othersProcess] = Array.from({ length: 3 }, () => new Float64Array(n));
  const total = new Float64Array(batch.responses.length);
  for (const { start, end } of batch.groups) {
    const G = end - start;
    if (G < 2) throw new Error('This reward compares a sample with the others of its prompt: give every prompt at least two samples.');
    let groupMean = 0;
    for (let i = start; i < end; i++) groupMean += means[i];
    for (let i = start; i < end; i++) {
      const { start: from, end: to } = batch.responses[i];
      for (let t = from; t < to; t++) {
        const isPaper = knobs.processBaseline === PAPER_BASELINE;
        othersProcess[t] = (isPaper ? groupMean - means[i] : groupMean - normalised[t]) / (G - 1);
        process[t] = knobs.processCoef * (normalised[t] - othersProcess[t]);
        total[i] += process[t];
      }
      reward[to - 1] = knobs.outcomeCoef * (rewards[i] - others[i]);
      total[i] += reward[to - 1];
    }
  }
  return {
    streams: { reward, process },
    total,
    trace: {
      prmLogprobs: perToken(model),
      prmReference: perToken(reference),
      implicitReward: perToken(implicit),
      tokenScores: perToken(scores),
      processScale: perToken(new Float64Array(n).fill(scale)),
      processScores: perToken(normalised),
      othersProcess: perToken(othersProcess),
      processReward: perToken(process),
      outcomeReward: perToken(reward),
      totalReward: perResponse(total),
    },
  };
};
