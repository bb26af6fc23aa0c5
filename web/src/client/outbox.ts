import { ApiError } from './api.ts';
import { Backoff } from './backoff.ts';
import type { Clock, Timer } from './clock.ts';
import { canRetry, type Entry, KeptEntries, newEntry } from './entry.ts';
import type { Memory } from './memory.ts';
import type { Message, RefusalCode, ReplyPreview } from './types.ts';

export interface Locks {
  /** Keeps a name until the page goes or lets go of it; resolves when it is held. */
  hold(name: string): Promise<() => void>;
  /** Whether any tab holds a name; rejects where the browser does not tell. */
  isHeld(name: string): Promise<boolean>;
}

export interface OutboxPorts {
  clock: Clock;
  /** The server's time, by which what is written stands among what is stored. */
  now: () => number;
  random: () => number;
  uuid: () => string;
  memory: Memory;
  locks: Locks;
  userId: number;
  tab: string;
  isLive: () => boolean;
  sendFrame: (entry: Entry) => boolean;
  sendRest: (entry: Entry, signal: AbortSignal, progress: (sent: number[], done: boolean) => void) => Promise<Message>;
  onChange: (conversation: number, entries: readonly Entry[]) => void;
  onSent: (entry: Entry, stored: Stored) => void;
}

/** Where a message stands in the history, and the message itself where it is known. */
interface Stored {
  id: number;
  seq: number;
  message: Message | null;
}

interface Lane {
  entries: Entry[];
  timer: Timer | null;
  /** The service said how long to wait. */
  isTold: boolean;
  abort: AbortController | null;
  attempt: number;
  backoff: Backoff;
}

const ADOPTING = 'suhbat:adopting';
const tabLock = (tab: string) => `suhbat:tab:${tab}`;
const PASSING: ReadonlySet<RefusalCode> = new Set(['rate_limited', 'unavailable', 'internal_error']);
const ACK_PATIENCE = 15_000;
/** An upload without progress, or without an answer after its last byte, for so long is on a dead wire. */
const STALLED = 60_000;
const GOES_BY_ITSELF = 60 * 60_000;

/** What is being sent, one lane per conversation, first in first out. A refused message steps aside; a transient failure waits. */
export class Outbox {
  readonly #ports: OutboxPorts;
  readonly #lanes = new Map<number, Lane>();
  readonly #kept: KeptEntries;
  #release: (() => void) | null = null;
  #isPaused = false;
  #isStopped = false;

  constructor(ports: OutboxPorts) {
    this.#ports = ports;
    this.#kept = new KeptEntries(ports.memory, ports.clock, ports.userId, ports.tab);
  }

  entries(conversation: number): readonly Entry[] {
    return this.#lanes.get(conversation)?.entries ?? [];
  }

  /** Takes over what earlier tabs of this person left behind. */
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
    const entry = newEntry(this.#ports.uuid(), { conversation, content, replyTo, files, createdAt: this.#ports.now() });
    const lane = this.#lane(conversation);
    lane.entries = [...lane.entries, entry];
    this.#kept.keep(entry);
    this.#changed(conversation);
    return entry;
  }

  retry(clientId: string): void {
    const entry = this.#find(clientId);
    if (entry?.state !== 'failed' || !canRetry(entry)) return;
    // A reply to what was deleted can only go as a message of its own.
    const replyTo = entry.code === 'invalid_reply' ? null : entry.replyTo;
    const again: Entry = { ...entry, replyTo, state: 'queued', code: null, details: {}, createdAt: this.#ports.now() };
    this.#kept.forget(clientId);
    // To the end of its lane: what was sent meanwhile stands before it anyway.
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

  /** The connection changed: what was on the socket is in doubt and goes again; what waited for it need not wait any longer. */
  connectionChanged(isLive: boolean): void {
    for (const [conversation, lane] of this.#lanes) {
      const first = lane.entries.find(entry => entry.state === 'sending');
      // A text that hangs in a request goes over the new socket; an upload has nowhere else to go.
      const isInDoubt = first && (isLive ? first.files.length === 0 : !lane.abort);
      if (isInDoubt) this.#requeue(lane);
      else if (isLive && !first && !lane.isTold) this.#halt(lane);
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

  /** It is in the history, whoever says so: nothing of it is left to send, or to take over. */
  stored(clientId: string, stored: Stored): void {
    const entry = this.#find(clientId);
    if (entry) this.#sent(entry, stored);
    else this.#kept.forget(clientId);
  }

  /** The socket refused it; some refusals say in how many seconds to try again. */
  refused(clientId: string, code: RefusalCode, retryAfter?: number): void {
    const entry = this.#find(clientId);
    if (!entry) return;
    if (PASSING.has(code)) this.#later(entry, retryAfter === undefined ? null : retryAfter * 1000);
    else this.#fail(entry, code, {});
  }

  /** For good: whoever comes next takes over what is kept. */
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
      this.#lane(entry.conversation).entries.push(adopted);
    }
    for (const conversation of new Set(left.map(kept => kept.entry.conversation))) this.#changed(conversation);
  }

  #lane(conversation: number): Lane {
    let lane = this.#lanes.get(conversation);
    if (!lane) {
      lane = { entries: [], timer: null, isTold: false, abort: null, attempt: 0, backoff: new Backoff(this.#ports.random) };
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
