import type { FakeServer } from './fake-server.ts';

interface Parcel {
  name: string;
  lane: object | null;
  arrive: () => void;
}

/** Delays everything between a page and the fake service, so that a test chooses the next arrival. */
export class SlowLine {
  readonly #server: FakeServer;
  #underWay: Parcel[] = [];

  constructor(server: FakeServer) {
    this.#server = server;
    server.carry = (name, lane, arrive) => this.#underWay.push({ name, lane, arrive });
  }

  /** The deliveries that may be next: all, but of each lane only the first. */
  get next(): readonly string[] {
    return this.#heads.map(parcel => parcel.name);
  }

  /** Lets one of `next` arrive. */
  arrive(index: number): void {
    const parcel = this.#heads[index];
    if (!parcel) throw new Error(`nothing with the number ${index} is under way`);
    this.#underWay = this.#underWay.filter(other => other !== parcel);
    parcel.arrive();
  }

  /** From now on nothing is held up any more. */
  open(): void {
    this.#server.carry = (_name, _lane, arrive) => arrive();
    for (const parcel of this.#underWay.splice(0)) parcel.arrive();
  }

  get #heads(): Parcel[] {
    const lanes = new Set<object>();
    return this.#underWay.filter(({ lane }) => {
      if (lane === null) return true;
      const isFirst = !lanes.has(lane);
      lanes.add(lane);
      return isFirst;
    });
  }
}
