import type { Clock, Locks, Memory, TokenMessenger } from './client/index.ts';
import type { Environment, NotificationsPort } from './components/app.tsx';

/** The browser behind the ports of the client and the page. Only this file and `main.tsx` touch globals for them. */

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
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}

/** Web Locks tell which tabs live. Without them (plain http) every tab adopts everything, and `client_id` keeps it single. */
export const browserLocks: Locks = {
  hold: name =>
    new Promise(resolve => {
      if (!('locks' in navigator)) {
        resolve();
        return;
      }
      // Never released: the lock lives as long as the page.
      navigator.locks
        .request(name, () => {
          resolve();
          return new Promise<never>(() => {});
        })
        .catch(() => resolve());
    }),
  isHeld: async name => {
    if (!('locks' in navigator)) return false;
    const { held } = await navigator.locks.query();
    return held?.some(lock => lock.name === name) ?? false;
  },
};

/** Once per frame; every 250 ms while hidden, when frames do not come. */
export function schedule(flush: () => void): void {
  if (document.visibilityState === 'hidden') window.setTimeout(flush, 250);
  else requestAnimationFrame(flush);
}

export function parentMessenger(): TokenMessenger {
  return {
    listen: onMessage =>
      window.addEventListener('message', event => {
        if (event.source === window.parent && event.source !== window) onMessage(event.origin, event.data);
      }),
    ask: origin => window.parent.postMessage({ type: 'suhbat:token-please' }, origin),
  };
}

/** One tab of all notifies: whoever holds the lock. And none does while any tab shows the conversation to somebody. */
function notifications(memory: Memory): NotificationsPort | null {
  if (!('Notification' in window)) return null;
  let elected = !('locks' in navigator);
  if (!elected) {
    void navigator.locks.request('suhbat:notify', () => {
      elected = true;
      return new Promise<never>(() => {});
    });
  }
  const seen = () => memory.get('suhbat:looking') ?? '';
  return {
    permission: () => Notification.permission,
    ask: () => Notification.requestPermission(),
    show: (title, body, tag, onClick) => {
      const [shown, at] = seen().split('@');
      if (!elected || (shown === tag && browserClock.now() - Number(at) < 20_000)) return;
      const notification = new Notification(title, { body, tag, icon: new URL('favicon.svg', document.baseURI).href });
      notification.onclick = () => {
        window.focus();
        onClick();
        notification.close();
      };
    },
    chime: () => {
      if (!elected) return;
      const audio = new AudioContext();
      const tone = audio.createOscillator();
      const volume = audio.createGain();
      tone.frequency.value = 660;
      volume.gain.setValueAtTime(0.08, audio.currentTime);
      volume.gain.exponentialRampToValueAtTime(0.0001, audio.currentTime + 0.35);
      tone.connect(volume).connect(audio.destination);
      tone.start();
      tone.stop(audio.currentTime + 0.36);
      tone.onended = () => void audio.close();
    },
  };
}

async function copy(text: string): Promise<void> {
  if (navigator.clipboard) {
    await navigator.clipboard.writeText(text);
    return;
  }
  const area = document.createElement('textarea');
  area.value = text;
  document.body.append(area);
  area.select();
  document.execCommand('copy');
  area.remove();
}

/** The name of the first script changes with every build. A page that names none, of a proxy perhaps, proves nothing. */
async function isOutdated(base: string, script: string): Promise<boolean> {
  try {
    const answer = await fetch(base, { cache: 'no-cache' });
    const page = answer.ok ? await answer.text() : '';
    return page.includes('id="root"') && !page.includes(new URL(script).pathname);
  } catch {
    return false;
  }
}

export function browserEnvironment(base: string, script: string, memory: Memory, embedded: boolean): Environment {
  return {
    isVisible: () => document.visibilityState === 'visible' && document.hasFocus(),
    onAttention: listener => {
      window.addEventListener('focus', listener);
      document.addEventListener('visibilitychange', listener);
      return () => {
        window.removeEventListener('focus', listener);
        document.removeEventListener('visibilitychange', listener);
      };
    },
    copy,
    reload: () => location.reload(),
    isOutdated: () => isOutdated(base, script),
    notifications: notifications(memory),
    emojiUrl: new URL('emoji', base).href,
    asset: name => new URL(name, base).href,
    embedded,
  };
}
