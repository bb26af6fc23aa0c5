import type { ClientEvent, Suhbat } from '../core.ts';

const IMMEDIATE: ReadonlySet<ClientEvent['type']> = new Set(['outbox', 'sent', 'signed-out', 'restored', 'reset']);

/** Collects events and applies them in one batch per tick of the scheduler, so that a burst is one render. */
export class Feed {
  #queue: ClientEvent[] = [];
  #planned = false;
  readonly #schedule: (flush: () => void) => void;
  readonly #apply: (events: readonly ClientEvent[]) => void;

  constructor(client: Suhbat, schedule: (flush: () => void) => void, apply: (events: readonly ClientEvent[]) => void) {
    this.#schedule = schedule;
    this.#apply = apply;
    client.listen(event => this.#take(event));
  }

  #take(event: ClientEvent): void {
    this.#queue.push(event);
    // The person's own acts show at once, and void state is dropped before anything is done with it.
    if (IMMEDIATE.has(event.type)) {
      this.flush();
      return;
    }
    if (this.#planned) return;
    this.#planned = true;
    this.#schedule(() => this.flush());
  }

  flush(): void {
    this.#planned = false;
    const events = this.#queue;
    this.#queue = [];
    if (events.length > 0) this.#apply(events);
  }
}
