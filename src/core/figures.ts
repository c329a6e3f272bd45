/**
 * What the inspector draws of a pinned token beyond its numbers, as data. A method's record gives them (`Method.figures`), so that the
 * page knows the kinds and no method.
 */
import type { RolloutBatch } from './batch.ts';
import type { KnobValues, Trace } from './stages/types.ts';

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

/** A row of a strip: amounts from 0 to `most`, or kinds by index. NaN where there is none. */
export type StripRow = { title: string; values: readonly number[] } & (
  | { kind: 'amount'; unit: string; most: number }
  | { kind: 'category'; categories: readonly string[] }
);

/** A text token by token, and what is known of each below it. */
export interface StripFigure {
  kind: 'strip';
  title: string;
  caption: string;
  tokens: readonly number[];
  /** [tokens] values in every row. */
  rows: readonly StripRow[];
}

/** Whole numbers along the run, each of which holds until the next, and where the run stands. */
export interface StepsFigure {
  kind: 'steps';
  title: string;
  caption: string;
  xTitle: string;
  yTitle: string;
  /** By step, from 0. */
  values: readonly number[];
  now: { step: number; value: number };
}

export type TokenFigure = GridFigure | BarsFigure | TableFigure | StripFigure | StepsFigure;

export interface FigureInput {
  batch: RolloutBatch;
  knobs: KnobValues;
  /** Of the credit that is shown. */
  trace: Trace;
  /** Tokens of the vocabulary. */
  vocabulary: number;
  /** Index into the batch's flat token arrays, and of its response. */
  token: number;
  response: number;
}

/** Plain digits for the cells of a table. */
export const digits = (value: number, places = 2): string => value.toFixed(places);
