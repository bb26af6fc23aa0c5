import type { Clock } from '../clock.ts';
import { foundIn } from '../fold.ts';
import { previewOf } from '../preview.ts';
import type {
  Confession,
  Conversation,
  ConversationCounts,
  ConversationListItem,
  ConversationRow,
  Message,
  SearchHit,
  SearchResults,
  User,
} from '../types.ts';

export type Json = Record<string, unknown>;

export interface Room {
  id: number;
  participants: User[];
  confession: Confession | null;
  createdAt: string;
  messages: Message[];
  seq: number;
  deleted: { id: number; seq: number }[];
  read: Map<number, number>;
  canSend: boolean;
}

/** The content of a backup. */
export interface Stored {
  rooms: Room[];
  nextId: number;
}

/** What a person did with a row, and whether somebody waits. */
type RowState = Omit<ConversationRow, 'id' | 'unread_count'>;

const NEW_ROW: RowState = { awaiting_since: null, muted_until: null, archived_at: null, is_marked_unread: false };

/** The conversations of the service in memory: their messages, and how each person sees them. */
export class FakeRooms {
  readonly all = new Map<number, Room>();
  /** By conversation and person. */
  readonly arranged = new Map<string, RowState>();
  readonly #clock: Clock;
  readonly #tell: (room: Room, frame: (viewer: number) => Json) => void;
  #nextId = 1;

  /** `tell` sends a frame to the participants who are online. */
  constructor(clock: Clock, tell: (room: Room, frame: (viewer: number) => Json) => void) {
    this.#clock = clock;
    this.#tell = tell;
  }

  backup(): Stored {
    return structuredClone({ rooms: [...this.all.values()], nextId: this.#nextId });
  }

  restore(stored: Stored): void {
    const { rooms, nextId } = structuredClone(stored);
    this.all.clear();
    for (const room of rooms) this.all.set(room.id, room);
    this.#nextId = nextId;
  }

  room(participants: User[], confession: Confession | null = null): Room {
    const id = this.all.size + 1;
    const room: Room = {
      id,
      participants,
      confession,
      createdAt: this.#iso(),
      messages: [],
      seq: 0,
      deleted: [],
      read: new Map(),
      canSend: true,
    };
    this.all.set(id, room);
    return room;
  }

  say(roomId: number, sender: User, content: string, more: Partial<Message> = {}): Message {
    const room = this.#room(roomId);
    const id = this.#nextId++;
    const createdAt = more.created_at ?? this.#iso();
    room.seq += 1;
    const message: Message = {
      id,
      conversation: roomId,
      sender,
      content,
      reply_to: null,
      is_edited: false,
      is_pinned: false,
      is_deleted: false,
      created_at: createdAt,
      updated_at: createdAt,
      edited_at: null,
      attachments: [],
      message_reads: [],
      status: 'sent',
      can_edit: true,
      edit_deadline: new Date(Date.parse(createdAt) + 600_000).toISOString(),
      client_id: null,
      ...more,
      seq: room.seq,
    };
    room.messages.push(message);
    this.#arrangeBy(room, message);
    this.#tell(room, viewer => ({ type: 'chat_message', message: this.shown(message, viewer), seq: message.seq }));
    this.updated(room);
    return message;
  }

  row(roomId: number, user: number): RowState {
    return this.arranged.get(`${roomId} ${user}`) ?? NEW_ROW;
  }

  /** Changes a row, and tells its person. */
  arrange(room: Room, user: number, change: Partial<RowState>): ConversationRow {
    this.arranged.set(`${room.id} ${user}`, { ...this.row(room.id, user), ...change });
    this.updated(room);
    const { id, unread_count } = this.#item(room, user);
    return { id, unread_count, ...this.row(room.id, user) };
  }

  #arrangeBy(room: Room, { sender, created_at }: Message): void {
    for (const person of room.participants) {
      const row = this.row(room.id, person.id);
      const isMuted = row.muted_until !== null && row.muted_until > created_at;
      const waits = person.role !== 'user' && sender.role === 'user';
      const awaiting_since = waits ? (row.awaiting_since ?? created_at) : null;
      this.arranged.set(`${room.id} ${person.id}`, { ...row, awaiting_since, archived_at: isMuted ? row.archived_at : null });
    }
  }

  edit(messageId: number, content: string): void {
    this.#change(messageId, 'message_edited', { content, is_edited: true, edited_at: this.#iso() });
  }

  pin(messageId: number, isPinned: boolean): void {
    this.#change(messageId, 'message_pinned', { is_pinned: isPinned });
  }

  remove(messageId: number): void {
    const room = this.roomOf(messageId);
    if (!room) return;
    room.messages = room.messages.filter(message => message.id !== messageId);
    room.seq += 1;
    room.deleted.push({ id: messageId, seq: room.seq });
    const seq = room.seq;
    this.#tell(room, () => ({ type: 'message_deleted', message_id: messageId, seq }));
    this.updated(room);
  }

  list(user: number, query: URLSearchParams): unknown {
    const size = Number(query.get('page_size') ?? 20);
    const number = Number(query.get('page') ?? 1);
    const wanted = (query.get('q') ?? '').split(/\s+/).filter(Boolean);
    const items = [...this.all.values()]
      .filter(room => room.participants.some(person => person.id === user))
      .map(room => this.#item(room, user))
      .filter(item => query.get('unread') !== 'true' || item.unread_count > 0 || item.is_marked_unread)
      .filter(item => query.get('waiting') !== 'true' || item.awaiting_since !== null)
      .filter(item => !query.has('archived') || query.get('archived') === String(item.archived_at !== null))
      .filter(item => !query.get('confession') || String(item.confession?.id) === query.get('confession'))
      .filter(item => {
        const others = item.participants.filter(person => person.id !== user).map(person => `${person.first_name} ${person.last_name}`);
        const names = [...others, item.confession?.name ?? ''];
        return wanted.every(word => names.some(name => foundIn(name, word).length > 0));
      })
      .sort((a, b) => (b.last_message_at ?? b.created_at).localeCompare(a.last_message_at ?? a.created_at) || b.id - a.id);
    if (query.get('waiting') === 'true')
      items.sort((a, b) => (a.awaiting_since ?? '').localeCompare(b.awaiting_since ?? '') || a.id - b.id);
    const results = items.slice((number - 1) * size, number * size);
    const more = number * size < items.length;
    return { count: items.length, next: more ? `http://fake/api/?page=${number + 1}` : null, previous: null, results };
  }

  counts(user: number): ConversationCounts {
    const count = (query: string) => (this.list(user, new URLSearchParams(query)) as { count: number }).count;
    return {
      all: count('archived=false'),
      unread: count('archived=false&unread=true'),
      waiting: count('archived=false&waiting=true'),
      archived: count('archived=true'),
    };
  }

  /** Messages with words that begin as those of the query, the newest first. */
  search(user: number, query: URLSearchParams, within: number | null): SearchResults {
    const words = (query.get('q') ?? '').split(/\s+/).filter(Boolean);
    const limit = Number(query.get('limit') ?? 20);
    const before = Number(query.get('before')) || Number.POSITIVE_INFINITY;
    const senders = query.getAll('sender');
    const kinds = query.getAll('has');
    const placesIn = (text: string) => words.map(word => foundIn(text, word).filter(([from]) => !/\p{L}/u.test(text.charAt(from - 1))));
    const all = [...this.all.values()]
      .filter(room => room.participants.some(person => person.id === user) && (within === null || room.id === within))
      .flatMap(room => room.messages.map(message => ({ room, message, text: message.content ?? '' })))
      .filter(({ text }) => placesIn(text).every(places => places.length > 0))
      .filter(({ message }) => senders.length === 0 || senders.includes(String(message.sender.id)))
      .filter(({ message }) => kinds.length === 0 || message.attachments.some(file => kinds.includes(file.file_type)))
      .sort((a, b) => b.message.id - a.message.id);
    const rest = all.filter(({ message }) => message.id < before);
    const results = rest.slice(0, limit).map(({ room, message, text }): SearchHit => {
      const scalars = (from: number, to: number) => [...text.slice(from, to)].length;
      const ranges = placesIn(text).flatMap(places => places.map(([from, to]) => [scalars(0, from), scalars(from, to)]));
      return {
        message: this.shown(message, user),
        conversation: { id: room.id, kind: 'direct', title: null, participants: room.participants, confession: room.confession },
        snippet: { text, ranges, before: false, after: false },
        files: [],
        ...(within === null ? {} : { position: all.findIndex(other => other.message === message) + 1 }),
      };
    });
    const last = results.at(-1);
    const next = rest.length > limit && last ? `http://fake/api/messaging/search/?before=${last.message.id}` : null;
    const total = within === null ? {} : { total: all.length };
    return { count: null, next, previous: null, results, indexing: 0, partial: false, ...total };
  }

  unread(user: number): number {
    const mine = [...this.all.values()].filter(room => room.participants.some(person => person.id === user));
    return mine.reduce((sum, room) => sum + this.#item(room, user).unread_count, 0);
  }

  /** Null where there is no such conversation or message. */
  window(query: URLSearchParams, user: number): unknown {
    const room = this.all.get(Number(query.get('conversation')));
    if (!room?.participants.some(person => person.id === user)) return null;
    const limit = Number(query.get('limit') ?? query.get('page_size') ?? 50);
    let all = room.messages;
    if (query.get('pinned') === 'true') all = all.filter(message => message.is_pinned);
    const [before, after, around] = ['before', 'after', 'around'].map(name => Number(query.get(name)) || null);
    let results = all.slice(-limit);
    if (before) results = all.filter(message => message.id < before).slice(-limit);
    if (after) results = all.filter(message => message.id > after).slice(0, limit);
    if (around) {
      const at = all.findIndex(message => message.id === around);
      if (at < 0) return null;
      results = all.slice(Math.max(0, at - Math.floor(limit / 2)), at + Math.ceil(limit / 2));
    }
    const first = results[0];
    const last = results.at(-1);
    const older = first !== undefined && all[0] !== undefined && all[0].id < first.id;
    const newer = last !== undefined && (all.at(-1)?.id ?? 0) > last.id;
    return {
      count: all.length,
      next: older ? `http://fake/api/?before=${first.id}` : null,
      previous: newer ? `http://fake/api/?after=${last.id}` : null,
      results: results.map(message => this.shown(message, user)),
    };
  }

  changes(room: Room, user: number, after: number): Json {
    const changed = room.messages
      .filter(message => message.seq > after)
      .map(message => ({
        seq: message.seq,
        type: message.is_edited ? 'message_edited' : 'chat_message',
        message: this.shown(message, user),
      }));
    const gone = room.deleted
      .filter(entry => entry.seq > after)
      .map(entry => ({ seq: entry.seq, type: 'message_deleted', message_id: entry.id }));
    return { changes: [...changed, ...gone].sort((a, b) => a.seq - b.seq), last_seq: room.seq, has_more: false, receipts: [] };
  }

  #change(messageId: number, type: string, more: Partial<Message>): void {
    const room = this.roomOf(messageId);
    if (!room) return;
    room.seq += 1;
    const seq = room.seq;
    room.messages = room.messages.map(message => (message.id === messageId ? { ...message, ...more, seq } : message));
    const message = room.messages.find(other => other.id === messageId);
    if (message) this.#tell(room, viewer => ({ type, message: this.shown(message, viewer), seq }));
  }

  updated(room: Room): void {
    this.#tell(room, viewer => {
      const { unread_count, last_seq, last_message_preview } = this.#item(room, viewer);
      const row = Object.entries(this.row(room.id, viewer)).filter(([, value]) => value !== null && value !== false);
      return { type: 'conversation_updated', unread_count, last_seq, last_message_preview, ...Object.fromEntries(row) };
    });
  }

  #item(room: Room, user: number): ConversationListItem {
    const last = room.messages.at(-1);
    const read = room.read.get(user) ?? 0;
    return {
      id: room.id,
      participants: room.participants,
      confession: room.confession,
      created_at: room.createdAt,
      last_message_at: last?.created_at ?? null,
      unread_count: room.messages.filter(message => message.sender.id !== user && message.id > read).length,
      last_seq: room.seq,
      last_message_preview: last ? previewOf(this.shown(last, user)) : null,
      ...this.row(room.id, user),
    };
  }

  conversation(room: Room, user: number): Conversation {
    const { id, participants, confession, last_message_at, unread_count, last_seq } = this.#item(room, user);
    return {
      id,
      participants,
      confession,
      created_at: room.createdAt,
      updated_at: room.createdAt,
      last_message_at,
      last_message: room.messages.map(message => this.shown(message, user)).at(-1) ?? null,
      unread_count,
      last_seq,
      can_send: room.canSend,
      cannot_send_reason: room.canSend ? null : 'not_subscribed',
      can_pin: true,
      ...this.row(room.id, user),
      presence: participants.filter(p => p.id !== user).map(p => ({ user_id: p.id, status: 'offline', last_seen: room.createdAt })),
    };
  }

  shown(message: Message, viewer: number): Message {
    const mine = message.sender.id === viewer;
    return { ...message, status: mine ? message.status : 'received', can_edit: mine, client_id: mine ? message.client_id : null };
  }

  #room(id: number): Room {
    const room = this.all.get(id);
    if (!room) throw new Error(`no room ${id}`);
    return room;
  }

  roomOf(messageId: number): Room | undefined {
    return [...this.all.values()].find(room => room.messages.some(message => message.id === messageId));
  }

  #iso(): string {
    return new Date(this.#clock.now()).toISOString();
  }
}
