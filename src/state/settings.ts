/** The run's own settings, described like knobs so that the same sliders serve them. All act from the next rollout. */
import type { Knob, KnobValues } from '../core/stages/types.ts';
import type { TrainingSettings } from '../engine/protocol.ts';

const base = { scale: 'lin', unit: '', paper: null } as const;

/** P, G, E, M, learning rate and base temperature, in the order of the panel. */
export const SETTINGS: readonly Knob[] = [
  {
    ...base,
    id: 'temperature',
    label: 'Temperature',
    symbol: 'T_{base}',
    stage: 'sampling',
    default: 1,
    min: 0.2,
    max: 2,
    step: 0.05,
    meaning: 'Higher draws less likely tokens more often; the policy is the softmax of the logits divided by it.',
    applies: 'sampling',
  },
  {
    ...base,
    id: 'prompts',
    label: 'Prompts a step',
    symbol: 'P',
    stage: 'sampling',
    default: 8,
    min: 1,
    max: 16,
    step: 1,
    meaning: 'More prompts make each step slower and its gradient less noisy.',
    applies: 'sampling',
  },
  {
    ...base,
    id: 'groupSize',
    label: 'Samples a prompt',
    symbol: 'G',
    stage: 'sampling',
    default: 8,
    min: 2,
    max: 16,
    step: 1,
    meaning: 'More samples of one prompt make the comparison inside its group finer.',
    applies: 'sampling',
  },
  {
    ...base,
    id: 'learningRate',
    label: 'Learning rate',
    symbol: '\\eta',
    stage: 'loss',
    default: 3e-4,
    min: 1e-5,
    max: 1e-2,
    step: 10,
    scale: 'log',
    meaning: 'A larger step of the optimiser learns faster, until the policy collapses.',
    applies: 'training',
  },
  {
    ...base,
    id: 'epochs',
    label: 'Epochs',
    symbol: 'E',
    stage: 'loss',
    default: 2,
    min: 1,
    max: 4,
    step: 1,
    meaning: 'How often each rollout is used; later uses meet larger ratios and more clipping.',
    applies: 'training',
  },
  {
    ...base,
    id: 'minibatches',
    label: 'Minibatches',
    symbol: 'M',
    stage: 'loss',
    default: 2,
    min: 1,
    max: 8,
    step: 1,
    meaning: 'Into how many updates an epoch is divided; later ones meet larger ratios.',
    applies: 'training',
  },
];

/** The worker's settings from what the user touched. M cannot exceed P: a minibatch holds whole groups. */
export function trainingSettings(overrides: KnobValues): TrainingSettings {
  const value = (id: string): number => overrides[id] ?? SETTINGS.find((knob) => knob.id === id)!.default;
  const prompts = value('prompts');
  return {
    prompts,
    groupSize: value('groupSize'),
    epochs: value('epochs'),
    minibatches: Math.min(value('minibatches'), prompts),
    learningRate: value('learningRate'),
    temperature: value('temperature'),
  };
}
