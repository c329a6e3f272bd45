import type { ReactNode } from 'react';
import type { RolloutBatch } from '../../core/batch.ts';
import type { Lane } from '../../core/stages/types.ts';
import type { Task } from '../../core/tasks/types.ts';

export type Theme = 'light' | 'dark';
export type RowOrder = 'sampled' | 'reward' | 'trie';

/** A token of the batch that survives a change of method, knobs or step. `response` counts within its group. */
export interface Pin {
  group: number;
  response: number;
  position: number;
}

/** A token of the shown group; `response` counts within the group. */
export interface CellRef {
  response: number;
  position: number;
}

/** One lane of the panel with the numbers that it shows. */
export interface LaneView {
  lane: Lane;
  /** [N] of the whole batch; NaN on tokens that have no number (dropped, masked). */
  values: Float64Array;
  /** Ends of the colour ramp, symmetric about `lane.centre` for a diverging lane. */
  domain: readonly [number, number];
  /** [N] CLIP_STATE; cells are hatched where it is not 0. */
  clipState?: Uint8Array;
  /** The shown group has zero variance: the lane is a flat hatch with words. */
  noSignal?: boolean;
  /** What it means that every number is the centre; no signal, where nothing is said. */
  flatWords?: string;
  /** No token has a number: the legend says so in the place of a ramp. */
  isEmpty?: boolean;
  /** What the legend says then; default "no numbers". */
  emptyWords?: string;
  /** V(s_0) of the shown group, drawn in the prompt's cell at the left edge of this lane. */
  promptValue?: number;
}

export interface MatrixPanelProps {
  batch: RolloutBatch;
  task: Task;
  /** Index into `batch.groups` of the prompt that is shown. */
  group: number;
  rowOrder: RowOrder;
  /** Left to right; the last one is the credit lane: it carries `creditHeader` and its numbers add up to the row header's Σ. */
  lanes: readonly LaneView[];
  /** The prefix tree on the same geometry: rows in trie order, equal prefixes merged. */
  merged: boolean;
  pin: Pin | null;
  theme: Theme;
  /** `numbers` prints the value under the glyph, `glyph` only its sign. Default `numbers`. */
  density?: 'glyph' | 'numbers';
  /** `bars` draws a signed mini-bar under the glyph instead of a fill. Default `fill`. */
  encoding?: 'fill' | 'bars';
  /** Exponent of |value| before it is coloured; ½ shows small values. Default 1. */
  gamma?: 1 | 0.5;
  onPin: (pin: Pin | null) => void;
  onHover?: (pin: Pin | null) => void;
  /** Shown over the credit lane: the method switch. */
  creditHeader: ReactNode;
  /** Numbers that a control would lead to, [N]; outlined dashed and labelled "preview". */
  preview: { laneId: string; values: Float64Array } | null;
  /** Response within the group. */
  onFlipReward: (response: number) => void;
  /** Response within the group. */
  onEditResponse: (response: number) => void;
  /** Cells of a formula's term. */
  highlight: readonly CellRef[] | null;
  /** Only so many tokens of each response are there yet; null or absent shows all. */
  shownTokens?: number | null;
  /** Which lane is large when three do not fit; default the credit lane. */
  largeLane?: string;
}
