import type { ClientEvent } from '../events.ts';
import type { Locks } from '../outbox.ts';
import { InMemoryStorage, type KeyValueStorage } from '../storage.ts';
import { Suhbat } from '../suhbat.ts';
import { SessionTokenSource } from '../token.ts';
import type { User } from '../types.ts';
import type { UploadRequest } from '../upload.ts';
import { aziz, confessions, malika, tokenOf } from './builders.ts';
import { FakeClock, settle } from './fake-clock.ts';
import { FakeServer } from './fake-server.ts';

/** One client against one fake service, with one conversation between Aziz (signed in) and Malika. */
export class Harness {
  readonly clock = new FakeClock();
  readonly server = new FakeServer(this.clock);
  readonly events: ClientEvent[] = [];
  readonly reports: string[] = [];
  readonly memory: KeyValueStorage;
  readonly tokens: SessionTokenSource;
  readonly client: Suhbat;
  random = 0.5;
  tabIsAlive = false;
  locks: Locks = { hold: () => Promise.resolve(() => {}), isHeld: () => Promise.resolve(this.tabIsAlive) };
  online = true;
  upload: (request: UploadRequest) => Promise<never> = () => Promise.reject(new Error('no upload expected'));
  #ids = 0;

  constructor(memory: KeyValueStorage = new InMemoryStorage(), who: User = aziz) {
    this.memory = memory;
    this.tokens = new SessionTokenSource(new InMemoryStorage());
    this.tokens.keep(tokenOf(who.id));
    this.server.room([aziz, malika], confessions[0] ?? null);
    const run = Math.floor(performance.now() * 1000);
    this.client = new Suhbat({
      base: 'http://fake/prefix/',
      fetch: this.server.fetch,
      openSocket: this.server.openSocket,
      upload: request => this.upload(request),
      clock: this.clock,
      random: () => this.random,
      uuid: () => `uuid-${run}-${++this.#ids}`,
      memory,
      locks: { hold: name => this.locks.hold(name), isHeld: name => this.locks.isHeld(name) },
      tokens: this.tokens,
      isOnline: () => this.online,
      report: fault => this.reports.push(fault),
    });
    this.client.listen(event => this.events.push(event));
  }

  async live(): Promise<this> {
    this.client.start();
    await settle();
    return this;
  }

  of<T extends ClientEvent['type']>(type: T): Extract<ClientEvent, { type: T }>[] {
    return this.events.filter((event): event is Extract<ClientEvent, { type: T }> => event.type === type);
  }

  /** The contents stored in the one conversation. */
  get stored(): (string | null)[] {
    return this.server.rooms.get(1)?.messages.map(message => message.content) ?? [];
  }

  get waiting() {
    return this.of('outbox').at(-1)?.entries ?? [];
  }
}
