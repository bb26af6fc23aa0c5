import { Api } from './api.ts';
import { Backoff } from './backoff.ts';
import { type Clock, ServerTime } from './clock.ts';
import { Connection, type ConnectionState, type Socket } from './connection.ts';
import type { Entry } from './entry.ts';
import type { ClientEvent } from './events.ts';
import type { ServerFrame } from './frames.ts';
import type { Memory } from './memory.ts';
import { type Locks, Outbox } from './outbox.ts';
import { ReadMarks } from './receipts.ts';
import { Sequence } from './sequence.ts';
import { type TokenSource, userOf } from './token.ts';
import type { Message } from './types.ts';
import { TypingBoard, TypingSender } from './typing.ts';
import type { Uploader } from './upload.ts';

export interface SuhbatPorts {
  /** Where the service lives, with a trailing slash. */
  base: string;
  fetch: typeof globalThis.fetch;
  openSocket: (url: string) => Socket;
  upload: Uploader;
  clock: Clock;
  random: () => number;
  uuid: () => string;
  memory: Memory;
  locks: Locks;
  tokens: TokenSource;
  isOnline: () => boolean;
  /** What should not happen, for whoever looks after the page. */
  report: (fault: string, cause?: unknown) => void;
}

/** The client of one service: REST by name, one socket, an outbox, and the promise that nothing is lost or doubled. */
export class Suhbat {
  readonly api: Api;
  readonly serverTime: ServerTime;
  readonly connection: Connection;
  readonly #ports: SuhbatPorts;
  readonly #listeners = new Set<(event: ClientEvent) => void>();
  readonly #sequences = new Map<number, Sequence>();
  readonly #typing: TypingSender;
  readonly #board: TypingBoard;
  readonly #marks: ReadMarks;
  #outbox: Outbox | null = null;
  #watched: number | null = null;
  #userId: number | null = null;
  #wasLive = false;

  constructor(ports: SuhbatPorts) {
    this.#ports = ports;
    this.serverTime = new ServerTime(ports.clock);
    const { base, fetch, clock, tokens } = ports;
    this.api = new Api({
      base,
      fetch,
      clock,
      tokens,
      onSignedOut: () => this.#signedOut(),
      onMessages: messages => this.#stored(messages),
    });
    this.connection = new Connection({
      clock: ports.clock,
      random: ports.random,
      ticket: async signal => (await this.api.ticket(signal)).ticket,
      renew: () => this.api.renew(),
      open: ticket => ports.openSocket(this.#socketUrl(ticket)),
      watched: () => this.#watched,
      isOnline: ports.isOnline,
      onFrame: frame => this.#hear(frame),
      onState: state => this.#connectionChanged(state),
      report: ports.report,
    });
    this.#typing = new TypingSender(ports.clock, (conversation, isTyping) => {
      this.connection.send({ type: 'typing', conversation, is_typing: isTyping });
    });
    this.#board = new TypingBoard(ports.clock, (conversation, users) => this.#tell({ kind: 'typing', conversation, users }));
    this.#marks = new ReadMarks((conversation, upTo) => this.connection.send({ type: 'read_receipt', conversation, up_to: upTo }));
  }

  /** Tells everything that happens, in its order; the answer ends it. */
  listen(listener: (event: ClientEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Whose client this is: known from the token, at the latest from the first `ready`. */
  get userId(): number | null {
    return this.#userId;
  }

  /** Begins with the token at hand, and again after the person signed in anew. */
  start(): void {
    const token = this.#ports.tokens.current();
    const user = token === null ? null : userOf(token);
    if (user !== null) this.#greet(user);
    this.#outbox?.resume();
    this.connection.start();
  }

  /** For good: another person needs another client. */
  stop(): void {
    this.api.end();
    this.#outbox?.stop();
    for (const sequence of this.#sequences.values()) sequence.close();
    this.#sequences.clear();
    this.#board.clear();
    this.connection.stop('closed');
  }

  /** The conversation on screen: its `last_seq` comes with every pong. */
  watch(conversation: number | null): void {
    this.#watched = conversation;
  }

  /** Starts collecting the changes of a conversation; they wait until `begin` says what the snapshot shows. */
  follow(conversation: number): Sequence {
    let sequence = this.#sequences.get(conversation);
    if (!sequence) {
      sequence = new Sequence({
        clock: this.#ports.clock,
        backoff: new Backoff(this.#ports.random),
        fetchChanges: after => this.api.changes(conversation, after),
        apply: changes => {
          this.#tell({ kind: 'changes', conversation, changes });
          this.#stored(changes.flatMap(change => (change.type === 'message_deleted' ? [] : [change.message])));
        },
        applyMarks: marks => this.#tell({ kind: 'marks', conversation, marks }),
      });
      this.#sequences.set(conversation, sequence);
    }
    return sequence;
  }

  /** Its changes are no longer collected; to follow it again begins from a new snapshot. */
  unfollow(conversation: number): void {
    this.#sequences.get(conversation)?.close();
    this.#sequences.delete(conversation);
  }

  /** Hands a message to the outbox, which keeps it until it is stored, refused or discarded. */
  send(conversation: number, content: string, replyTo: Entry['replyTo'] = null, files: readonly File[] = []): Entry {
    if (!this.#outbox) throw new Error('nobody is signed in');
    this.#typing.stop();
    return this.#outbox.add(conversation, content, replyTo, files);
  }

  /** Sends a failed message again, as the newest of its conversation. */
  retry(clientId: string): void {
    this.#outbox?.retry(clientId);
  }

  /** Takes a message back that is not stored yet; one in flight may be stored all the same. */
  discard(clientId: string): void {
    this.#outbox?.discard(clientId);
  }

  /** Takes one file out of a message that is on its way. */
  removeFile(clientId: string, index: number): void {
    this.#outbox?.removeFile(clientId, index);
  }

  /** To be called with every change of what is being written; others hear of it as often as they need. */
  typed(conversation: number): void {
    this.#typing.typed(conversation);
  }

  /** Nothing is being written any more. */
  stoppedTyping(): void {
    this.#typing.stop();
  }

  /** Everything up to this message was read. Told over the socket: where none is live, as soon as one is. */
  read(conversation: number, upTo: number): void {
    this.#marks.read(conversation, upTo);
  }

  #tell(event: ClientEvent): void {
    for (const listener of this.#listeners) listener(event);
  }

  #socketUrl(ticket: string): string {
    const url = new URL('ws/', this.#ports.base);
    url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
    url.searchParams.set('ticket', ticket);
    return url.href;
  }

  #connectionChanged(state: ConnectionState): void {
    this.#tell({ kind: 'connection', state });
    const wasLive = this.#wasLive;
    this.#wasLive = state.kind === 'live';
    if (state.kind === 'live') {
      this.#marks.again();
      this.#outbox?.connectionChanged(true);
    } else if (wasLive) {
      this.#board.clear();
      this.#outbox?.connectionChanged(false);
    }
    if (state.kind === 'stopped' && state.reason === 'signed-out') this.#signedOut();
  }

  #signedOut(): void {
    if (this.connection.state.kind !== 'stopped') {
      this.connection.stop('signed-out');
      return;
    }
    this.#outbox?.pause();
    this.#tell({ kind: 'signed-out' });
  }

  /** The outbox belongs to a person: known from the token, at the latest from the first `ready`. */
  #greet(userId: number): void {
    if (this.#userId === userId) return;
    this.#outbox?.stop();
    this.#userId = userId;
    const ports = this.#ports;
    this.#outbox = new Outbox({
      clock: ports.clock,
      now: () => this.serverTime.now(),
      random: ports.random,
      uuid: ports.uuid,
      memory: ports.memory,
      locks: ports.locks,
      userId,
      tab: ports.uuid(),
      isLive: () => this.connection.isLive,
      sendFrame: entry =>
        this.connection.send({
          type: 'chat_message',
          conversation: entry.conversation,
          content: entry.content,
          client_id: entry.clientId,
          ...(entry.replyTo ? { reply_to_id: entry.replyTo.id } : {}),
        }),
      sendRest: (entry, signal, progress) => this.#sendRest(entry, signal, progress),
      onChange: (conversation, entries) => this.#tell({ kind: 'outbox', conversation, entries }),
      onSent: (entry, stored) => {
        this.#tell({ kind: 'sent', entry, ...stored });
        this.#sequences.get(entry.conversation)?.expect(stored.seq);
      },
    });
    void this.#outbox.adopt();
  }

  async #sendRest(entry: Entry, signal: AbortSignal, progress: (sent: number[], done: boolean) => void): Promise<Message> {
    if (entry.files.length === 0) {
      const body = { conversation: entry.conversation, content: entry.content, client_id: entry.clientId };
      return this.api.send(entry.replyTo ? { ...body, reply_to: entry.replyTo.id } : body, signal);
    }
    const fields: Record<string, string> = { conversation: String(entry.conversation), client_id: entry.clientId };
    if (entry.content.trim() !== '') fields['content'] = entry.content;
    if (entry.replyTo) fields['reply_to'] = String(entry.replyTo.id);
    const request = { url: this.api.urlOf('messaging/messages/'), fields, files: entry.files, signal, onProgress: progress };
    return this.api.authorized(token => this.#ports.upload({ ...request, token }));
  }

  /** What of mine is in the history is sent, also where its acknowledgement never came. */
  #stored(messages: readonly Message[]): void {
    for (const message of messages) {
      if (message.client_id !== null) this.#outbox?.stored(message.client_id, { id: message.id, seq: message.seq, message });
    }
  }

  #hear(frame: ServerFrame): void {
    switch (frame.type) {
      case 'ready':
        this.serverTime.learn(frame.server_time);
        this.#greet(frame.user_id);
        this.#tell({ kind: 'ready', frame });
        break;
      case 'chat_message':
        this.#board.hear(frame.conversation, frame.message.sender.id, false);
        this.#sequences.get(frame.conversation)?.offer(frame);
        this.#stored([frame.message]);
        this.#tell({ kind: 'arrived', message: frame.message });
        break;
      case 'message_edited':
      case 'message_pinned':
      case 'message_deleted':
        this.#sequences.get(frame.conversation)?.offer(frame);
        break;
      case 'conversation_updated':
        this.#sequences.get(frame.conversation)?.expect(frame.last_seq);
        this.#tell({ kind: 'updated', frame });
        break;
      case 'message_delivered':
        this.#tell({ kind: 'delivered', frame });
        break;
      case 'read_receipt':
        this.#tell({ kind: 'read', frame });
        break;
      case 'typing':
        this.#board.hear(frame.conversation, frame.user_id, frame.is_typing);
        break;
      case 'user_status':
        this.#tell({ kind: 'status', frame });
        break;
      case 'ack':
        if (frame.client_id !== undefined && frame.message_id !== undefined) {
          this.#outbox?.stored(frame.client_id, { id: frame.message_id, seq: frame.seq ?? 0, message: null });
        }
        break;
      case 'error':
        if (frame.client_id !== undefined) this.#outbox?.refused(frame.client_id, frame.code, frame.details?.retry_after);
        break;
      case 'pong': {
        const conversation = frame.conversation ?? this.#watched;
        if (frame.last_seq !== null && conversation !== null) this.#sequences.get(conversation)?.behind(frame.last_seq);
        break;
      }
      case 'resync':
        for (const [conversation, sequence] of this.#sequences) {
          if (frame.conversation === undefined || frame.conversation === conversation) sequence.resync();
        }
        this.#tell({ kind: 'resync' });
        break;
    }
  }
}
