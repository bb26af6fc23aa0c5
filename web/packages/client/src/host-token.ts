import type { Clock, Timer } from './clock.ts';
import { type TokenSource, userOf } from './token.ts';

const PATIENCE = 10_000;

export interface ParentWindow {
  /** Null where the browser does not tell it. */
  origin(): string | null;
  listen(onMessage: (origin: string, data: unknown) => void): void;
  ask(origin: string): void;
}

/**
 * A token handed over by the page that embeds this one: it posts `{type: "suhbat:token", token}` from an allowed origin,
 * unasked or on `{type: "suhbat:token-please"}`. It is never stored.
 */
export class PostMessageTokenSource implements TokenSource {
  readonly #parent: ParentWindow;
  readonly #origins: readonly string[];
  readonly #clock: Clock;
  #token: string | null = null;
  #patience: Timer = null;
  #waiting: ((token: string | null) => void)[] = [];
  onToken: (token: string) => void = () => {};

  constructor(parent: ParentWindow, origins: readonly string[], clock: Clock) {
    this.#parent = parent;
    this.#origins = origins;
    this.#clock = clock;
    parent.listen((origin, data) => this.#hear(origin, data));
  }

  current(): string | null {
    return this.#token;
  }

  renew(): Promise<string | null> {
    const answer = new Promise<string | null>(resolve => this.#waiting.push(resolve));
    // A page that stays silent has nobody signed in; a token that comes later is still taken.
    this.#clock.cancel(this.#patience);
    this.#patience = this.#clock.after(PATIENCE, () => this.#answer(null));
    // Browsers complain about each message to an origin that is not the parent's.
    const parent = this.#parent.origin();
    for (const origin of this.#origins) if (parent === null || parent === origin) this.#parent.ask(origin);
    return answer;
  }

  keep(token: string): void {
    this.#token = token;
  }

  forget(): void {
    this.#token = null;
    this.#answer(null);
  }

  #answer(token: string | null): void {
    for (const resolve of this.#waiting.splice(0)) resolve(token);
  }

  #hear(origin: string, data: unknown): void {
    if (!this.#origins.includes(origin) || typeof data !== 'object' || data === null) return;
    const { type, token } = data as { type?: unknown; token?: unknown };
    if (type !== 'suhbat:token' || typeof token !== 'string' || token === '') return;
    // A request of another person gets no token of this one.
    const isOther = this.#token !== null && userOf(this.#token) !== userOf(token);
    if (isOther) this.#answer(null);
    this.#token = token;
    this.onToken(token);
    this.#answer(token);
  }
}
