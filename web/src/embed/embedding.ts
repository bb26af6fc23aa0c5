import { browserClock, type Messenger, type ParentWindow, PostMessageTokenSource, type Store } from '@suhbat/client';
import type { Settings } from '../settings.ts';
import './embedding.css';
import { type HostMessage, type PageMessage, pathOf } from './messages.ts';

const LANGUAGES: readonly unknown[] = ['uz', 'ru', 'en'];
const THEMES: readonly unknown[] = ['system', 'light', 'dark'];

/** The platform's page around this one, if its origin is one of these. */
export class Embedding implements ParentWindow {
  readonly tokens: HostTokens;
  readonly #origins: readonly string[];

  constructor(origins: readonly string[]) {
    this.#origins = origins;
    this.tokens = new HostTokens(this, origins, browserClock);
    this.tokens.onSilence = () => this.#tell({ type: 'suhbat:sign-in-needed' });
  }

  origin(): string | null {
    return location.ancestorOrigins?.[0] ?? null;
  }

  listen(onMessage: (origin: string, data: unknown) => void): void {
    window.addEventListener('message', event => {
      if (event.source === window.parent && event.source !== window) onMessage(event.origin, event.data);
    });
  }

  ask(origin: string): void {
    window.parent.postMessage({ type: 'suhbat:token-please' } satisfies PageMessage, origin);
  }

  /** Does what the host asks for, and tells it what happens. `base` is the address of the page. */
  connect(messenger: Messenger, preferences: Store<Settings>, base: string): void {
    this.tokens.onToken = token => {
      if (messenger.store.getState().session !== 'signed-in' || messenger.isOfAnother(token)) messenger.signIn(token);
    };
    this.listen((origin, data) => {
      if (this.#origins.includes(origin) && typeof data === 'object' && data !== null) this.#obey(data as HostMessage, preferences, base);
    });
    messenger.listen((state, before) => {
      if (state.unread !== before.unread) this.#tell({ type: 'suhbat:unread', count: state.unread });
      if (state.current !== before.current) this.#tell({ type: 'suhbat:opened', conversation: state.current });
    });
    messenger.onArrival(({ id, conversation, name, text }) => {
      const isSeen = document.hasFocus() && messenger.store.getState().current === conversation;
      if (!isSeen) this.#tell({ type: 'suhbat:notification', conversation, message: id, name, text });
    });
    const title = document.querySelector('title');
    if (title) {
      new MutationObserver(() => this.#tell({ type: 'suhbat:title', title: document.title })).observe(title, { childList: true });
    }
    this.#tell({ type: 'suhbat:ready' });
  }

  /** A message of another kind, or with other values, is no message for this page. */
  #obey(message: HostMessage, preferences: Store<Settings>, base: string): void {
    switch (message.type) {
      case 'suhbat:language':
        if (LANGUAGES.includes(message.language)) preferences.setState({ locale: message.language });
        return;
      case 'suhbat:theme':
        if (THEMES.includes(message.theme)) preferences.setState({ theme: message.theme });
        return;
      case 'suhbat:open':
        // The router hears of it.
        history.pushState(null, '', new URL(pathOf(message), base));
        return;
      case 'suhbat:hide':
        document.documentElement.dataset['hide'] = [message.header === true && 'header', message.list === true && 'list']
          .filter(Boolean)
          .join(' ');
    }
  }

  /** Only to the expected origins: a page elsewhere learns nothing. */
  #tell(message: PageMessage): void {
    const parent = this.origin();
    for (const origin of this.#origins) if (parent === null || parent === origin) window.parent.postMessage(message, origin);
  }
}

class HostTokens extends PostMessageTokenSource {
  onSilence: () => void = () => {};

  override async renew(): Promise<string | null> {
    const token = await super.renew();
    if (token === null) this.onSilence();
    return token;
  }
}
