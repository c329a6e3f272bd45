/**
 * Keeps the page usable without a network. The files of a build are fetched once, checked against the hashes that the build
 * wrote down, and served from a cache of that build only; checkpoints and recordings are kept when they are first used.
 *
 * A tab gets every file from the build that its page came from, also while a newer build waits or has taken over for other
 * tabs: old and new files never meet. Nothing is fetched from another origin.
 */

/** What one build consists of: hash by path, relative to the page. */
export interface Build {
  id: string;
  /** Fetched when the worker is installed. */
  files: Readonly<Record<string, string>>;
  /** Fetched when they are first used. */
  data: Readonly<Record<string, string>>;
}

/** From the page: the waiting build takes over, or these addresses have been used before this worker was there. */
export type OfflineMessage = { type: 'activate' } | { type: 'keep'; urls: readonly string[] };

declare const self: ServiceWorkerGlobalScope;
/** Written in by scripts/offline.ts. */
declare const BUILD_LIST: Build;

const BUILD = BUILD_LIST;

const SCOPE = self.registration.scope;
/** Caches belong to the whole origin, on which other pages may live. */
const PREFIX = `creditscope ${new URL(SCOPE).pathname} `;
const DATA = `${PREFIX}data`;
const CLIENTS = `${PREFIX}clients`;
const INDEX = 'index.html';
/** Between two files, ms: on the first visit the page is being used meanwhile, and four at a time doubled what a click took. */
const PAUSE_MS = 10;

const cacheOf = (id: string): string => `${PREFIX}build ${id}`;
const urlOf = (path: string): string => new URL(path === INDEX ? './' : path, SCOPE).href;
const dataKey = (path: string, hash: string): string => `${urlOf(path)}?${hash}`;
const aboutKey = `${SCOPE}?build`;
const clientKey = (id: string): string => `${SCOPE}?client=${id}`;

/** Path inside the page's folder, or null for anything else. */
function pathOf(address: string): string | null {
  const bare = address.split(/[?#]/)[0];
  if (!bare.startsWith(SCOPE)) return null;
  return bare.slice(SCOPE.length) || INDEX;
}

async function digest(bytes: ArrayBuffer): Promise<string> {
  const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  return [...hash.subarray(0, 16)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** A file of exactly this build. Throws where the server has another version by now. */
async function fetchFile(path: string, hash: string, build: Build): Promise<Response> {
  // Under assets/ the name holds a hash: what the browser has already is right. Elsewhere it must ask.
  const response = await fetch(urlOf(path), { cache: path.startsWith('assets/') ? 'default' : 'no-cache' });
  if (!response.ok) throw new Error(`${path}: status ${response.status}`);
  const bytes = await response.arrayBuffer();
  // Hosts may add to a page, so the page is known by the build that it names.
  const isRight = path === INDEX ? new TextDecoder().decode(bytes).includes(`"${build.id}"`) : (await digest(bytes)) === hash;
  if (!isRight) throw new Error(`${path} belongs to another build`);
  const headers = new Headers(response.headers);
  // The bytes are unpacked by now. A new response also forgets a redirect, which a navigation would refuse.
  headers.delete('Content-Encoding');
  headers.delete('Content-Length');
  return new Response(bytes, { headers });
}

async function install(): Promise<void> {
  const cache = await caches.open(cacheOf(BUILD.id));
  for (const [path, hash] of Object.entries(BUILD.files)) {
    await cache.put(urlOf(path), await fetchFile(path, hash, BUILD));
    await new Promise((done) => setTimeout(done, PAUSE_MS));
  }
  await cache.put(aboutKey, new Response(JSON.stringify(BUILD)));
}

const remember = async (clientId: string, build: Build): Promise<void> => {
  if (clientId) await (await caches.open(CLIENTS)).put(clientKey(clientId), new Response(build.id));
};

async function readBuild(id: string): Promise<Build> {
  if (id === BUILD.id) return BUILD;
  const about = await caches.match(aboutKey, { cacheName: cacheOf(id) });
  return about ? ((await about.json()) as Build) : BUILD;
}

/** The build whose page this tab (or its worker) came from. */
async function buildOf(clientId: string): Promise<Build> {
  const known = clientId && (await caches.match(clientKey(clientId), { cacheName: CLIENTS }));
  return known ? readBuild(await known.text()) : BUILD;
}

/** Removes what no open tab comes from. */
async function tidy(): Promise<void> {
  const open = new Set((await self.clients.matchAll({ includeUncontrolled: true, type: 'all' })).map(({ id }) => clientKey(id)));
  const clients = await caches.open(CLIENTS);
  const used = new Set([BUILD.id]);
  for (const request of await clients.keys()) {
    const id = await (await clients.match(request))?.text();
    if (id && open.has(request.url)) used.add(id);
    else await clients.delete(request);
  }
  const builds = await Promise.all([...used].map(readBuild));
  for (const name of await caches.keys()) {
    if (name.startsWith(`${PREFIX}build `) && !builds.some(({ id }) => name === cacheOf(id))) await caches.delete(name);
  }
  const wanted = new Set(builds.flatMap(({ data }) => Object.entries(data).map(([path, hash]) => dataKey(path, hash))));
  const data = await caches.open(DATA);
  for (const request of await data.keys()) if (!wanted.has(request.url)) await data.delete(request);
}

/** Serves `key` from a cache, and fetches and keeps what is not there. */
async function cached(cacheName: string, key: string, fetchIt: () => Promise<Response>): Promise<Response> {
  const cache = await caches.open(cacheName);
  const hit = await cache.match(key, { ignoreVary: true });
  if (hit) return hit;
  const response = await fetchIt();
  await cache.put(key, response.clone());
  return response;
}

const readData = (path: string, build: Build): Promise<Response> =>
  cached(DATA, dataKey(path, build.data[path]), () => fetchFile(path, build.data[path], build));

async function openPage(event: FetchEvent): Promise<Response> {
  await remember(event.resultingClientId, BUILD);
  return cached(cacheOf(BUILD.id), urlOf(INDEX), () => fetch(event.request));
}

async function answer(event: FetchEvent, path: string): Promise<Response> {
  const build = await buildOf(event.clientId);
  // A worker is a client of its own, and asks for files too.
  if (event.resultingClientId) await remember(event.resultingClientId, build);
  try {
    if (path in build.data) return await readData(path, build);
    if (path in build.files) return await cached(cacheOf(build.id), urlOf(path), () => fetchFile(path, build.files[path], build));
  } catch {
    // The page says that the file did not arrive and offers to try again.
    return Response.error();
  }
  return fetch(event.request);
}

async function keep(urls: readonly string[]): Promise<void> {
  for (const path of urls.map(pathOf)) {
    // What does not arrive now is fetched when it is used.
    if (path !== null && path in BUILD.data) await readData(path, BUILD).catch(() => {});
  }
}

self.addEventListener('install', (event) => event.waitUntil(install()));
self.addEventListener('activate', (event) => event.waitUntil(tidy()));
self.addEventListener('message', (event) => {
  const message = event.data as OfflineMessage;
  event.waitUntil(message.type === 'activate' ? self.skipWaiting() : keep(message.urls));
});
self.addEventListener('fetch', (event) => {
  const path = event.request.method === 'GET' ? pathOf(event.request.url) : null;
  if (path === null) return;
  if (event.request.mode !== 'navigate') event.respondWith(answer(event, path));
  else if (path === INDEX) event.respondWith(openPage(event));
});
