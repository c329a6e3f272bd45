import { STREAM, uniformAt } from '../random.ts';
import { perGroup } from '../trace.ts';
import { targetTiers, tierProbabilities } from './midTraining.ts';
import { temperatureSampling } from './temperatureSampling.ts';
import type { SamplingStage } from './types.ts';

/**
 * The curriculum: a text whose token to think about is of tier k is kept with probability p_k / max p, else another is drawn. The
 * paper draws a tier first and then one of its positions; here each text has one position, and the corpus decides how many there are.
 */
export const midTrainingSampling: SamplingStage = {
  ...temperatureSampling,
  keepGroups: ({ batch, knobs }) => {
    const { seed, step } = batch.draw ?? { seed: 0, step: 0 };
    const probabilities = tierProbabilities(knobs, step);
    const most = Math.max(...probabilities);
    const chance = targetTiers(batch, knobs).map((tier) => (Number.isNaN(tier) || knobs.curriculum === 0 ? 1 : probabilities[tier] / most));
    // A text's draw hangs on the text alone, so that no order of drawing shifts it.
    const keep = batch.groups.map(({ prompt }, g) => uniformAt(seed, STREAM.selection, step, ...prompt) < chance[g]);
    return { keep: Uint8Array.from(keep, Number), trace: { keepChance: perGroup(Float64Array.from(chance)) } };
  },
};
