import type { TokenSource } from './token.ts';

/** The token of a platform's own front end: one that stays, or a function that is asked at the start and after each refusal. */
export class GivenTokenSource implements TokenSource {
  readonly #ask: () => string | null | Promise<string | null>;
  #token: string | null = null;

  constructor(token: string | (() => string | null | Promise<string | null>)) {
    if (typeof token === 'string') this.#token = token;
    this.#ask = typeof token === 'string' ? () => null : token;
  }

  current(): string | null {
    return this.#token;
  }

  async renew(): Promise<string | null> {
    this.#token = await this.#ask();
    return this.#token;
  }

  keep(token: string): void {
    this.#token = token;
  }

  forget(): void {
    this.#token = null;
  }
}
