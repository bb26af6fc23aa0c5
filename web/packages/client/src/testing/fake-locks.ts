/** Web Locks of one browser, shared by its tabs. */
export class FakeLocks {
  readonly #holders = new Map<string, string>();
  readonly #waiting: { name: string; get: () => void }[] = [];

  request(name: string, ...rest: [() => Promise<void>] | [{ signal: AbortSignal }, () => Promise<void>]): Promise<void> {
    const [options, work] = rest.length === 1 ? [null, rest[0]] : rest;
    return new Promise((resolve, reject) => {
      const candidate = {
        name,
        get: () => {
          this.#holders.set(name, name);
          void work().then(() => {
            this.#holders.delete(name);
            const next = this.#waiting.findIndex(other => other.name === name);
            if (next >= 0) this.#waiting.splice(next, 1)[0]?.get();
            resolve();
          });
        },
      };
      options?.signal.addEventListener('abort', () => {
        const at = this.#waiting.indexOf(candidate);
        if (at < 0) return;
        this.#waiting.splice(at, 1);
        reject(new DOMException('withdrawn', 'AbortError'));
      });
      if (this.#holders.has(name)) this.#waiting.push(candidate);
      else candidate.get();
    });
  }

  query() {
    return Promise.resolve({ held: [...this.#holders.keys()].map(name => ({ name })) });
  }
}
