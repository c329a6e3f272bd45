import type { SamplingStage } from './types.ts';

/** Plain sampling: logits / T. */
export const temperatureSampling: SamplingStage = {
  transform({ logits, out, knobs }) {
    const { temperature } = knobs;
    for (let v = 0; v < logits.length; v++) out[v] = logits[v] / temperature;
    return { temperature, trace: {} };
  },
};
