import type { Messenger } from '@suhbat/client';

/** One timer for all components with the same interval. It runs while any of them is mounted. */
class Ticker {
  readonly #messenger: Messenger;
  readonly #every: number;
  readonly #watchers = new Set<(now: number) => void>();
  #timer: unknown = null;

  constructor(messenger: Messenger, every: number) {
    this.#messenger = messenger;
    this.#every = every;
  }

  watch(watcher: (now: number) => void): () => void {
    watcher(this.#messenger.client.serverTime.now());
    this.#watchers.add(watcher);
    if (this.#watchers.size === 1) this.#wait();
    return () => {
      this.#watchers.delete(watcher);
      if (this.#watchers.size === 0) this.#messenger.clock.cancel(this.#timer);
    };
  }

  #wait(): void {
    this.#timer = this.#messenger.clock.after(this.#every, () => {
      const now = this.#messenger.client.serverTime.now();
      for (const watcher of this.#watchers) watcher(now);
      if (this.#watchers.size > 0) this.#wait();
    });
  }
}

const tickers = new WeakMap<Messenger, Map<number, Ticker>>();

export function tickerOf(messenger: Messenger, every: number): Ticker {
  const all = tickers.get(messenger) ?? new Map<number, Ticker>();
  tickers.set(messenger, all);
  const ticker = all.get(every) ?? new Ticker(messenger, every);
  all.set(every, ticker);
  return ticker;
}
