import type { StoreApi } from 'zustand/vanilla';
import { ApiError, type ClientEvent, type Clock, type Suhbat } from '../client/index.ts';
import { applyListPage } from './conversations.ts';
import type { ListFilter, State } from './state.ts';

const PAGE = 30;
const SOON = 500;

/** The list of conversations: filtered, page by page, one request at a time. */
export class List {
  readonly #store: StoreApi<State>;
  readonly #client: () => Suhbat;
  readonly #clock: Clock;
  readonly #loaded: (deferred: readonly ClientEvent[]) => void;
  #abort: AbortController | null = null;
  #deferred: ClientEvent[] = [];
  #planned = false;

  /** `loaded` gets what `defers` held back, once the first page is in. */
  constructor(store: StoreApi<State>, client: () => Suhbat, clock: Clock, loaded: (deferred: readonly ClientEvent[]) => void) {
    this.#store = store;
    this.#client = client;
    this.#clock = clock;
    this.#loaded = loaded;
  }

  filter(change: Partial<ListFilter>): void {
    this.#store.setState(state => ({
      list: { ...state.list, filter: { ...state.list.filter, ...change }, status: 'loading', ids: [], nextPage: null },
    }));
    void this.load();
  }

  /** A newer call makes an older one void. */
  async load(): Promise<void> {
    this.#abort?.abort();
    const abort = new AbortController();
    this.#abort = abort;
    try {
      const page = await this.#client().api.conversations(this.#query(1), abort.signal);
      if (this.#abort !== abort) return;
      this.#store.setState(state => applyListPage(state, page, 1));
    } catch (error) {
      if (this.#abort !== abort) return;
      if (error instanceof ApiError && error.status === 401) return;
      this.#store.setState(state => ({ list: { ...state.list, status: state.list.ids.length > 0 ? 'ready' : 'error' } }));
    } finally {
      if (this.#abort === abort) {
        this.#abort = null;
        this.#loaded(this.#deferred.splice(0));
      }
    }
  }

  /** Whoever asked is no longer there. */
  cancel(): void {
    this.#abort?.abort();
    this.#abort = null;
    this.#deferred = [];
  }

  /** Where a filter hides what a frame changed, the service is asked; many frames ask once. */
  loadSoon(): void {
    if (this.#planned) return;
    this.#planned = true;
    this.#clock.after(SOON, () => {
      this.#planned = false;
      void this.load();
    });
  }

  async loadMore(): Promise<void> {
    const { list } = this.#store.getState();
    if (list.nextPage === null || list.more === 'loading' || list.status !== 'ready') return;
    const { filter, nextPage } = list;
    this.#store.setState(state => ({ list: { ...state.list, more: 'loading' } }));
    try {
      const page = await this.#client().api.conversations(this.#query(nextPage));
      this.#store.setState(state => (state.list.filter === filter ? applyListPage(state, page, nextPage) : state));
    } catch {
      this.#store.setState(state => ({ list: { ...state.list, more: 'error' } }));
    }
  }

  /** While the first page is on its way, a frame about the list waits: it may know more than the page. */
  defers(event: ClientEvent): boolean {
    if (event.kind !== 'updated' || this.#abort === null) return false;
    this.#deferred.push(event);
    return true;
  }

  #query(page: number) {
    const { filter } = this.#store.getState().list;
    return { page, page_size: PAGE, unread: filter.unread, confession: filter.confession, q: filter.q.trim() };
  }
}
