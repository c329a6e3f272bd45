import { mean } from '../stats.ts';
import { perGroup } from '../trace.ts';
import type { Knob, SamplingStage } from './types.ts';

/** A group takes part iff its mean reward lies within the bounds, both included [PRIME-RL/PRIME@18ad596 ray_trainer.py filter]. */
export const accuracyFilter: NonNullable<SamplingStage['keepGroups']> = ({ batch, knobs }) => {
  const accuracy = Float64Array.from(batch.groups, ({ start, end }) => mean(batch.responses.slice(start, end).map(({ reward }) => reward)));
  const within = accuracy.map((a) => (a >= knobs.accuracyLow && a <= knobs.accuracyHigh ? 1 : 0));
  return {
    keep: Uint8Array.from(within, (w) => (knobs.accuracyFilter === 1 ? w : 1)),
    trace: { groupAccuracy: perGroup(accuracy), groupWithin: perGroup(within) },
  };
};

const bound = (id: string, label: string, symbol: string, value: number, meaning: string): Knob => ({
  id,
  label,
  symbol,
  stage: 'sampling',
  default: value,
  min: 0,
  max: 1,
  step: 0.01,
  scale: 'lin',
  unit: '',
  meaning,
  paper: { value, source: 'PRIME data.accuracy_lower_bound, accuracy_upper_bound' },
  applies: 'credit',
});

export const ACCURACY_FILTER_KNOBS: readonly Knob[] = [
  {
    ...bound(
      'accuracyFilter',
      'Drop prompts by accuracy',
      'a_{lo} \\le \\bar R \\le a_{hi}',
      1,
      'Prompts that are nearly always or nearly never solved leave the update and are drawn again.',
    ),
    step: 1,
    options: ['no', 'yes'],
    paper: { value: 1, source: 'PRIME-RL/PRIME data.filter_accuracy' },
  },
  bound('accuracyLow', 'Least accuracy', 'a_{lo}', 0.2, 'Prompts solved less often than this are dropped; larger leaves only easier ones.'),
  bound(
    'accuracyHigh',
    'Most accuracy',
    'a_{hi}',
    0.8,
    'Prompts solved more often than this are dropped; smaller leaves only harder ones.',
  ),
];
