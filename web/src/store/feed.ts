import type { ClientEvent, Entry, Message, Suhbat, User } from '../client/index.ts';
import { applyUpdate, sorted } from './conversations.ts';
import { applyChanges, applyMarks, applyMessage, applyOneRead, withHeld } from './messages.ts';
import type { Presence, State } from './state.ts';

/** One event of the client, applied to the state. Pure, except that held messages are filed in place. */
export function reduce(
  state: State,
  event: ClientEvent,
  context: { userId: number | null; sentMessage: (entry: Entry, id: number) => Message | null },
): State {
  switch (event.kind) {
    case 'connection': {
      const live = event.state.kind === 'live';
      // While we hear nothing, presence is unknown, not offline.
      const presence = event.state.kind === 'waiting' ? {} : state.presence;
      return { ...state, connection: event.state, wasLive: state.wasLive || live, presence };
    }
    case 'ready': {
      const presence: Record<number, Presence> = {};
      for (const [id, known] of Object.entries(state.presence)) presence[Number(id)] = { status: 'offline', lastSeen: known.lastSeen };
      for (const id of event.frame.online) presence[id] = { status: 'online', lastSeen: null };
      return { ...state, presence, userId: event.frame.user_id };
    }
    case 'changes':
      return withHeld(state, event.conversation, held => applyChanges(held, event.changes));
    case 'marks':
      return withHeld(state, event.conversation, held => applyMarks(held, event.marks));
    case 'delivered': {
      const { conversation, user_id, message_id } = event.frame;
      const mark = { user_id, delivered_up_to: message_id, read_up_to: null, read_at: null };
      return withHeld(state, conversation, held => applyMarks(held, [mark]));
    }
    case 'read': {
      const { conversation, user_id, message_id, read_at, up_to } = event.frame;
      if (!up_to) return withHeld(state, conversation, held => applyOneRead(held, message_id, user_id, read_at));
      const mark = { user_id, delivered_up_to: message_id, read_up_to: message_id, read_at };
      return withHeld(state, conversation, held => applyMarks(held, [mark]));
    }
    case 'updated':
      return applyUpdate(state, event.frame);
    case 'status': {
      const { user_id, status, last_seen } = event.frame;
      return { ...state, presence: { ...state.presence, [user_id]: { status, lastSeen: last_seen } } };
    }
    case 'typing':
      return { ...state, typing: { ...state.typing, [event.conversation]: event.users } };
    case 'outbox':
      return sorted({ ...state, outbox: { ...state.outbox, [event.conversation]: event.entries } });
    case 'sent': {
      const stored = event.message ?? context.sentMessage(event.entry, event.id);
      return stored ? withHeld(state, event.entry.conversation, held => applyMessage(held, stored)) : state;
    }
    case 'signed-out':
      return { ...state, session: 'expired' };
    default:
      return state;
  }
}

/** What an acknowledged message looks like until the server's own copy comes; any real copy has a larger `seq`. */
export function localMessage(entry: Entry, id: number, sender: User, nowIso: string, deadlineIso: string): Message {
  return {
    id,
    conversation: entry.conversation,
    sender,
    content: entry.content,
    reply_to: entry.replyTo,
    is_edited: false,
    is_pinned: false,
    is_deleted: false,
    created_at: nowIso,
    updated_at: nowIso,
    edited_at: null,
    attachments: [],
    message_reads: [],
    status: 'sent',
    can_edit: true,
    edit_deadline: deadlineIso,
    seq: 0,
    client_id: entry.clientId,
  };
}

/** Collects events and applies them in one batch per tick of the scheduler, so that a burst is one render. */
export class Feed {
  #queue: ClientEvent[] = [];
  #planned = false;
  readonly #schedule: (flush: () => void) => void;
  readonly #apply: (events: readonly ClientEvent[]) => void;

  constructor(client: Suhbat, schedule: (flush: () => void) => void, apply: (events: readonly ClientEvent[]) => void) {
    this.#schedule = schedule;
    this.#apply = apply;
    client.listen(event => this.#take(event));
  }

  #take(event: ClientEvent): void {
    this.#queue.push(event);
    // What the person just did shows at once.
    if (event.kind === 'outbox' || event.kind === 'sent' || event.kind === 'signed-out') {
      this.flush();
      return;
    }
    if (this.#planned) return;
    this.#planned = true;
    this.#schedule(() => this.flush());
  }

  flush(): void {
    this.#planned = false;
    const events = this.#queue;
    this.#queue = [];
    if (events.length > 0) this.#apply(events);
  }
}
