/**
 * What the inspector draws of a pinned token beyond its numbers, as data. A method's record gives them (`Method.figures`), so that the
 * page knows the kinds and no method.
 */
import type { RolloutBatch } from './batch.ts';
import type { KnobValues } from './stages/types.ts';

/** A small heatmap: one number a cell, from 0. */
export interface GridFigure {
  kind: 'grid';
  title: string;
  caption: string;
  rowTitle: string;
  rows: readonly string[];
  columnTitle: string;
  columns: readonly string[];
  /** [rows × columns] row-major, and what they are: "probability". */
  values: readonly number[];
  quantity: string;
  /** The cell that came true, where that is known. */
  marked: number | null;
}

/** Two probabilities of each candidate token, and the numbers that lead from one to the other. */
export interface BarsFigure {
  kind: 'bars';
  title: string;
  caption: string;
  entries: readonly { token: number; before: number; after: number; notes: readonly string[] }[];
  /** Heads of the notes. */
  noteTitles: readonly string[];
  /** The token that was drawn. */
  drawn: number;
}

export interface TableFigure {
  kind: 'table';
  title: string;
  caption: string;
  head: readonly string[];
  rows: readonly { cells: readonly string[]; isMarked?: boolean }[];
}

export type TokenFigure = GridFigure | BarsFigure | TableFigure;

export interface FigureInput {
  batch: RolloutBatch;
  knobs: KnobValues;
  /** Index into the batch's flat token arrays, and of its response. */
  token: number;
  response: number;
}

/** Plain digits for the cells of a table. */
export const digits = (value: number, places = 2): string => value.toFixed(places);
