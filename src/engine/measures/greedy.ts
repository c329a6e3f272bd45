import { sampleSteps } from '../sampler.ts';
import type { Measurer } from './types.ts';

/** The reward of the greedy response to each prompt (ReMax's baseline). */
export const measureGreedy: Measurer<'greedy'> = function* (batch, _, { model, task }) {
  const prompts = batch.groups.map((group) => group.prompt);
  const greedy = yield* sampleSteps({ model, task, prompts, baseTemperature: batch.baseTemperature, choose: { kind: 'greedy' } });
  return {
    ...batch,
    groups: batch.groups.map((group, g) => ({ ...group, greedyReward: task.verify(group.prompt, greedy[g].tokens).reward })),
  };
};
