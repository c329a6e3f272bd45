/** Which runs `docs/results.md` wants, in the order in which they are made. */
import { METHODS } from '../src/core/methods/index.ts';
import { TASKS } from '../src/core/tasks/index.ts';
import type { TrainingSettings } from '../src/engine/protocol.ts';
import { DEFAULT_SETTINGS } from '../src/engine/trainer.ts';
import { claimVariants } from './claims.ts';
import type { CellKey } from './resultCells.ts';

/** Held-out prompts of the curve and of the final figures. */
export const CURVE_PROMPTS = 256;
export const FINAL_PROMPTS = 1024;
export const CURVE_EVERY = 5;

export interface PlannedRun extends CellKey {
  settings: TrainingSettings;
  /** Over the method's defaults. */
  knobs?: Readonly<Record<string, number>>;
  steps: number;
}

export type Study = 'methods' | 'credit-pays' | 'claims';

/**
 * `methods`: every method on every task, all on the default task first. `credit-pays`: credit of rising quality against the
 * group's even stripe, over group sizes and learning rates. `claims`: methods at other knobs, where a paper's claim is about them.
 */
export const STUDIES: readonly Study[] = ['methods', 'credit-pays', 'claims'];

/** From the group's even stripe to the ceiling: what the sweep compares. */
export const CREDIT_LADDER: readonly string[] = METHODS.filter(({ id }) => ['grpo', 'tempo', 'tree-td', 'true-advantage'].includes(id)).map(
  ({ id }) => id,
);
export const GROUP_SIZES = [2, 4, 8, 16] as const;
/** What is made first: one thing changed from the default, then both. */
const SWEEP_ORDER: readonly (readonly [groupSize: number, rate: string])[] = [
  [8, 'third'],
  [4, 'default'],
  [16, 'default'],
  [8, 'triple'],
  [2, 'default'],
  ...([2, 4, 16] as const).flatMap((size) => (['third', 'triple'] as const).map((rate) => [size, rate] as const)),
];
/** Times the default learning rate. */
export const RATES = [
  { name: 'third', factor: 1 / 3 },
  { name: 'default', factor: 1 },
  { name: 'triple', factor: 3 },
] as const;
/** The default group size and rate are not run again: their runs are the first steps of those of the study `methods`. A sweep asks who is faster, which shows in half the steps. */
export const SWEEP_STEPS = 100;

export const variantOf = (groupSize: number, rate: string) => `G${groupSize}-${rate}`;

export const seedNames = (count: number): string[] => Array.from({ length: count }, (_, s) => `seed-${s + 1}`);

export function planOf(study: string, count: number): PlannedRun[] {
  const seeds = seedNames(count);
  if (study === 'methods')
    return TASKS.flatMap(({ id: task }) =>
      seeds.flatMap((seed) =>
        METHODS.map(({ id: method }) => ({ study, task, method, variant: '', seed, settings: DEFAULT_SETTINGS, steps: 200 })),
      ),
    );
  if (study === 'claims')
    return seeds.flatMap((seed) =>
      claimVariants()
        .filter(({ method }) => METHODS.some(({ id }) => id === method))
        .map((variant) => ({ study, seed, settings: DEFAULT_SETTINGS, steps: 200, ...variant })),
    );
  if (study !== 'credit-pays') throw new Error(`There is no study "${study}": there is ${STUDIES.join(', ')}.`);
  return TASKS.flatMap(({ id: task }) =>
    SWEEP_ORDER.flatMap(([groupSize, rate]) =>
      seeds.flatMap((seed) =>
        CREDIT_LADDER.map((method) => ({
          study,
          task,
          method,
          variant: variantOf(groupSize, rate),
          seed,
          // As many responses a step whatever the group's size, so that the budget of samples is the same.
          settings: {
            ...DEFAULT_SETTINGS,
            groupSize,
            prompts: 64 / groupSize,
            learningRate: DEFAULT_SETTINGS.learningRate * (RATES.find(({ name }) => name === rate)?.factor ?? 1),
          },
          steps: SWEEP_STEPS,
        })),
      ),
    ),
  );
}
