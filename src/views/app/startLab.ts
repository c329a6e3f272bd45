/** Joins the lab to the browser: address bar, files, frames, visibility. */
import { createLab, LINK_DEFAULTS, LINK_VOCABULARY, linkOf } from '../../state/lab.ts';
import type { Lab } from '../../state/lab.ts';
import { browserDeps } from '../../state/browser.ts';
import { decodeLink, encodeLink } from '../../state/url.ts';
import { takeDrops } from './drops.ts';
import { idle } from './idle.ts';

/** Shortest time between two writes of the address bar, which lags the view by no more than that: Safari allows 100 writes in 30 s. */
const ADDRESS_PAUSE_MS = 350;
const SHELF_PAUSE_MS = 300;
/** A first visit tries things out before it needs to last without a network: its first clicks come first. */
const FIRST_VISIT_MS = 5000;
const SHORTCUTS_KEY = 'creditscope.shortcuts';

function readStorage(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

function writeStorage(key: string, value: string): void {
  try {
    localStorage.setItem(key, value);
  } catch {
    // Private windows refuse storage; the choice then lasts as long as the page.
  }
}

function followAddress(lab: Lab): void {
  let isDue = false;
  let written = location.hash;
  const write = (): void => {
    isDue = false;
    const hash = encodeLink(linkOf(lab.store.getState()), LINK_DEFAULTS);
    if (`#${hash}` === location.hash || (hash === '' && location.hash === '')) return;
    history.replaceState(null, '', hash === '' ? location.pathname + location.search : `#${hash}`);
    written = location.hash;
  };
  lab.store.subscribe((state, before) => {
    if (state.announcement !== before.announcement && state.step === before.step) return;
    if (!isDue) setTimeout(write, ADDRESS_PAUSE_MS);
    isDue = true;
  });
  window.addEventListener('hashchange', () => {
    // Somebody pasted another link into this tab: it is another view from the start.
    if (location.hash !== written) location.reload();
  });
}

/** Comes last: what it fetches must not compete with what is on screen. A frame in another page is not what people return to. */
async function keepForOffline(lab: Lab): Promise<void> {
  if (!import.meta.env.PROD || !('serviceWorker' in navigator) || lab.store.getState().embed) return;
  if (!navigator.serviceWorker.controller) await new Promise((done) => setTimeout(done, FIRST_VISIT_MS));
  await idle();
  const { startOffline } = await import('./offline.ts');
  await startOffline(lab);
}

/** Builds the lab in the state of the address and starts loading what it shows. */
export function startLab(): Lab {
  const { state, problems } = decodeLink(location.hash, LINK_DEFAULTS, LINK_VOCABULARY);
  const lab = createLab(browserDeps(), state);
  lab.setShortcuts(readStorage(SHORTCUTS_KEY) !== 'off');
  lab.store.subscribe((now, before) => {
    if (now.shortcuts !== before.shortcuts) writeStorage(SHORTCUTS_KEY, now.shortcuts ? 'on' : 'off');
  });
  if (problems.length > 0) lab.notify({ id: 'link', level: 'warning', text: `Part of the link could not be used. ${problems.join(' ')}` });
  // The rest of the shelf must not delay the first picture.
  void lab.open().then(() => setTimeout(() => void lab.loadShelf().then(() => keepForOffline(lab)), SHELF_PAUSE_MS));
  followAddress(lab);
  takeDrops(lab);
  document.addEventListener('visibilitychange', () => lab.setHidden(document.hidden));
  return lab;
}
