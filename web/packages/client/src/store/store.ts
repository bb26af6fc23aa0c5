/** State outside of any view. It is replaced with each change. */
export interface Store<T> {
  getState(): T;
  getInitialState(): T;
  /** Merges a part into the state, or puts a whole one in its place. */
  setState(change: Partial<T> | ((state: T) => Partial<T>), replace?: boolean): void;
  /** Calls the listener after each change, until the returned function is called. */
  subscribe(listener: (state: T, before: T) => void): () => void;
}

export function createStore<T extends object>(begin: () => T): Store<T> {
  const initial = begin();
  const listeners = new Set<(state: T, before: T) => void>();
  let state = initial;
  return {
    getState: () => state,
    getInitialState: () => initial,
    setState(change, replace) {
      const part = typeof change === 'function' ? change(state) : change;
      if (part === state) return;
      const before = state;
      state = replace ? (part as T) : { ...state, ...part };
      for (const listener of listeners) listener(state, before);
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
