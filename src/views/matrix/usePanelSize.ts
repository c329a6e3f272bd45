import { useLayoutEffect, useState } from 'react';
import type { RefObject } from 'react';

export interface PanelSize {
  /** Content box of the scrolling element, CSS px; 0 before the first measurement. */
  width: number;
  height: number;
  /** Height of the tallest lane heading: what the sticky row of token numbers stands under. */
  head: number;
  /** Height of the tallest legend. */
  legend: number;
}

function tallest(root: HTMLElement, selector: string): number {
  let height = 0;
  for (const element of root.querySelectorAll<HTMLElement>(selector)) height = Math.max(height, element.offsetHeight);
  return height;
}

/** Size of the panel and of what frames its rows. Measured before paint, then whenever the panel or a heading changes size. */
export function usePanelSize(root: RefObject<HTMLElement | null>, laneKey: string): PanelSize {
  const [size, setSize] = useState<PanelSize>({ width: 0, height: 0, head: 0, legend: 0 });
  // A change of lanes replaces the headings, which have to be observed anew.
  // biome-ignore lint/correctness/useExhaustiveDependencies: laneKey stands for the elements below root
  useLayoutEffect(() => {
    const element = root.current;
    if (!element) return;
    const measure = () => {
      const next = {
        width: element.clientWidth,
        height: element.clientHeight,
        head: tallest(element, '.mx-head'),
        legend: tallest(element, '.mx-legend'),
      };
      setSize((last) =>
        last.width === next.width && last.height === next.height && last.head === next.head && last.legend === next.legend ? last : next,
      );
    };
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    for (const head of element.querySelectorAll('.mx-head')) observer.observe(head);
    return () => observer.disconnect();
  }, [root, laneKey]);
  return size;
}
