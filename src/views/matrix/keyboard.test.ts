import { describe, expect, it } from 'vitest';
import { moveFocus } from './keyboard.ts';
import type { GridShape } from './keyboard.ts';

/** Rows of 7, 3 and 7 tokens; the first column of rows 0 and 1 is one cell; two header buttons on the left. */
const shape: GridShape = {
  rows: 3,
  stops: (row) => [-3, -2, ...Array.from({ length: row === 1 ? 3 : 7 }, (_, i) => i)],
  extent: ({ row, column }) => (column === 0 && row < 2 ? { row: 0, span: 2 } : { row, span: 1 }),
};
const from = (row: number, column: number, key: string, ctrl = false) => {
  const to = moveFocus(shape, { row, column }, key, ctrl);
  return to && [to.row, to.column];
};

describe('keys of the grid', () => {
  it('move one cell and stop at the edge', () => {
    expect(from(0, 3, 'ArrowRight')).toEqual([0, 4]);
    expect(from(0, 6, 'ArrowRight')).toEqual([0, 6]);
    expect(from(2, 0, 'ArrowLeft')).toEqual([2, -2]);
    expect(from(2, -3, 'ArrowLeft')).toEqual([2, -3]);
    expect(from(0, 3, 'ArrowUp')).toEqual([0, 3]);
    expect(from(2, 3, 'ArrowDown')).toEqual([2, 3]);
  });

  it('land on the nearest cell of a shorter row', () => {
    expect(from(0, 6, 'ArrowDown')).toEqual([1, 2]);
    expect(from(2, 5, 'ArrowUp')).toEqual([1, 2]);
  });

  it('leave a cell that spans rows at its far side, and enter it as one', () => {
    expect(from(0, 0, 'ArrowDown')).toEqual([2, 0]);
    expect(from(2, 0, 'ArrowUp')).toEqual([0, 0]);
    expect(from(1, 1, 'ArrowLeft')).toEqual([0, 0]);
  });

  it('reach the ends of the row and of the grid', () => {
    expect(from(1, 1, 'End')).toEqual([1, 2]);
    expect(from(2, 5, 'Home')).toEqual([2, 0]);
    expect(from(0, 2, 'End', true)).toEqual([2, 6]);
    expect(from(2, 5, 'Home', true)).toEqual([0, 0]);
  });

  it('leave other keys alone', () => {
    expect(from(0, 0, 'm')).toBeNull();
  });
});
