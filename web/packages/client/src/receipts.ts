import type { ReceiptMark } from './types.ts';

/** The person's own read marks, sent to the server: never backwards, once each, again after a reconnect until it went out. */
export class ReadMarks {
  readonly #send: (conversation: number, upTo: number) => boolean;
  readonly #wanted = new Map<number, number>();
  readonly #told = new Map<number, number>();

  constructor(send: (conversation: number, upTo: number) => boolean) {
    this.#send = send;
  }

  read(conversation: number, upTo: number): void {
    if (upTo <= (this.#wanted.get(conversation) ?? 0)) return;
    this.#wanted.set(conversation, upTo);
    this.flush();
  }

  /** Called when a socket becomes live. What went out on a socket that then died may be lost, so the newest mark goes again. */
  again(): void {
    this.#told.clear();
    this.flush();
  }

  /** The ids of this conversation, or of all, mean something else now. */
  forget(conversation?: number): void {
    for (const marks of [this.#wanted, this.#told]) {
      if (conversation === undefined) marks.clear();
      else marks.delete(conversation);
    }
  }

  flush(): void {
    for (const [conversation, upTo] of this.#wanted) {
      if ((this.#told.get(conversation) ?? 0) >= upTo) continue;
      if (this.#send(conversation, upTo)) this.#told.set(conversation, upTo);
    }
  }
}

/** Marks only grow; a later time wins where the mark is equal. */
export function mergeMarks(held: ReceiptMark | undefined, told: ReceiptMark): ReceiptMark {
  if (!held) return told;
  const delivered = Math.max(held.delivered_up_to ?? 0, told.delivered_up_to ?? 0, told.read_up_to ?? 0);
  const grows = (told.read_up_to ?? 0) > (held.read_up_to ?? 0);
  return {
    user_id: held.user_id,
    delivered_up_to: delivered || null,
    read_up_to: grows ? told.read_up_to : held.read_up_to,
    read_at: grows ? told.read_at : held.read_at,
  };
}
