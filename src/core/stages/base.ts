import { clippedSurrogate } from './clippedSurrogate.ts';
import { groupNormalisation } from './groupNormalisation.ts';
import { klLoss } from './klLoss.ts';
import { temperatureSampling } from './temperatureSampling.ts';
import { terminalReward } from './terminalReward.ts';
import type { StageName, Stages } from './types.ts';

export const STAGE_NAMES: readonly StageName[] = ['sampling', 'reward', 'advantage', 'loss', 'regulariser'];

/** What a method that changes nothing does: GRPO's pipeline with its KL term at zero. */
export const BASE_STAGES: Stages = {
  sampling: temperatureSampling,
  reward: terminalReward,
  advantage: groupNormalisation,
  loss: clippedSurrogate,
  regulariser: klLoss,
};
