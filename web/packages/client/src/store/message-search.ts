import {
  ApiError,
  type ClientEvent,
  type Clock,
  type ConversationListItem,
  deletedBy,
  isLongEnough,
  type MessageQuery,
  NO_QUERY,
  type SearchHit,
  type SearchResults,
  type Suhbat,
  searchMessages,
} from '../core.ts';
import type { Loading } from './state.ts';
import { createStore, type Store } from './store.ts';

/** Milliseconds after the last key. */
const AFTER = 200;
const PAGE = 20;
/** The most pages that one step asks for: the service may end a page early, even without a hit. */
const MOST_PAGES = 8;
/** Conversations whose names match. */
const CHATS = 5;
/** Milliseconds until a search that came too soon after others is repeated, where the service does not say when. */
const TOO_SOON = 3_000;

export interface SearchState {
  readonly query: MessageQuery;
  /** `idle`: there is nothing to look for yet. */
  readonly status: 'idle' | 'loading' | 'ready' | 'error';
  /** The code of the refusal; null unless `status` is `error`. */
  readonly code: string | null;
  /** Conversations whose names match; only of a search everywhere. */
  readonly chats: readonly ConversationListItem[];
  /** In the order of the list. The hits of one page that belong to one conversation stand together. */
  readonly hits: readonly SearchHit[];
  /** Where the next page begins; null at the end. */
  readonly next: number | null;
  readonly more: Loading;
  /** The number of all hits, as far as it is known. */
  readonly total: number | null;
  readonly indexing: number;
  readonly partial: boolean;
  /** Grows with each search that has come to its end, and not with its further pages. */
  readonly settled: number;
}

const NOTHING: SearchState = {
  query: NO_QUERY,
  status: 'idle',
  code: null,
  chats: [],
  hits: [],
  next: null,
  more: 'idle',
  total: null,
  indexing: 0,
  partial: false,
  settled: 0,
};

type Found = Pick<SearchState, 'hits' | 'next' | 'total' | 'indexing' | 'partial'>;

/** A search for messages that goes along with what is typed: one request at a time, page by page, without hits that are no longer true. */
export class MessageSearch {
  readonly store: Store<SearchState> = createStore<SearchState>(() => NOTHING);
  readonly #client: Suhbat;
  readonly #clock: Clock;
  readonly #zone: string;
  /** Whether messages are searched, too, and not only the names of conversations. */
  readonly #messages: () => boolean;
  #abort = new AbortController();
  #timer: unknown = null;

  constructor(client: Suhbat, clock: Clock, zone: string, messages: () => boolean = () => true) {
    this.#client = client;
    this.#clock = clock;
    this.#zone = zone;
    this.#messages = messages;
    client.listen(event => this.#hear(event));
  }

  /** Looks for something else, a moment later; at once where it was not typed. The same again changes nothing, unless it failed. */
  ask(query: MessageQuery, isTyped = false): void {
    const { query: before, status } = this.store.getState();
    if (status !== 'error' && JSON.stringify(query) === JSON.stringify(before)) return;
    this.#drop();
    if (!isLongEnough(query.q)) {
      this.store.setState({ ...NOTHING, query, settled: this.store.getState().settled });
      return;
    }
    this.store.setState({ query, status: 'loading', code: null, more: 'idle' });
    this.#timer = this.#clock.after(isTyped ? AFTER : 0, () => void this.#search());
  }

  /** Asks again after a failure. */
  retry(): void {
    this.#drop();
    this.store.setState({ status: 'loading', code: null });
    void this.#search();
  }

  /** The hits after those that are known. */
  async loadMore(): Promise<void> {
    const { query, next, more, status, hits } = this.store.getState();
    if (next === null || more === 'loading' || status !== 'ready') return;
    const { signal } = this.#abort;
    this.store.setState({ more: 'loading' });
    try {
      const found = await this.#collect(query, next, 1, signal);
      if (signal.aborted) return;
      const known = new Set(this.store.getState().hits.map(hit => hit.message.id));
      this.store.setState(state => ({
        ...found,
        total: found.total ?? state.total,
        hits: [...state.hits, ...found.hits.filter(hit => !known.has(hit.message.id))],
        more: 'idle',
      }));
    } catch {
      if (!signal.aborted && this.store.getState().hits.length <= hits.length) this.store.setState({ more: 'error' });
    }
  }

  /** The same search anew, with as many hits as are shown: something was missed meanwhile. */
  async refresh(): Promise<void> {
    const { query, hits, status } = this.store.getState();
    if (status !== 'ready') return;
    this.#drop();
    const { signal } = this.#abort;
    this.store.setState({ more: 'idle' });
    try {
      const found = await this.#collect(query, null, Math.max(1, hits.length), signal);
      if (!signal.aborted) this.store.setState(found);
    } catch {
      // What is shown stays; the next step will tell.
    }
  }

  #drop(): void {
    this.#clock.cancel(this.#timer);
    this.#abort.abort();
    this.#abort = new AbortController();
  }

  async #search(): Promise<void> {
    const { query } = this.store.getState();
    const { signal } = this.#abort;
    const named = this.#named(query, signal);
    const none: Found = { hits: [], next: null, total: null, indexing: 0, partial: false };
    try {
      const found = this.#messages() ? await this.#collect(query, null, 1, signal) : none;
      const chats = await named;
      if (!signal.aborted) this.store.setState(({ settled }) => ({ ...found, chats, status: 'ready', code: null, settled: settled + 1 }));
    } catch (error) {
      const chats = await named;
      if (signal.aborted) return;
      const code = error instanceof ApiError ? error.code : 'unexpected';
      // The service knows better what a word is.
      if (code === 'query_too_short') {
        this.store.setState(({ settled }) => ({ ...NOTHING, query, chats, settled }));
        return;
      }
      this.store.setState(({ settled }) => ({ ...none, chats, status: 'error', code, settled: settled + 1 }));
      if (code !== 'rate_limited' || !(error instanceof ApiError)) return;
      this.#timer = this.#clock.after(error.retryAfter ?? TOO_SOON, () => this.retry());
    }
  }

  /** The conversations of which the names match. A failure shows in the messages, or is none. */
  async #named(query: MessageQuery, signal: AbortSignal): Promise<readonly ConversationListItem[]> {
    const { q, conversation, confession, sender, has, from, to } = query;
    if (conversation !== null || sender.length + has.length > 0 || from !== '' || to !== '') return [];
    try {
      const page = await this.#client.api.conversations({ q: q.trim(), confession: confession[0], page_size: CHATS }, signal);
      return page.results;
    } catch {
      return [];
    }
  }

  /** Page by page, until there are enough hits or no more. */
  async #collect(query: MessageQuery, before: number | null, wanted: number, signal: AbortSignal): Promise<Found> {
    const hits: SearchHit[] = [];
    let from = before;
    for (let pages = 1; ; pages += 1) {
      const page: SearchResults = await searchMessages(this.#client.api, query, { before: from, limit: PAGE, zone: this.#zone }, signal);
      hits.push(...together(page.results));
      from = beforeOf(page);
      if (hits.length >= wanted || from === null || pages >= MOST_PAGES)
        return { hits, next: from, total: page.total ?? null, indexing: page.indexing, partial: page.partial };
    }
  }

  #hear(event: ClientEvent): void {
    if (event.type === 'altered') this.#forget(event.id);
    else if (event.type === 'changes') {
      for (const change of event.changes) {
        const id = deletedBy(change);
        if (id !== null) this.#forget(id);
        else if (change.message) this.#forget(change.message.id, change.message.edited_at);
      }
    } else if (event.type === 'restored' || event.type === 'reset') {
      const { query, status } = this.store.getState();
      this.#drop();
      this.store.setState({ ...NOTHING, query });
      if (status !== 'idle') this.retry();
    } else if (event.type === 'ready') {
      // Frames may have been missed while there was no socket.
      void this.refresh();
    }
  }

  /** A message was deleted, or edited at a time that its hit does not know. */
  #forget(id: number, editedAt?: string | null): void {
    const { hits, total } = this.store.getState();
    const left = hits.filter(({ message }) => message.id !== id || (editedAt !== undefined && message.edited_at === editedAt));
    if (left.length < hits.length) this.store.setState({ hits: left, total: total === null ? null : total - 1 });
  }
}

/** The hits of a page by conversation, those with the newest hit first. */
function together(hits: readonly SearchHit[]): SearchHit[] {
  const groups = new Map<number, SearchHit[]>();
  for (const hit of hits) groups.set(hit.conversation.id, [...(groups.get(hit.conversation.id) ?? []), hit]);
  return [...groups.values()].flat();
}

/** The message before which the next page begins, as its address says. */
function beforeOf({ next }: SearchResults): number | null {
  const before = next === null ? null : new URL(next, 'http://any').searchParams.get('before');
  return before === null ? null : Number(before);
}
