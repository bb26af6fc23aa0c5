import { Api, ApiError } from './api.ts';
import { Backoff } from './backoff.ts';
import { ChangeFeed } from './change-feed.ts';
import { type Clock, ServerTime } from './clock.ts';
import { Connection, type ConnectionState, type Socket } from './connection.ts';
import type { Entry } from './entry.ts';
import type { ClientEvent } from './events.ts';
import type { ServerFrame } from './frames.ts';
import { type Locks, Outbox } from './outbox.ts';
import { ReadMarks } from './receipts.ts';
import type { KeyValueStorage } from './storage.ts';
import { type TokenSource, userOf } from './token.ts';
import type { Changes, Message, Voice } from './types.ts';
import { TypingIndicators, TypingSender } from './typing.ts';
import type { Uploader } from './upload.ts';

export interface SuhbatPorts {
  /** The base URL of the service, with a trailing slash. */
  base: string;
  fetch: typeof globalThis.fetch;
  openSocket: (url: string) => Socket;
  upload: Uploader;
  clock: Clock;
  random: () => number;
  uuid: () => string;
  memory: KeyValueStorage;
  locks: Locks;
  tokens: TokenSource;
  isOnline: () => boolean;
  /** Reports a fault that should not happen to the operators of the page. */
  report: (fault: string, cause?: unknown) => void;
}

/** The storage key of the last known epoch, for the drafts and unsent messages that survive a reload. */
const EPOCH = 'suhbat:epoch';

/** The client of one service: REST by name, one socket, an outbox, and the promise that nothing is lost or doubled. */
export class Suhbat {
  readonly api: Api;
  readonly serverTime: ServerTime;
  readonly connection: Connection;
  readonly #ports: SuhbatPorts;
  readonly #listeners = new Set<(event: ClientEvent) => void>();
  readonly #feeds = new Map<number, ChangeFeed>();
  readonly #typing: TypingSender;
  readonly #typists: TypingIndicators;
  readonly #marks: ReadMarks;
  /** The last known time at which each conversation was opened. */
  readonly #since = new Map<number, string>();
  readonly #verifying = new Set<number>();
  #epoch: string | null;
  #outbox: Outbox | null = null;
  #watched: number | null = null;
  #userId: number | null = null;
  #wasLive = false;
  /** Set by `pause` and `start` alone. */
  isPaused = false;

  constructor(ports: SuhbatPorts) {
    this.#ports = ports;
    this.#epoch = ports.memory.get(EPOCH);
    this.serverTime = new ServerTime(ports.clock);
    const { base, fetch, clock, tokens } = ports;
    this.api = new Api({
      base,
      fetch,
      clock,
      tokens,
      onSignedOut: () => this.#signedOut(),
      onMessages: messages => this.#stored(messages),
      onConversations: conversations => {
        for (const { id, created_at } of conversations) this.#since.set(id, created_at);
      },
    });
    this.connection = new Connection({
      clock: ports.clock,
      random: ports.random,
      ticket: async signal => (await this.api.ticket(signal)).ticket,
      renew: () => this.api.renew(),
      open: ticket => ports.openSocket(this.#socketUrl(ticket)),
      watched: () => this.#watched,
      isOnline: ports.isOnline,
      onEpoch: epoch => this.#meet(epoch),
      onFrame: frame => this.#hear(frame),
      onState: state => this.#connectionChanged(state),
      report: ports.report,
    });
    this.#typing = new TypingSender(ports.clock, (conversation, isTyping) => {
      this.connection.send({ type: 'typing', conversation, is_typing: isTyping });
    });
    this.#typists = new TypingIndicators(ports.clock, (conversation, users) => this.#tell({ type: 'typists', conversation, users }));
    this.#marks = new ReadMarks((conversation, upTo) => this.connection.send({ type: 'read_receipt', conversation, up_to: upTo }));
  }

  /** Calls the listener with every event, in their order; the returned function ends it. */
  listen(listener: (event: ClientEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** The id of the person whose client this is: known from the token, at the latest from the first `ready`. */
  get userId(): number | null {
    return this.#userId;
  }

  /** Begins with the token at hand; again after the person signed in anew, and after `pause`, with all that was missed meanwhile. */
  start(): void {
    this.api.begin();
    const token = this.#ports.tokens.current();
    const user = token === null ? null : userOf(token);
    const known = this.#outbox;
    if (user !== null) this.#greet(user);
    this.#outbox?.resume();
    if (this.isPaused && known && known === this.#outbox) void known.adopt();
    for (const feed of this.#feeds.values()) feed.resume();
    this.isPaused = false;
    this.connection.start();
  }

  /** Neither asks nor sends until `start`. What is followed stays so, and what waits in the outbox goes on waiting. */
  pause(): void {
    this.isPaused = true;
    this.api.end();
    this.#outbox?.stop();
    for (const feed of this.#feeds.values()) feed.pause();
    this.connection.stop('closed');
  }

  /** Ends the client for good; another person needs another client. */
  stop(): void {
    this.api.end();
    this.#outbox?.stop();
    for (const feed of this.#feeds.values()) feed.close();
    this.#feeds.clear();
    this.#typists.clear();
    this.connection.stop('closed');
  }

  /** The conversation on screen: its `last_seq` comes with every pong. */
  watch(conversation: number | null): void {
    this.#watched = conversation;
  }

  /** Starts collecting the changes of a conversation; they wait until `begin` gives the `seq` of the snapshot. */
  follow(conversation: number): ChangeFeed {
    const known = this.#feeds.get(conversation);
    if (known) return known;
    const feed: ChangeFeed = new ChangeFeed({
      clock: this.#ports.clock,
      backoff: new Backoff(this.#ports.random),
      fetchChanges: async after => {
        const answer = await this.api.changes(conversation, after);
        if (this.#feeds.get(conversation) === feed) this.#meet(answer.epoch);
        return answer;
      },
      apply: changes => {
        this.#tell({ type: 'changes', conversation, changes });
        this.#stored(changes.flatMap(change => change.message ?? []));
      },
      applyMarks: marks => this.#tell({ type: 'marks', conversation, marks }),
      onReset: () => this.#reset(conversation),
    });
    this.#feeds.set(conversation, feed);
    return feed;
  }

  /**
   * To be called where an answer has a `last_seq` below `known`: finds out whether a frame overtook the answer, or the service lost what
   * was known. Then `reset` is emitted.
   */
  async verify(conversation: number, known: number): Promise<void> {
    const feed = this.#feeds.get(conversation);
    if (feed?.known != null) feed.resync();
    else if (!this.#verifying.has(conversation)) {
      this.#verifying.add(conversation);
      const epoch = this.#epoch;
      try {
        const answer: Changes = await this.api.changes(conversation, known, 1);
        if (this.#epoch !== epoch) return;
        this.#meet(answer.epoch);
        if (this.#epoch === epoch && answer.last_seq < known) this.#reset(conversation);
      } catch {
        // The next number of this conversation raises the same question.
      } finally {
        this.#verifying.delete(conversation);
      }
    }
  }

  /** Its changes are no longer collected; to follow it again begins from a new snapshot. */
  unfollow(conversation: number): void {
    this.#feeds.get(conversation)?.close();
    this.#feeds.delete(conversation);
  }

  /** Hands a message to the outbox, which keeps it until it is stored, refused or discarded. With `voice`, its only file is a recording. */
  send(conversation: number, content: string, replyTo: Entry['replyTo'] = null, files: readonly File[] = [], voice?: Voice): Entry {
    if (!this.#outbox) throw new Error('Nobody is signed in.');
    this.#typing.stop();
    return this.#outbox.add(conversation, content, replyTo, files, voice);
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

  /** To be called with every change of the draft; typing frames go out as often as they are needed. */
  typed(conversation: number): void {
    this.#typing.typed(conversation);
  }

  /** The person no longer types. */
  stoppedTyping(): void {
    this.#typing.stop();
  }

  /** Everything up to this message was read. Sent over the socket: where none is live, as soon as one is. */
  read(conversation: number, upTo: number): void {
    this.#marks.read(conversation, upTo);
  }

  /**
   * The database was put back from a backup where the epoch is another one. Everything known by ids and numbers is dropped. The messages in
   * the outbox go out again; messages acknowledged after the backup was made are lost, since the service promised them in a database that is
   * no more, and only the person can judge whether it should be written again.
   */
  #meet(epoch: string | undefined): void {
    const before = this.#epoch;
    if (epoch === undefined || epoch === before) return;
    this.#epoch = epoch;
    this.#ports.memory.set(EPOCH, epoch);
    if (before === null) return;
    this.api.dropAnswers();
    for (const feed of this.#feeds.values()) feed.close();
    this.#feeds.clear();
    this.#marks.forget();
    this.#typists.clear();
    this.#since.clear();
    this.#tell({ type: 'restored' });
    this.#outbox?.restored();
  }

  /** The service has lost changes of one conversation, as an answer shows under the same epoch. */
  #reset(conversation: number): void {
    this.unfollow(conversation);
    this.#marks.forget(conversation);
    this.#tell({ type: 'reset', conversation });
  }

  #tell(event: ClientEvent): void {
    for (const listener of this.#listeners) {
      try {
        listener(event);
      } catch (error) {
        // A fault of one listener keeps nothing from the others.
        this.#ports.report('a listener failed', error);
      }
    }
  }

  #socketUrl(ticket: string): string {
    const url = new URL('ws/', this.#ports.base);
    url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
    url.searchParams.set('ticket', ticket);
    return url.href;
  }

  #connectionChanged(state: ConnectionState): void {
    this.#tell({ type: 'connection', state });
    const wasLive = this.#wasLive;
    this.#wasLive = state.kind === 'live';
    if (state.kind === 'live') {
      this.#marks.again();
      this.#outbox?.connectionChanged(true);
    } else if (wasLive) {
      this.#typists.clear();
      this.#outbox?.connectionChanged(false);
    }
    if (state.kind === 'stopped' && state.reason === 'signed-out') this.#signedOut();
  }

  #signedOut(): void {
    const { state } = this.connection;
    if (state.kind !== 'stopped') {
      this.connection.stop('signed-out');
      return;
    }
    // A late refusal concerns nobody here, and the token at hand may be another person's by now.
    if (state.reason === 'closed') return;
    this.#outbox?.pause();
    this.#ports.tokens.forget();
    this.#tell({ type: 'signed-out' });
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
      epoch: () => this.#epoch,
      since: conversation => this.#since.get(conversation) ?? null,
      findSince: conversation => this.#findSince(conversation),
      checkEpoch: async conversation => {
        try {
          this.#meet((await this.api.changes(conversation, 0, 1)).epoch);
        } catch (error) {
          // A refusal is an answer, too: the message itself will meet it.
          if (!(error instanceof ApiError) || error.isTransient || error.status === 401) throw error;
        }
      },
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
      onChange: (conversation, entries) => this.#tell({ type: 'outbox', conversation, entries }),
      onSent: (entry, stored) => {
        this.#tell({ type: 'sent', entry, ...stored });
        this.#feeds.get(entry.conversation)?.expect(stored.seq);
      },
    });
    void this.#outbox.adopt();
  }

  /** The time at which the conversation with this id was opened; null where there is none. */
  async #findSince(conversation: number): Promise<string | null> {
    try {
      return (await this.api.conversation(conversation)).created_at;
    } catch (error) {
      if (error instanceof ApiError && (error.status === 404 || error.status === 403)) return null;
      throw error;
    }
  }

  async #sendRest(entry: Entry, signal: AbortSignal, progress: (sent: number[], done: boolean) => void): Promise<Message> {
    if (entry.files.length === 0) {
      const body = { conversation: entry.conversation, content: entry.content, client_id: entry.clientId };
      return this.api.send(entry.replyTo ? { ...body, reply_to: entry.replyTo.id } : body, signal);
    }
    const fields: Record<string, string> = { conversation: String(entry.conversation), client_id: entry.clientId };
    if (entry.content.trim() !== '') fields['content'] = entry.content;
    if (entry.replyTo) fields['reply_to'] = String(entry.replyTo.id);
    if (entry.voice) fields['voice'] = JSON.stringify(entry.voice);
    const request = { url: this.api.urlOf('messaging/messages/'), fields, files: entry.files, signal, onProgress: progress };
    return this.api.authorized(token => this.#ports.upload({ ...request, token }));
  }

  /** A message of mine in the history is sent, also where its acknowledgement never came. */
  #stored(messages: readonly Message[]): void {
    for (const message of messages) {
      if (message.client_id !== null) this.#outbox?.stored(message.client_id, { id: message.id, seq: message.seq, message });
    }
  }

  /** Does the client's own part of a frame; a frame that others have to know of is emitted as it came. */
  #hear(frame: ServerFrame): void {
    switch (frame.type) {
      case 'ready':
        this.serverTime.learn(frame.server_time);
        this.#greet(frame.user_id);
        break;
      case 'chat_message':
        this.#typists.hear(frame.conversation, frame.message.sender.id, false);
        this.#feeds.get(frame.conversation)?.offer(frame);
        this.#stored([frame.message]);
        break;
      case 'conversation_updated':
        this.#feeds.get(frame.conversation)?.expect(frame.last_seq);
        break;
      case 'resync':
        for (const feed of this.#feeds.values()) feed.resync();
        break;
      case 'message_edited':
      case 'message_pinned':
      case 'message_deleted':
        this.#feeds.get(frame.conversation)?.offer(frame);
        if (frame.type !== 'message_pinned') this.#tell({ type: 'altered', id: 'message' in frame ? frame.message.id : frame.message_id });
        return;
      case 'unknown':
        // Without a message the frame carries only the news that something happened; `changes/` has it in a form that is understood.
        if (!frame.message) this.#feeds.get(frame.conversation)?.behind(frame.seq);
        else {
          this.#feeds.get(frame.conversation)?.offer(frame);
          this.#stored([frame.message]);
        }
        return;
      case 'typing':
        this.#typists.hear(frame.conversation, frame.user_id, frame.is_typing);
        return;
      case 'ack':
        if (frame.client_id !== undefined && frame.message_id !== undefined) {
          this.#outbox?.stored(frame.client_id, { id: frame.message_id, seq: frame.seq ?? 0, message: null });
        }
        return;
      case 'error':
        if (frame.client_id !== undefined) this.#outbox?.refused(frame.client_id, frame.code, frame.details?.retry_after);
        return;
      case 'pong': {
        const conversation = frame.conversation ?? this.#watched;
        if (frame.last_seq !== null && conversation !== null) this.#feeds.get(conversation)?.behind(frame.last_seq);
        return;
      }
    }
    this.#tell(frame);
  }
}
