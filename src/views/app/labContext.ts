import { createContext, useContext } from 'react';
import { useStore } from 'zustand';
import type { Lab } from '../../state/lab.ts';
import type { LabState } from '../../state/types.ts';

/** The one lab of the page. */
export const LabContext = createContext<Lab | null>(null);

export function useLab(): Lab {
  const lab = useContext(LabContext);
  if (!lab) throw new Error('useLab is used outside of LabContext.');
  return lab;
}

/** One value of the lab's state; the component renders again only when it changes. */
export function useLabState<T>(select: (state: LabState) => T): T {
  return useStore(useLab().store, select);
}
