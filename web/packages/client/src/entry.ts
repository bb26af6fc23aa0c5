import type { Clock } from './clock.ts';
import type { KeyValueStorage } from './storage.ts';
import type { ReplyPreview, Voice } from './types.ts';

export type EntryState = 'queued' | 'sending' | 'failed';

/** A message on its way out. It is replaced, never changed, so that views may compare by identity. */
export interface Entry {
  readonly clientId: string;
  readonly conversation: number;
  readonly content: string;
  readonly replyTo: ReplyPreview | null;
  readonly files: readonly File[];
  /** The only file is a recording of this length and waveform. */
  readonly voice?: Voice | undefined;
  readonly createdAt: number;
  /** The time at which its conversation was opened, which distinguishes it from another one with the same id; null where it is not known. */
  readonly conversationSince: string | null;
  readonly state: EntryState;
  readonly code: string | null;
  readonly details: Record<string, unknown>;
  /** Bytes sent of each file, while uploading. */
  readonly progress: readonly number[];
  readonly processing: boolean;
}

/** A message that waits for its turn. */
export function newEntry(
  clientId: string,
  written: Pick<Entry, 'conversation' | 'content' | 'replyTo' | 'files' | 'voice' | 'createdAt' | 'conversationSince'>,
): Entry {
  return { clientId, ...written, state: 'queued', code: null, details: {}, progress: [], processing: false };
}

/** Whether sending it again can help. Not where its conversation no longer exists, nor where it only had files and they are lost. */
export function canRetry(entry: Entry): boolean {
  if (entry.code === 'conversation_gone') return false;
  return entry.content.trim() !== '' || entry.files.length > 0;
}

interface Kept {
  owner: string;
  conversation: number;
  content: string;
  replyTo: ReplyPreview | null;
  createdAt: number;
  /** Since when it waits, by this device's clock, which measures an age even before the server's is known. */
  keptAt: number;
  fileCount: number;
  code: string | null;
  /** Absent in entries that earlier versions kept, and `epoch` where the service sends none. */
  conversationSince?: string | null;
  epoch?: string | null;
}

export interface FoundEntry {
  owner: string;
  entry: Entry;
  keptAt: number;
  fileCount: number;
}

/** The part of the outbox that survives a reload: everything but the files, by person, each entry marked with the tab that sends it. */
export class OutboxStorage {
  readonly #memory: KeyValueStorage;
  readonly #clock: Clock;
  readonly #prefix: string;
  readonly #tab: string;
  readonly #epoch: () => string | null;

  constructor(memory: KeyValueStorage, clock: Clock, userId: number, tab: string, epoch: () => string | null) {
    this.#memory = memory;
    this.#clock = clock;
    this.#prefix = `suhbat:outbox:${userId}:`;
    this.#tab = tab;
    this.#epoch = epoch;
  }

  /** Kept before, it keeps its age. */
  keep(entry: Entry): void {
    const { conversation, content, replyTo, createdAt, code, conversationSince } = entry;
    const key = this.#prefix + entry.clientId;
    const keptAt = this.#read(key)?.keptAt ?? this.#clock.now();
    const written = { conversation, content, replyTo, createdAt, fileCount: entry.files.length, code, conversationSince };
    const kept: Kept = { owner: this.#tab, keptAt, epoch: this.#epoch(), ...written };
    this.#memory.set(key, JSON.stringify(kept));
  }

  forget(clientId: string): void {
    this.#memory.remove(this.#prefix + clientId);
  }

  /** All entries kept by any tab; unreadable ones are removed. */
  all(): FoundEntry[] {
    const found: FoundEntry[] = [];
    for (const key of this.#memory.keys(this.#prefix)) {
      const kept = this.#read(key);
      if (!kept) {
        this.#memory.remove(key);
        continue;
      }
      const { owner, keptAt, fileCount, conversation, content, createdAt, code, conversationSince = null } = kept;
      // Of another epoch, the quoted id may be another message by now.
      const replyTo = (kept.epoch ?? null) === this.#epoch() ? kept.replyTo : null;
      const written = { conversation, content, replyTo, files: [], createdAt, conversationSince };
      const entry = newEntry(key.slice(this.#prefix.length), written);
      found.push({ owner, entry: code === null ? entry : { ...entry, state: 'failed', code }, keptAt, fileCount });
    }
    return found;
  }

  #read(key: string): Kept | null {
    try {
      const kept = JSON.parse(this.#memory.get(key) ?? '') as Kept;
      return typeof kept.conversation === 'number' && typeof kept.content === 'string' ? kept : null;
    } catch {
      return null;
    }
  }
}
