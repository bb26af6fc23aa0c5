import { ApiError } from './api.ts';
import { Backoff } from './backoff.ts';
import type { Clock, Timer } from './clock.ts';
import { canRetry, type Entry, newEntry, OutboxStorage } from './entry.ts';
import type { KeyValueStorage } from './storage.ts';
import type { ErrorCode, Message, ReplyPreview, Voice } from './types.ts';

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

/** One thing that a conversation waits for: a request, a frame without an acknowledgement, or the time of the next try. */
interface Track {
  timer: Timer | null;
  /** The service sent a `Retry-After`. */
  isTold: boolean;
  abort: AbortController | null;
  attempt: number;
  backoff: Backoff;
}

interface Lane {
  entries: Entry[];
  /** Nothing goes out before the service confirmed that the conversation is still the one that was written to. */
  isUnproven: boolean;
  /** What has to be asked before anything goes out. */
  question: Track;
  texts: Track;
  uploads: Track;
}

const ADOPTING = 'suhbat:adopting';
const tabLock = (tab: string) => `suhbat:tab:${tab}`;
const PASSING: ReadonlySet<ErrorCode> = new Set(['rate_limited', 'unavailable', 'internal_error']);
const ACK_PATIENCE = 15_000;
/** An upload without progress, or without an answer after its last byte, for so long is on a dead wire. */
const STALLED = 60_000;
const GOES_BY_ITSELF = 60 * 60_000;
const EPOCH_COUNTS = 30_000;

const isText = (entry: Entry) => entry.files.length === 0;

/**
 * The messages that are being sent, one lane per conversation, first in first out. A refused one steps aside; a transient failure waits.
 * Texts do not wait for the upload of a message with files: they overtake it, and the server's order counts.
 */
export class Outbox {
  readonly #ports: OutboxPorts;
  readonly #lanes = new Map<number, Lane>();
  readonly #kept: OutboxStorage;
  #release: (() => void) | null = null;
  /** Counts what `adopt` and `stop` began, so that a lock that is granted late is let go of. */
  #term = 0;
  #isPaused = false;
  /** Until when the epoch of an answer counts, without a socket that would bring another one. */
  #isEpochSureUntil = Number.NEGATIVE_INFINITY;

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
    this.#term += 1;
    const term = this.#term;
    const release = await locks.hold(tabLock(tab));
    if (term !== this.#term) {
      release();
      return;
    }
    this.#release = release;
    // One tab after the other, or two would take over the same.
    const done = await locks.hold(ADOPTING);
    try {
      const gone = await this.#goneOwners();
      if (term === this.#term) this.#takeOver(gone);
    } finally {
      done();
    }
  }

  add(conversation: number, content: string, replyTo: ReplyPreview | null, files: readonly File[], voice?: Voice): Entry {
    const written = { conversation, content, replyTo, files, voice, createdAt: this.#ports.now() };
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
    lane.entries = lane.entries.filter(other => other.clientId !== clientId);
    this.#kept.forget(clientId);
    if (entry.state === 'sending') this.#halt(this.#track(entry));
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
    if (entry.state === 'sending') this.#halt(this.#track(entry));
    const rest: Entry = { ...entry, files, progress: [], processing: false, state: entry.state === 'sending' ? 'queued' : entry.state };
    this.#replace(rest);
    this.#kept.keep(rest);
    this.#changed(entry.conversation);
  }

  /** The connection changed: messages on the old socket are in doubt and go again; waiting ones need not wait any longer. */
  connectionChanged(isLive: boolean): void {
    this.#isEpochSureUntil = Number.NEGATIVE_INFINITY;
    for (const [conversation, lane] of this.#lanes) {
      const { question, texts, uploads } = lane;
      if (isLive) {
        this.#halt(question);
        // A text that hangs in a request goes over the new socket; an upload has nowhere else to go.
        if (!texts.isTold) this.#requeue(lane, texts);
        if (!uploads.isTold && !uploads.abort) this.#halt(uploads);
      } else if (!texts.abort && lane.entries.some(entry => entry.state === 'sending' && isText(entry))) this.#requeue(lane, texts);
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
      this.#requeue(lane, lane.question, lane.texts, lane.uploads);
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
      this.#requeue(lane, lane.question, lane.texts, lane.uploads);
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

  /** Everything waits, and another client of this person may take over the kept entries; until `resume` and `adopt`. */
  stop(): void {
    this.#term += 1;
    this.pause();
    this.#release?.();
    this.#release = null;
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
      const track = (): Track => ({ timer: null, isTold: false, abort: null, attempt: 0, backoff: new Backoff(this.#ports.random) });
      lane = { entries: [], isUnproven: false, question: track(), texts: track(), uploads: track() };
      this.#lanes.set(conversation, lane);
    }
    return lane;
  }

  #track(entry: Entry): Track {
    const lane = this.#lane(entry.conversation);
    return isText(entry) ? lane.texts : lane.uploads;
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

  /** Sends the first text of a lane, and its first message where that has files: an upload waits for the texts before it, a text for no upload. */
  #advance(conversation: number): void {
    const lane = this.#lane(conversation);
    for (const mayBeNext of [isText, () => true]) {
      const next = lane.entries.find(entry => entry.state !== 'failed' && mayBeNext(entry));
      if (next?.state === 'queued') this.#begin(conversation, lane, next);
    }
  }

  /** Sends a queued message, unless it has to wait. */
  #begin(conversation: number, lane: Lane, next: Entry): void {
    const track = this.#track(next);
    if (this.#isPaused || lane.question.timer !== null || track.timer !== null) return;
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
    if (isText(sending) && this.#ports.isLive() && this.#ports.sendFrame(sending)) {
      track.timer = this.#ports.clock.after(ACK_PATIENCE, () => {
        track.timer = null;
        this.#later(sending, 0);
      });
      return;
    }
    void this.#rest(lane, track, sending);
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
  async #ask<T>(lane: Lane, conversation: number, inquire: () => Promise<T>, learn: (answer: T) => void): Promise<void> {
    const { question } = lane;
    if (question.abort) return;
    question.attempt += 1;
    const attempt = question.attempt;
    question.abort = new AbortController();
    try {
      const answer = await inquire();
      if (question.attempt !== attempt) return;
      question.abort = null;
      question.backoff.reset();
      learn(answer);
      this.#changed(conversation);
    } catch {
      if (question.attempt !== attempt) return;
      question.abort = null;
      question.timer = this.#ports.clock.after(Math.max(500, question.backoff.next()), () => {
        question.timer = null;
        this.#advance(conversation);
      });
    }
  }

  async #rest(lane: Lane, track: Track, entry: Entry): Promise<void> {
    track.attempt += 1;
    const attempt = track.attempt;
    const abort = new AbortController();
    track.abort = abort;
    if (!isText(entry)) this.#awaitProgress(track, entry);
    try {
      const message = await this.#ports.sendRest(entry, abort.signal, (sent, done) => {
        const current = this.#find(entry.clientId);
        if (track.attempt !== attempt || current?.state !== 'sending') return;
        this.#awaitProgress(track, entry);
        this.#replace({ ...current, progress: sent, processing: done });
        this.#ports.onChange(entry.conversation, lane.entries);
      });
      if (track.attempt !== attempt) {
        // Given up meanwhile, but stored all the same: the server's answer wins.
        this.#ports.onSent(entry, { id: message.id, seq: message.seq, message });
        return;
      }
      track.abort = null;
      this.#sent(entry, { id: message.id, seq: message.seq, message });
    } catch (error) {
      if (track.attempt !== attempt) return;
      track.abort = null;
      const refusal = error instanceof ApiError ? error : new ApiError(0, 'network');
      // Without a valid token everything waits for the person to sign in again.
      if (refusal.isTransient || refusal.status === 401) this.#later(entry, refusal.retryAfter);
      else this.#fail(entry, refusal.code, refusal.details);
    }
  }

  #sent(entry: Entry, stored: Stored): void {
    const lane = this.#lane(entry.conversation);
    const track = this.#track(entry);
    if (entry.state === 'sending') this.#halt(track);
    track.backoff.reset();
    lane.entries = lane.entries.filter(other => other.clientId !== entry.clientId);
    this.#kept.forget(entry.clientId);
    this.#ports.onSent(entry, stored);
    this.#changed(entry.conversation);
  }

  #fail(entry: Entry, code: string, details: Record<string, unknown>): void {
    if (entry.state === 'sending') this.#halt(this.#track(entry));
    const failed: Entry = { ...entry, state: 'failed', code, details, processing: false };
    this.#replace(failed);
    this.#kept.keep(failed);
    this.#changed(entry.conversation);
  }

  #later(entry: Entry, delay: number | null): void {
    const track = this.#track(entry);
    this.#halt(track);
    this.#replace({ ...entry, state: 'queued', processing: false });
    track.isTold = Boolean(delay);
    track.timer = this.#ports.clock.after(delay ?? Math.max(500, track.backoff.next()), () => {
      track.timer = null;
      track.isTold = false;
      this.#advance(entry.conversation);
    });
    this.#ports.onChange(entry.conversation, this.entries(entry.conversation));
  }

  #awaitProgress(track: Track, upload: Entry): void {
    if (track.timer !== null) this.#ports.clock.cancel(track.timer);
    track.timer = this.#ports.clock.after(STALLED, () => this.#later(upload, null));
  }

  /** Messages that are on their way on these tracks go again. */
  #requeue(lane: Lane, ...tracks: Track[]): void {
    for (const track of tracks) this.#halt(track);
    const isHalted = (entry: Entry) => entry.state === 'sending' && tracks.includes(this.#track(entry));
    lane.entries = lane.entries.map(entry => (isHalted(entry) ? { ...entry, state: 'queued', processing: false } : entry));
  }

  #halt(track: Track): void {
    track.attempt += 1;
    if (track.timer !== null) this.#ports.clock.cancel(track.timer);
    track.timer = null;
    track.isTold = false;
    track.abort?.abort();
    track.abort = null;
  }
}
