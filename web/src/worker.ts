/**
 * The service worker: it keeps the files of the page, so that it opens without a network. It never keeps an answer of the service.
 *
 * Each build has a worker of its own, with its files by name. A new one waits until no page of the one before is open, so that an open page
 * finds its parts; a page that is loaded anew while online is the newest in any case, since pages come from the network first.
 */

/** Written by `tools/worker.ts`: the files of this build, and a name that changes with them. */
declare const FILES: readonly string[];
declare const VERSION: string;

interface Scope {
  registration: { scope: string };
  addEventListener(type: 'install' | 'activate', listener: (event: { waitUntil: (done: Promise<unknown>) => void }) => void): void;
  addEventListener(type: 'fetch', listener: (event: { request: Request; respondWith: (answer: Promise<Response>) => void }) => void): void;
}

const worker = self as unknown as Scope;
const NAME = `suhbat-shell-${VERSION}`;
const base = worker.registration.scope;
const files = new Set(FILES.map(file => new URL(file, base).href));
/** Paths of the service, which answers them itself. */
const SERVICE = /^(?:api|ws|healthz|readyz|metrics)(?:\/|$)/;

async function install(): Promise<void> {
  const cache = await caches.open(NAME);
  const page = await fetch(base, { cache: 'reload' });
  const text = await page.clone().text();
  // In the middle of an update the service may answer with another build, whose files this worker does not have: then the next visit tries again.
  if (!page.ok || !FILES.some(file => file.startsWith('assets/') && text.includes(file))) throw new Error('the page is of another build');
  await Promise.all([cache.put(base, page), cache.addAll([...files])]);
}

async function removeOthers(): Promise<void> {
  const names = await caches.keys();
  await Promise.all(names.filter(name => name.startsWith('suhbat-shell-') && name !== NAME).map(name => caches.delete(name)));
}

/** Every path of the page is the same document. */
async function pageFor(request: Request): Promise<Response> {
  try {
    return await fetch(request);
  } catch (error) {
    const kept = await caches.match(base, { cacheName: NAME, ignoreVary: true });
    if (kept) return kept;
    throw error;
  }
}

async function fileFor(request: Request): Promise<Response> {
  // The files are the same for every origin, which the page's requests name and the worker's do not.
  return (await caches.match(request, { cacheName: NAME, ignoreSearch: true, ignoreVary: true })) ?? fetch(request);
}

worker.addEventListener('install', event => event.waitUntil(install()));
worker.addEventListener('activate', event => event.waitUntil(removeOthers()));
worker.addEventListener('fetch', event => {
  const { request } = event;
  const [address = ''] = request.url.split(/[?#]/);
  if (request.method !== 'GET' || !address.startsWith(base) || SERVICE.test(address.slice(base.length))) return;
  if (request.mode === 'navigate') event.respondWith(pageFor(request));
  else if (files.has(address)) event.respondWith(fileFor(request));
});
