/** The source of time and timers, so that tests can hold them still. */
export type Timer = unknown;

export interface Clock {
  now(): number;
  after(milliseconds: number, action: () => void): Timer;
  cancel(timer: Timer): void;
}

/** The server's time, estimated from the last time that it sent. Deadlines are judged by it, never by the device's clock. */
export class ServerTime {
  readonly #clock: Clock;
  #offset = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  learn(serverTime: string): void {
    const told = Date.parse(serverTime);
    if (Number.isFinite(told)) this.#offset = told - this.#clock.now();
  }

  now(): number {
    return this.#clock.now() + this.#offset;
  }
}
