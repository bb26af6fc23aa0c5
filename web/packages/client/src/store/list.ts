import { ApiError, type ClientEvent, type Clock, type ConversationListItem, type Page, type Suhbat } from '../core.ts';
import { applyListPage, overtaken } from './conversations.ts';
import type { Seen } from './seen.ts';
import type { ListFilter, State } from './state.ts';
import type { Store } from './store.ts';

const PAGE = 30;
/** The most rows that one call answers with, as whole pages. */
const MOST = 90;
const SOON = 500;

/** The list of conversations: filtered, page by page, one request at a time. */
export class List {
  readonly #store: Store<State>;
  readonly #client: () => Suhbat;
  readonly #clock: Clock;
  readonly #seen: Seen;
  readonly #loaded: (deferred: readonly ClientEvent[]) => void;
  #abort: AbortController | null = null;
  #more: AbortController | null = null;
  /** `loadMore` was called while the first page was on its way. */
  #wantsMore = false;
  #deferred: ClientEvent[] = [];
  #planned = false;

  /** `loaded` gets the events that `holdsBack` kept, once the first page is in. */
  constructor(store: Store<State>, client: () => Suhbat, clock: Clock, loaded: (deferred: readonly ClientEvent[]) => void, seen: Seen) {
    this.#seen = seen;
    this.#store = store;
    this.#client = client;
    this.#clock = clock;
    this.#loaded = loaded;
  }

  filter(change: Partial<ListFilter>): void {
    const { filter } = this.#store.getState().list;
    const wanted = { ...filter, ...change };
    if (JSON.stringify(wanted) === JSON.stringify(filter)) return;
    this.#store.setState(state => ({
      list: { ...state.list, filter: wanted, status: 'loading', ids: [], nextPage: null },
    }));
    void this.load();
    this.#wantsMore = false;
  }

  /** As much as was shown, anew. A newer call makes an older one void, and so a page that was to follow it. */
  async load(): Promise<void> {
    this.#abort?.abort();
    const abort = new AbortController();
    this.#abort = abort;
    this.#dropMore();
    try {
      const shown = Math.ceil(this.#store.getState().list.ids.length / PAGE) * PAGE;
      const size = Math.min(MOST, Math.max(PAGE, shown));
      const page = await this.#client().api.conversations(this.#query(1, size), abort.signal);
      if (this.#abort !== abort) return;
      this.#verify(page);
      this.#store.setState(state => applyListPage(state, page, 'start', size / PAGE + 1));
    } catch (error) {
      if (this.#abort !== abort) return;
      if (error instanceof ApiError && error.status === 401) return;
      const parts = this.#store.getState().list.ids.length > 0 ? null : await this.#seen.partsAfter(error);
      if (this.#abort !== abort) return;
      this.#store.setState(state => {
        if (state.list.ids.length > 0) return { list: { ...state.list, status: 'ready' } };
        return parts?.seenList(this.#seen.memory, state) ?? { list: { ...state.list, status: 'error' } };
      });
    } finally {
      if (this.#abort === abort) {
        this.#abort = null;
        this.#loaded(this.#deferred.splice(0));
        if (this.#wantsMore) void this.loadMore();
      }
    }
  }

  /** Loads the list from nothing, since the rows on screen are void. */
  restart(): void {
    this.cancel();
    void this.load();
  }

  /** Drops the requests under way: the person signed out. */
  cancel(): void {
    this.#abort?.abort();
    this.#abort = null;
    this.#dropMore();
    this.#wantsMore = false;
    this.#deferred = [];
  }

  /** If a filter hides the row that a frame changed, the service is asked; many frames ask once. */
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
    this.#wantsMore = this.#abort !== null;
    if (list.nextPage === null || list.more === 'loading' || list.status !== 'ready' || this.#abort) return;
    const { nextPage } = list;
    const abort = new AbortController();
    this.#more = abort;
    this.#store.setState(state => ({ list: { ...state.list, more: 'loading' } }));
    try {
      const page = await this.#client().api.conversations(this.#query(nextPage, PAGE), abort.signal);
      if (this.#more !== abort) return;
      this.#more = null;
      this.#verify(page);
      this.#store.setState(state => applyListPage(state, page, 'end', nextPage + 1));
    } catch {
      if (this.#more !== abort) return;
      this.#more = null;
      this.#store.setState(state => ({ list: { ...state.list, more: 'error' } }));
    }
  }

  /** While the first page is on its way, a frame about the list waits: it may know more than the page. */
  holdsBack(event: ClientEvent): boolean {
    if (event.type !== 'conversation_updated' || this.#abort === null) return false;
    this.#deferred.push(event);
    return true;
  }

  #verify(page: Page<ConversationListItem>): void {
    for (const { id, known } of overtaken(this.#store.getState(), page)) void this.#client().verify(id, known);
  }

  #dropMore(): void {
    if (!this.#more) return;
    this.#more.abort();
    this.#more = null;
    this.#wantsMore = true;
    this.#store.setState(state => ({ list: { ...state.list, more: 'idle' } }));
  }

  #query(page: number, size: number) {
    const { filter } = this.#store.getState().list;
    const q = filter.q.trim();
    const archived = filter.archived || (q === '' ? 'false' : null);
    return { page, page_size: size, unread: filter.unread, waiting: filter.waiting, archived, confession: filter.confession, q };
  }
}
