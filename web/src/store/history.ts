import type { StoreApi } from 'zustand/vanilla';
import { ApiError, type Clock, type Message, type Suhbat } from '../client/index.ts';
import { applyConversation } from './conversations.ts';
import { applyMessage, applyPage, withHeld } from './messages.ts';
import { emptyHeld, type Held, type State } from './state.ts';
import { runOf, trimmed } from './windows.ts';

const WINDOW = 50;
const KEPT_ON_LEAVING = 200;
const MOST_HELD = 10;

/** Which conversations are in memory, and which pieces of their histories. */
export class History {
  readonly #store: StoreApi<State>;
  readonly #client: () => Suhbat;
  readonly #clock: Clock;

  constructor(store: StoreApi<State>, client: () => Suhbat, clock: Clock) {
    this.#store = store;
    this.#client = client;
    this.#clock = clock;
  }

  enter(id: number): void {
    const state = this.#store.getState();
    if (state.current !== null && state.current !== id) this.leave(state.current);
    this.#client().watch(id);
    const known = state.held[id];
    if (known?.status === 'ready') {
      this.#store.setState({ current: id });
      this.#change(id, held => ({ ...held, usedAt: this.#clock.now(), divider: dividerOf(held, this.#unread(id), state.userId) }));
      void this.refreshDetails(id);
      return;
    }
    this.#store.setState(old => ({ current: id, held: { ...old.held, [id]: emptyHeld(id, this.#clock.now()) } }));
    void this.#load(id);
  }

  leave(id: number): void {
    const client = this.#client();
    client.watch(null);
    client.stoppedTyping();
    this.#store.setState(state => {
      const held = state.held[id];
      const current = state.current === id ? null : state.current;
      if (!held) return { current };
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
      const oldest = Object.values(rest).sort((a, b) => b.usedAt - a.usedAt);
      for (const dropped of oldest.slice(MOST_HELD)) {
        delete rest[dropped.id];
        client.unfollow(dropped.id);
      }
      return { current, held: rest };
    });
  }

  retry(id: number): void {
    void this.#load(id);
  }

  async #load(id: number): Promise<void> {
    const client = this.#client();
    const sequence = client.follow(id);
    this.#change(id, held => ({ ...held, status: held.details ? held.status : 'loading' }));
    try {
      const limit = Math.min(100, Math.max(WINDOW, this.#unread(id) + 20));
      const [details, page, pinned] = await Promise.all([
        client.api.conversation(id),
        client.api.messages({ conversation: id, limit }),
        client.api.messages({ conversation: id, pinned: true, limit: 100 }),
      ]);
      this.#store.setState(state => applyConversation({ ...state, presence: withPresence(state, details.presence) }, details));
      this.#change(id, held => {
        const filled = applyPage(held, page.results, { atStart: page.next === null, atEnd: true });
        for (const message of pinned.results) if (!filled.messages.has(message.id)) filled.messages.set(message.id, message);
        const ready: Held = { ...filled, status: 'ready', details, pins: pinned.results.map(message => message.id).sort((a, b) => a - b) };
        return { ...ready, divider: dividerOf(ready, details.unread_count, this.#store.getState().userId) };
      });
      // A page shows every change up to its largest number; what lies between it and `last_seq` is asked for.
      sequence.begin(page.results.reduce((most, message) => Math.max(most, message.seq), 0));
      sequence.behind(details.last_seq);
    } catch (error) {
      const missing = error instanceof ApiError && (error.status === 404 || error.status === 403);
      this.#change(id, held => ({ ...held, status: missing ? 'missing' : 'error' }));
      if (missing) client.unfollow(id);
    }
  }

  async refreshDetails(id: number): Promise<void> {
    try {
      const details = await this.#client().api.conversation(id);
      this.#store.setState(state => applyConversation({ ...state, presence: withPresence(state, details.presence) }, details));
      this.#change(id, held => ({ ...held, details }));
    } catch {
      // The next focus or refusal asks again.
    }
  }

  async loadOlder(id: number): Promise<void> {
    const held = this.#store.getState().held[id];
    const run = held && runOf(held.runs, held.anchor);
    const edge = run?.ids[0];
    if (!held || !run || edge === undefined || run.atStart || held.older === 'loading') return;
    await this.#page(id, 'older', { before: edge, limit: WINDOW }, edge);
  }

  async loadNewer(id: number): Promise<void> {
    const held = this.#store.getState().held[id];
    const run = held && runOf(held.runs, held.anchor);
    const edge = run?.ids.at(-1);
    if (!held || !run || edge === undefined || run.atEnd || held.newer === 'loading') return;
    await this.#page(id, 'newer', { after: edge, limit: WINDOW }, edge);
  }

  async #page(id: number, way: 'older' | 'newer', query: { before?: number; after?: number; limit: number }, edge: number): Promise<void> {
    this.#change(id, held => ({ ...held, [way]: 'loading' }));
    try {
      const page = await this.#client().api.messages({ conversation: id, ...query });
      this.#change(id, held => {
        const done = page.results.length < query.limit;
        const run = way === 'older' ? { atStart: page.next === null, atEnd: false } : { atStart: false, atEnd: done };
        // The edge itself touches the page, unless it was deleted meanwhile: then the run around it does.
        const around = runOf(held.runs, edge)?.ids ?? [];
        return { ...applyPage(held, page.results, run, around), [way]: 'idle' };
      });
    } catch {
      this.#change(id, held => ({ ...held, [way]: 'error' }));
    }
  }

  /** Brings a message into memory with its neighbourhood. False where there is no such message any more. */
  async reach(id: number, messageId: number): Promise<boolean> {
    const held = this.#store.getState().held[id];
    if (held?.status !== 'ready') return false;
    if (held.runs.some(run => run.ids.includes(messageId))) {
      this.#change(id, old => ({ ...old, anchor: messageId }));
      return true;
    }
    try {
      const page = await this.#client().api.messages({ conversation: id, around: messageId, limit: WINDOW });
      if (!page.results.some(message => message.id === messageId)) return false;
      this.#change(id, old => ({
        ...applyPage(old, page.results, { atStart: page.next === null, atEnd: false }),
        anchor: messageId,
      }));
      return true;
    } catch {
      return false;
    }
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

  /** After a fresh list: conversations in memory whose `last_seq` moved ask for what they missed. */
  compare(): void {
    const state = this.#store.getState();
    for (const id of Object.keys(state.held).map(Number)) {
      const row = state.rows[id];
      if (row && state.held[id]?.status === 'ready') this.#client().follow(id).behind(row.last_seq);
    }
  }

  /** A new socket: the one on screen asks in any case, since marks move without a number. */
  reconnected(): void {
    const { current, held } = this.#store.getState();
    for (const id of Object.keys(held).map(Number)) {
      if (held[id]?.status === 'error') void this.#load(id);
    }
    if (current === null || held[current]?.status !== 'ready') return;
    this.#client().follow(current).resync();
    void this.refreshDetails(current);
  }

  #unread(id: number): number {
    return this.#store.getState().rows[id]?.unread_count ?? 0;
  }

  #change(id: number, change: (held: Held) => Held): void {
    this.#store.setState(state => withHeld(state, id, change));
  }
}

function withPresence(
  state: State,
  entries: readonly { user_id: number; status: 'online' | 'offline'; last_seen: string | null }[],
): State['presence'] {
  if (state.connection.kind === 'waiting') return state.presence;
  const presence = { ...state.presence };
  for (const entry of entries) presence[entry.user_id] = { status: entry.status, lastSeen: entry.last_seen };
  return presence;
}

/** The first message of others that I have not read. */
export function dividerOf(held: Held, unread: number, userId: number | null): number | null {
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
