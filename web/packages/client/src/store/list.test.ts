import { describe, expect, it } from 'vitest';
import { aziz, malika, olga, tokenOf } from '../testing/builders.ts';
import { FakeClock } from '../testing/fake-clock.ts';
import { FakeServer, refuse } from '../testing/fake-server.ts';
import { messengerOn } from './testing/messenger-on.ts';

/** So many conversations, the last with the newest message. */
async function stage(count: number) {
  const clock = new FakeClock();
  const server = new FakeServer(clock);
  for (let id = 1; id <= count; id += 1) {
    server.room([aziz, malika]);
    clock.sleep(1_000);
    server.say(id, malika, `${id}`);
  }
  const m = messengerOn(server, clock);
  await clock.pass(500);
  const list = () => m.store.getState().list;
  const reconnect = async () => {
    server.cut();
    await clock.pass(5_000);
  };
  return { clock, server, m, list, reconnect };
}

const down = (from: number, to: number) => Array.from({ length: from - to + 1 }, (_, i) => from - i);

/** The second page as it is now, held back until it is let go. */
async function secondPage(server: FakeServer) {
  const headers = { authorization: `Bearer ${tokenOf(aziz.id)}` };
  const page = await server.fetch('http://fake/api/messaging/conversations/?page=2&page_size=30', { headers });
  let open = () => {};
  const closed = new Promise<Response>(resolve => {
    open = () => resolve(page);
  });
  server.intercept = request => (request.query.get('page') === '2' ? closed : null);
  return open;
}

describe('the list', () => {
  it('keeps what was shown over a reconnect, and goes on from there', async () => {
    const { m, list, reconnect } = await stage(200);
    for (let i = 0; i < 4; i += 1) await m.list.loadMore();
    expect(list().ids).toEqual(down(200, 51));
    await reconnect();
    expect(list().ids).toEqual(down(200, 51));
    await m.list.loadMore();
    expect(list().ids).toEqual(down(200, 21));
  });

  it('keeps the one that is open among the unread ones until it is left', async () => {
    const { clock, m, list } = await stage(5);
    m.list.filter({ unread: true });
    await clock.pass(100);
    expect(list().ids).toEqual([5, 4, 3, 2, 1]);
    m.history.enter(4);
    await clock.pass(100);
    m.client.read(4, 4);
    await clock.pass(2_000);
    expect(m.store.getState().rows[4]?.unread_count).toBe(0);
    expect(list().ids).toEqual([5, 4, 3, 2, 1]);
    m.history.enter(3);
    expect(list().ids).toEqual([5, 3, 2, 1]);
    m.history.leave(3);
    expect(list().ids).toEqual([5, 3, 2, 1]);
    m.list.filter({ unread: false });
    await clock.pass(100);
    expect(list().ids).toEqual([5, 4, 3, 2, 1]);
  });

  it('orders what has no message yet by when it was opened', async () => {
    const { clock, server, list, reconnect } = await stage(3);
    server.room([aziz, malika]);
    clock.sleep(1_000);
    await reconnect();
    expect(list().ids).toEqual([4, 3, 2, 1]);
    server.say(2, malika, 'newer');
    await clock.pass(1_000);
    expect(list().ids).toEqual([2, 4, 3, 1]);
  });

  it('finds a name in another script, as the service does', async () => {
    const { clock, server, m, list } = await stage(1);
    server.room([aziz, olga]);
    for (const q of ['olga', 'Sokolova Olga']) {
      m.list.filter({ q });
      await clock.pass(100);
      expect(list().ids).toEqual([2]);
    }
    m.list.filter({ q: 'Olga Yusupova' });
    await clock.pass(100);
    expect(list().ids).toEqual([]);
  });

  it('stays as it is where a wish changes nothing', async () => {
    const { server, m, list } = await stage(3);
    const before = server.requests.length;
    m.list.filter({ unread: false });
    m.list.filter({ q: '', confession: null });
    expect(list()).toMatchObject({ status: 'ready', ids: [3, 2, 1] });
    expect(server.requests).toHaveLength(before);
  });

  it('asks for as much as was shown, and drops what no longer belongs', async () => {
    const { clock, server, m, list } = await stage(80);
    m.list.filter({ unread: true });
    await clock.pass(100);
    await m.list.loadMore();
    expect(list().ids).toEqual(down(80, 21));
    for (const id of [75, 40]) server.rooms.get(id)?.read.set(aziz.id, 1_000);
    await m.list.load();
    expect(list().ids).not.toContain(75);
    expect(list().ids).not.toContain(40);
    expect(list().ids).toContain(21);
    expect(list().ids.length).toBeGreaterThan(50);
  });

  it('has no hole where a page comes after the beginning was loaded anew', async () => {
    const { clock, server, m, list } = await stage(120);
    const open = await secondPage(server);
    const late = m.list.loadMore();
    await clock.pass(10);
    server.passes = () => false;
    for (let id = 1; id <= 40; id += 1) {
      clock.sleep(1_000);
      server.say(id, malika, 'again');
    }
    server.intercept = () => null;
    await m.list.load();
    open();
    await late;
    await clock.pass(1_000);
    expect(list().more).toBe('idle');
    const shown = list().ids;
    expect(shown).toEqual([...down(40, 1), ...down(120, 1)].slice(0, shown.length));
    while (list().nextPage !== null) await m.list.loadMore();
    expect(list().ids).toEqual([...down(40, 1), ...down(120, 41)]);
  });

  it('does not let a late page take back what a frame told', async () => {
    const { clock, server, m } = await stage(60);
    const open = await secondPage(server);
    const late = m.list.loadMore();
    server.say(10, malika, 'newest');
    await clock.pass(1_000);
    open();
    await late;
    expect(m.store.getState().rows[10]).toMatchObject({ last_seq: 2, unread_count: 2 });
  });

  it('says that a page failed, and asks again when wished', async () => {
    const { server, m, list } = await stage(60);
    server.intercept = request => (request.query.get('page') === '2' ? refuse(503, 'unavailable') : null);
    await m.list.loadMore();
    expect(list().more).toBe('error');
    server.intercept = () => null;
    await m.list.loadMore();
    expect(list().ids).toEqual(down(60, 1));
  });
});
