import { type ClientEvent, deletedBy, type Entry, type Message } from '../core.ts';
import { applyStatus, applyUpdate, sorted, withoutList } from './conversations.ts';
import { applyChanges, applyMarks, applyMessage, applyOneRead, withHeld } from './messages.ts';
import { entriesOf, meOf, nameOf, participantsOf } from './selectors.ts';
import type { Arrival, Presence, State } from './state.ts';

/** The effects that an event may cause beside a change of the state. */
export interface Effects {
  reconnected: () => void;
  loadList: () => void;
  loadListSoon: () => void;
  /** Asks for the signed-in person, and the confessions that they administer and follow. */
  learnMe: () => void;
  countUnread: () => void;
  learnConversation: (id: number) => void;
  refreshDetails: (id: number) => void;
  verify: (conversation: number, known: number) => void;
  arrived: (arrival: Arrival) => void;
  /** A message was deleted: no draft may refer to it any more. */
  releaseMessage: (conversation: number, id: number) => void;
  /** Nothing of one conversation, or of all, is valid any more. */
  restart: (conversation?: number) => void;
}

export interface Context {
  /** The server's time. */
  now: number;
  /** Asks for an effect after the state has changed. */
  later: (effect: (effects: Effects) => void) => void;
}

type Handlers = { [E in ClientEvent as E['type']]: (state: State, event: E, context: Context) => State };

/** The handler of each event: its changes and its effects. An event has its one place in the store here. */
const HANDLERS: Handlers = {
  altered: state => state,
  connection: (state, event) => {
    const live = event.state.kind === 'live';
    // Without a socket, presence is unknown, not offline.
    const presence = event.state.kind === 'waiting' ? {} : state.presence;
    return { ...state, connection: event.state, wasLive: state.wasLive || live, presence };
  },
  ready: (state, { online, user_id }, { later }) => {
    later(effects => effects.reconnected());
    const presence: Record<number, Presence> = {};
    for (const [id, known] of Object.entries(state.presence)) presence[Number(id)] = { status: 'offline', lastSeen: known.lastSeen };
    for (const id of online) presence[id] = { status: 'online', lastSeen: null };
    return { ...state, presence, userId: user_id };
  },
  resync: (state, _event, { later }) => {
    later(effects => effects.loadList());
    return state;
  },
  changes: (state, { conversation, changes }, { later }) => {
    for (const change of changes) {
      const id = deletedBy(change);
      if (id !== null) later(effects => effects.releaseMessage(conversation, id));
    }
    return withHeld(state, conversation, held => applyChanges(held, changes));
  },
  marks: (state, { conversation, marks }) => withHeld(state, conversation, held => applyMarks(held, marks)),
  message_delivered: (state, { conversation, user_id, message_id }) => {
    const mark = { user_id, delivered_up_to: message_id, read_up_to: null, read_at: null };
    if (isOfLast(state, conversation, message_id, true)) state = applyStatus(state, conversation, 'delivered');
    return withHeld(state, conversation, held => applyMarks(held, [mark]));
  },
  read_receipt: (state, { conversation, user_id, message_id, read_at, up_to }, { later }) => {
    if (user_id !== state.userId && isOfLast(state, conversation, message_id, up_to)) {
      // Only the service knows whether the others have read it, too.
      const isGroup = participantsOf(state, conversation).length > 2;
      if (isGroup) later(effects => effects.learnConversation(conversation));
      else state = applyStatus(state, conversation, 'seen');
    }
    if (!up_to) return withHeld(state, conversation, held => applyOneRead(held, message_id, user_id, read_at));
    const mark = { user_id, delivered_up_to: message_id, read_up_to: message_id, read_at };
    return withHeld(state, conversation, held => applyMarks(held, [mark]));
  },
  chat_message: (state, { message }, { later }) => {
    if (message.sender.id === state.userId) return state;
    const arrival = { id: message.id, conversation: message.conversation, name: nameOf(message.sender), text: message.content ?? '' };
    later(effects => effects.arrived(arrival));
    return state;
  },
  conversation_updated: (state, frame, { later }) => {
    const { conversation, last_seq } = frame;
    const known = state.rows[conversation]?.last_seq;
    if (known === undefined) later(effects => effects.learnConversation(conversation));
    else if (last_seq < known) later(effects => effects.verify(conversation, known));
    const { filter } = state.list;
    const moves = (state.rows[conversation]?.archived_at != null) !== (frame.archived_at !== undefined);
    if (moves || filter.unread || filter.waiting || filter.archived || filter.q || filter.confession !== null)
      later(effects => effects.loadListSoon());
    later(effects => effects.countUnread());
    return applyUpdate(state, frame);
  },
  conversation_access: (state, { conversation, can_send, cannot_send_reason, can_pin }, { later }) => {
    // Somebody follows or leaves a confession, or administers it from now on.
    later(effects => effects.learnMe());
    return withHeld(state, conversation, held =>
      held.details ? { ...held, details: { ...held.details, can_send, cannot_send_reason, can_pin } } : held,
    );
  },
  user_status: (state, { user_id, status, last_seen }) => ({
    ...state,
    presence: { ...state.presence, [user_id]: { status, lastSeen: last_seen } },
  }),
  typists: (state, { conversation, users }) => ({ ...state, typing: { ...state.typing, [conversation]: users } }),
  outbox: (state, { conversation, entries }, { later }) => {
    if (failsNow(entries, entriesOf(state, conversation)) && state.held[conversation]?.details?.can_send) {
      later(effects => effects.refreshDetails(conversation));
    }
    return sorted({ ...state, outbox: { ...state.outbox, [conversation]: entries } });
  },
  sent: (state, { entry, id, message }, { now }) => {
    const stored = message ?? localMessage(state, entry, id, now);
    return stored ? withHeld(state, entry.conversation, held => applyMessage(held, stored)) : state;
  },
  'signed-out': state => ({ ...state, session: 'expired' }),
  restored: (state, _event, { later }) => {
    later(effects => effects.restart());
    return withoutList({ ...state, held: {}, typing: {}, wasRestored: true });
  },
  reset: (state, { conversation }, { later }) => {
    later(effects => effects.restart(conversation));
    const { [conversation]: _, ...held } = state.held;
    const row = state.rows[conversation];
    // Any later version of this row is newer than the shown one.
    return { ...state, held, rows: row ? { ...state.rows, [row.id]: { ...row, last_seq: 0 } } : state.rows };
  },
};

/** One event of the client, applied to the state. Pure, except that held messages are filed in place. */
export function reduce(state: State, event: ClientEvent, context: Context): State {
  const handler = HANDLERS[event.type] as (state: State, event: ClientEvent, context: Context) => State;
  return handler(state, event, context);
}

/** Whether a receipt is about one's own last message. */
function isOfLast({ rows }: State, conversation: number, id: number, upTo: boolean | undefined): boolean {
  const last = rows[conversation]?.last_message_preview;
  // Services before version 2 send no status.
  return !!last?.status && last.status !== 'received' && (upTo ? last.id <= id : last.id === id);
}

/** An acknowledged message until the server's own copy comes; any real copy has a larger `seq`. */
function localMessage(state: State, entry: Entry, id: number, now: number): Message | null {
  const sender = participantsOf(state, entry.conversation).find(person => person.id === state.userId) ?? meOf(state);
  if (!sender) return null;
  const window = (state.config?.edit_window_seconds ?? 600) * 1000;
  const at = new Date(now).toISOString();
  return {
    id,
    conversation: entry.conversation,
    sender,
    content: entry.content,
    reply_to: entry.replyTo,
    is_edited: false,
    is_pinned: false,
    is_deleted: false,
    created_at: at,
    updated_at: at,
    edited_at: null,
    attachments: [],
    message_reads: [],
    status: 'sent',
    can_edit: true,
    edit_deadline: new Date(now + window).toISOString(),
    seq: 0,
    client_id: entry.clientId,
  };
}

function failsNow(entries: readonly Entry[], before: readonly Entry[]): boolean {
  const failed = new Set(before.filter(entry => entry.state === 'failed').map(entry => entry.clientId));
  return entries.some(entry => entry.state === 'failed' && !failed.has(entry.clientId));
}
