import { budgetAt, choosePosition } from './midTraining.ts';
import { temperatureSampling } from './temperatureSampling.ts';
import type { SamplingStage } from './types.ts';

/** Which corpus token to think about, by the curriculum of tiers, and the budget that the prompt asks for. */
export const midTrainingSampling: SamplingStage = {
  ...temperatureSampling,
  choosePlace: ({ entropies, allowed, knobs, step, draws: [u, v] }) => ({
    position: choosePosition(entropies, allowed, knobs, step, u, v),
    budget: budgetAt(knobs, step),
  }),
};
