import { useMemo } from 'react';
import { useStore } from 'zustand';
import { comparisonOf } from '../../state/compare.ts';
import type { CompareState } from '../../state/compare.ts';
import type { SavedMix } from '../../state/mixes.ts';
import { mixesOfBrowser } from '../../state/mixes.ts';
import { useLab, useLabState } from '../app/labContext.ts';
import { nameSides } from './sides.ts';
import type { NamedSides } from './sides.ts';

/** What there is of the comparison. A side that is not there yet, or cannot be had, is one without credit. */
export function useComparison(): CompareState {
  const state = useStore(comparisonOf(useLab()).store);
  return useMemo(() => {
    const { a, b } = state;
    return { ...state, b: b ?? (a && { batch: a.batch, derived: { ...a.derived, credit: null, missing: [], refusal: null } }) };
  }, [state]);
}

export function useMixes(): readonly SavedMix[] {
  return useStore(mixesOfBrowser().store, ({ list }) => list);
}

/** Names and differing stages of both sides; null while one of them is not there. */
export function useNamedSides(): NamedSides | null {
  const lab = useLab();
  const { a, b } = useComparison();
  const mixes = useMixes();
  const compare = useLabState((state) => state.compare);
  // What else a name is made of changes only together with a side.
  return useMemo(
    () => (a && b && compare ? nameSides({ ...lab.store.getState(), compare }, a, b, mixes) : null),
    [lab, a, b, mixes, compare],
  );
}
