import type { Clock } from '../clock.ts';
import type { Socket } from '../connection.ts';
import { userOf } from '../token.ts';
import type { Confession, Conversation, ConversationListItem, Message, Preview, User } from '../types.ts';
import { confessions, config, contacts, people, tokenOf } from './builders.ts';

type Json = Record<string, unknown>;

interface Room {
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

interface Wire extends Socket {
  user: number;
  deliver(frame: Json): void;
  end(code: number): void;
}

export interface Recorded {
  method: string;
  path: string;
  query: URLSearchParams;
  body: Json | FormData | null;
}

/** A small service in memory behind `fetch` and a socket, with hooks to misbehave. It speaks the contract, as far as the UI needs it. */
export class FakeServer {
  readonly requests: Recorded[] = [];
  readonly frames: Json[] = [];
  readonly rooms = new Map<number, Room>();
  readonly wires = new Set<Wire>();
  online = true;
  /** Returns false to lose a frame on its way to the client. */
  passes: (frame: Json) => boolean = () => true;
  /** Answers instead of the service when it returns something. */
  intercept: (request: Recorded) => Response | Promise<Response> | null = () => null;
  /** A socket opened now is closed at once with this code. */
  refuseWith: number | null = null;
  readonly #clock: Clock;
  readonly #clientIds = new Map<string, Message>();
  readonly #tickets = new Map<string, number>();
  #nextId = 1;
  #nextTicket = 1;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  room(participants: User[], confession: Confession | null = null): Room {
    const id = this.rooms.size + 1;
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
    this.rooms.set(id, room);
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
    this.#broadcast(room, viewer => ({ type: 'chat_message', message: this.#shown(message, viewer), seq: message.seq }));
    this.#updated(room);
    return message;
  }

  edit(messageId: number, content: string): void {
    this.#change(messageId, 'message_edited', { content, is_edited: true, edited_at: this.#iso() });
  }

  pin(messageId: number, isPinned: boolean): void {
    this.#change(messageId, 'message_pinned', { is_pinned: isPinned });
  }

  remove(messageId: number): void {
    const room = this.#roomOf(messageId);
    if (!room) return;
    room.messages = room.messages.filter(message => message.id !== messageId);
    room.seq += 1;
    room.deleted.push({ id: messageId, seq: room.seq });
    const seq = room.seq;
    this.#broadcast(room, () => ({ type: 'message_deleted', message_id: messageId, seq }));
    this.#updated(room);
  }

  tell(frame: Json, toUser?: number): void {
    for (const wire of this.wires) if (toUser === undefined || wire.user === toUser) wire.deliver(frame);
  }

  cut(code = 1006): void {
    for (const wire of [...this.wires]) wire.end(code);
  }

  readonly fetch: typeof globalThis.fetch = async (input, init) => {
    const url = new URL(String(input instanceof Request ? input.url : input));
    const path = url.pathname.replace(/^.*\/api\//, '');
    const raw = init?.body;
    const body = typeof raw === 'string' ? (JSON.parse(raw) as Json) : raw instanceof FormData ? raw : null;
    const request = { method: init?.method ?? 'GET', path, query: url.searchParams, body };
    this.requests.push(request);
    await Promise.resolve();
    if (!this.online) throw new TypeError('Failed to fetch');
    const instead = await this.intercept(request);
    if (instead) return instead;
    const token = new Headers(init?.headers).get('authorization')?.replace('Bearer ', '') ?? '';
    return this.#answer(request, userOf(token));
  };

  readonly openSocket = (address: string): Socket => {
    const ticket = new URL(address).searchParams.get('ticket') ?? '';
    const user = this.#tickets.get(ticket);
    this.#tickets.delete(ticket);
    const wire: Wire = {
      user: user ?? 0,
      onopen: null,
      onmessage: null,
      onclose: null,
      onerror: null,
      send: text => this.#hear(wire, JSON.parse(text) as Json),
      close: () => this.wires.delete(wire),
      deliver: frame => {
        if (this.wires.has(wire) && this.passes(frame)) wire.onmessage?.({ data: JSON.stringify(frame) });
      },
      end: code => {
        if (this.wires.delete(wire)) wire.onclose?.({ code });
      },
    };
    this.wires.add(wire);
    queueMicrotask(() => {
      if (!this.wires.has(wire)) return;
      if (!this.online) return wire.end(1006);
      wire.onopen?.();
      if (this.refuseWith !== null) return wire.end(this.refuseWith);
      if (user === undefined) return wire.end(4401);
      const online = [...this.wires].map(other => other.user).filter(id => id !== user);
      const ready = { type: 'ready', user_id: user, last_seq: null, online, server_time: this.#iso(), heartbeat_seconds: 25 };
      wire.deliver(ready);
    });
    return wire;
  };

  #hear(wire: Wire, frame: Json): void {
    this.frames.push(frame);
    if (!this.online) return;
    const room = this.rooms.get(frame['conversation'] as number);
    queueMicrotask(() => {
      if (frame['type'] === 'ping') {
        wire.deliver({ type: 'pong', ...(room ? { conversation: room.id } : {}), last_seq: room?.seq ?? null });
      } else if (frame['type'] === 'chat_message' && room) {
        const clientId = frame['client_id'] as string;
        const answer = this.#store(room, wire.user, frame['content'] as string, clientId, (frame['reply_to_id'] as number) ?? null);
        if (typeof answer === 'string') wire.deliver({ type: 'error', code: answer, message: '', client_id: clientId });
        else wire.deliver({ type: 'ack', client_id: clientId, message_id: answer.id, seq: answer.seq });
      } else if (frame['type'] === 'read_receipt' && room) {
        room.read.set(wire.user, Math.max(room.read.get(wire.user) ?? 0, frame['up_to'] as number));
        this.#updated(room);
      }
    });
  }

  #store(room: Room, userId: number, content: string, clientId: string, replyTo: number | null): Message | string {
    const known = this.#clientIds.get(clientId);
    if (known) return known;
    if (!room.canSend) return 'not_subscribed';
    if (content.includes('REFUSE')) return 'invalid_content';
    const sender = room.participants.find(user => user.id === userId);
    if (!sender) return 'conversation_not_found';
    const quoted = room.messages.find(message => message.id === replyTo);
    const message = this.say(room.id, sender, content, {
      client_id: clientId,
      reply_to: quoted
        ? {
            id: quoted.id,
            sender: quoted.sender,
            content: quoted.content,
            attachments: quoted.attachments,
            created_at: quoted.created_at,
            is_deleted: false,
          }
        : null,
    });
    this.#clientIds.set(clientId, message);
    return message;
  }

  #answer(request: Recorded, user: number | null): Response {
    const { method, path, query, body } = request;
    if (path === 'demo/people/') return json(people.map(person => ({ ...person, confessions: confessions.slice(0, 1) })));
    if (path === 'demo/login/') return json({ access: tokenOf((body as Json)['user_id'] as number) });
    if (user === null) return refuse(401, 'not_authenticated');
    if (path === 'messaging/ws_ticket/') {
      const ticket = `ticket-${this.#nextTicket++}`;
      this.#tickets.set(ticket, user);
      return json({ ticket, expires_in: 30 });
    }
    if (path === 'messaging/config/') return json(config);
    if (path === 'messaging/contacts/') return json(page(contacts.filter(contact => contact.user.id !== user)));
    if (path === 'messaging/conversations/get_or_create/') {
      const target = people.find(person => person.id === (body as Json)['target_user_id']);
      const me = people.find(person => person.id === user);
      if (!target || !me) return refuse(404, 'user_not_found');
      const known = [...this.rooms.values()].find(room => room.participants.every(p => p.id === user || p.id === target.id));
      return json(this.#conversation(known ?? this.room([me, target], confessions[0] ?? null), user));
    }
    if (path === 'messaging/conversations/') return json(this.#list(user, query));
    const rooms = /^messaging\/conversations\/(\d+)\/(changes\/)?$/.exec(path);
    if (rooms) {
      const room = this.rooms.get(Number(rooms[1]));
      if (!room?.participants.some(person => person.id === user)) return refuse(404, 'conversation_not_found');
      return json(rooms[2] ? this.#changes(room, user, Number(query.get('after'))) : this.#conversation(room, user));
    }
    if (path === 'messaging/messages/' && method === 'GET') return this.#window(query, user);
    if (path === 'messaging/messages/') {
      const get = (name: string) => (body instanceof FormData ? body.get(name) : (body?.[name] ?? null));
      const room = this.rooms.get(Number(get('conversation')));
      if (!room) return refuse(404, 'conversation_not_found');
      const answer = this.#store(room, user, String(get('content') ?? ''), String(get('client_id')), Number(get('reply_to')) || null);
      return typeof answer === 'string' ? refuse(400, answer) : json(this.#shown(answer, user), 201);
    }
    const one = /^messaging\/messages\/(\d+)\/(pin\/|unpin\/)?$/.exec(path);
    const found = one ? this.#roomOf(Number(one[1])) : undefined;
    if (!one || !found) return refuse(404, 'message_not_found');
    const id = Number(one[1]);
    if (one[2]) this.pin(id, one[2] === 'pin/');
    else if (method === 'PATCH') this.edit(id, (body as Json)['content'] as string);
    else if (method === 'DELETE') {
      this.remove(id);
      return new Response(null, { status: 204 });
    }
    const message = found.messages.find(other => other.id === id);
    return message ? json(this.#shown(message, user)) : refuse(404, 'message_not_found');
  }

  #list(user: number, query: URLSearchParams): unknown {
    const size = Number(query.get('page_size') ?? 20);
    const number = Number(query.get('page') ?? 1);
    const wanted = (query.get('q') ?? '').toLowerCase();
    const items = [...this.rooms.values()]
      .filter(room => room.participants.some(person => person.id === user))
      .map(room => this.#item(room, user))
      .filter(item => query.get('unread') !== 'true' || item.unread_count > 0)
      .filter(item => !query.get('confession') || String(item.confession?.id) === query.get('confession'))
      .filter(item =>
        JSON.stringify([item.participants.filter(p => p.id !== user), item.confession])
          .toLowerCase()
          .includes(wanted),
      )
      .sort((a, b) => (b.last_message_at ?? '').localeCompare(a.last_message_at ?? '') || b.id - a.id);
    const results = items.slice((number - 1) * size, number * size);
    const more = number * size < items.length;
    return { count: items.length, next: more ? `http://fake/api/?page=${number + 1}` : null, previous: null, results };
  }

  #window(query: URLSearchParams, user: number): Response {
    const room = this.rooms.get(Number(query.get('conversation')));
    if (!room?.participants.some(person => person.id === user)) return refuse(404, 'conversation_not_found');
    const limit = Number(query.get('limit') ?? query.get('page_size') ?? 50);
    let all = room.messages;
    if (query.get('pinned') === 'true') all = all.filter(message => message.is_pinned);
    const [before, after, around] = ['before', 'after', 'around'].map(name => Number(query.get(name)) || null);
    let results = all.slice(-limit);
    if (before) results = all.filter(message => message.id < before).slice(-limit);
    if (after) results = all.filter(message => message.id > after).slice(0, limit);
    if (around) {
      const at = all.findIndex(message => message.id === around);
      if (at < 0) return refuse(404, 'message_not_found');
      results = all.slice(Math.max(0, at - Math.floor(limit / 2)), at + Math.ceil(limit / 2));
    }
    const first = results[0];
    const older = first !== undefined && all[0] !== undefined && all[0].id < first.id;
    return json({
      count: all.length,
      next: older ? `http://fake/api/?before=${first.id}` : null,
      previous: null,
      results: results.map(message => this.#shown(message, user)),
    });
  }

  #changes(room: Room, user: number, after: number): unknown {
    const changed = room.messages
      .filter(message => message.seq > after)
      .map(message => ({
        seq: message.seq,
        type: message.is_edited ? 'message_edited' : 'chat_message',
        message: this.#shown(message, user),
      }));
    const gone = room.deleted
      .filter(entry => entry.seq > after)
      .map(entry => ({ seq: entry.seq, type: 'message_deleted', message_id: entry.id }));
    return { changes: [...changed, ...gone].sort((a, b) => a.seq - b.seq), last_seq: room.seq, has_more: false, receipts: [] };
  }

  #change(messageId: number, type: string, more: Partial<Message>): void {
    const room = this.#roomOf(messageId);
    if (!room) return;
    room.seq += 1;
    const seq = room.seq;
    room.messages = room.messages.map(message => (message.id === messageId ? { ...message, ...more, seq } : message));
    const message = room.messages.find(other => other.id === messageId);
    if (message) this.#broadcast(room, viewer => ({ type, message: this.#shown(message, viewer), seq }));
  }

  #broadcast(room: Room, frame: (viewer: number) => Json): void {
    for (const wire of this.wires) {
      if (room.participants.some(person => person.id === wire.user)) wire.deliver({ conversation: room.id, ...frame(wire.user) });
    }
  }

  #updated(room: Room): void {
    this.#broadcast(room, viewer => {
      const { unread_count, last_seq, last_message_preview } = this.#item(room, viewer);
      return { type: 'conversation_updated', unread_count, last_seq, last_message_preview };
    });
  }

  #item(room: Room, user: number): ConversationListItem {
    const last = room.messages.at(-1);
    const preview: Preview | null = last
      ? {
          id: last.id,
          sender: last.sender.username,
          content: (last.content ?? '').slice(0, 50) || '[Attachment]',
          has_attachments: last.attachments.length > 0,
          created_at: last.created_at,
        }
      : null;
    const read = room.read.get(user) ?? 0;
    return {
      id: room.id,
      participants: room.participants,
      confession: room.confession,
      last_message_at: last?.created_at ?? null,
      unread_count: room.messages.filter(message => message.sender.id !== user && message.id > read).length,
      last_seq: room.seq,
      last_message_preview: preview,
    };
  }

  #conversation(room: Room, user: number): Conversation {
    const { id, participants, confession, last_message_at, unread_count, last_seq } = this.#item(room, user);
    return {
      id,
      participants,
      confession,
      created_at: room.createdAt,
      updated_at: room.createdAt,
      last_message_at,
      last_message: room.messages.at(-1) ?? null,
      unread_count,
      last_seq,
      can_send: room.canSend,
      cannot_send_reason: room.canSend ? null : 'not_subscribed',
      can_pin: true,
      presence: participants.filter(p => p.id !== user).map(p => ({ user_id: p.id, status: 'offline', last_seen: room.createdAt })),
    };
  }

  #shown(message: Message, viewer: number): Message {
    const mine = message.sender.id === viewer;
    return { ...message, status: mine ? message.status : 'received', can_edit: mine, client_id: mine ? message.client_id : null };
  }

  #room(id: number): Room {
    const room = this.rooms.get(id);
    if (!room) throw new Error(`no room ${id}`);
    return room;
  }

  #roomOf(messageId: number): Room | undefined {
    return [...this.rooms.values()].find(room => room.messages.some(message => message.id === messageId));
  }

  #iso(): string {
    return new Date(this.#clock.now()).toISOString();
  }
}

export function json(value: unknown, status = 200): Response {
  return new Response(JSON.stringify(value), { status, headers: { 'content-type': 'application/json' } });
}

export function refuse(status: number, code: string, retryAfter?: number): Response {
  const headers = retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) };
  return new Response(JSON.stringify({ error: 'refused', code }), { status, headers });
}

function page<T>(results: T[]): unknown {
  return { count: results.length, next: null, previous: null, results };
}
