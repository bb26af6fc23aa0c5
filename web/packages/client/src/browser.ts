import type { Clock } from './clock.ts';
import type { Socket } from './connection.ts';
import { insistent } from './insistent.ts';
import type { Locks } from './outbox.ts';
import { BrowserStorage } from './storage.ts';
import type { Messenger, MessengerPorts } from './store/messenger.ts';

/** The browser behind the ports of the client. Only this file touches globals for them. */

export const browserClock: Clock = {
  now: () => Date.now(),
  after: (milliseconds, action) => window.setTimeout(action, milliseconds),
  cancel: timer => window.clearTimeout(timer as number),
};

/** `crypto.randomUUID` is missing on plain http. */
export function uuid(): string {
  if (typeof crypto.randomUUID === 'function') return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = [...bytes].map(byte => byte.toString(16).padStart(2, '0')).join('');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

/** Web Locks list the live tabs. Without them (plain http) every tab adopts everything, and `client_id` keeps it single. */
export const browserLocks: Locks = {
  hold: name =>
    new Promise(resolve => {
      const nothing = () => {};
      if (!('locks' in navigator)) {
        resolve(nothing);
        return;
      }
      navigator.locks.request(name, () => new Promise<void>(release => resolve(release))).catch(() => resolve(nothing));
    }),
  isHeld: async name => {
    if (!('locks' in navigator)) return false;
    const { held } = await navigator.locks.query();
    return held?.some(lock => lock.name === name) ?? false;
  },
};

/** Once per frame; after 250 ms where no frame comes, because the page is hidden or becomes so meanwhile. */
export function schedule(flush: () => void): void {
  let timer = 0;
  const frame = requestAnimationFrame(() => {
    window.clearTimeout(timer);
    flush();
  });
  timer = window.setTimeout(() => {
    cancelAnimationFrame(frame);
    flush();
  }, 250);
}

export const loadUpload = insistent(() => import('./upload.ts'));

/** All ports but the address of the service and the tokens. */
export function browserPorts(): Omit<MessengerPorts, 'base' | 'tokens'> {
  return {
    fetch: (...args) => fetch(...args),
    openSocket: url => new WebSocket(url) as unknown as Socket,
    upload: async request => (await loadUpload()).xhrUploader(() => new XMLHttpRequest())(request),
    clock: browserClock,
    random: () => Math.random(),
    uuid,
    memory: new BrowserStorage(() => localStorage),
    session: new BrowserStorage(() => sessionStorage),
    locks: browserLocks,
    isOnline: () => navigator.onLine,
    report: (fault, cause) => console.warn(fault, cause ?? ''),
    schedule,
    watch: watchBrowser,
  };
}

/** Tells the messenger what the browser knows first: the network, a page that is shown, hidden or left. The returned function ends it. */
function watchBrowser(messenger: Messenger): () => void {
  const over = new AbortController();
  const { signal } = over;
  const keep = () => {
    messenger.keepDrafts();
    messenger.keepSeen();
  };
  window.addEventListener('online', () => messenger.client.connection.hurry(), { signal });
  window.addEventListener('offline', () => messenger.client.connection.offline(), { signal });
  window.addEventListener('pagehide', keep, { signal });
  window.addEventListener('focus', () => messenger.attended(), { signal });
  window.addEventListener('storage', ({ key }) => key !== null && messenger.heardStorage(key), { signal });
  document.addEventListener(
    'visibilitychange',
    () => {
      if (document.visibilityState === 'visible') messenger.client.connection.wake();
      else keep();
    },
    { signal },
  );
  return () => over.abort();
}
