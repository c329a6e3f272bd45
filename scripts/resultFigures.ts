/** Numbers of the kept runs, by cell: what the tables and the claims of `docs/results.md` are made of. */
import { firstReached, meanInterval } from '../src/core/metrics/learningCurves.ts';
import type { MeanInterval } from '../src/core/metrics/learningCurves.ts';
import { mean } from '../src/core/stats.ts';
import { readCell } from './resultCells.ts';
import { RATES, SWEEP_STEPS, variantOf } from './resultPlan.ts';
import { DEFAULT_SETTINGS } from '../src/engine/trainer.ts';
import type { CellKey, RunFigures } from './resultCells.ts';

/** Reward at which a run counts as having learned. */
export const LEVEL = 0.8;
/** Seeds that the page wants of everything. */
export const SEEDS = Array.from({ length: 5 }, (_, s) => `seed-${s + 1}`);

export type FigureName = 'reward' | 'entropy' | 'length' | 'tokens' | 'speed' | 'early' | 'stepsTo';

export const FIGURES: Readonly<Record<FigureName, { label: string; digits: number; of(run: RunFigures): number }>> = {
  reward: { label: 'final reward', digits: 3, of: (run) => run.reward },
  entropy: { label: 'final entropy, nats', digits: 4, of: (run) => run.entropy },
  length: { label: 'final length, tokens', digits: 2, of: (run) => run.length },
  tokens: { label: 'tokens sampled, thousands', digits: 1, of: (run) => run.tokens / 1000 },
  // What is held at the end of a run that stopped early stands to the last step.
  speed: { label: 'mean reward over the run', digits: 3, of: ({ curve, endedAt, every }) => mean(filled(curve, endedAt, every)) },
  early: {
    label: `mean reward over the first ${SWEEP_STEPS} steps`,
    digits: 3,
    of: ({ curve, endedAt, every }) => mean(filled(curve, endedAt, every).slice(0, SWEEP_STEPS / every + 1)),
  },
  stepsTo: {
    label: `steps to ${LEVEL}`,
    digits: 1,
    of: ({ curve, every }) => firstReached({ x: curve.map((_, i) => i * every), y: curve }, LEVEL),
  },
};

const FULL_STEPS = 200;

function filled(curve: readonly number[], endedAt: number | undefined, every: number): readonly number[] {
  const missing = endedAt === undefined ? 0 : FULL_STEPS / every + 1 - curve.length;
  return [...curve, ...Array.from({ length: missing }, () => curve[curve.length - 1])];
}

export type CellPlace = Omit<CellKey, 'seed'>;

/** Where the sweep of group sizes and rates keeps a method's runs: at the default settings they are those of the study `methods`. */
export function sweepPlace(task: string, method: string, groupSize: number, rate: string): CellPlace {
  const { factor } = RATES.find(({ name }) => name === rate) ?? { factor: 1 };
  const isDefault = groupSize === DEFAULT_SETTINGS.groupSize && factor === 1;
  return isDefault
    ? { study: 'methods', task, method, variant: '' }
    : { study: 'credit-pays', task, method, variant: variantOf(groupSize, rate) };
}

/** The run of each seed that is there. */
export function runsAt(place: CellPlace): { seed: string; run: RunFigures }[] {
  return SEEDS.flatMap((seed) => {
    const cell = readCell({ ...place, seed });
    return cell && !('error' in cell) ? [{ seed, run: cell }] : [];
  });
}

/** Why there are no runs, where the first try said so. */
export function errorAt(place: CellPlace): string | null {
  const cell = readCell({ ...place, seed: SEEDS[0] });
  return cell && 'error' in cell ? cell.error : null;
}

/** Runs that are there, and those wanted: without those that the task makes impossible. */
export function progressOf(places: readonly CellPlace[]): { done: number; wanted: number } {
  const cells = places.flatMap((place) => SEEDS.map((seed) => readCell({ ...place, seed })));
  const impossible = places.filter((place) => errorAt(place) !== null).length * SEEDS.length;
  return { done: cells.filter((cell) => cell && !('error' in cell)).length, wanted: cells.length - impossible };
}

export const figureAt = (place: CellPlace, figure: FigureName): MeanInterval =>
  meanInterval(runsAt(place).map(({ run }) => FIGURES[figure].of(run)));

/** The difference of one cell to `times` another, seed by seed: equal seeds mean equal prompts, which takes their luck out. */
export function differenceAt(a: CellPlace, b: CellPlace, figure: FigureName, times = 1): MeanInterval {
  const other = new Map(runsAt(b).map(({ seed, run }) => [seed, FIGURES[figure].of(run)]));
  return meanInterval(runsAt(a).map(({ seed, run }) => FIGURES[figure].of(run) - times * (other.get(seed) ?? Number.NaN)));
}

/** `0.981 ± 0.004`; a dash where there is nothing, no ± for one seed. */
export function printed({ mean: centre, half, n }: MeanInterval, digits: number, sign = false): string {
  if (n === 0) return '–';
  const text = Math.abs(centre).toFixed(digits);
  const minus = centre < 0 && Number(text) !== 0 ? '−' : sign ? '+' : '';
  return `${minus}${text}${Number.isNaN(half) ? '' : ` ± ${half.toFixed(digits)}`}`;
}
