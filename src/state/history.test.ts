import { describe, expect, it } from 'vitest';
import { emptyHistory, mapHistory, record, redo, undo } from './history.ts';

describe('history', () => {
  it('undoes and redoes one step at a time', () => {
    let history = record(emptyHistory<string>(), 'a', 'first', 0);
    history = record(history, 'b', 'second', 10);
    const back = undo(history, 'c')!;
    expect(back.state).toBe('b');
    const backAgain = undo(back.history, back.state)!;
    expect(backAgain.state).toBe('a');
    expect(undo(backAgain.history, 'a')).toBeNull();
    const forward = redo(backAgain.history, 'a')!;
    expect(forward.state).toBe('b');
    expect(redo(forward.history, 'b')!.state).toBe('c');
  });

  it('makes one step of one slider drag, and two of two drags a second apart', () => {
    let history = record(emptyHistory<number>(), 1, 'clipLow', 0);
    history = record(history, 2, 'clipLow', 400);
    history = record(history, 3, 'clipLow', 1300);
    expect(history.past).toEqual([1]);
    history = record(history, 4, 'clipLow', 2400);
    expect(history.past).toEqual([1, 4]);
  });

  it('forgets the future after a new change', () => {
    const back = undo(record(emptyHistory<string>(), 'a', 'k', 0), 'b')!;
    expect(redo(record(back.history, 'a', 'other', 5), 'x')).toBeNull();
  });

  it('rewrites what it remembers', () => {
    const history = mapHistory(record(emptyHistory<number>(), 3, 'k', 0), (n) => n * 2);
    expect(history.past).toEqual([6]);
  });
});
