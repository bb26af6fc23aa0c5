import { ApiError, type KeyValueStorage } from '../core.ts';
import { insistent } from '../insistent.ts';
import type { State } from './state.ts';

/** The key in storage. */
export const SEEN = 'suhbat:seen';

type Parts = typeof import('./seen-parts.ts');
const load = insistent(() => import('./seen-parts.ts'));

/** What the session last saw. The code for it is loaded later: only a page without a network needs it. */
export class Seen {
  readonly memory: KeyValueStorage;
  #parts: Parts | null = null;

  constructor(memory: KeyValueStorage) {
    this.memory = memory;
  }

  /** To be called early: when the page goes away, nothing can be loaded. */
  prepare(): void {
    load().then(
      parts => {
        this.#parts = parts;
      },
      // Then nothing is kept.
      () => {},
    );
  }

  keep(state: State): void {
    this.#parts?.keepSeen(this.memory, state);
  }

  forget(): void {
    this.memory.remove(SEEN);
  }

  /** The readers, where a request failed because nobody answered; null where the service did, even if with a fault of its own. */
  async partsAfter(error: unknown): Promise<Parts | null> {
    if (error instanceof ApiError && error.status !== 0) return null;
    return this.memory.get(SEEN) === null ? null : load().catch(() => null);
  }
}
