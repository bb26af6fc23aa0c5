const fetchModule = (address: string): Promise<unknown> => import(/* @vite-ignore */ address);

/** Browsers name the module that failed; one that does not is asked in the same way again. */
function addressIn(error: unknown): string | null {
  return /https?:\/\/[^\s?#'"]+/.exec(String(error))?.[0] ?? null;
}

/**
 * Loads a module once, and again after a failure. Many browsers keep a failure for as long as the page is open: the same address fails at once,
 * although the network is back. With another query it is another address, of the same file.
 */
export function insistent<T>(load: () => Promise<T>, fetchFrom = fetchModule): () => Promise<T> {
  let failed: string | null = null;
  let tries = 0;
  let loaded: Promise<T> | null = null;
  const attempt = async () => {
    try {
      if (failed === null) return await load();
      tries += 1;
      return (await fetchFrom(`${failed}?try=${tries}`)) as T;
    } catch (error) {
      failed ??= addressIn(error);
      loaded = null;
      throw error;
    }
  };
  return () => {
    loaded ??= attempt();
    return loaded;
  };
}
