import type { Attachment, Entry, Message, MessageStatus, ReplyPreview, User } from '../core.ts';
import { type Language, sentenceOf } from '../sentences.ts';
import { statusOf } from './messages.ts';
import type { Messenger } from './messenger.ts';
import { entriesOf, isAtEnd, isAtStart, meOf, messageIds, othersOf, participantsOf } from './selectors.ts';
import type { LoadedConversation, State } from './state.ts';

/** A message as a front end draws it, stored or on its way out. */
export interface ShownMessage {
  /** The same for the life of the message, from the moment in which it is written here. */
  readonly key: string;
  /** Null until it is stored. */
  readonly id: number | null;
  readonly clientId: string | null;
  /** Empty where it has files only. */
  readonly text: string;
  readonly isMine: boolean;
  /** Null only for one of mine, on its way out, where the service has not said yet who is signed in. */
  readonly sender: User | null;
  /** An ISO 8601 time. */
  readonly sentAt: string;
  readonly status: MessageStatus | 'sending' | 'failed';
  /** Why it was not sent, in the language of the client; null for every other status. `retry` and `discard` go on from there. */
  readonly error: string | null;
  readonly isEdited: boolean;
  readonly attachments: readonly Attachment[];
  readonly replyTo: ReplyPreview | null;
}

export interface ConversationSnapshot {
  /** `missing`: there is no such conversation for this person. After `error` it is loaded again with the next connection. */
  readonly status: 'loading' | 'ready' | 'error' | 'missing';
  readonly participants: readonly User[];
  /** The participants without the signed-in person. */
  readonly others: readonly User[];
  /** In their order, the messages on their way out last. */
  readonly messages: readonly ShownMessage[];
  readonly hasOlder: boolean;
  readonly isLoadingOlder: boolean;
  /** The others who are typing. */
  readonly typing: readonly User[];
  readonly unread: number;
  readonly canSend: boolean;
}

/** What a snapshot is made of. Each is replaced when it changes, so comparing them shows whether the snapshot is still true. */
function partsOf(state: State, id: number): readonly unknown[] {
  const row = state.rows[id];
  return [state.held[id], state.outbox[id], state.typing[id], row?.participants, row?.unread_count, state.userId, meOf(state)];
}

function stored(message: Message, held: LoadedConversation, userId: number | null): ShownMessage {
  return {
    key: message.client_id ?? String(message.id),
    id: message.id,
    clientId: message.client_id,
    text: message.content ?? '',
    isMine: message.sender.id === userId,
    sender: message.sender,
    sentAt: message.created_at,
    status: statusOf(message, held, userId),
    error: null,
    isEdited: message.is_edited,
    attachments: message.attachments,
    replyTo: message.reply_to,
  };
}

function unsent(entry: Entry, me: User | null, language: Language | undefined): ShownMessage {
  return {
    key: entry.clientId,
    id: null,
    clientId: entry.clientId,
    text: entry.content,
    isMine: true,
    sender: me,
    sentAt: new Date(entry.createdAt).toISOString(),
    status: entry.state === 'failed' ? 'failed' : 'sending',
    error: entry.state === 'failed' ? sentenceOf(entry.code, language) : null,
    isEdited: false,
    attachments: [],
    replyTo: entry.replyTo,
  };
}

function snapshotOf(state: State, id: number, language: Language | undefined): ConversationSnapshot {
  const held = state.held[id];
  const { userId } = state;
  const participants = participantsOf(state, id);
  const messages = messageIds(state, id).flatMap(messageId => {
    const message = held?.messages.get(messageId);
    return held && message ? [stored(message, held, userId)] : [];
  });
  const known = new Set(messages.map(message => message.clientId));
  // One that was acknowledged is both for a moment.
  const waiting = isAtEnd(state, id) ? entriesOf(state, id).filter(entry => !known.has(entry.clientId)) : [];
  return {
    status: held?.status ?? 'loading',
    participants,
    others: othersOf(participants, userId),
    messages: [...messages, ...waiting.map(entry => unsent(entry, meOf(state) ?? null, language))],
    hasOlder: held?.status === 'ready' && !isAtStart(state, id),
    isLoadingOlder: held?.older === 'loading',
    typing: (state.typing[id] ?? []).flatMap(user => participants.find(person => person.id === user) ?? []),
    unread: state.rows[id]?.unread_count ?? held?.details?.unread_count ?? 0,
    canSend: held?.details?.can_send ?? false,
  };
}

/** One conversation: its snapshots, and the acts in it. It is loaded while somebody subscribes to it. */
export class ConversationView {
  readonly id: number;
  readonly #messenger: Messenger;
  #parts: readonly unknown[] = [];
  #snapshot: ConversationSnapshot | null = null;

  constructor(messenger: Messenger, id: number) {
    this.#messenger = messenger;
    this.id = id;
  }

  /** The same object until something in it changes. */
  readonly snapshot = (): ConversationSnapshot => {
    const state = this.#messenger.store.getState();
    const parts = partsOf(state, this.id);
    if (this.#snapshot === null || parts.some((part, index) => part !== this.#parts[index])) {
      this.#parts = parts;
      this.#snapshot = snapshotOf(state, this.id, this.#messenger.ports.language);
    }
    return this.#snapshot;
  };

  /** Loads the conversation, keeps it up to date, and calls the listener after each change, until the returned function is called. */
  readonly subscribe = (listener: (snapshot: ConversationSnapshot) => void): (() => void) => {
    let told = this.snapshot();
    const silence = this.#messenger.listen(() => {
      const snapshot = this.snapshot();
      if (snapshot === told) return;
      told = snapshot;
      listener(snapshot);
    });
    const close = this.#messenger.history.open(this.id);
    return () => {
      silence();
      close();
    };
  };

  /**
   * Sends a message, now or as soon as it can; it is among the messages at once. Throws where nobody is signed in. The answer is the
   * message's `clientId`.
   */
  readonly send = (
    text: string,
    { replyTo = null, files = [] }: { replyTo?: ReplyPreview | null; files?: readonly File[] } = {},
  ): string => {
    const { clientId } = this.#messenger.client.send(this.id, text, replyTo, files);
    this.#messenger.history.backToNow(this.id);
    return clientId;
  };

  /** Sends a message again that has failed. */
  readonly retry = (clientId: string): void => this.#messenger.client.retry(clientId);

  /** Takes a message back that is not stored yet. */
  readonly discard = (clientId: string): void => this.#messenger.client.discard(clientId);

  /** Loads the messages before the first one. After a failure it tries again. */
  readonly loadOlder = (): Promise<void> => this.#messenger.history.retryPage(this.id, 'older');

  /** To be called with each change of the text that is being written: the others see that this person types. */
  readonly typed = (): void => this.#messenger.client.typed(this.id);

  /** The person has seen everything up to this message, by default the newest. */
  readonly read = (upTo?: number): void => {
    const newest = upTo ?? this.snapshot().messages.findLast(message => message.id !== null)?.id;
    if (newest) this.#messenger.client.read(this.id, newest);
  };
}

const VIEWS = new WeakMap<Messenger, Map<number, ConversationView>>();

/** The conversation as a front end draws it, and the acts in it. One object for each id. */
export function conversationOf(messenger: Messenger, id: number): ConversationView {
  const views = VIEWS.get(messenger) ?? new Map<number, ConversationView>();
  VIEWS.set(messenger, views);
  const view = views.get(id) ?? new ConversationView(messenger, id);
  views.set(id, view);
  return view;
}
