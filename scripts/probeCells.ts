/** Figures of single batches and single comparisons that claims rest on, one small file a figure and method: `docs/results/probes`. */
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { RESULTS_FOLDER } from './resultCells.ts';

/** What each figure is, as the table prints it, and its decimals. */
export const PROBE_LABELS = {
  leadByGroup: { label: 'lead over the group baseline in mean reward over 100 steps, at group size 16 minus at 2', digits: 3 },
  goodStepsUp: { label: 'share of the good tokens (true advantage > 0.05) of wrong answers with positive credit', digits: 3 },
  clipSides: { label: 'mean entropy of tokens clipped at the left bound minus at the right, nats', digits: 3 },
  longWrongShare: { label: 'share of the push on wrong answers that falls on those longer than their mean', digits: 3 },
  rareAtForks: { label: 'share of samples that are rare (π < 0.2 at T = 1) where the entropy is above 0.5 nats', digits: 4 },
  slips: { label: 'share of samples that are slips (π < 0.05 at T = 1) where the entropy is below 0.3 nats', digits: 4 },
  quadrantShare: { label: 'share of the change of entropy that goes where the quadrant says', digits: 3 },
  redundantDown: { label: 'share of redundant tokens with negative advantage, over 100 steps', digits: 3 },
  recheckAdvantage: { label: 'mean advantage of the tokens that open a re-check', digits: 3 },
  hiddenMass: { label: 'share of the sum of the sizes of THR held by the largest fifth of tokens', digits: 3 },
  hiddenEntropy: { label: 'rank correlation of the size of THR and the entropy over tokens', digits: 3 },
  passAt8: { label: 'pass@8 on held-out prompts after 100 steps', digits: 3 },
  adaptedLength: { label: 'length on hard prompts over length on easy ones after 100 steps, minus the same before', digits: 3 },
  halfSpeed: { label: 'mean reward over 100 steps of the group baseline where only some tokens learn', digits: 3 },
  lateSpeed: { label: 'mean reward over 100 steps of the method after 30 of the group baseline', digits: 3 },
  drawnReward: { label: 'reward of the samples drawn in the last 10 of 100 steps', digits: 3 },
  overBestOf128: { label: 'reward of the samples drawn in the last 10 of 100 steps minus the base policy’s best of 128', digits: 3 },
  tiltGap: { label: 'exact reward of decoding by exact values minus the optimum at the same KL, on toys of 625 answers', digits: 4 },
  earlyLength: { label: 'mean length of the samples of the first 30 steps, tokens', digits: 2 },
  laterReward: { label: 'final reward after 100 steps of the method and 100 of the group baseline', digits: 3 },
  endF1: { label: 'F1 of “right” by the prediction at the last token (> 0.5), last 10 of 200 steps', digits: 3 },
} as const;
export type ProbeName = keyof typeof PROBE_LABELS;
export const isProbe = (figure: string): figure is ProbeName => figure in PROBE_LABELS;

/** A method, the knobs that differ from its defaults, and where: what a figure is of. */
export interface ProbeKey {
  figure: ProbeName;
  task: string;
  method: string;
  variant: string;
}

export interface ProbeCell {
  asked: string;
  /** By seed; a seed is missing where the figure does not exist, as where nothing was clipped. */
  values: Record<string, number>;
}

const fileOf = ({ figure, task, method, variant }: ProbeKey): string =>
  join(RESULTS_FOLDER, 'probes', task, `${[figure, method, variant].filter((part) => part !== '').join('.')}.json`);

/** The kept values; none where they answer another question than `asked`, null for any. */
export function readProbe(key: ProbeKey, asked: string | null = null): ProbeCell | null {
  const file = fileOf(key);
  if (!existsSync(file)) return null;
  const cell = JSON.parse(readFileSync(file, 'utf8')) as ProbeCell;
  return asked === null || cell.asked === asked ? cell : null;
}

export function writeProbe(key: ProbeKey, cell: ProbeCell): void {
  const file = fileOf(key);
  mkdirSync(join(file, '..'), { recursive: true });
  writeFileSync(`${file}.part`, `${JSON.stringify(cell)}\n`);
  renameSync(`${file}.part`, file);
}
