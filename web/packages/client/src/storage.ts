/** Storage for small texts: drafts, the outbox, settings. Keeping may fail (private mode, full); then nothing is kept. */
export interface KeyValueStorage {
  get(key: string): string | null;
  set(key: string, value: string): void;
  remove(key: string): void;
  keys(prefix: string): string[];
}

export class InMemoryStorage implements KeyValueStorage {
  readonly #values = new Map<string, string>();

  get(key: string): string | null {
    return this.#values.get(key) ?? null;
  }

  set(key: string, value: string): void {
    this.#values.set(key, value);
  }

  remove(key: string): void {
    this.#values.delete(key);
  }

  keys(prefix: string): string[] {
    return [...this.#values.keys()].filter(key => key.startsWith(prefix));
  }
}

/** A browser's storage. What it refuses to keep is remembered until the page goes. */
export class BrowserStorage implements KeyValueStorage {
  readonly #storage: Storage | null;
  readonly #fallback = new InMemoryStorage();

  constructor(storage: () => Storage) {
    let found: Storage | null = null;
    try {
      found = storage();
    } catch {
      // Storage is forbidden here: everything goes to the fallback.
    }
    this.#storage = found;
  }

  get(key: string): string | null {
    return this.#fallback.get(key) ?? this.#storage?.getItem(key) ?? null;
  }

  set(key: string, value: string): void {
    this.#fallback.remove(key);
    try {
      if (!this.#storage) throw new Error('no storage');
      this.#storage.setItem(key, value);
    } catch {
      this.#fallback.set(key, value);
    }
  }

  remove(key: string): void {
    this.#fallback.remove(key);
    this.#storage?.removeItem(key);
  }

  keys(prefix: string): string[] {
    const stored = this.#storage ? Object.keys(this.#storage).filter(key => key.startsWith(prefix)) : [];
    return [...new Set([...stored, ...this.#fallback.keys(prefix)])];
  }
}
