import { ApiError } from './api.ts';
import { Backoff } from './backoff.ts';
import type { Clock, Timer } from './clock.ts';
import { canRetry, type Entry, newEntry, OutboxStorage } from './entry.ts';
import type { KeyValueStorage } from './storage.ts';
import type { ErrorCode, Message, ReplyPreview } from './types.ts';

export interface Locks {
  /** Keeps a name until the page goes or lets go of it; resolves when it is held. */
  hold(name: string): Promise<() => void>;
  /** Whether any tab holds a name; rejects where the browser has no Web Locks. */
  isHeld(name: string): Promise<boolean>;
}

export interface OutboxPorts {
  clock: Clock;
  /** The server's time, by which unsent messages stand among the stored ones. */
  now: () => number;
  random: () => number;
  uuid: () => string;
  memory: KeyValueStorage;
  locks: Locks;
  userId: number;
  tab: string;
  /** The epoch of the database that ids belong to; null where that is not known. */
  epoch: () => string | null;
  /** The time at which a conversation was opened, as far as known. */
  since: (conversation: number) => string | null;
  /** The same, asked of the service; null where there is no such conversation. */
  findSince: (conversation: number) => Promise<string | null>;
  /** Asks the service for its epoch, which only a socket sends by itself; `restored` is called where it is another one. */
  checkEpoch: (conversation: number) => Promise<void>;
  isLive: () => boolean;
  sendFrame: (entry: Entry) => boolean;
  sendRest: (entry: Entry, signal: AbortSignal, progress: (sent: number[], done: boolean) => void) => Promise<Message>;
  onChange: (conversation: number, entries: readonly Entry[]) => void;
  onSent: (entry: Entry, stored: Stored) => void;
}

/** The place of a message in the history, and the message itself where it is known. */
interface Stored {
  id: number;
  seq: number;
  message: Message | null;
}

interface Lane {
  entries: Entry[];
  timer: Timer | null;
  /** The service sent a `Retry-After`. */
  isTold: boolean;
  abort: AbortController | null;
  attempt: number;
  /** Nothing goes out before the service confirmed that the conversation is still the one that was written to. */
  isUnproven: boolean;
  backoff: Backoff;
}

const ADOPTING = 'suhbat:adopting';
const tabLock = (tab: string) => `suhbat:tab:${tab}`;
const PASSING: ReadonlySet<ErrorCode> = new Set(['rate_limited', 'unavailable', 'internal_error']);
const ACK_PATIENCE = 15_000;
/** An upload without progress, or without an answer after its last byte, for so long is on a dead wire. */
const STALLED = 60_000;
const GOES_BY_ITSELF = 60 * 60_000;
const EPOCH_COUNTS = 30_000;

/** The messages that are being sent, one lane per conversation, first in first out. A refused one steps aside; a transient failure waits. */
export class Outbox {
  readonly #ports: OutboxPorts;
  readonly #lanes = new Map<number, Lane>();
  readonly #kept: OutboxStorage;
  #release: (() => void) | null = null;
  #isPaused = false;
  /** Until when the epoch of an answer counts, without a socket that would bring another one. */
  #isEpochSureUntil = Number.NEGATIVE_INFINITY;
  #isStopped = false;

  constructor(ports: OutboxPorts) {
    this.#ports = ports;
    this.#kept = new OutboxStorage(ports.memory, ports.clock, ports.userId, ports.tab, ports.epoch);
  }

  entries(conversation: number): readonly Entry[] {
    return this.#lanes.get(conversation)?.entries ?? [];
  }

  /** Takes over the entries of this person's earlier tabs. */
  async adopt(): Promise<void> {
    const { locks, tab } = this.#ports;
    this.#release = await locks.hold(tabLock(tab));
    // One tab after the other, or two would take over the same.
    const done = await locks.hold(ADOPTING);
    try {
      const gone = await this.#goneOwners();
      if (this.#isStopped) this.#release();
      else this.#takeOver(gone);
    } finally {
      done();
    }
  }

  add(conversation: number, content: string, replyTo: ReplyPreview | null, files: readonly File[]): Entry {
    const written = { conversation, content, replyTo, files, createdAt: this.#ports.now() };
    const entry = newEntry(this.#ports.uuid(), { ...written, conversationSince: this.#ports.since(conversation) });
    const lane = this.#lane(conversation);
    lane.entries = [...lane.entries, entry];
    this.#kept.keep(entry);
    this.#changed(conversation);
    return entry;
  }

  retry(clientId: string): void {
    const entry = this.#find(clientId);
    if (entry?.state !== 'failed' || !canRetry(entry)) return;
    // A reply to a deleted message can only go as a message of its own.
    const replyTo = entry.code === 'invalid_reply' ? null : entry.replyTo;
    const again: Entry = { ...entry, replyTo, state: 'queued', code: null, details: {}, createdAt: this.#ports.now() };
    this.#kept.forget(clientId);
    // To the end of its lane: messages sent meanwhile stand before it anyway.
    const lane = this.#lane(entry.conversation);
    lane.entries = [...lane.entries.filter(other => other.clientId !== clientId), again];
    this.#kept.keep(again);
    this.#changed(entry.conversation);
  }

  discard(clientId: string): void {
    const entry = this.#find(clientId);
    if (!entry) return;
    const lane = this.#lane(entry.conversation);
    const wasSending = entry.state === 'sending';
    lane.entries = lane.entries.filter(other => other.clientId !== clientId);
    this.#kept.forget(clientId);
    if (wasSending) this.#halt(lane);
    this.#changed(entry.conversation);
  }

  /** Takes one file out, also in mid-flight: the rest goes under the same `client_id`, so a message stored already wins. */
  removeFile(clientId: string, index: number): void {
    const entry = this.#find(clientId);
    if (!entry) return;
    const files = entry.files.filter((_, i) => i !== index);
    if (files.length === 0 && entry.content.trim() === '') {
      this.discard(clientId);
      return;
    }
    const lane = this.#lane(entry.conversation);
    if (entry.state === 'sending') this.#halt(lane);
    const rest: Entry = { ...entry, files, progress: [], processing: false, state: entry.state === 'sending' ? 'queued' : entry.state };
    this.#replace(rest);
    this.#kept.keep(rest);
    this.#changed(entry.conversation);
  }

  /** The connection changed: messages on the old socket are in doubt and go again; waiting ones need not wait any longer. */
  connectionChanged(isLive: boolean): void {
    this.#isEpochSureUntil = Number.NEGATIVE_INFINITY;
    for (const [conversation, lane] of this.#lanes) {
      const first = lane.entries.find(entry => entry.state === 'sending');
      // A text that hangs in a request goes over the new socket; an upload has nowhere else to go.
      const isInDoubt = first && (isLive ? first.files.length === 0 : !lane.abort);
      if (isInDoubt) this.#requeue(lane);
      else if (isLive && !first && !lane.isTold) this.#halt(lane);
      this.#changed(conversation);
    }
  }

  /**
   * Ids mean something else now. What waits goes again, under its `client_id` and quoting nothing, since the quoted id may be another
   * message by now. So may the conversation be another one: that is asked first.
   */
  restored(): void {
    for (const [conversation, lane] of this.#lanes) {
      if (lane.entries.length === 0) continue;
      this.#requeue(lane);
      lane.entries = lane.entries.map(entry => ({ ...entry, replyTo: null }));
      for (const entry of lane.entries) this.#kept.keep(entry);
      lane.isUnproven = true;
      this.#changed(conversation);
    }
  }

  /** Nobody is signed in: everything waits. */
  pause(): void {
    this.#isPaused = true;
    for (const [conversation, lane] of this.#lanes) {
      this.#requeue(lane);
      this.#changed(conversation);
    }
  }

  resume(): void {
    this.#isPaused = false;
    for (const conversation of this.#lanes.keys()) this.#changed(conversation);
  }

  /** The message is in the history, by any source: nothing of it is left to send, or to take over. */
  stored(clientId: string, stored: Stored): void {
    const entry = this.#find(clientId);
    if (entry) this.#sent(entry, stored);
    else this.#kept.forget(clientId);
  }

  /** The socket refused it; some refusals carry the seconds until the next try. */
  refused(clientId: string, code: ErrorCode, retryAfter?: number): void {
    const entry = this.#find(clientId);
    if (!entry) return;
    if (PASSING.has(code)) this.#later(entry, retryAfter === undefined ? null : retryAfter * 1000);
    else this.#fail(entry, code, {});
  }

  /** For good: the next client of this person takes over the kept entries. */
  stop(): void {
    this.#isStopped = true;
    this.pause();
    this.#release?.();
  }

  async #goneOwners(): Promise<Set<string>> {
    const { locks, tab } = this.#ports;
    const gone = new Set<string>();
    for (const owner of new Set(this.#kept.all().map(kept => kept.owner))) {
      // Unknown, it counts as gone: sending twice under one `client_id` stores once.
      if (owner !== tab && !(await locks.isHeld(tabLock(owner)).catch(() => false))) gone.add(owner);
    }
    return gone;
  }

  #takeOver(owners: ReadonlySet<string>): void {
    const left = this.#kept.all().filter(kept => owners.has(kept.owner));
    left.sort((a, b) => a.entry.createdAt - b.entry.createdAt);
    for (const { entry, keptAt, fileCount } of left) {
      const isOld = this.#ports.clock.now() - keptAt > GOES_BY_ITSELF;
      const code = fileCount > 0 ? 'files_lost' : (entry.code ?? (isOld ? 'not_sent' : null));
      const adopted: Entry = code === null ? entry : { ...entry, state: 'failed', code };
      this.#kept.keep(adopted);
      const lane = this.#lane(entry.conversation);
      lane.entries.push(adopted);
      // The database may have been replaced while nobody was here.
      lane.isUnproven = true;
    }
    for (const conversation of new Set(left.map(kept => kept.entry.conversation))) this.#changed(conversation);
  }

  #lane(conversation: number): Lane {
    let lane = this.#lanes.get(conversation);
    if (!lane) {
      const backoff = new Backoff(this.#ports.random);
      lane = { entries: [], timer: null, isTold: false, abort: null, attempt: 0, isUnproven: false, backoff };
      this.#lanes.set(conversation, lane);
    }
    return lane;
  }

  #find(clientId: string): Entry | undefined {
    for (const lane of this.#lanes.values()) {
      const entry = lane.entries.find(other => other.clientId === clientId);
      if (entry) return entry;
    }
    return undefined;
  }

  #replace(entry: Entry): void {
    const lane = this.#lane(entry.conversation);
    lane.entries = lane.entries.map(other => (other.clientId === entry.clientId ? entry : other));
  }

  #changed(conversation: number): void {
    this.#ports.onChange(conversation, this.entries(conversation));
    this.#advance(conversation);
  }

  /** Sends the first queued message of a lane, unless one is on its way or the lane waits. */
  #advance(conversation: number): void {
    const lane = this.#lane(conversation);
    if (this.#isPaused || lane.timer !== null || lane.entries.some(entry => entry.state === 'sending')) return;
    const next = lane.entries.find(entry => entry.state === 'queued');
    if (!next) return;
    if (lane.isUnproven) {
      void this.#prove(conversation, lane);
      return;
    }
    // A request carries no epoch, so without a socket the message might go into a database that was replaced meanwhile.
    const isEpochSure = this.#ports.isLive() || this.#ports.clock.now() < this.#isEpochSureUntil;
    if (!isEpochSure && this.#ports.epoch() !== null) {
      void this.#checkEpoch(conversation, lane);
      return;
    }
    const sending: Entry = { ...next, state: 'sending', progress: next.files.map(() => 0), processing: false };
    this.#replace(sending);
    this.#ports.onChange(conversation, lane.entries);
    if (sending.files.length === 0 && this.#ports.isLive() && this.#ports.sendFrame(sending)) {
      lane.timer = this.#ports.clock.after(ACK_PATIENCE, () => {
        lane.timer = null;
        this.#later(sending, 0);
      });
      return;
    }
    void this.#rest(lane, sending);
  }

  /** Messages to a conversation that no longer exists are kept for their text, but cannot be sent: its id may belong to other people now. */
  async #prove(conversation: number, lane: Lane): Promise<void> {
    await this.#ask(
      lane,
      conversation,
      () => this.#ports.findSince(conversation),
      since => {
        lane.isUnproven = false;
        const isGone = (entry: Entry) => since === null || (entry.conversationSince !== null && entry.conversationSince !== since);
        lane.entries = lane.entries.map(entry => (isGone(entry) ? { ...entry, state: 'failed', code: 'conversation_gone' } : entry));
        for (const entry of lane.entries) this.#kept.keep(entry);
      },
    );
  }

  async #checkEpoch(conversation: number, lane: Lane): Promise<void> {
    const ask = () => this.#ports.checkEpoch(conversation);
    await this.#ask(lane, conversation, ask, () => {
      this.#isEpochSureUntil = this.#ports.clock.now() + EPOCH_COUNTS;
    });
  }

  /** Nothing of a lane goes out before the service answered; one that cannot is asked again later. */
  async #ask<T>(lane: Lane, conversation: number, question: () => Promise<T>, learn: (answer: T) => void): Promise<void> {
    if (lane.abort) return;
    lane.attempt += 1;
    const attempt = lane.attempt;
    lane.abort = new AbortController();
    try {
      const answer = await question();
      if (lane.attempt !== attempt) return;
      lane.abort = null;
      learn(answer);
      this.#changed(conversation);
    } catch {
      if (lane.attempt !== attempt) return;
      lane.abort = null;
      lane.timer = this.#ports.clock.after(Math.max(500, lane.backoff.next()), () => {
        lane.timer = null;
        this.#advance(conversation);
      });
    }
  }

  async #rest(lane: Lane, entry: Entry): Promise<void> {
    lane.attempt += 1;
    const attempt = lane.attempt;
    const abort = new AbortController();
    lane.abort = abort;
    if (entry.files.length > 0) this.#awaitProgress(lane, entry);
    try {
      const message = await this.#ports.sendRest(entry, abort.signal, (sent, done) => {
        const current = this.#find(entry.clientId);
        if (lane.attempt !== attempt || current?.state !== 'sending') return;
        this.#awaitProgress(lane, entry);
        this.#replace({ ...current, progress: sent, processing: done });
        this.#ports.onChange(entry.conversation, lane.entries);
      });
      if (lane.attempt !== attempt) {
        // Given up meanwhile, but stored all the same: the server's answer wins.
        this.#ports.onSent(entry, { id: message.id, seq: message.seq, message });
        return;
      }
      lane.abort = null;
      this.#sent(entry, { id: message.id, seq: message.seq, message });
    } catch (error) {
      if (lane.attempt !== attempt) return;
      lane.abort = null;
      const refusal = error instanceof ApiError ? error : new ApiError(0, 'network');
      // Without a valid token everything waits for the person to sign in again.
      if (refusal.isTransient || refusal.status === 401) this.#later(entry, refusal.retryAfter);
      else this.#fail(entry, refusal.code, refusal.details);
    }
  }

  #sent(entry: Entry, stored: Stored): void {
    const lane = this.#lane(entry.conversation);
    if (entry.state === 'sending') this.#halt(lane);
    lane.backoff.reset();
    lane.entries = lane.entries.filter(other => other.clientId !== entry.clientId);
    this.#kept.forget(entry.clientId);
    this.#ports.onSent(entry, stored);
    this.#changed(entry.conversation);
  }

  #fail(entry: Entry, code: string, details: Record<string, unknown>): void {
    const lane = this.#lane(entry.conversation);
    if (entry.state === 'sending') this.#halt(lane);
    const failed: Entry = { ...entry, state: 'failed', code, details, processing: false };
    this.#replace(failed);
    this.#kept.keep(failed);
    this.#changed(entry.conversation);
  }

  #later(entry: Entry, delay: number | null): void {
    const lane = this.#lane(entry.conversation);
    this.#halt(lane);
    this.#replace({ ...entry, state: 'queued', processing: false });
    lane.isTold = Boolean(delay);
    lane.timer = this.#ports.clock.after(delay ?? Math.max(500, lane.backoff.next()), () => {
      lane.timer = null;
      lane.isTold = false;
      this.#advance(entry.conversation);
    });
    this.#ports.onChange(entry.conversation, lane.entries);
  }

  #awaitProgress(lane: Lane, upload: Entry): void {
    if (lane.timer !== null) this.#ports.clock.cancel(lane.timer);
    lane.timer = this.#ports.clock.after(STALLED, () => this.#later(upload, null));
  }

  #requeue(lane: Lane): void {
    this.#halt(lane);
    lane.entries = lane.entries.map(entry => (entry.state === 'sending' ? { ...entry, state: 'queued', processing: false } : entry));
  }

  #halt(lane: Lane): void {
    lane.attempt += 1;
    if (lane.timer !== null) this.#ports.clock.cancel(lane.timer);
    lane.timer = null;
    lane.isTold = false;
    lane.abort?.abort();
    lane.abort = null;
  }
}
