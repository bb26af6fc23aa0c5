const FIRST = 500;
const LONGEST = 30_000;

/** Full jitter: `random(0, min(30 s, 0.5 s · 2ⁿ))`. It never gives up. */
export class Backoff {
  readonly #random: () => number;
  #failures = 0;

  constructor(random: () => number) {
    this.#random = random;
  }

  get failures(): number {
    return this.#failures;
  }

  next(): number {
    const ceiling = Math.min(LONGEST, FIRST * 2 ** Math.min(this.#failures, 16));
    this.#failures += 1;
    return this.#random() * ceiling;
  }

  /** The delay after a fault of our own: no hurry at all. */
  slowest(): number {
    this.#failures += 1;
    return LONGEST / 2 + this.#random() * (LONGEST / 2);
  }

  reset(): void {
    this.#failures = 0;
  }
}
