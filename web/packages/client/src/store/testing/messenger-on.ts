import { InMemoryStorage, SessionTokenSource } from '../../core.ts';
import { aziz, tokenOf } from '../../testing/builders.ts';
import type { FakeClock } from '../../testing/fake-clock.ts';
import type { FakeServer } from '../../testing/fake-server.ts';
import { Messenger, type MessengerPorts } from '../messenger.ts';

let id = 0;

/** A messenger on a service in memory, with Aziz signed in. */
export function messengerOn(server: FakeServer, clock: FakeClock, more: Partial<MessengerPorts> = {}): Messenger {
  const made = new Messenger({
    base: 'http://fake/',
    fetch: server.fetch,
    openSocket: server.openSocket,
    upload: () => Promise.reject(new Error('none')),
    clock,
    random: () => 0.5,
    uuid: () => `id-${++id}`,
    memory: new InMemoryStorage(),
    locks: { hold: () => Promise.resolve(() => {}), isHeld: () => Promise.resolve(false) },
    tokens: new SessionTokenSource(new InMemoryStorage()),
    isOnline: () => true,
    report: fault => {
      throw new Error(fault);
    },
    schedule: flush => clock.after(16, flush),
    ...more,
  });
  made.signIn(tokenOf(aziz.id));
  return made;
}
