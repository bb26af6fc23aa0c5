import { type HostMessage, type PageMessage, pathOf } from './messages.ts';

/** The loader for the platform's pages: `<script src="https://chat.example.org/suhbat.js">`, then `<suhbat-inbox>`. */
const { src } = document.currentScript as HTMLScriptElement;
const ATTRIBUTES = ['conversation', 'person', 'community', 'language', 'theme', 'hide'];

class SuhbatInbox extends HTMLElement {
  static observedAttributes = ATTRIBUTES;
  /** Gives the access token of the person; null where nobody is signed in. */
  token: () => string | null | Promise<string | null> = () => this.getAttribute('token');
  #frame: HTMLIFrameElement | null = null;
  #isReady = false;

  connectedCallback(): void {
    const frame = document.createElement('iframe');
    frame.title = this.title || 'Suhbat';
    frame.allow = 'clipboard-write; microphone; autoplay';
    frame.style.cssText = 'display: block; border: 0; inline-size: 100%; block-size: 100%';
    frame.src = new URL(`./${pathOf(this.#place())}`, src).href;
    this.#isReady = false;
    this.#frame = frame;
    window.addEventListener('message', this);
    this.replaceChildren(frame);
  }

  disconnectedCallback(): void {
    window.removeEventListener('message', this);
    this.replaceChildren();
  }

  attributeChangedCallback(name: string): void {
    if (this.#isReady) this.#pass(name);
  }

  handleEvent({ source, origin, data }: MessageEvent<PageMessage>): void {
    if (source !== this.#frame?.contentWindow || origin !== new URL(src).origin) return;
    if (data.type === 'suhbat:token-please') void this.signIn();
    if (data.type === 'suhbat:ready') {
      this.#isReady = true;
      for (const name of ['language', 'theme', 'hide']) if (this.hasAttribute(name)) this.#pass(name);
    }
    this.dispatchEvent(new CustomEvent(data.type.slice(7), { detail: data }));
  }

  /** Hands over the token. To be called when the person has signed in, or another one has. */
  async signIn(): Promise<void> {
    const token = await this.token();
    if (token) this.tell({ type: 'suhbat:token', token });
  }

  tell(message: HostMessage): void {
    this.#frame?.contentWindow?.postMessage(message, new URL(src).origin);
  }

  #place(): { conversation: string | null; person: string | null; community: string | null } {
    const [conversation, person, community] = ['conversation', 'person', 'community'].map(name => this.getAttribute(name));
    return { conversation: conversation ?? null, person: person ?? null, community: community ?? null };
  }

  #pass(name: string): void {
    const value = this.getAttribute(name);
    if (name === 'hide') {
      const parts = (value ?? '').split(' ');
      this.tell({ type: 'suhbat:hide', header: parts.includes('header'), list: parts.includes('list') });
    } else if (name === 'language' || name === 'theme') {
      if (value !== null) this.tell({ type: `suhbat:${name}`, [name]: value } as unknown as HostMessage);
    } else {
      const { conversation, person, community } = this.#place();
      this.tell({ type: 'suhbat:open', conversation: Number(conversation), person: Number(person), community: Number(community) });
    }
  }
}

customElements.define('suhbat-inbox', SuhbatInbox);
