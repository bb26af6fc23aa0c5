import type { Clock } from './clock.ts';
import type { Memory } from './memory.ts';
import type { ReplyPreview } from './types.ts';

export type EntryState = 'queued' | 'sending' | 'failed';

/** A message on its way out. It is replaced, never changed, so that views may compare by identity. */
export interface Entry {
  readonly clientId: string;
  readonly conversation: number;
  readonly content: string;
  readonly replyTo: ReplyPreview | null;
  readonly files: readonly File[];
  readonly createdAt: number;
  readonly state: EntryState;
  readonly code: string | null;
  readonly details: Record<string, unknown>;
  /** Bytes sent of each file, while uploading. */
  readonly progress: readonly number[];
  readonly processing: boolean;
}

/** A message that waits for its turn. */
export function newEntry(clientId: string, written: Pick<Entry, 'conversation' | 'content' | 'replyTo' | 'files' | 'createdAt'>): Entry {
  return { clientId, ...written, state: 'queued', code: null, details: {}, progress: [], processing: false };
}

/** Whether sending it again can help: where only files were in it and they are lost, nothing is left to send. */
export function canRetry(entry: Entry): boolean {
  return entry.content.trim() !== '' || entry.files.length > 0;
}

interface Kept {
  owner: string;
  conversation: number;
  content: string;
  replyTo: ReplyPreview | null;
  createdAt: number;
  /** Since when it waits, by this device's clock, which tells an age even before the server's is known. */
  keptAt: number;
  fileCount: number;
  code: string | null;
}

export interface FoundEntry {
  owner: string;
  entry: Entry;
  keptAt: number;
  fileCount: number;
}

/** What of the outbox survives a reload: everything but the files, by person, each entry marked with the tab that sends it. */
export class KeptEntries {
  readonly #memory: Memory;
  readonly #clock: Clock;
  readonly #prefix: string;
  readonly #tab: string;

  constructor(memory: Memory, clock: Clock, userId: number, tab: string) {
    this.#memory = memory;
    this.#clock = clock;
    this.#prefix = `suhbat:outbox:${userId}:`;
    this.#tab = tab;
  }

  /** Kept before, it keeps its age. */
  keep(entry: Entry): void {
    const { conversation, content, replyTo, createdAt, code } = entry;
    const key = this.#prefix + entry.clientId;
    const keptAt = this.#read(key)?.keptAt ?? this.#clock.now();
    const kept: Kept = { owner: this.#tab, conversation, content, replyTo, createdAt, keptAt, fileCount: entry.files.length, code };
    this.#memory.set(key, JSON.stringify(kept));
  }

  forget(clientId: string): void {
    this.#memory.remove(this.#prefix + clientId);
  }

  /** Everything kept by any tab; what cannot be read goes. */
  all(): FoundEntry[] {
    const found: FoundEntry[] = [];
    for (const key of this.#memory.keys(this.#prefix)) {
      const kept = this.#read(key);
      if (!kept) {
        this.#memory.remove(key);
        continue;
      }
      const { owner, keptAt, fileCount, conversation, content, replyTo, createdAt, code } = kept;
      const entry = newEntry(key.slice(this.#prefix.length), { conversation, content, replyTo, files: [], createdAt });
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
