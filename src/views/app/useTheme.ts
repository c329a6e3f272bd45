import { useEffect, useSyncExternalStore } from 'react';
import type { Theme } from '../../ui/colour.ts';
import { useLabState } from './labContext.ts';

const QUERY = '(prefers-color-scheme: dark)';

function subscribe(changed: () => void): () => void {
  const query = matchMedia(QUERY);
  query.addEventListener('change', changed);
  return () => query.removeEventListener('change', changed);
}

/** The theme on screen: the user's choice, else the system's. */
export function useTheme(): Theme {
  const choice = useLabState((state) => state.theme);
  const isDark = useSyncExternalStore(subscribe, () => matchMedia(QUERY).matches);
  return choice === 'auto' ? (isDark ? 'dark' : 'light') : choice;
}

/** Tells the style sheets. Used once, by the app. */
export function useThemeAttribute(): void {
  const theme = useTheme();
  useEffect(() => {
    document.documentElement.dataset.theme = theme;
  }, [theme]);
}
