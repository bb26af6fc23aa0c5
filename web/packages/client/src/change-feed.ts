import { ApiError } from './api.ts';
import type { Backoff } from './backoff.ts';
import type { Clock, Timer } from './clock.ts';
import type { Change, Changes, ReceiptMark } from './types.ts';

export interface ChangeFeedPorts {
  clock: Clock;
  backoff: Backoff;
  fetchChanges: (after: number) => Promise<Changes>;
  apply: (changes: Change[]) => void;
  applyMarks: (marks: ReceiptMark[]) => void;
  /** The service no longer stores what was applied here: the conversation has to be loaded anew, with a new feed. */
  onReset: () => void;
}

/** The time by which a hint may be ahead of the frame that it announces. */
const GRACE = 2_000;

/**
 * The changes of one conversation in their order. A frame with `seq = known + 1` is applied; larger waits while one `changes` call fills
 * the gap. Before `begin` everything waits for the snapshot.
 *
 * A number that is not larger than `known` is a repeated or overtaken frame, or the database was put back from a backup and the number was
 * given out again. Only the service can tell these apart, so it is asked for the changes after `known`, soon and once for many.
 */
export class ChangeFeed {
  readonly #ports: ChangeFeedPorts;
  #known: number | null = null;
  #waiting = new Map<number, Change>();
  #wanted = 0;
  /** A number below `known` arrived, and the service was not asked about it yet. */
  #isDoubted = false;
  /** No `changes` call has succeeded since the snapshot. */
  #isFresh = true;
  #fetching = false;
  #again = false;
  #timer: Timer | null = null;
  #closed = false;
  #paused = false;

  constructor(ports: ChangeFeedPorts) {
    this.#ports = ports;
  }

  get known(): number | null {
    return this.#known;
  }

  /** The snapshot is in and shows everything up to `known`. */
  begin(known: number): void {
    this.#known = Math.max(this.#known ?? 0, known);
    this.#drain();
    if (this.#wanted > this.#known || this.#waiting.size > 0) this.#fetch();
  }

  offer(change: Change): void {
    if (this.#known !== null && change.seq <= this.#known) {
      this.#doubt();
      return;
    }
    this.#waiting.set(change.seq, change);
    if (this.#known === null) return;
    this.#drain();
    if (this.#waiting.size > 0) this.#fetch();
  }

  /** The server reports `lastSeq` as the newest. */
  behind(lastSeq: number): void {
    this.#wanted = Math.max(this.#wanted, lastSeq);
    if (this.#known === null) return;
    if (lastSeq > this.#known) this.#fetch();
    else if (lastSeq < this.#known) this.#doubt();
  }

  /** The frame for `seq` should come by itself in a moment; look after it if it does not. */
  expect(seq: number): void {
    if (seq === this.#known) return;
    if (this.#known !== null && seq < this.#known) {
      this.#doubt();
      return;
    }
    this.#wanted = Math.max(this.#wanted, seq);
    this.#soon();
  }

  /** Changes may have been missed: ask, even if none seem to be missing. */
  resync(): void {
    if (this.#known !== null) this.#fetch();
  }

  /** Asks for nothing until `resume`, which asks for what was missed meanwhile. */
  pause(): void {
    this.#paused = true;
    if (this.#timer !== null) this.#ports.clock.cancel(this.#timer);
    this.#timer = null;
  }

  resume(): void {
    this.#paused = false;
    this.resync();
  }

  close(): void {
    this.#closed = true;
    if (this.#timer !== null) this.#ports.clock.cancel(this.#timer);
    this.#waiting.clear();
  }

  #doubt(): void {
    this.#isDoubted = true;
    this.#soon();
  }

  /** A timer that runs already is soon enough: one that began anew with every hint would never end under steady traffic. */
  #soon(): void {
    if (this.#timer === null) this.#later(GRACE);
  }

  #later(milliseconds: number): void {
    if (this.#closed || this.#paused) return;
    if (this.#timer !== null) this.#ports.clock.cancel(this.#timer);
    this.#timer = this.#ports.clock.after(milliseconds, () => {
      this.#timer = null;
      if (this.#known !== null && (this.#isDoubted || this.#wanted > this.#known || this.#waiting.size > 0)) this.#fetch();
    });
  }

  #drain(): void {
    if (this.#known === null) return;
    const ready: Change[] = [];
    for (const seq of [...this.#waiting.keys()].sort((a, b) => a - b)) {
      if (seq > this.#known + 1) break;
      const change = this.#waiting.get(seq);
      this.#waiting.delete(seq);
      if (!change || seq <= this.#known) continue;
      ready.push(change);
      this.#known = seq;
    }
    if (ready.length > 0) this.#ports.apply(ready);
  }

  #fetch(): void {
    if (this.#closed || this.#paused) return;
    if (this.#fetching) {
      this.#again = true;
      return;
    }
    this.#fetching = true;
    this.#again = false;
    void this.#catchUp();
  }

  async #catchUp(): Promise<void> {
    try {
      let more = true;
      while (more && !this.#closed) {
        const after = this.#known ?? 0;
        this.#isDoubted = false;
        const answer = await this.#ports.fetchChanges(after);
        if (this.#closed) return;
        if (this.#isReset(answer, after)) {
          this.#ports.onReset();
          return;
        }
        this.#isFresh = false;
        this.#take(answer);
        more = answer.has_more;
      }
      this.#ports.backoff.reset();
      this.#fetching = false;
      if (this.#again) this.#fetch();
    } catch (error) {
      this.#fetching = false;
      // Refused for good (no longer a participant): asking again will not help.
      if (error instanceof ApiError && !error.isTransient) return;
      // Unreachable: the wish stays, and so does the buffer.
      this.#wanted = Math.max(this.#wanted, (this.#known ?? 0) + 1);
      this.#later(this.#ports.backoff.next());
    }
  }

  /** A service that knows no `reset` answers with a `last_seq` below the number asked for. */
  #isReset(answer: Changes, after: number): boolean {
    if (answer.last_seq < after) return answer.reset === true || answer.epoch === undefined;
    // Right after the snapshot, loading it once more would bring nothing new.
    return answer.reset === true && !this.#isFresh;
  }

  /** A message changed twice stands once, under its newest `seq`: numbers missing in between are covered by the answer. */
  #take(answer: Changes): void {
    const fresh = answer.changes.filter(change => change.seq > (this.#known ?? 0));
    const covered = answer.has_more ? (answer.changes.at(-1)?.seq ?? this.#known ?? 0) : answer.last_seq;
    if (fresh.length > 0) this.#ports.apply(fresh);
    this.#ports.applyMarks(answer.receipts ?? []);
    this.#known = Math.max(this.#known ?? 0, covered);
    for (const seq of this.#waiting.keys()) if (seq <= this.#known) this.#waiting.delete(seq);
    this.#drain();
    if (!answer.has_more) this.#wanted = Math.min(this.#wanted, this.#known);
  }
}
