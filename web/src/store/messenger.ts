import { createStore, type StoreApi } from 'zustand/vanilla';
import {
  type ClientEvent,
  type Clock,
  type Conversation,
  type Entry,
  type Memory,
  type Message,
  Suhbat,
  type SuhbatPorts,
  userOf,
} from '../client/index.ts';
import { applyConversation } from './conversations.ts';
import { keepDraft, keptDrafts } from './drafts.ts';
import { editOf, saveEdit, withEdit } from './edits.ts';
import { Feed, localMessage, reduce } from './feed.ts';
import { History } from './history.ts';
import { List } from './list.ts';
import { applyMessage, withHeld } from './messages.ts';
import { entriesOf, nameOf } from './selectors.ts';
import { type Arrival, type Draft, emptyState, NO_DRAFT, type State } from './state.ts';

export interface MessengerPorts extends Omit<SuhbatPorts, 'tokens'> {
  tokens: SuhbatPorts['tokens'] & { keep?: (token: string) => void };
  /** Runs once per frame, or every 250 ms while the page is hidden. */
  schedule: (flush: () => void) => void;
}

/** The store and everything a person can do to it. Views select from `store` and call these methods; nothing else. */
export class Messenger {
  readonly store: StoreApi<State> = createStore<State>()(emptyState);
  readonly ports: MessengerPorts;
  readonly history: History;
  readonly list: List;
  readonly #arrivals = new Set<(arrival: Arrival) => void>();
  #client: Suhbat;
  #counting = false;

  constructor(ports: MessengerPorts) {
    this.ports = ports;
    this.#client = this.#connectClient();
    this.history = new History(this.store, () => this.#client, ports.clock);
    this.list = new List(
      this.store,
      () => this.#client,
      ports.clock,
      deferred => {
        this.#apply(deferred);
        this.history.compare();
      },
    );
  }

  get client(): Suhbat {
    return this.#client;
  }

  get clock(): Clock {
    return this.ports.clock;
  }

  get memory(): Memory {
    return this.ports.memory;
  }

  /** Goes on with the token at hand, if there is one. */
  resume(): boolean {
    const token = this.ports.tokens.current();
    if (token === null) return false;
    this.#begin(token);
    return true;
  }

  /** Whether a token is not of the person whom the store shows. One that does not say whose it is counts as theirs. */
  isOfAnother(token: string): boolean {
    const [shown, told] = [this.store.getState().userId, userOf(token)];
    return shown !== null && told !== null && shown !== told;
  }

  signIn(token: string): void {
    // Not a mark and not a message of the one before may go out in the name of the next.
    if (this.isOfAnother(token)) this.signOut();
    this.ports.tokens.keep?.(token);
    this.#begin(token);
  }

  signOut(): void {
    this.ports.tokens.forget();
    this.list.cancel();
    this.#client.stop();
    this.store.setState({ ...emptyState(), config: this.store.getState().config }, true);
    this.#client = this.#connectClient();
  }

  onArrival(listener: (arrival: Arrival) => void): () => void {
    this.#arrivals.add(listener);
    return () => this.#arrivals.delete(listener);
  }

  // --- acts ---

  async openWith(userId: number, confessionId: number | null): Promise<Conversation> {
    const conversation = await this.#client.api.open(userId, confessionId);
    this.store.setState(state => applyConversation(state, conversation));
    return conversation;
  }

  setDraft(conversation: number, change: Partial<Draft>): void {
    const state = this.store.getState();
    const draft = { ...(state.drafts[conversation] ?? NO_DRAFT), ...change };
    this.store.setState({ drafts: { ...state.drafts, [conversation]: draft } });
    if (state.userId !== null) keepDraft(this.memory, state.userId, conversation, draft);
  }

  /** Hands the draft to the outbox, which keeps it from then on. */
  send(conversation: number): Entry | null {
    const draft = this.store.getState().drafts[conversation] ?? NO_DRAFT;
    if (draft.text.trim() === '' && draft.files.length === 0) return null;
    const entry = this.#client.send(conversation, draft.text, draft.replyTo, draft.files);
    this.setDraft(conversation, NO_DRAFT);
    this.history.backToNow(conversation);
    return entry;
  }

  sendText(conversation: number, text: string): void {
    this.#client.send(conversation, text);
    this.history.backToNow(conversation);
  }

  /** What is being written over a message; null once it is given up. */
  setEdit(message: Message, text: string | null): void {
    this.store.setState(state => ({ edits: withEdit(state.edits, message.id, text === null ? null : editOf(message, text)) }));
  }

  /** Shows the new text at once and takes it back when the service refuses; what was typed stays until it is stored. */
  edit(message: Message, content: string): Promise<void> {
    return saveEdit(this.store, this.#client.api, message, content);
  }

  async remove(message: Message): Promise<void> {
    const client = this.#client;
    const begun = this.store.getState().edits[message.id];
    this.setEdit(message, null);
    try {
      await client.api.remove(message.id);
    } catch (error) {
      if (begun && client === this.#client) this.setEdit(message, begun.text);
      throw error;
    }
    // The frame brings the change with its number; where no socket lives, ask.
    if (!client.connection.isLive) client.follow(message.conversation).resync();
  }

  async pin(message: Message, pinned: boolean): Promise<void> {
    const stored = await this.#client.api.pin(message.id, pinned);
    this.store.setState(state => withHeld(state, message.conversation, held => applyMessage(held, stored)));
  }

  /** Looks whether sending is still allowed; the gate may close at any time. */
  async refreshDetails(conversation: number): Promise<void> {
    await this.history.refreshDetails(conversation);
  }

  // --- inside ---

  #connectClient(): Suhbat {
    const client = new Suhbat(this.ports);
    new Feed(client, this.ports.schedule, events => {
      if (client === this.#client) this.#apply(events);
    });
    return client;
  }

  #begin(token: string): void {
    const userId = userOf(token);
    if (this.store.getState().session === 'expired') {
      this.store.setState({ session: 'signed-in' });
    } else {
      const drafts = userId === null ? {} : keptDrafts(this.memory, userId);
      this.store.setState({ ...emptyState(), session: 'signed-in', userId, drafts }, true);
    }
    this.#client.start();
    void this.list.load();
    void this.#loadConfig();
    this.#countUnread();
  }

  async #loadConfig(): Promise<void> {
    if (this.store.getState().config) return;
    try {
      this.store.setState({ config: await this.#client.api.config() });
    } catch {
      // Asked again with the next connection; until then the server's refusals decide.
    }
  }

  #countUnread(): void {
    if (this.#counting) return;
    this.#counting = true;
    this.clock.after(400, async () => {
      this.#counting = false;
      try {
        this.store.setState({ unread: (await this.#client.api.unreadCount()).unread_count });
      } catch {
        // The next update asks again.
      }
    });
  }

  #apply(events: readonly ClientEvent[]): void {
    let state = this.store.getState();
    const context = { userId: state.userId, sentMessage: (entry: Entry, id: number) => this.#sentMessage(entry, id) };
    const after: (() => void)[] = [];
    for (const event of events) {
      if (this.list.holdsBack(event)) continue;
      this.#react(event, state, after);
      state = reduce(state, event, context);
    }
    this.store.setState(state, true);
    for (const action of after) {
      try {
        action();
      } catch (error) {
        this.ports.report('what follows an event failed', error);
      }
    }
  }

  #react(event: ClientEvent, state: State, after: (() => void)[]): void {
    switch (event.kind) {
      case 'ready':
        after.push(() => {
          void this.list.load();
          void this.#loadConfig();
          this.#countUnread();
          this.history.reconnected();
        });
        break;
      case 'resync':
        after.push(() => void this.list.load());
        break;
      case 'updated': {
        const { conversation } = event.frame;
        if (!state.rows[conversation]) after.push(() => void this.#learn(conversation));
        const { filter } = state.list;
        if (filter.unread || filter.q || filter.confession !== null) after.push(() => this.list.loadSoon());
        after.push(() => this.#countUnread());
        break;
      }
      case 'arrived': {
        const { message } = event;
        if (message.sender.id === state.userId) break;
        const arrival = { id: message.id, conversation: message.conversation, name: nameOf(message.sender), text: message.content ?? '' };
        for (const listener of this.#arrivals) after.push(() => listener(arrival));
        break;
      }
      case 'changes':
        for (const change of event.changes) {
          const gone = change.type === 'message_deleted' ? change.message_id : change.message.is_deleted ? change.message.id : null;
          if (gone !== null) after.push(() => this.#letGo(event.conversation, gone));
        }
        break;
      case 'outbox':
        if (failsNow(event.entries, entriesOf(state, event.conversation)) && state.held[event.conversation]?.details?.can_send) {
          after.push(() => void this.refreshDetails(event.conversation));
        }
        break;
      case 'signed-out':
        this.ports.tokens.forget();
        break;
      default:
    }
  }

  /** A message was deleted. What was typed over it goes to the composer, and what quotes it there loses the quote. */
  #letGo(conversation: number, id: number): void {
    const { edits, drafts } = this.store.getState();
    const draft = drafts[conversation] ?? NO_DRAFT;
    if (draft.replyTo?.id === id) this.setDraft(conversation, { replyTo: null });
    const edit = edits[id];
    if (!edit) return;
    this.store.setState({ edits: withEdit(edits, id, null) });
    this.setDraft(conversation, { text: draft.text === '' ? edit.text : `${draft.text}\n${edit.text}` });
  }

  async #learn(id: number): Promise<void> {
    try {
      const conversation = await this.#client.api.conversation(id);
      this.store.setState(state => applyConversation(state, conversation));
    } catch {
      // Gone or unreachable: the next list page tells.
    }
  }

  #sentMessage(entry: Entry, id: number): Message | null {
    const state = this.store.getState();
    const people = state.held[entry.conversation]?.details?.participants ?? state.rows[entry.conversation]?.participants ?? [];
    const me = people.find(person => person.id === state.userId);
    if (!me) return null;
    const now = this.#client.serverTime.now();
    const window = (state.config?.edit_window_seconds ?? 600) * 1000;
    return localMessage(entry, id, me, new Date(now).toISOString(), new Date(now + window).toISOString());
  }
}

function failsNow(entries: readonly Entry[], before: readonly Entry[]): boolean {
  const failed = new Set(before.filter(entry => entry.state === 'failed').map(entry => entry.clientId));
  return entries.some(entry => entry.state === 'failed' && !failed.has(entry.clientId));
}
