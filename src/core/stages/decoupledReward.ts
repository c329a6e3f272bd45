import type { RolloutBatch } from '../batch.ts';
import { perBatch, perResponse, perToken } from '../trace.ts';
import { CHUNK_TYPE, necessaryPrefix } from './necessaryPrefix.ts';
import type { Knob, KnobValues, RewardStage } from './types.ts';

/** Options of `redundantBase`, by index. */
export const REDUNDANT_BASES = ['r₊ (code)', 'r₀ (paper)'] as const;

/** Values of the trace `rewardRule`. */
const RULE = { plain: 0, redundantCode: 1, redundantPaper: 2 } as const;

/** L_max: the knob, or where it is 0 the task's limit; of a batch that does not tell it, the longest response. */
function lengthLimit(batch: RolloutBatch, knobs: KnobValues): number {
  if (knobs.rewardMaxLength > 0) return knobs.rewardMaxLength;
  return batch.maxTokens ?? batch.responses.reduce((longest, { start, end }) => Math.max(longest, end - start), 1);
}

/**
 * DECS's token rewards. R r₊ everywhere, the padding after the end included, but in the redundant span of a right response
 * R + (r₊ − 1)(1 − T/L_max): a re-check is worth less the longer the response. As the paper is reported, with base r₀ = 1,
 * R − (r₊ − 1) T/L_max. A sequence-level advantage reads the mean over the response.
 * [pixas/DECS@0d12e53 core_algos.py compute_grpo_proc_length_advantage_return]
 */
export const decoupledReward: RewardStage = ({ batch, knobs }) => {
  const n = batch.tokens.length;
  const limit = lengthLimit(batch, knobs);
  const bonus = knobs.rPlus - 1;
  const [tokens, chunkType, redundant, rewardRule, stream] = Array.from({ length: 5 }, () => new Float64Array(n));
  const [padding, total, ratio, chunkCount, length] = Array.from({ length: 5 }, () => new Float64Array(batch.responses.length));
  let redundantTokens = 0;
  let rightTokens = 0;
  batch.responses.forEach((response, i) => {
    const { start, end, reward } = response;
    const prefix = necessaryPrefix(response);
    length[i] = end - start;
    padding[i] = reward * knobs.rPlus;
    ratio[i] = prefix.ratio;
    chunkCount[i] = prefix.chunks.length;
    tokens.fill(padding[i], start, end);
    prefix.chunks.forEach((chunk, c) => {
      chunkType.fill(CHUNK_TYPE[prefix.types[c]], start + chunk.start, start + chunk.end);
    });
    if (prefix.redundant) {
      const [from, to] = [start + prefix.redundant.start, start + prefix.redundant.end];
      const isPaper = knobs.redundantBase === 1;
      const level = isPaper ? reward - (bonus * length[i]) / limit : reward + bonus * (1 - length[i] / limit);
      tokens.fill(level, from, to);
      redundant.fill(1, from, to);
      rewardRule.fill(isPaper ? RULE.redundantPaper : RULE.redundantCode, from, to);
      redundantTokens += to - from;
    }
    if (reward > 0) rightTokens += length[i];
    let sum = 0;
    for (let t = start; t < end; t++) sum += tokens[t];
    total[i] = sum / length[i];
    stream[end - 1] = total[i];
  });
  return {
    streams: { reward: stream },
    total,
    levels: { tokens, padding },
    trace: {
      reward: perResponse(Float64Array.from(batch.responses, ({ reward }) => reward)),
      totalReward: perResponse(total),
      tokenRewards: perToken(tokens),
      chunkType: perToken(chunkType),
      redundant: perToken(redundant),
      rewardRule: perToken(rewardRule),
      nrpRatio: perResponse(ratio),
      chunkCount: perResponse(chunkCount),
      responseLength: perResponse(length),
      lengthLimit: perBatch(limit),
      redundantShare: perBatch(rightTokens > 0 ? redundantTokens / rightTokens : 0),
    },
  };
};

export const DECOUPLED_KNOBS: readonly Knob[] = [
  {
    id: 'rPlus',
    label: 'Reward of needed tokens',
    symbol: 'r_+',
    stage: 'reward',
    default: 1.1,
    min: 1,
    max: 2,
    step: 0.05,
    scale: 'lin',
    unit: 'reward',
    meaning: 'A token of a right answer earns this much unless it is redundant; at 1 redundant tokens earn the same.',
    paper: { value: 1.1, source: 'DECS@0d12e53 length_reward_beta 0.1' },
    applies: 'credit',
  },
  {
    id: 'rewardMaxLength',
    label: 'Length limit of the reward',
    symbol: 'L_{max}',
    stage: 'reward',
    default: 0,
    min: 0,
    max: 64,
    step: 1,
    scale: 'lin',
    unit: 'tokens',
    meaning: 'A redundant token of an answer this long loses the whole bonus; larger limits punish re-checks less. DECS uses 16,384.',
    paper: null,
    special: { value: 0, label: '0 = the task’s limit' },
    applies: 'credit',
  },
  {
    id: 'redundantBase',
    label: 'Reward of redundant tokens starts at',
    symbol: 'r_{red}',
    stage: 'reward',
    default: 0,
    min: 0,
    max: 1,
    step: 1,
    scale: 'lin',
    unit: '',
    meaning: 'The code takes the length penalty from the needed tokens’ reward, the paper as reported from 1: lower by the whole bonus.',
    paper: { value: 1, source: 'DECS, as a note on the ICLR paper reports it' },
    options: REDUNDANT_BASES,
    applies: 'credit',
  },
];
