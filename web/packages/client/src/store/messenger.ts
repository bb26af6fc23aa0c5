import {
  ApiError,
  type ClientEvent,
  type Clock,
  type Conversation,
  type Entry,
  InMemoryStorage,
  type KeyValueStorage,
  type Message,
  type RowAct,
  Suhbat,
  type SuhbatPorts,
  userOf,
} from '../core.ts';
import type { Language } from '../sentences.ts';
import { applyConversation, applyRow } from './conversations.ts';
import { DraftStorage } from './drafts.ts';
import { editOf, saveEdit, withEdit } from './edits.ts';
import { Feed } from './feed.ts';
import { ConversationHistory, withPresence } from './history.ts';
import { List } from './list.ts';
import { applyMessage, withHeld } from './messages.ts';
import { type Effects, reduce } from './reduce.ts';
import { Seen } from './seen.ts';
import { type Arrival, type Beginning, type Draft, emptyState, NO_DRAFT, type State } from './state.ts';
import { createStore, type Store } from './store.ts';

export interface MessengerPorts extends Omit<SuhbatPorts, 'tokens'> {
  tokens: SuhbatPorts['tokens'] & { keep?: (token: string) => void };
  /** Storage that lives as long as the tab: for what was last seen. */
  session?: KeyValueStorage;
  /** The language of sentences about failures; English by default. */
  language?: Language;
  /** Runs once per frame, or every 250 ms while the page is hidden. */
  schedule: (flush: () => void) => void;
  /** Begins to tell the messenger about its surroundings, such as a network that returns; the returned function ends it. */
  watch?: (messenger: Messenger) => () => void;
}

/** Milliseconds until a source of tokens that failed is asked again. */
const TOKEN_AGAIN = 5_000;

/** The store and everything a person can do to it. Views select from `store` and call these methods; nothing else. */
export class Messenger {
  readonly store: Store<State> = createStore<State>(emptyState);
  readonly ports: MessengerPorts;
  readonly history: ConversationHistory;
  readonly list: List;
  readonly #drafts: DraftStorage;
  readonly #seen: Seen;
  readonly #arrivals = new Set<(arrival: Arrival) => void>();
  #client: Suhbat;
  #counting = false;
  #learningMe = false;
  /** Ends what `start` began; null while stopped. */
  #end: (() => void) | null = null;
  /** The service has no `me/`. */
  #tellsNoMe = false;

  constructor(ports: MessengerPorts) {
    this.ports = ports;
    this.#drafts = new DraftStorage(ports.memory, ports.clock);
    this.#seen = new Seen(ports.session ?? new InMemoryStorage());
    this.#client = this.#connectClient();
    this.history = new ConversationHistory(this.store, () => this.#client, ports.clock, this.#seen);
    this.list = new List(
      this.store,
      () => this.#client,
      ports.clock,
      deferred => {
        this.#apply(deferred);
        this.history.compare();
      },
      this.#seen,
    );
  }

  get client(): Suhbat {
    return this.#client;
  }

  get clock(): Clock {
    return this.ports.clock;
  }

  get memory(): KeyValueStorage {
    return this.ports.memory;
  }

  /**
   * Signs in with the token at hand, else with the one that its source is asked for. After `stop` it goes on with all that is loaded and
   * unsent, and asks for what was missed. May be called again while started, which changes nothing.
   */
  start(): void {
    if (this.#end) return;
    const unwatch = this.ports.watch?.(this);
    const end = () => unwatch?.();
    this.#end = end;
    void this.#proceed(end);
  }

  /** Leaves the service alone until `start`: no request, no socket. Nothing is lost meanwhile. */
  stop(): void {
    if (!this.#end) return;
    this.#end();
    this.#end = null;
    this.keepDrafts();
    this.list.cancel();
    this.#client.pause();
  }

  /** Calls the listener after each change of the state. A fault of a listener is reported, and concerns nobody else. The returned function ends it. */
  listen(listener: (state: State, before: State) => void): () => void {
    return this.store.subscribe((state, before) => this.#attempt(() => listener(state, before)));
  }

  async #proceed(term: () => void): Promise<void> {
    const { tokens } = this.ports;
    const client = this.#client;
    client.api.begin();
    try {
      const token = tokens.current() ?? (await client.api.renew());
      // Stopped meanwhile, or signed in by another way.
      if (token === null || term !== this.#end || client !== this.#client) return;
      if (this.store.getState().session !== 'signed-in' || this.isOfAnother(token)) {
        this.signIn(token);
        return;
      }
      client.start();
      this.history.reopen();
      void this.list.load();
    } catch {
      this.clock.after(TOKEN_AGAIN, () => {
        if (term === this.#end) void this.#proceed(term);
      });
    }
  }

  /** Whether a token is not of the person whom the store shows. One that names no user counts as theirs. */
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
    this.#seen.forget();
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

  /** Begins the first message to a person with whom there is no conversation yet. */
  begin(beginning: Beginning): void {
    this.store.setState({ beginning });
  }

  setDraft(conversation: number, change: Partial<Draft>): void {
    const state = this.store.getState();
    const draft = { ...(state.drafts[conversation] ?? NO_DRAFT), ...change };
    this.store.setState({ drafts: { ...state.drafts, [conversation]: draft } });
    if (state.userId !== null) this.#drafts.keep(state.userId, conversation, draft);
    // Only typing is too frequent to be written at once. What was sent must not come back after a crash.
    if (change.replyTo !== undefined) this.keepDrafts();
  }

  /** Another tab has changed what storage keeps under this key. Text and quote of a draft go along; the files of this tab stay. */
  heardStorage(key: string): void {
    const { userId, drafts } = this.store.getState();
    const heard = userId === null ? null : this.#drafts.heard(userId, key);
    if (!heard) return;
    const files = drafts[heard.conversation]?.files ?? NO_DRAFT.files;
    this.store.setState({ drafts: { ...drafts, [heard.conversation]: { ...heard.draft, files } } });
  }

  /** Writes typed text to storage, where that did not happen yet. To be called before the page may go away. */
  keepDrafts(): void {
    this.#drafts.flush();
  }

  /** Keeps what is on screen, for a reload without a network. To be called before the page may go away. */
  keepSeen(): void {
    this.#seen.keep(this.store.getState());
  }

  /** The person has turned to something else. */
  stoppedWriting(): void {
    this.#client.stoppedTyping();
    this.keepDrafts();
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

  /** Chooses a message, or no longer; the first one begins to choose. */
  toggleSelected(id: number): void {
    this.store.setState(state => {
      const selection = new Set(state.selection);
      if (!selection.delete(id)) selection.add(id);
      return { selection };
    });
  }

  endSelection(): void {
    this.store.setState({ selection: null });
  }

  /** The new text that is being written for a message; null once it is given up. */
  setEdit(message: Message, text: string | null): void {
    this.store.setState(state => ({ edits: withEdit(state.edits, message.id, text === null ? null : editOf(message, text)) }));
  }

  /** Shows the new text at once and takes it back when the service refuses; the typed text stays until it is stored. */
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

  /** Mutes, archives or marks a row, or says whether an answer is needed. */
  async arrange(conversation: number, act: RowAct): Promise<void> {
    const { id: _, ...row } = await this.#client.api.arrange(conversation, act);
    const change = act.type === 'mark_as_read' ? { unread_count: 0, is_marked_unread: false } : row;
    this.store.setState(state => applyRow(state, conversation, change));
    this.#countUnread();
  }

  /** The person knows that the database was put back from a backup. */
  acceptRestored(): void {
    this.store.setState({ wasRestored: false });
  }

  /** The person has turned to this page again. */
  attended(): void {
    for (const id of this.history.shown()) void this.refreshDetails(id);
  }

  /** Asks whether sending is still allowed; that may change at any time. */
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
      const drafts = userId === null ? {} : this.#drafts.load(userId);
      this.store.setState({ ...emptyState(), session: 'signed-in', userId, drafts }, true);
    }
    this.#client.start();
    this.history.reopen();
    void this.list.load();
    void this.#loadConfig();
    this.#learnMe();
    this.#countUnread();
    this.#seen.prepare();
  }

  async #loadConfig(): Promise<void> {
    if (this.store.getState().config) return;
    try {
      this.store.setState({ config: await this.#client.api.config() });
    } catch {
      // Asked again with the next connection; until then the server's refusals decide.
    }
  }

  /** Several events in a row cause one request. */
  #learnMe(): void {
    if (this.#tellsNoMe || this.#learningMe) return;
    this.#learningMe = true;
    this.clock.after(400, async () => {
      this.#learningMe = false;
      const client = this.#client;
      try {
        const me = await client.api.me();
        if (client === this.#client) this.store.setState({ me });
      } catch (error) {
        // A service that knows no such call is not asked again; any other failure waits for the next connection.
        this.#tellsNoMe = error instanceof ApiError && error.status === 404;
      }
    });
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
    const asked: ((effects: Effects) => void)[] = [];
    const context = { now: this.#client.serverTime.now(), later: (effect: (effects: Effects) => void) => void asked.push(effect) };
    let state = this.store.getState();
    for (const event of events) if (!this.list.holdsBack(event)) state = reduce(state, event, context);
    this.store.setState(state, true);
    for (const effect of asked) this.#attempt(() => effect(this.#effects));
  }

  /** A failure is reported, and the other actions follow all the same. */
  #attempt(action: () => void): void {
    try {
      action();
    } catch (error) {
      this.ports.report('a listener failed', error);
    }
  }

  readonly #effects: Effects = {
    reconnected: () => {
      void this.list.load();
      void this.#loadConfig();
      this.#learnMe();
      this.#countUnread();
      this.history.reconnected();
    },
    loadList: () => void this.list.load(),
    loadListSoon: () => this.list.loadSoon(),
    learnMe: () => this.#learnMe(),
    countUnread: () => this.#countUnread(),
    learnConversation: id => void this.#learn(id),
    refreshDetails: id => void this.refreshDetails(id),
    verify: (conversation, known) => void this.#client.verify(conversation, known),
    arrived: arrival => {
      for (const listener of this.#arrivals) this.#attempt(() => listener(arrival));
    },
    releaseMessage: (conversation, id) => this.#letGo(conversation, id),
    restart: conversation => {
      this.#dropIds(conversation);
      if (conversation === undefined) {
        this.list.restart();
        this.history.restart();
      } else {
        void this.#learn(conversation);
        this.list.loadSoon();
        this.history.restartOne(conversation);
      }
      this.#countUnread();
    },
  };

  /** A message was deleted. An unfinished edit of it goes to the composer, and a draft that quotes it loses the quote. */
  #letGo(conversation: number, id: number): void {
    const draft = this.store.getState().drafts[conversation] ?? NO_DRAFT;
    if (draft.replyTo?.id === id) this.setDraft(conversation, { replyTo: null });
    if (this.store.getState().selection?.has(id)) this.toggleSelected(id);
    this.#moveEdit(id);
  }

  /** The text of an unfinished edit goes to the composer. */
  #moveEdit(id: number): void {
    const { edits, drafts } = this.store.getState();
    const edit = edits[id];
    if (!edit) return;
    this.store.setState({ edits: withEdit(edits, id, null) });
    const { text } = drafts[edit.conversation] ?? NO_DRAFT;
    this.setDraft(edit.conversation, { text: text === '' ? edit.text : `${text}\n${edit.text}` });
  }

  /**
   * Message ids, of one conversation or of all, mean something else now. Drafts keep their text and files, and lose what they quote: the
   * quoted id may belong to another message.
   */
  #dropIds(conversation?: number): void {
    const { edits, drafts } = this.store.getState();
    const isConcerned = (id: number) => conversation === undefined || id === conversation;
    for (const [id, edit] of Object.entries(edits)) if (isConcerned(edit.conversation)) this.#moveEdit(Number(id));
    for (const [id, draft] of Object.entries(drafts)) {
      if (draft.replyTo && isConcerned(Number(id))) this.setDraft(Number(id), { replyTo: null });
    }
  }

  async #learn(id: number): Promise<void> {
    try {
      const conversation = await this.#client.api.conversation(id);
      this.store.setState(state => applyConversation({ ...state, presence: withPresence(state, conversation.presence) }, conversation));
    } catch {
      // Gone or unreachable: the next list page will show which.
    }
  }
}
