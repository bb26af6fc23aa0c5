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

interface Kept {
  owner: string;
  conversation: number;
  content: string;
  replyTo: ReplyPreview | null;
  createdAt: number;
  fileCount: number;
}

/** What of the outbox survives a reload: everything but the files, by person, each entry marked with the tab that sends it. */
export class KeptEntries {
  readonly #memory: Memory;
  readonly #prefix: string;
  readonly #tab: string;

  constructor(memory: Memory, userId: number, tab: string) {
    this.#memory = memory;
    this.#prefix = `suhbat:outbox:${userId}:`;
    this.#tab = tab;
  }

  keep(entry: Entry): void {
    const { conversation, content, replyTo, createdAt } = entry;
    const kept: Kept = { owner: this.#tab, conversation, content, replyTo, createdAt, fileCount: entry.files.length };
    this.#memory.set(this.#prefix + entry.clientId, JSON.stringify(kept));
  }

  forget(clientId: string): void {
    this.#memory.remove(this.#prefix + clientId);
  }

  /** Everything kept by any tab; what cannot be read goes. */
  all(): { owner: string; entry: Entry; fileCount: number }[] {
    const found: { owner: string; entry: Entry; fileCount: number }[] = [];
    for (const key of this.#memory.keys(this.#prefix)) {
      const kept = this.#read(key);
      if (!kept) {
        this.#memory.remove(key);
        continue;
      }
      const { owner, fileCount, conversation, content, replyTo, createdAt } = kept;
      const entry = newEntry(key.slice(this.#prefix.length), { conversation, content, replyTo, files: [], createdAt });
      found.push({ owner, entry, fileCount });
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
