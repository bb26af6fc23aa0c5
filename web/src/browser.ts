import { browserClock, type KeyValueStorage } from '@suhbat/client';
import type { Environment, NotificationsPort } from './components/app.tsx';
import { later } from './components/parts.tsx';

/** The browser behind the ports of the page; those of the client are its own. Only this file and `start.tsx` touch globals for them. */

const loadSeldom = later(() => import('./seldom.ts'));

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
    const over = () => {
      this.#isChiming = false;
    };
    loadSeldom().then(({ chime }) => chime(CHIME, over), over);
  }

  /** Whether this tab must notify, and no other shows the conversation. */
  #isMine(tag: string): boolean {
    const [shown, at] = (this.#memory.get('suhbat:looking') ?? '').split('@');
    return this.#isElected && (shown !== tag || browserClock.now() - Number(at) >= LOOKED);
  }
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
    copy: text =>
      loadSeldom().then(
        parts => parts.copy(text),
        () => false,
      ),
    reload: () => location.reload(),
    isOutdated: () => isOutdated(base, script),
    notifications: notifier,
    emojiUrl: new URL('emoji', base).href,
    asset: name => new URL(name, base).href,
    embedded,
  };
}
