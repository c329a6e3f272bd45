import { describe, expect, it } from 'vitest';
import { smallBatch, smallCredit } from './testBatch.ts';
import { locate, termCells, traceAt } from './trace.ts';

const at = { group: 0, response: 1, token: 3 };

describe('locate', () => {
  it('counts responses within the group', () => {
    expect(locate(smallBatch, { group: 0, response: 1, position: 1 })).toEqual(at);
    expect(locate(smallBatch, { group: 1, response: 0, position: 0 })).toEqual({ group: 1, response: 2, token: 5 });
  });
  it('is null where the batch has no such token', () => {
    for (const pin of [
      { group: 2, response: 0, position: 0 },
      { group: 1, response: 1, position: 0 },
      { group: 0, response: 0, position: 2 },
      { group: 0, response: -1, position: 0 },
      { group: 0, response: 0, position: -1 },
    ]) {
      expect(locate(smallBatch, pin)).toBeNull();
    }
  });
});

describe('traceAt', () => {
  it.each([
    ['ratio', 0.9, 'token'],
    ['reward', 0, 'response'],
    ['mean', 0.5, 'group'],
    ['tokens', 6, 'batch'],
    ['knob:clipLow', 0.2, 'knob'],
    ['advantages', -1, 'token'],
    ['credit', -1.5, 'token'],
    ['oldLogprobs', -4, 'token'],
  ])('%s reads %d at the %s level', (name, value, level) => {
    expect(traceAt(smallBatch, smallCredit, at, name)).toEqual({ value, level });
  });
  it('is null for a name that nothing carries', () => {
    expect(traceAt(smallBatch, smallCredit, at, 'nothing')).toBeNull();
    expect(traceAt(smallBatch, smallCredit, at, 'knob:nothing')).toBeNull();
    expect(traceAt(smallBatch, smallCredit, at, 'values')).toBeNull();
  });
});

describe('termCells', () => {
  it('is the cell, the row with its header, or the row headers of the prompt', () => {
    expect(termCells(smallBatch, at, 'token')).toEqual([{ response: 1, position: 1 }]);
    expect(termCells(smallBatch, at, 'response')).toEqual([-1, 0, 1, 2].map((position) => ({ response: 1, position })));
    expect(termCells(smallBatch, at, 'group')).toEqual([0, 1].map((response) => ({ response, position: -1 })));
    expect(termCells(smallBatch, at, 'knob')).toEqual([]);
  });
});
