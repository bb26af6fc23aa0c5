import { ApiError, type Clock, type Conversation, type Message, type Suhbat } from '../core.ts';
import { applyConversation } from './conversations.ts';
import { applyMessage, applyPage, withHeld } from './messages.ts';
import type { Seen } from './seen.ts';
import { emptyConversation, type LoadedConversation, type Loading, type MessageRange, type State } from './state.ts';
import type { Store } from './store.ts';
import { runAround, runOf, trimmed } from './windows.ts';

const WINDOW = 50;
/** The most that one call answers with. */
const LONGEST = 100;
/** The number of calls after which a conversation is shown without its whole unread part. */
const PATIENCE = 10;
const KEPT_ON_LEAVING = 200;
const MOST_HELD = 10;

/** Whether a message could be loaded. */
export type Reached = 'here' | 'gone' | 'unreachable';

/** The conversations in memory, and the ranges of their histories. */
export class ConversationHistory {
  readonly #store: Store<State>;
  readonly #client: () => Suhbat;
  readonly #clock: Clock;
  readonly #seen: Seen;
  /** The newest load of each conversation; an older one that ends late changes nothing. */
  readonly #loads = new Map<number, object>();
  /** How often each conversation is kept open. */
  readonly #open = new Map<number, number>();

  /** `seen` holds what the session last saw. */
  constructor(store: Store<State>, client: () => Suhbat, clock: Clock, seen: Seen) {
    this.#seen = seen;
    this.#store = store;
    this.#client = client;
    this.#clock = clock;
  }

  /** The conversations on screen. */
  shown(): number[] {
    const { current } = this.#store.getState();
    return [...new Set([...this.#open.keys(), ...(current === null ? [] : [current])])];
  }

  /** Keeps a conversation loaded and up to date beside others, until the returned function is called. */
  open(id: number): () => void {
    const count = this.#open.get(id) ?? 0;
    this.#open.set(id, count + 1);
    if (count === 0 && this.#store.getState().session === 'signed-in' && !this.#client().isPaused) this.enter(id);
    let isOpen = true;
    return () => {
      if (!isOpen) return;
      isOpen = false;
      const left = (this.#open.get(id) ?? 1) - 1;
      if (left > 0) this.#open.set(id, left);
      else {
        this.#open.delete(id);
        this.leave(id);
      }
    };
  }

  /** Somebody has signed in, or the client goes on: what is to be open and is not, is loaded. */
  reopen(): void {
    for (const id of this.#open.keys()) if (!this.#store.getState().held[id]) this.enter(id);
  }

  enter(id: number): void {
    const state = this.#store.getState();
    const { current } = state;
    if (current !== null && current !== id && !this.#open.has(current)) this.leave(current);
    this.#client().watch(id);
    // With unread messages, reading them ends the mark.
    if (state.rows[id]?.is_marked_unread && this.#unread(id) === 0)
      this.#client()
        .api.arrange(id, { type: 'mark_as_read' })
        .catch(() => {});
    const known = state.held[id];
    if (known?.status === 'ready' && !isUnreadBeyond(known, this.#unread(id), state.userId)) {
      this.#store.setState({ current: id });
      this.#change(id, held => {
        const divider = shownDivider(held, this.#unread(id), state.userId);
        return { ...held, usedAt: this.#clock.now(), divider, isStale: false };
      });
      if (known.isStale) this.#client().follow(id).resync();
      void this.refreshDetails(id);
      return;
    }
    // From nothing: changes wait for the snapshot again.
    this.#client().unfollow(id);
    this.#store.setState({ current: id });
    this.#reload(id);
  }

  leave(id: number): void {
    const client = this.#client();
    client.watch([...this.#open.keys()].at(-1) ?? null);
    client.stoppedTyping();
    this.#store.setState(state => {
      const held = state.held[id];
      const current = state.current === id ? null : state.current;
      const selection = current === null ? null : state.selection;
      if (!held) return { current, selection };
      const run = trimmed(held.runs, KEPT_ON_LEAVING);
      const rest = { ...state.held };
      if (held.status === 'ready' && run) {
        const wanted = new Set([...run.ids, ...held.pins]);
        for (const known of held.messages.keys()) if (!wanted.has(known)) held.messages.delete(known);
        rest[id] = { ...held, runs: [run], anchor: null, divider: null };
      } else {
        delete rest[id];
        client.unfollow(id);
      }
      const oldest = Object.values(rest)
        .filter(other => !this.#open.has(other.id))
        .sort((a, b) => b.usedAt - a.usedAt);
      for (const dropped of oldest.slice(MOST_HELD)) {
        delete rest[dropped.id];
        client.unfollow(dropped.id);
      }
      const { list, rows } = state;
      const row = rows[id];
      const isReadNow = list.filter.unread && row?.unread_count === 0 && !row.is_marked_unread;
      const isAnswered = list.filter.waiting && row?.awaiting_since === null;
      const ids = isReadNow || isAnswered ? list.ids.filter(other => other !== id) : list.ids;
      return { current, selection, held: rest, list: ids.length < list.ids.length ? { ...list, ids } : list };
    });
  }

  retry(id: number): void {
    void this.#load(id);
  }

  async #load(id: number): Promise<void> {
    const client = this.#client();
    const feed = client.follow(id);
    const load = {};
    this.#loads.set(id, load);
    this.#change(id, held => ({ ...held, status: held.details ? held.status : 'loading' }));
    try {
      const limit = Math.min(LONGEST, Math.max(WINDOW, this.#unread(id) + 20));
      const { userId, rows } = this.#store.getState();
      const askPins = () => client.api.messages({ conversation: id, pinned: true, limit: 100 });
      // A message pinned between the answers comes again as a change: they all include the `seq` that the list knew. Without that, the pins are
      // asked for after the page, which has its `seq`.
      const known = rows[id]?.last_seq;
      const [details, page, pins] = await Promise.all([
        client.api.conversation(id),
        client.api.messages({ conversation: id, limit }),
        known === undefined ? null : askPins(),
      ]);
      const pinned = pins ?? (await askPins());
      let filled = applyPage(emptyConversation(id, this.#clock.now()), page.results, { atStart: page.next === null, atEnd: true });
      // It opens at the first unread message, however far back that is.
      for (let calls = 0; calls < PATIENCE && isUnreadBeyond(filled, details.unread_count, userId); calls += 1) {
        const before = filled.runs[0]?.ids[0] ?? null;
        const older = await client.api.messages({ conversation: id, before, limit: LONGEST });
        filled = applyPage(filled, older.results, { atStart: older.next === null, atEnd: true }, filled.runs[0]?.ids);
      }
      if (this.#loads.get(id) !== load) return;
      this.#store.setState(state => applyConversation({ ...state, presence: withPresence(state, details.presence) }, details));
      this.#change(id, held => {
        const messages = [...filled.messages.values()];
        const ready = applyPage(held, messages, { atStart: filled.runs[0]?.atStart ?? true, atEnd: true });
        for (const message of pinned.results) if (!ready.messages.has(message.id)) ready.messages.set(message.id, message);
        const pinnedIds = pinned.results.map(message => message.id).sort((a, b) => a - b);
        return { ...ready, status: 'ready', details, pins: pinnedIds, divider: shownDivider(ready, details.unread_count, userId) };
      });
      // The first page shows every change up to its largest number; the changes between it and `last_seq` are asked for.
      const shown = page.results.reduce((most, message) => Math.max(most, message.seq), 0);
      feed.begin(Math.min(shown, known ?? shown));
      feed.behind(details.last_seq);
    } catch (error) {
      if (this.#loads.get(id) !== load) return;
      const missing = error instanceof ApiError && (error.status === 404 || error.status === 403);
      const parts = await this.#seen.partsAfter(error);
      if (this.#loads.get(id) !== load) return;
      this.#store.setState(state => {
        const known = state.held[id];
        if (!known) return state;
        const before = parts?.seenConversation(this.#seen.memory, state, id, this.#clock.now());
        return { held: { ...state.held, [id]: before ?? { ...known, status: missing ? 'missing' : 'error' } } };
      });
      if (missing) client.unfollow(id);
    } finally {
      if (this.#loads.get(id) === load) this.#loads.delete(id);
    }
  }

  async refreshDetails(id: number): Promise<void> {
    try {
      const details = await this.#client().api.conversation(id);
      this.#store.setState(state => applyConversation({ ...state, presence: withPresence(state, details.presence) }, details));
      this.#change(id, held => ({ ...held, details }));
      if (this.#store.getState().held[id]?.status === 'ready') this.#client().follow(id).behind(details.last_seq);
    } catch {
      // The next focus or refusal asks again.
    }
  }

  /** After a failure nothing is asked for until the person wishes it, or a new socket lives. */
  async retryPage(id: number, way: 'older' | 'newer'): Promise<void> {
    this.#change(id, held => (held[way] === 'error' ? { ...held, [way]: 'idle' } : held));
    await (way === 'older' ? this.loadOlder(id) : this.loadNewer(id));
  }

  async loadOlder(id: number): Promise<void> {
    const held = this.#store.getState().held[id];
    const run = held && runOf(held.runs, held.anchor);
    const edge = run?.ids[0];
    if (!held || !run || edge === undefined || run.atStart || held.older !== 'idle') return;
    await this.#page(id, 'older', { before: edge, limit: WINDOW }, edge);
  }

  async loadNewer(id: number): Promise<void> {
    const held = this.#store.getState().held[id];
    const run = held && runOf(held.runs, held.anchor);
    const edge = run?.ids.at(-1);
    if (!held || !run || edge === undefined || run.atEnd || held.newer !== 'idle') return;
    await this.#page(id, 'newer', { after: edge, limit: WINDOW }, edge);
  }

  async #page(id: number, way: 'older' | 'newer', query: { before?: number; after?: number; limit: number }, edge: number): Promise<void> {
    const client = this.#client();
    const messages = this.#store.getState().held[id]?.messages;
    this.#change(id, held => ({ ...held, [way]: 'loading' }));
    try {
      const page = await client.api.messages({ conversation: id, ...query });
      this.#change(id, held => {
        // The run that the page belongs to may be gone, or begin elsewhere by now: then it touches nothing that is here.
        const around = runAround(held.runs, edge);
        if (!around) return { ...held, [way]: 'idle' };
        // A page may end before its limit (contract 3.2), so its length proves nothing.
        const done = page.previous === null;
        const run = way === 'older' ? { atStart: page.next === null, atEnd: false } : { atStart: false, atEnd: done };
        return { ...applyPage(held, page.results, run, around.ids), [way]: 'idle' };
      });
    } catch {
      // Another map means that the conversation was dropped meanwhile, and the one loaded now did not fail.
      const isSame = client === this.#client() && this.#store.getState().held[id]?.messages === messages;
      if (isSame) this.#change(id, held => ({ ...held, [way]: 'error' }));
    }
  }

  /** Brings a message into memory with its neighbourhood, and with one before it, without which its row would be held back. */
  async reach(id: number, messageId: number): Promise<Reached> {
    if (this.#store.getState().held[id]?.status !== 'ready') return 'unreachable';
    if (!this.#runWith(id, messageId)) {
      try {
        const page = await this.#client().api.messages({ conversation: id, around: messageId, limit: WINDOW });
        if (!page.results.some(message => message.id === messageId)) return 'gone';
        this.#change(id, old => applyPage(old, page.results, { atStart: page.next === null, atEnd: false }));
      } catch (error) {
        return error instanceof ApiError && error.status === 404 ? 'gone' : 'unreachable';
      }
    }
    if (this.#isFirst(id, messageId)) await this.#page(id, 'older', { before: messageId, limit: WINDOW }, messageId);
    if (!this.#runWith(id, messageId) || this.#isFirst(id, messageId)) return 'unreachable';
    this.#change(id, old => ({ ...old, anchor: messageId }));
    return 'here';
  }

  #runWith(id: number, messageId: number): MessageRange | undefined {
    return this.#store.getState().held[id]?.runs.find(run => run.ids.includes(messageId));
  }

  #isFirst(id: number, messageId: number): boolean {
    const run = this.#runWith(id, messageId);
    return run?.ids[0] === messageId && !run.atStart;
  }

  backToNow(id: number): void {
    this.#change(id, held => (held.anchor === null ? held : { ...held, anchor: null }));
  }

  async refreshMessage(message: Message): Promise<Message | null> {
    try {
      const fresh = await this.#client().api.message(message.id);
      this.#change(message.conversation, held => applyMessage(held, fresh));
      return fresh;
    } catch {
      return null;
    }
  }

  /** After a fresh list: conversations in memory whose `last_seq` moved ask for the missed changes. */
  compare(): void {
    const state = this.#store.getState();
    for (const id of Object.keys(state.held).map(Number)) {
      const row = state.rows[id];
      if (row && state.held[id]?.status === 'ready') this.#client().follow(id).behind(row.last_seq);
    }
  }

  /** A new socket: those on screen ask in any case, since marks move without a number; the others when they are entered. */
  reconnected(): void {
    const { held } = this.#store.getState();
    const shown = this.shown();
    for (const id of Object.keys(held).map(Number)) {
      const isShown = shown.includes(id);
      if (held[id]?.isFromBefore && !isShown) this.#forget(id);
      else if (held[id]?.isFromBefore) this.#reload(id);
      else if (held[id]?.status === 'error') void this.#load(id);
      const again = (way: Loading) => (way === 'error' ? 'idle' : way);
      this.#change(id, old => ({ ...old, older: again(old.older), newer: again(old.newer), isStale: !isShown }));
    }
    for (const id of shown) {
      if (held[id]?.status !== 'ready') continue;
      this.#client().follow(id).resync();
      void this.refreshDetails(id);
    }
  }

  /** All loaded conversations are void: the one on screen is loaded from nothing, the others when they are entered. */
  restart(): void {
    this.#loads.clear();
    for (const id of this.shown()) this.#reload(id);
  }

  /** The same for one conversation. */
  restartOne(id: number): void {
    this.#loads.delete(id);
    if (this.shown().includes(id)) this.#reload(id);
  }

  #forget(id: number): void {
    this.#client().unfollow(id);
    this.#store.setState(({ held: { [id]: _, ...others } }) => ({ held: others }));
  }

  #reload(id: number): void {
    this.#store.setState(state => ({ held: { ...state.held, [id]: emptyConversation(id, this.#clock.now()) } }));
    void this.#load(id);
  }

  #unread(id: number): number {
    return this.#store.getState().rows[id]?.unread_count ?? 0;
  }

  #change(id: number, change: (held: LoadedConversation) => LoadedConversation): void {
    this.#store.setState(state => withHeld(state, id, change));
  }
}

/** The presence of people, as a conversation tells it. */
export function withPresence(state: State, entries: Conversation['presence']): State['presence'] {
  if (state.connection.kind === 'waiting') return state.presence;
  const presence = { ...state.presence };
  for (const entry of entries) presence[entry.user_id] = { status: entry.status, lastSeen: entry.last_seen };
  return presence;
}

/** The first message of others that I have not read. */
function dividerOf(held: LoadedConversation, unread: number, userId: number | null): number | null {
  if (unread === 0) return null;
  const run = runOf(held.runs, null);
  let left = unread;
  let first: number | null = null;
  for (const id of run?.ids.toReversed() ?? []) {
    const message = held.messages.get(id);
    if (!message || message.sender.id === userId) continue;
    const mine = message.message_reads.find(receipt => receipt.user.id === userId);
    if (mine?.read_at || left === 0) break;
    first = id;
    left -= 1;
  }
  return first;
}

/** Whether messages that I have not read may lie before everything held. */
function isUnreadBeyond(held: LoadedConversation, unread: number, userId: number | null): boolean {
  const run = runOf(held.runs, null);
  const divider = dividerOf(held, unread, userId);
  return divider !== null && run?.atStart === false && divider === run.ids[0];
}

/** The divider, where its row is drawn: the first of a piece that does not begin the conversation is held back. */
function shownDivider(held: LoadedConversation, unread: number, userId: number | null): number | null {
  if (!isUnreadBeyond(held, unread, userId)) return dividerOf(held, unread, userId);
  return runOf(held.runs, null)?.ids[1] ?? null;
}
