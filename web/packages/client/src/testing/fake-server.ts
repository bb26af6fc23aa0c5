import type { Clock } from '../clock.ts';
import type { Socket } from '../connection.ts';
import { userOf } from '../token.ts';
import type { Confession, Contact, Me, Message, User } from '../types.ts';
import { confessions, config, contacts, people, tokenOf } from './builders.ts';
import { FakeRooms, type Json, type Room, type Stored } from './fake-rooms.ts';

interface Backup {
  stored: Stored;
  clientIds: Map<string, Message>;
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
  readonly wires = new Set<Wire>();
  online = true;
  /** Returns false to lose a frame on its way to the client. */
  passes: (frame: Json) => boolean = () => true;
  /** Answers instead of the service when it returns something. */
  intercept: (request: Recorded) => Response | Promise<Response> | null = () => null;
  /**
   * Brings everything from one end of the line to the other, at once unless a test does it otherwise: a request, its answer, a frame. What
   * travels in the same lane keeps its order; the parts of a request travel alone (`lane` is null).
   */
  carry: (name: string, lane: object | null, arrive: () => void) => void = (_name, _lane, arrive) => arrive();
  /** A socket opened now is closed at once with this code. */
  refuseWith: number | null = null;
  /** The fields of `me/` beside the person; null for a service before version 2, which knows no such call. */
  me: Omit<Me, 'user'> | null = { administers: [], follows: [] };
  /** The contacts who follow a community of the signed-in person. */
  readonly own = new Set<number>();
  /** The epoch of the database; a service before version 2 sends none, and no `reset` either. */
  epoch: string | null = 'first';
  readonly #clock: Clock;
  readonly #rooms: FakeRooms;
  readonly #clientIds = new Map<string, Message>();
  readonly #tickets = new Map<string, number>();
  #nextTicket = 1;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#rooms = new FakeRooms(clock, (room, frame) => this.#broadcast(room, frame));
  }

  get rooms(): Map<number, Room> {
    return this.#rooms.all;
  }

  room(participants: User[], confession: Confession | null = null): Room {
    return this.#rooms.room(participants, confession);
  }

  backup(): Backup {
    return { stored: this.#rooms.backup(), clientIds: new Map(this.#clientIds) };
  }

  /** As an operator puts a backup back: the service ends, and the one that comes up afterwards has another epoch, where it sends one. */
  restore(backup: Backup, epoch = 'second'): void {
    this.#rooms.restore(backup.stored);
    this.#clientIds.clear();
    for (const [id, message] of backup.clientIds) this.#clientIds.set(id, message);
    if (this.epoch !== null) this.epoch = epoch;
    this.cut(1012);
  }

  say(roomId: number, sender: User, content: string, more: Partial<Message> = {}): Message {
    return this.#rooms.say(roomId, sender, content, more);
  }

  edit(messageId: number, content: string): void {
    this.#rooms.edit(messageId, content);
  }

  pin(messageId: number, isPinned: boolean): void {
    this.#rooms.pin(messageId, isPinned);
  }

  remove(messageId: number): void {
    this.#rooms.remove(messageId);
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
    const name = `${request.method} ${path}${url.search}`;
    await this.#travel(name, init?.signal);
    if (!this.online) throw new TypeError('Failed to fetch');
    const instead = await Promise.race([this.intercept(request), aborted(init?.signal)]);
    if (instead) return instead;
    const token = new Headers(init?.headers).get('authorization')?.replace('Bearer ', '') ?? '';
    const answer = this.#answer(request, userOf(token));
    await this.#travel(`answer of ${name}`, init?.signal);
    return answer;
  };

  #travel(name: string, signal: AbortSignal | null | undefined): Promise<void> {
    return Promise.race([new Promise<void>(arrive => this.carry(name, null, arrive)), aborted(signal)]);
  }

  readonly openSocket = (address: string): Socket => {
    const ticket = new URL(address).searchParams.get('ticket') ?? '';
    const user = this.#tickets.get(ticket);
    this.#tickets.delete(ticket);
    const [upward, downward] = [{}, {}];
    const wire: Wire = {
      user: user ?? 0,
      onopen: null,
      onmessage: null,
      onclose: null,
      onerror: null,
      send: text => this.carry(`frame ${text}`, upward, () => this.#hear(wire, JSON.parse(text) as Json)),
      close: () => this.wires.delete(wire),
      deliver: frame => {
        if (!this.wires.has(wire) || !this.passes(frame)) return;
        const data = JSON.stringify(frame);
        this.carry(`frame ${data}`, downward, () => {
          if (this.wires.has(wire)) wire.onmessage?.({ data });
        });
      },
      end: code => {
        if (this.wires.delete(wire)) wire.onclose?.({ code });
      },
    };
    this.wires.add(wire);
    const open = () => {
      if (!this.wires.has(wire)) return;
      if (!this.online) return wire.end(1006);
      wire.onopen?.();
      if (this.refuseWith !== null) return wire.end(this.refuseWith);
      if (user === undefined) return wire.end(4401);
      const online = [...this.wires].map(other => other.user).filter(id => id !== user);
      const ready = {
        type: 'ready',
        user_id: user,
        last_seq: null,
        online,
        server_time: new Date(this.#clock.now()).toISOString(),
        heartbeat_seconds: 25,
        ...this.#told,
      };
      wire.deliver(ready);
    };
    queueMicrotask(() => this.carry('a new socket', upward, open));
    return wire;
  };

  #hear(wire: Wire, frame: Json): void {
    this.frames.push(frame);
    if (!this.online || !this.wires.has(wire)) return;
    const room = this.rooms.get(frame['conversation'] as number);
    queueMicrotask(() => {
      if (frame['type'] === 'ping') {
        wire.deliver({ type: 'pong', ...(room ? { conversation: room.id } : {}), last_seq: room?.seq ?? null, ...this.#told });
      } else if (frame['type'] === 'chat_message' && room) {
        const clientId = frame['client_id'] as string;
        const answer = this.#store(room, wire.user, frame['content'] as string, clientId, (frame['reply_to_id'] as number) ?? null);
        if (typeof answer === 'string') wire.deliver({ type: 'error', code: answer, message: '', client_id: clientId });
        else wire.deliver({ type: 'ack', client_id: clientId, message_id: answer.id, seq: answer.seq });
      } else if (frame['type'] === 'read_receipt' && room) {
        room.read.set(wire.user, Math.max(room.read.get(wire.user) ?? 0, frame['up_to'] as number));
        this.#rooms.updated(room);
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
    if (path === 'messaging/me/') {
      const person = people.find(other => other.id === user);
      return this.me && person ? json({ user: person, ...this.me }) : refuse(404, 'not_found');
    }
    if (path === 'messaging/contacts/') {
      const own = query.get('own');
      const isListed = ({ user: { id } }: Contact) => id !== user && (own === null || String(this.own.has(id)) === own);
      return json(page(contacts.filter(isListed)));
    }
    const single = /^messaging\/contacts\/(\d+)\/$/.exec(path);
    if (single) {
      const pairs = contacts.filter(contact => contact.user.id === Number(single[1]) && contact.user.id !== user);
      const [first] = pairs;
      return first ? json({ user: first.user, confessions: pairs.flatMap(pair => pair.confession ?? []) }) : refuse(404, 'user_not_found');
    }
    if (path === 'messaging/conversations/get_or_create/') {
      const target = people.find(person => person.id === (body as Json)['target_user_id']);
      const me = people.find(person => person.id === user);
      if (!target || !me) return refuse(404, 'user_not_found');
      const known = [...this.rooms.values()].find(room => room.participants.every(p => p.id === user || p.id === target.id));
      return json(this.#rooms.conversation(known ?? this.room([me, target], confessions[0] ?? null), user));
    }
    if (path === 'messaging/conversations/') return json(this.#rooms.list(user, query));
    if (path === 'messaging/conversations/unread_count/') return json({ unread_count: this.#rooms.unread(user) });
    if (path === 'messaging/conversations/counts/') return json(this.#rooms.counts(user));
    const act = /^messaging\/conversations\/(\d+)\/(\w+)\/$/.exec(path);
    if (path === 'messaging/search/') return json(this.#rooms.search(user, query, null));
    if (act?.[2] === 'search') {
      const room = this.rooms.get(Number(act[1]));
      if (!room?.participants.some(person => person.id === user)) return refuse(404, 'conversation_not_found');
      return json(this.#rooms.search(user, query, room.id));
    }
    if (act && act[2] !== 'changes') return this.#arrange(Number(act[1]), user, act[2] ?? '', body as Json | null);
    const rooms = /^messaging\/conversations\/(\d+)\/(changes\/)?$/.exec(path);
    if (rooms) {
      const room = this.rooms.get(Number(rooms[1]));
      if (!room?.participants.some(person => person.id === user)) return refuse(404, 'conversation_not_found');
      if (!rooms[2]) return json(this.#rooms.conversation(room, user));
      const after = Number(query.get('after'));
      const isBeyond = this.epoch !== null && after > room.seq;
      return json({ ...this.#rooms.changes(room, user, after), ...this.#told, ...(isBeyond ? { reset: true } : {}) });
    }
    if (path === 'messaging/messages/' && method === 'GET') {
      const shown = this.#rooms.window(query, user);
      return shown === null ? refuse(404, query.has('around') ? 'message_not_found' : 'conversation_not_found') : json(shown);
    }
    if (path === 'messaging/messages/') {
      const get = (name: string) => (body instanceof FormData ? body.get(name) : (body?.[name] ?? null));
      const room = this.rooms.get(Number(get('conversation')));
      if (!room) return refuse(404, 'conversation_not_found');
      const answer = this.#store(room, user, String(get('content') ?? ''), String(get('client_id')), Number(get('reply_to')) || null);
      return typeof answer === 'string' ? refuse(400, answer) : json(this.#rooms.shown(answer, user), 201);
    }
    const one = /^messaging\/messages\/(\d+)\/(pin\/|unpin\/)?$/.exec(path);
    const found = one ? this.#rooms.roomOf(Number(one[1])) : undefined;
    if (!one || !found) return refuse(404, 'message_not_found');
    const id = Number(one[1]);
    if (one[2]) this.pin(id, one[2] === 'pin/');
    else if (method === 'PATCH') this.edit(id, (body as Json)['content'] as string);
    else if (method === 'DELETE') {
      this.remove(id);
      return new Response(null, { status: 204 });
    }
    const message = found.messages.find(other => other.id === id);
    return message ? json(this.#rooms.shown(message, user)) : refuse(404, 'message_not_found');
  }

  #arrange(id: number, user: number, act: string, body: Json | null): Response {
    const room = this.rooms.get(id);
    const person = room?.participants.find(other => other.id === user);
    if (!room || !person) return refuse(404, 'conversation_not_found');
    const now = new Date(this.#clock.now()).toISOString();
    if (act === 'mark_as_read') {
      room.read.set(user, room.messages.at(-1)?.id ?? 0);
      this.#rooms.arrange(room, user, { is_marked_unread: false });
      return json({ status: 'Messages marked as read', unread_count: 0 });
    }
    if (act === 'answered' && person.role === 'user') return refuse(403, 'not_staff');
    const until = body?.['until'] === 'always' ? '2255-03-14T16:00:00.000000Z' : ((body?.['until'] ?? null) as string | null);
    const changes: Record<string, Parameters<FakeRooms['arrange']>[2]> = {
      mute: { muted_until: until },
      archive: { archived_at: now },
      unarchive: { archived_at: null },
      mark_as_unread: { is_marked_unread: true },
      answered: { awaiting_since: body?.['answered'] === false ? (room.messages.at(-1)?.created_at ?? null) : null },
    };
    const change = changes[act];
    return change ? json(this.#rooms.arrange(room, user, change)) : refuse(404, 'not_found');
  }

  get #told(): { epoch?: string } {
    return this.epoch === null ? {} : { epoch: this.epoch };
  }

  #broadcast(room: Room, frame: (viewer: number) => Json): void {
    for (const wire of this.wires) {
      if (room.participants.some(person => person.id === wire.user)) wire.deliver({ conversation: room.id, ...frame(wire.user) });
    }
  }
}

function aborted(signal: AbortSignal | null | undefined): Promise<never> {
  return new Promise((_, reject) => {
    const abort = () => reject(new DOMException('aborted', 'AbortError'));
    if (signal?.aborted) abort();
    signal?.addEventListener('abort', abort);
  });
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

/** Whether a request sends a message. */
export const isSend = (request: Recorded) => request.path === 'messaging/messages/' && request.method === 'POST';
