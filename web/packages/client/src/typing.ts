import type { Clock, Timer } from './clock.ts';

const RENEW = 3_000;
const EXPIRES = 7_000;

/** Sends the typing frames of this person: at most every 3 s, and `false` once when they stop. */
export class TypingSender {
  readonly #clock: Clock;
  readonly #send: (conversation: number, isTyping: boolean) => void;
  #conversation: number | null = null;
  #last = Number.NEGATIVE_INFINITY;

  constructor(clock: Clock, send: (conversation: number, isTyping: boolean) => void) {
    this.#clock = clock;
    this.#send = send;
  }

  typed(conversation: number): void {
    if (this.#conversation !== conversation) this.stop();
    if (this.#conversation === conversation && this.#clock.now() - this.#last < RENEW) return;
    this.#conversation = conversation;
    this.#last = this.#clock.now();
    this.#send(conversation, true);
  }

  stop(): void {
    if (this.#conversation === null) return;
    const conversation = this.#conversation;
    this.#conversation = null;
    this.#last = Number.NEGATIVE_INFINITY;
    this.#send(conversation, false);
  }
}

/** The people who are typing to this person. Each mark expires after 7 s without renewal. */
export class TypingIndicators {
  readonly #clock: Clock;
  readonly #changed: (conversation: number, users: number[]) => void;
  readonly #marks = new Map<number, Map<number, Timer>>();

  constructor(clock: Clock, changed: (conversation: number, users: number[]) => void) {
    this.#clock = clock;
    this.#changed = changed;
  }

  hear(conversation: number, user: number, isTyping: boolean): void {
    const marks = this.#marks.get(conversation) ?? new Map<number, Timer>();
    const had = marks.has(user);
    if (had) this.#clock.cancel(marks.get(user));
    marks.delete(user);
    if (isTyping)
      marks.set(
        user,
        this.#clock.after(EXPIRES, () => this.hear(conversation, user, false)),
      );
    this.#marks.set(conversation, marks);
    if (had !== isTyping) this.#changed(conversation, [...marks.keys()]);
  }

  /** A lost connection leaves unknown who is typing. */
  clear(): void {
    for (const [conversation, marks] of this.#marks) {
      for (const timer of marks.values()) this.#clock.cancel(timer);
      if (marks.size > 0) this.#changed(conversation, []);
    }
    this.#marks.clear();
  }
}
