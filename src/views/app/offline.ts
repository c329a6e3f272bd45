/** The page's side of the service worker (src/serviceWorker.ts): registers it, tells it what to keep, offers a new version. */
import type { Lab } from '../../state/lab.ts';
import type { LabState } from '../../state/types.ts';
import type { OfflineMessage } from '../../serviceWorker.ts';

const WORKER = 'sw.js';

const send = (worker: ServiceWorker | null, message: OfflineMessage): void => worker?.postMessage(message);

function offerNewVersion(lab: Lab, registration: ServiceWorkerRegistration): void {
  const reload = (): void => {
    navigator.serviceWorker.addEventListener('controllerchange', () => location.reload(), { once: true });
    // Another tab may have let the new version take over already.
    if (registration.waiting && navigator.serviceWorker.controller) send(registration.waiting, { type: 'activate' });
    else location.reload();
  };
  lab.notify({
    id: 'version',
    level: 'info',
    text: 'A new version of this page is ready. Until you reload, you go on with the one you have.',
    action: { label: 'Reload', run: reload },
  });
}

/** What training from the model on screen would ask for. */
function filesOf({ baseCheckpoint, checkpoints, checkpointId }: LabState): string[] {
  const entry = checkpoints.find(({ id }) => id === checkpointId);
  const paths = [baseCheckpoint, entry?.checkpoint, entry?.recording].filter((path) => typeof path === 'string');
  return paths.map((path) => new URL(path, document.baseURI).href);
}

/** Makes the page work without a network from now on. A browser that refuses (a private window) goes without. */
export async function startOffline(lab: Lab): Promise<void> {
  const worker = new URL(WORKER, document.baseURI);
  const registration = await navigator.serviceWorker.register(worker, { updateViaCache: 'none' }).catch(() => null);
  if (!registration) return;
  if (registration.waiting) offerNewVersion(lab, registration);
  registration.addEventListener('updatefound', () => {
    const { installing, active } = registration;
    if (!active) return;
    installing?.addEventListener('statechange', () => {
      if (installing.state === 'installed') offerNewVersion(lab, registration);
    });
  });
  document.addEventListener('visibilitychange', () => {
    // A tab that stays open for weeks asks when somebody comes back to it; without a network there is no answer.
    if (!document.hidden) registration.update().catch(() => {});
  });
  const { active } = await navigator.serviceWorker.ready;
  const keep = (urls: readonly string[]): void => send(registration.active ?? active, { type: 'keep', urls });
  keep(filesOf(lab.store.getState()));
  lab.store.subscribe((state, before) => {
    if (state.checkpointId !== before.checkpointId || state.checkpoints !== before.checkpoints) keep(filesOf(state));
  });
  // On the first visit the page's requests do not go through the worker.
  if (!navigator.serviceWorker.controller) {
    new PerformanceObserver((list) => keep(list.getEntries().map(({ name }) => name))).observe({ type: 'resource', buffered: true });
  }
}
