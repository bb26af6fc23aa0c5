import type { KeyValueStorage } from './storage.ts';

/** The source of access tokens. `renew` is asked once after a refusal; null means that the person has to sign in. */
export interface TokenSource {
  current(): string | null;
  renew(): Promise<string | null>;
  forget(): void;
}

const KEY = 'suhbat:token';

/** The user of a token, read without checking: only the service can judge it. Claim `user_id`, else `sub`. */
export function userOf(token: string): number | null {
  try {
    const payload = (token.split('.')[1] ?? '').replaceAll('-', '+').replaceAll('_', '/');
    const claims = JSON.parse(atob(payload)) as { user_id?: unknown; sub?: unknown };
    const id = Number(claims.user_id ?? claims.sub);
    return Number.isSafeInteger(id) && id > 0 ? id : null;
  } catch {
    return null;
  }
}

/** A token kept for this tab only, as the demo login gives it. */
export class SessionTokenSource implements TokenSource {
  readonly #memory: KeyValueStorage;

  constructor(memory: KeyValueStorage) {
    this.#memory = memory;
  }

  keep(token: string): void {
    this.#memory.set(KEY, token);
  }

  current(): string | null {
    return this.#memory.get(KEY);
  }

  renew(): Promise<string | null> {
    return Promise.resolve(null);
  }

  forget(): void {
    this.#memory.remove(KEY);
  }
}
