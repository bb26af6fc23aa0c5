import type { Clock, KeyValueStorage, ReplyPreview, Timer } from '../core.ts';
import { type Draft, NO_DRAFT } from './state.ts';

const prefix = (userId: number) => `suhbat:draft:${userId}:`;

/** Milliseconds. Storage is written synchronously, which is too slow for every key press. */
const WRITE_AFTER = 500;

/** Text and reply target of a draft survive a reload and an expired session; files cannot. */
export class DraftStorage {
  readonly #memory: KeyValueStorage;
  readonly #clock: Clock;
  /** Drafts by their key in storage. */
  readonly #unwritten = new Map<string, Draft>();
  #timer: Timer | null = null;

  constructor(memory: KeyValueStorage, clock: Clock) {
    this.#memory = memory;
    this.#clock = clock;
  }

  /** Writes the draft soon. A timer that began anew with every key would never end during typing. */
  keep(userId: number, conversation: number, draft: Draft): void {
    this.#unwritten.set(prefix(userId) + conversation, draft);
    this.#timer ??= this.#clock.after(WRITE_AFTER, () => this.flush());
  }

  /** To be called before the page may go away. */
  flush(): void {
    if (this.#timer !== null) this.#clock.cancel(this.#timer);
    this.#timer = null;
    for (const [key, { text, replyTo }] of this.#unwritten) {
      if (text === '' && replyTo === null) this.#memory.remove(key);
      else this.#memory.set(key, JSON.stringify({ text, replyTo }));
    }
    this.#unwritten.clear();
  }

  /** The draft that another tab has written under a storage key, with its conversation; null for the keys of others. */
  heard(userId: number, key: string): { conversation: number; draft: Draft } | null {
    const conversation = Number(key.slice(prefix(userId).length));
    if (!key.startsWith(prefix(userId)) || !Number.isSafeInteger(conversation)) return null;
    // What was typed here since is newer.
    return this.#unwritten.has(key) ? null : { conversation, draft: this.#read(key) ?? NO_DRAFT };
  }

  load(userId: number): Record<number, Draft> {
    this.flush();
    const drafts: Record<number, Draft> = {};
    for (const key of this.#memory.keys(prefix(userId))) {
      const draft = this.#read(key);
      if (draft) drafts[Number(key.slice(prefix(userId).length))] = draft;
      else this.#memory.remove(key);
    }
    return drafts;
  }

  /** Null where there is none that can be read. */
  #read(key: string): Draft | null {
    try {
      const kept = JSON.parse(this.#memory.get(key) ?? '') as { text: string; replyTo: ReplyPreview | null };
      return { text: kept.text, replyTo: kept.replyTo, files: [] };
    } catch {
      return null;
    }
  }
}
