import type {
  ClientConfig,
  Confession,
  ConnectionState,
  Conversation,
  ConversationListItem,
  Entry,
  Me,
  Message,
  ReceiptMark,
  ReplyPreview,
  User,
} from '../core.ts';

/** A contiguous piece of a history: every message between its first and last id is here. */
export interface MessageRange {
  readonly ids: readonly number[];
  readonly atStart: boolean;
  readonly atEnd: boolean;
}

export type Loading = 'idle' | 'loading' | 'error';

/** A conversation held in memory with the parts of its history that were read. */
export interface LoadedConversation {
  readonly id: number;
  readonly status: 'loading' | 'ready' | 'error' | 'missing';
  readonly details: Conversation | null;
  /** Changed in place; `LoadedConversation` itself is replaced with every change, so selectors by identity work. */
  readonly messages: Map<number, Message>;
  readonly deleted: Map<number, number>;
  readonly runs: readonly MessageRange[];
  /** A message inside the run on screen; null is the newest run. */
  readonly anchor: number | null;
  readonly older: Loading;
  readonly newer: Loading;
  /** First unread message when the conversation was entered. */
  readonly divider: number | null;
  readonly pins: readonly number[];
  readonly marks: Readonly<Record<number, ReceiptMark>>;
  /** A reconnect happened since it was last looked after: marks move without a number, so they have to be asked for. */
  readonly isStale: boolean;
  /** As the session saw it before the page was loaded anew, since the service does not answer. It is loaded from nothing when it does. */
  readonly isFromBefore: boolean;
  readonly usedAt: number;
}

/** A row of the list, with the moment that orders it. */
export interface ListRow extends ConversationListItem {
  readonly activity: string;
}

export interface ListFilter {
  readonly unread: boolean;
  /** Those in which a member waits for an answer, the longest first. */
  readonly waiting: boolean;
  /** The archive; every other list is without it, unless one searches. */
  readonly archived: boolean;
  readonly confession: number | null;
  readonly q: string;
}

export interface ListState {
  readonly filter: ListFilter;
  readonly ids: readonly number[];
  readonly status: 'loading' | 'ready' | 'error';
  readonly nextPage: number | null;
  readonly more: Loading;
  readonly count: number;
}

export interface Presence {
  readonly status: 'online' | 'offline';
  readonly lastSeen: string | null;
}

export interface Draft {
  readonly text: string;
  readonly replyTo: ReplyPreview | null;
  readonly files: readonly File[];
}

/** The text of an edit that was begun: it outlives its field. */
export interface EditDraft {
  readonly conversation: number;
  readonly text: string;
  readonly saving: boolean;
}

export interface Arrival {
  readonly id: number;
  readonly conversation: number;
  readonly name: string;
  readonly text: string;
}

/** The person whom one is about to write to for the first time, and the confession. */
export interface Beginning {
  readonly user: User;
  readonly confession: Confession | null;
}

/** The draft id for a person with whom there is no conversation yet: negative, since the ids of conversations are positive. */
export const draftIdOf = (user: User) => -user.id;

export interface State {
  readonly session: 'signed-out' | 'signed-in' | 'expired';
  readonly userId: number | null;
  readonly connection: ConnectionState;
  /** Live at least once: before that, a wait is a first start and not a loss. */
  readonly wasLive: boolean;
  /** The database was put back from a backup, and the person has not seen the notice yet. */
  readonly wasRestored: boolean;
  readonly config: ClientConfig | null;
  /** Null where it is not known: not yet, or because the service does not send it. */
  readonly me: Me | null;
  readonly rows: Readonly<Record<number, ListRow>>;
  readonly list: ListState;
  readonly held: Readonly<Record<number, LoadedConversation>>;
  readonly presence: Readonly<Record<number, Presence>>;
  readonly typing: Readonly<Record<number, readonly number[]>>;
  readonly outbox: Readonly<Record<number, readonly Entry[]>>;
  readonly drafts: Readonly<Record<number, Draft>>;
  /** By the id of the message. */
  readonly edits: Readonly<Record<number, EditDraft>>;
  readonly current: number | null;
  /** The messages of the current conversation that are chosen, while one chooses. */
  readonly selection: ReadonlySet<number> | null;
  readonly beginning: Beginning | null;
  readonly unread: number;
}

const NO_FILTER: ListFilter = { unread: false, waiting: false, archived: false, confession: null, q: '' };
export const NO_DRAFT: Draft = { text: '', replyTo: null, files: [] };

export function emptyState(): State {
  return {
    session: 'signed-out',
    userId: null,
    connection: { kind: 'idle' },
    wasLive: false,
    wasRestored: false,
    config: null,
    me: null,
    rows: {},
    list: { filter: NO_FILTER, ids: [], status: 'loading', nextPage: null, more: 'idle', count: 0 },
    held: {},
    presence: {},
    typing: {},
    outbox: {},
    drafts: {},
    edits: {},
    current: null,
    selection: null,
    beginning: null,
    unread: 0,
  };
}

export function emptyConversation(id: number, usedAt: number): LoadedConversation {
  return {
    id,
    status: 'loading',
    details: null,
    messages: new Map(),
    deleted: new Map(),
    runs: [],
    anchor: null,
    older: 'idle',
    newer: 'idle',
    divider: null,
    pins: [],
    marks: {},
    isStale: false,
    isFromBefore: false,
    usedAt,
  };
}
