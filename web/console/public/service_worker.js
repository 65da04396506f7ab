// SPDX-License-Identifier: Apache-2.0
// Keeps the shell and the base map, so that the console opens while the server is away and shows the last known city
// with its age. Readings are never taken from here: they come from the server or from the page's own kept snapshot.
const shell = 'horad-shell-1';
const tiles = 'horad-tiles-1';
const mostAssets = 80;
const mostTiles = 1500;
const patienceMs = 4000;

self.addEventListener('install', (event) => {
  event.waitUntil(
    caches
      .open(shell)
      .then((cache) => cache.addAll(['/', '/first_paint.js', '/icon.svg']))
      .then(() => self.skipWaiting()),
  );
});

self.addEventListener('activate', (event) => {
  event.waitUntil(
    caches
      .keys()
      .then((names) =>
        Promise.all(names.filter((name) => name !== shell && name !== tiles).map((name) => caches.delete(name))),
      )
      .then(() => self.clients.claim()),
  );
});

/** The page itself: the server's if it answers soon, else the kept one. */
async function page(request) {
  const cache = await caches.open(shell);
  try {
    const response = await fetch(request, { signal: AbortSignal.timeout(patienceMs) });
    if (response.ok) await cache.put('/', response.clone());
    return response;
  } catch {
    return (await cache.match('/')) ?? Response.error();
  }
}

/** Files with a hash in their name never change: the kept one is the right one. */
async function asset(request) {
  const cache = await caches.open(shell);
  const kept = await cache.match(request);
  if (kept) return kept;
  const response = await fetch(request);
  if (response.ok) {
    await cache.put(request, response.clone());
    await trim(cache, mostAssets);
  }
  return response;
}

/** Tiles change with a new import only: the server's when it answers, else the kept one. */
async function tile(request) {
  const cache = await caches.open(tiles);
  try {
    const response = await fetch(request);
    if (response.ok) {
      await cache.put(request, response.clone());
      await trim(cache, mostTiles);
    }
    return response;
  } catch {
    return (await cache.match(request)) ?? Response.error();
  }
}

/** Drops the oldest; the page and its first files, put in first at install, are put in anew with each visit. */
async function trim(cache, most) {
  const keys = await cache.keys();
  await Promise.all(keys.slice(0, Math.max(0, keys.length - most)).map((key) => cache.delete(key)));
}

self.addEventListener('fetch', (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== 'GET' || url.origin !== self.location.origin) return;
  if (request.mode === 'navigate' && /^\/(map|list)?$/.test(url.pathname)) event.respondWith(page(request));
  else if (/^\/(assets\/|first_paint\.js|icon\.svg)/.test(url.pathname)) event.respondWith(asset(request));
  else if (url.pathname === '/tiles.json' || url.pathname.startsWith('/tiles/')) event.respondWith(tile(request));
});
