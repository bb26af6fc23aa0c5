import type { Clock, KeyValueStorage, Locks, ParentWindow } from '@suhbat/client';
import type { Environment, NotificationsPort } from './components/app.tsx';

/** The browser behind the ports of the client and the page. Only this file and `start.tsx` touch globals for them. */

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

export function parentWindow(): ParentWindow {
  return {
    origin: () => location.ancestorOrigins?.[0] ?? null,
    listen: onMessage =>
      window.addEventListener('message', event => {
        if (event.source === window.parent && event.source !== window) onMessage(event.origin, event.data);
      }),
    ask: origin => window.parent.postMessage({ type: 'suhbat:token-please' }, origin),
  };
}

/** Milliseconds: how long a look at a conversation counts, and how long the sound may take. */
const LOOKED = 20_000;
const CHIME = 1_000;

/** One tab of all notifies: the tab that holds the lock. And none does while any tab shows the conversation to somebody. */
export class Notifier implements NotificationsPort {
  readonly #memory: KeyValueStorage;
  readonly #icon: string;
  #isBroken = false;
  #isElected = false;
  #isChiming = false;
  /** Ends the candidature, won or not; null while there is none. */
  #withdraw: (() => void) | null = null;

  constructor(memory: KeyValueStorage, icon: string) {
    this.#memory = memory;
    this.#icon = icon;
  }

  /** Only a tab that could notify stands for election: signed in, and asked to. */
  stand(isWilling: boolean): void {
    if (isWilling === (this.#withdraw !== null)) return;
    if (this.#withdraw) {
      this.#withdraw();
      this.#withdraw = null;
      this.#isElected = false;
      return;
    }
    if (!('locks' in navigator)) {
      this.#isElected = true;
      this.#withdraw = () => {};
      return;
    }
    const candidature = new AbortController();
    const withdrawn = new Promise<void>(resolve => candidature.signal.addEventListener('abort', () => resolve()));
    this.#withdraw = () => candidature.abort();
    navigator.locks
      .request('suhbat:notify', { signal: candidature.signal }, () => {
        this.#isElected = !candidature.signal.aborted;
        return withdrawn;
      })
      // Withdrawn before it was won.
      .catch(() => {});
  }

  isPossible(): boolean {
    // Without the permission nothing is shown, so that it can be tried out.
    if (Notification.permission !== 'granted') this.#tryOut();
    return !this.#isBroken;
  }

  permission(): NotificationPermission {
    return this.#isBroken ? 'denied' : Notification.permission;
  }

  async ask(): Promise<NotificationPermission> {
    await Notification.requestPermission();
    if (Notification.permission === 'granted') this.#tryOut();
    return this.permission();
  }

  /** Android grants the permission and then allows service workers only: its constructor throws. */
  #tryOut(): void {
    if (this.#isBroken) return;
    try {
      new Notification('', { tag: 'suhbat:trial', silent: true }).close();
    } catch {
      this.#isBroken = true;
    }
  }

  show(title: string, body: string, tag: string, onClick: () => void): void {
    if (!this.#isMine(tag) || this.#isBroken) return;
    try {
      const notification = new Notification(title, { body, tag, icon: this.#icon });
      notification.onclick = () => {
        window.focus();
        onClick();
        notification.close();
      };
    } catch {
      this.#isBroken = true;
    }
  }

  chime(tag: string): void {
    // Browsers allow no sound before the first touch of the page; and while one plays, once is enough.
    if (this.#isChiming || !this.#isMine(tag) || navigator.userActivation?.hasBeenActive === false) return;
    this.#isChiming = true;
    const audio = new AudioContext();
    browserClock.after(CHIME, () => {
      this.#isChiming = false;
      void audio.close();
    });
    const tone = audio.createOscillator();
    const volume = audio.createGain();
    tone.frequency.value = 660;
    volume.gain.setValueAtTime(0.08, audio.currentTime);
    volume.gain.exponentialRampToValueAtTime(0.0001, audio.currentTime + 0.35);
    tone.connect(volume).connect(audio.destination);
    tone.start();
    tone.stop(audio.currentTime + 0.36);
  }

  /** Whether this tab must notify, and no other shows the conversation. */
  #isMine(tag: string): boolean {
    const [shown, at] = (this.#memory.get('suhbat:looking') ?? '').split('@');
    return this.#isElected && (shown !== tag || browserClock.now() - Number(at) >= LOOKED);
  }
}

/** Whether it worked: an embedded page may be forbidden to, and plain http knows no clipboard. */
export async function copy(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copySelected(text);
  }
}

function copySelected(text: string): boolean {
  const focused = document.activeElement;
  const area = document.createElement('textarea');
  area.value = text;
  area.style.position = 'fixed';
  document.body.append(area);
  area.focus({ preventScroll: true });
  area.select();
  let copied = false;
  try {
    copied = document.execCommand('copy');
  } catch {
    // Not even this.
  }
  area.remove();
  if (focused instanceof HTMLElement) focused.focus({ preventScroll: true });
  return copied;
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

export function browserEnvironment(base: string, script: string, notifier: Notifier | null, embedded: boolean): Environment {
  return {
    isVisible: () => document.visibilityState === 'visible' && document.hasFocus(),
    onAttention: listener => {
      const events = ['focus', 'blur', 'pagehide'];
      for (const event of events) window.addEventListener(event, listener);
      document.addEventListener('visibilitychange', listener);
      return () => {
        for (const event of events) window.removeEventListener(event, listener);
        document.removeEventListener('visibilitychange', listener);
      };
    },
    copy,
    reload: () => location.reload(),
    isOutdated: () => isOutdated(base, script),
    notifications: notifier,
    emojiUrl: new URL('emoji', base).href,
    asset: name => new URL(name, base).href,
    embedded,
  };
}
