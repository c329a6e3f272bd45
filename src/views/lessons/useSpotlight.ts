import { useEffect } from 'react';
import type { Highlight } from '../../content/lessons/types.ts';

const SELECTORS: Readonly<Record<string, string>> = {
  switch: '.credit-header .segmented-large, .credit-header .segmented-compact',
  rail: '.rail-stages',
  toolbar: '.toolbar',
  sentence: '.sentence',
  curves: '.curves-bar',
  inspector: '.inspector',
  train: '.play',
  tabs: '.workspaces',
};

function selectorOf(highlight: Highlight): string {
  const [kind, id] = highlight.split(' ');
  if (kind === 'knob') return `[data-knob="${CSS.escape(id)}"]`;
  if (kind === 'lane') return `.mx-lane-${CSS.escape(id)}`;
  return SELECTORS[kind] ?? '';
}

/** A ring around the part of the page that is spoken of. */
export function useSpotlight(highlight: Highlight | undefined): void {
  useEffect(() => {
    if (!highlight) return;
    const selector = selectorOf(highlight);
    let lit: Element | null = null;
    const light = (): void => {
      const found = document.querySelector(selector);
      if (found === lit) return;
      lit?.classList.remove('is-spoken-of');
      lit = found;
      lit?.classList.add('is-spoken-of');
    };
    light();
    // Panels arrive after the page that speaks of them.
    const observer = new MutationObserver(light);
    observer.observe(document.body, { childList: true, subtree: true });
    return () => {
      observer.disconnect();
      lit?.classList.remove('is-spoken-of');
    };
  }, [highlight]);
}
