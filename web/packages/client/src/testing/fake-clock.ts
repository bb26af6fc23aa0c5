import type { Clock, Timer } from '../clock.ts';

/** A clock that moves only when a test moves it, running due timers in order. */
export class FakeClock implements Clock {
  #now: number;
  #next = 1;
  readonly #timers = new Map<number, { due: number; action: () => void }>();

  constructor(now = Date.parse('2026-11-22T12:00:00Z')) {
    this.#now = now;
  }

  now(): number {
    return this.#now;
  }

  after(milliseconds: number, action: () => void): Timer {
    const id = this.#next++;
    this.#timers.set(id, { due: this.#now + Math.max(0, milliseconds), action });
    return id;
  }

  cancel(timer: Timer): void {
    this.#timers.delete(timer as number);
  }

  get pending(): number {
    return this.#timers.size;
  }

  /** Moves on, and lets promises settle after each timer. */
  async pass(milliseconds: number): Promise<void> {
    const end = this.#now + milliseconds;
    await settle();
    for (;;) {
      const due = [...this.#timers].filter(([, timer]) => timer.due <= end).sort((a, b) => a[1].due - b[1].due || a[0] - b[0])[0];
      if (!due) break;
      this.#timers.delete(due[0]);
      this.#now = Math.max(this.#now, due[1].due);
      due[1].action();
      await settle();
    }
    this.#now = end;
    await settle();
  }

  /** The device sleeps: time passes, timers do not run. */
  sleep(milliseconds: number): void {
    this.#now += milliseconds;
  }
}

/** Lets every promise that can settle do so. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 40; i += 1) await Promise.resolve();
}
