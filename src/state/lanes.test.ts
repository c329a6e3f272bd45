import { describe, expect, it } from 'vitest';
import { HEADLINE, loadMethod, METHODS } from '../core/methods/index.ts';
import { LANES } from '../core/lanes.ts';
import { laneChoices, MAX_LANES, shownLanes, toggledLane } from './lanes.ts';

describe('lanes beside the credit lane', () => {
  it('stay those of the first screen for the methods of the large switch', async () => {
    for (const id of HEADLINE) expect(shownLanes(null, await loadMethod(id))).toEqual(['entropy', 'value']);
    expect(shownLanes(null, null)).toEqual(['entropy', 'value']);
  });
  it('are entropy and its own first one for a method with lanes of its own', async () => {
    for (const { id } of METHODS.filter((entry) => !entry.isHeadline)) {
      const method = await loadMethod(id);
      expect(shownLanes(null, method)).toEqual(['entropy', method.lanes[0]?.id ?? 'value']);
    }
  });
  it('are what the user chose, as far as the method has them', async () => {
    const method = await loadMethod(HEADLINE[1]);
    expect(shownLanes([method.lanes[0].id, 'ratio', 'nobody'], method)).toEqual([method.lanes[0].id, 'ratio']);
    expect(shownLanes([method.lanes[0].id, 'ratio'], null)).toEqual(['ratio']);
    expect(shownLanes([], method)).toEqual([]);
  });
  it('come and go, at most four at once', () => {
    expect(toggledLane(['a', 'b'], 'a')).toEqual(['b']);
    expect(toggledLane(['a'], 'b')).toEqual(['a', 'b']);
    const full = ['a', 'b', 'c', 'd'];
    expect(full).toHaveLength(MAX_LANES);
    expect(toggledLane(full, 'e')).toBeNull();
    expect(toggledLane(full, 'd')).toEqual(['a', 'b', 'c']);
  });
  it('are offered with the method’s own first', async () => {
    const method = await loadMethod(HEADLINE[1]);
    const ids = laneChoices(method).map(({ id }) => id);
    expect(ids.slice(0, method.lanes.length)).toEqual(method.lanes.map(({ id }) => id));
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids).toEqual(expect.arrayContaining(LANES.map(({ id }) => id).filter((id) => !['credit', 'advantage'].includes(id))));
  });
});
