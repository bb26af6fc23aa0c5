import { describe, expect, it, vi } from 'vitest';
import { InMemoryStorage } from '../core.ts';
import { aziz, malika, olga, tokenOf } from '../testing/builders.ts';
import { FakeClock } from '../testing/fake-clock.ts';
import { FakeServer, refuse } from '../testing/fake-server.ts';
import { SEEN } from './seen.ts';
import { messageIds } from './selectors.ts';
import { messengerOn } from './testing/messenger-on.ts';

const PATIENCE = { timeout: 30_000 };

/** A session that saw two conversations and has the first one open, and the page after a reload. */
async function reloaded(prepare: (server: FakeServer) => void) {
  const clock = new FakeClock();
  const server = new FakeServer(clock);
  server.room([aziz, malika]);
  server.room([aziz, olga]);
  for (let i = 1; i <= 200; i += 1) server.say(1, malika, `${i}`);
  server.pin(3, true);
  const session = new InMemoryStorage();
  const before = messengerOn(server, clock, { session });
  before.history.enter(1);
  await clock.pass(1_000);
  // Its code is loaded meanwhile.
  await vi.waitFor(() => {
    before.keepSeen();
    expect(session.get(SEEN)).not.toBeNull();
  }, PATIENCE);
  before.client.stop();
  prepare(server);
  const m = messengerOn(server, clock, { session });
  m.history.enter(1);
  await clock.pass(1_000);
  return { clock, server, session, m, state: () => m.store.getState() };
}

describe('a page that is loaded anew without a network', () => {
  it('shows what the session saw, and the present state when the network is back', async () => {
    const { clock, server, m, state } = await reloaded(server => {
      server.online = false;
    });
    await vi.waitFor(() => expect([state().list.status, state().held[1]?.status]).toEqual(['ready', 'ready']), PATIENCE);
    expect([...state().list.ids].sort()).toEqual([1, 2]);
    expect(state().me?.user).toEqual(aziz);
    expect(state().held[1]).toMatchObject({ status: 'ready', isFromBefore: true, pins: [3] });
    expect(messageIds(state(), 1)).toEqual(Array.from({ length: 60 }, (_, i) => 141 + i));
    expect(state().held[1]?.messages.get(3)?.content).toBe('3');
    m.sendText(1, 'written without a network');
    m.history.enter(2);
    await clock.pass(100);
    expect(state().held[2]?.status).toBe('error');
    m.history.enter(1);
    server.online = true;
    server.say(1, malika, 'meanwhile');
    m.client.connection.hurry();
    await clock.pass(5_000);
    expect(state().held[1]).toMatchObject({ status: 'ready', isFromBefore: false });
    expect(
      messageIds(state(), 1)
        .map(id => state().held[1]?.messages.get(id)?.content)
        .slice(-2),
    ).toEqual(['meanwhile', 'written without a network']);
  });
  it('shows nothing of before where the service refuses', async () => {
    const { state } = await reloaded(server => {
      server.intercept = request => (request.path.startsWith('messaging/') ? refuse(403, 'not_found') : null);
    });
    expect(state().list).toMatchObject({ status: 'error', ids: [] });
    expect(state().held[1]?.status).toBe('missing');
  });
  it('shows nothing to another person, nor after signing out', async () => {
    const { clock, server, session, m } = await reloaded(() => {});
    m.keepSeen();
    server.online = false;
    const other = messengerOn(server, clock, { session });
    other.signIn(tokenOf(malika.id));
    await clock.pass(1_000);
    expect(other.store.getState().list.ids).toEqual([]);
    m.keepSeen();
    m.signOut();
    expect(session.keys('')).toEqual([]);
  });
});
