import type { RolloutBatch } from '../batch.ts';
import { populationStd } from '../stats.ts';
import { perGroup } from '../trace.ts';
import type { Knob, SamplingStage } from './types.ts';

/** Population std of the raw accuracy within each group, [groups]; the verifier's reward stands in where no accuracy is given. */
export function groupMetricStd(batch: RolloutBatch): Float64Array {
  return Float64Array.from(batch.groups, ({ start, end }) => {
    const metric: number[] = [];
    for (let i = start; i < end; i++) metric.push(batch.responses[i].accuracy ?? batch.responses[i].reward);
    return populationStd(metric);
  });
}

/**
 * Dynamic sampling: a group takes part iff the std of its raw accuracy is above 0, or it has one member. The std, not
 * the equality of the values, is tested: three accuracies of 0.1 have std 1.4e-17 and stay [verl-recipe dapo_ray_trainer.py:251].
 */
export const dynamicFilter: NonNullable<SamplingStage['keepGroups']> = ({ batch, knobs }) => {
  const spread = groupMetricStd(batch);
  const varies = Float64Array.from(spread, (s, g) => (s > 0 || batch.groups[g].end - batch.groups[g].start === 1 ? 1 : 0));
  return {
    keep: Uint8Array.from(varies, (v) => (knobs.dynamicSampling === 1 ? v : 1)),
    trace: { groupMetricStd: perGroup(spread), groupVaries: perGroup(varies) },
  };
};

export const DYNAMIC_SAMPLING_KNOB: Knob = {
  id: 'dynamicSampling',
  label: 'Drop groups without spread',
  symbol: '\\sigma_{acc} > 0',
  stage: 'sampling',
  default: 1,
  min: 0,
  max: 1,
  step: 1,
  scale: 'lin',
  unit: '',
  meaning: 'Groups whose samples are all right or all wrong leave the update, so that they do not thin out the mean.',
  paper: { value: 1, source: 'DAPO eq. 11' },
  options: ['no', 'yes'],
  applies: 'credit',
};
