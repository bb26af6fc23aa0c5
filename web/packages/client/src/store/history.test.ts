import { describe, expect, it } from 'vitest';
import { aziz, malika, olga } from '../testing/builders.ts';
import { FakeClock, settle } from '../testing/fake-clock.ts';
import { FakeServer, type Recorded, refuse } from '../testing/fake-server.ts';
import { SlowLine } from '../testing/slow-line.ts';
import { findAt } from './dates.ts';
import { messageIds } from './selectors.ts';
import { messengerOn } from './testing/messenger-on.ts';

/** Two conversations, the first with this many messages of Malika's, all read but the last `unread`. */
async function stage(messages: number, unread = 0) {
  const clock = new FakeClock();
  const server = new FakeServer(clock);
  const room = server.room([aziz, malika]);
  server.room([aziz, olga]);
  for (let i = 1; i <= messages; i += 1) server.say(1, malika, `${i}`);
  room.read.set(aziz.id, messages - unread);
  const m = messengerOn(server, clock);
  const held = (id = 1) => m.store.getState().held[id];
  const enter = async (id: number) => {
    m.history.enter(id);
    for (let i = 0; i < 10; i += 1) await clock.pass(10);
  };
  return { clock, server, room, m, held, enter };
}

/** Answers wait until they are let go. */
function gate() {
  let open = () => {};
  const passed = new Promise<null>(resolve => {
    open = () => resolve(null);
  });
  return { passed, open };
}

describe('paging', () => {
  it('leaves out an older page whose piece was trimmed meanwhile', async () => {
    const { clock, server, m, enter } = await stage(600);
    await enter(1);
    for (let i = 0; i < 6; i += 1) await m.history.loadOlder(1);
    expect(messageIds(m.store.getState(), 1)).toHaveLength(350);
    const { passed, open } = gate();
    server.intercept = request => (request.query.has('before') ? (passed as Promise<never>) : null);
    const paging = m.history.loadOlder(1);
    await enter(2);
    open();
    await paging;
    server.intercept = () => null;
    await enter(1);
    const ids = messageIds(m.store.getState(), 1);
    expect(ids).toEqual(Array.from({ length: 200 }, (_, i) => 401 + i));
    await m.history.loadOlder(1);
    expect(messageIds(m.store.getState(), 1)[0]).toBe(351);
    await clock.pass(100);
  });

  it.each(['older', 'newer'] as const)('stops after a failed %s page until it is wished for, or a socket lives', async way => {
    const { clock, server, m, held, enter } = await stage(400);
    await enter(1);
    await m.history.reach(1, 200);
    const load = () => (way === 'older' ? m.history.loadOlder(1) : m.history.loadNewer(1));
    const isPage = (request: Recorded) =>
      request.path === 'messaging/messages/' && (request.query.has('before') || request.query.has('after'));
    const pages = () => server.requests.filter(isPage).length;
    server.intercept = request => (isPage(request) ? refuse(503, 'unavailable') : null);
    await load();
    await load();
    expect(held()?.[way]).toBe('error');
    expect(pages()).toBe(1);
    await m.history.retryPage(1, way);
    expect(pages()).toBe(2);
    server.intercept = () => null;
    server.cut();
    await clock.pass(5_000);
    expect(held()?.[way]).toBe('idle');
    await load();
    expect(messageIds(m.store.getState(), 1)).toHaveLength(100);
  });
});

describe('entering', () => {
  it('reads back to the first unread message before anything is shown', async () => {
    const { m, held, enter } = await stage(700, 430);
    await enter(1);
    expect(held()?.status).toBe('ready');
    expect(held()?.divider).toBe(271);
    expect(messageIds(m.store.getState(), 1)[0]).toBeLessThan(271);
  });

  it('reads back again where leaving dropped what is still unread', async () => {
    const { clock, server, m, held, enter } = await stage(700, 430);
    await enter(1);
    await enter(2);
    expect(held()?.runs[0]?.ids).toHaveLength(200);
    m.history.enter(1);
    server.say(1, malika, 'meanwhile');
    for (let i = 0; i < 10; i += 1) await clock.pass(10);
    expect(held()?.divider).toBe(271);
    expect(messageIds(m.store.getState(), 1).at(-1)).toBe(701);
  });

  it('knows the divider although the list is not there yet', async () => {
    const { server, held, enter } = await stage(300, 80);
    server.intercept = request => (request.path === 'messaging/conversations/' ? refuse(503, 'unavailable') : null);
    await enter(1);
    expect(held()?.divider).toBe(221);
  });

  it.each(['a request', 'a socket'])(
    'shows a message that was acknowledged over %s after the page was read, and before it came',
    async way => {
      const { clock, server, m, enter } = await stage(3);
      if (way === 'a request') server.refuseWith = 1006;
      if (way === 'a request') server.cut();
      await clock.pass(100);
      const line = new SlowLine(server);
      await enter(1);
      const arrive = async (name: RegExp) => {
        line.arrive(line.next.findIndex(other => name.test(other)));
        await settle();
      };
      const isPage = /^GET messaging\/messages\/.*limit/;
      // The service reads the page; its answer is held up.
      await arrive(isPage);
      m.sendText(1, 'mine');
      for (let i = 0; i < 100; i += 1) {
        const index = line.next.findIndex(name => !/^answer of GET messaging\/messages\/.*limit/.test(name));
        if (index >= 0) line.arrive(index);
        await settle();
      }
      expect(m.store.getState().outbox[1]).toEqual([]);
      line.open();
      await clock.pass(5_000);
      expect(messageIds(m.store.getState(), 1)).toEqual([1, 2, 3, 4]);
    },
  );

  it('misses no pin of the moment in which it is loaded', async () => {
    const { clock, server, m, held, enter } = await stage(3);
    await clock.pass(100);
    const { passed, open } = gate();
    const isPage = (request: Recorded) => request.query.has('limit') && !request.query.has('pinned');
    server.intercept = request => (isPage(request) ? (passed as Promise<never>) : null);
    await enter(1);
    server.pin(3, true);
    open();
    await clock.pass(100);
    expect(held()?.status).toBe('ready');
    expect(held()?.pins).toEqual([3]);
    expect(m.store.getState().held[1]?.messages.get(3)?.is_pinned).toBe(true);
  });

  it('gives up reading back in time, and puts the divider where it is drawn', async () => {
    const { m, held, enter } = await stage(3_000, 2_900);
    await enter(1);
    const ids = messageIds(m.store.getState(), 1);
    expect(ids).toHaveLength(1_050);
    expect(held()?.divider).toBe(ids[1]);
  });

  it('asks for the marks that a reconnect may have missed', async () => {
    const { clock, server, held, enter } = await stage(3);
    await enter(1);
    await enter(2);
    const asked = () => server.requests.filter(request => request.path === 'messaging/conversations/1/changes/').length;
    const before = asked();
    server.cut();
    await clock.pass(5_000);
    expect(asked()).toBe(before);
    await enter(1);
    expect(asked()).toBe(before + 1);
    expect(held()?.isStale).toBe(false);
    await enter(2);
    await enter(1);
    expect(asked()).toBe(before + 1);
  });

  it('learns what no frame told when its details are looked at', async () => {
    const { clock, server, m, enter } = await stage(3);
    await clock.pass(100);
    await enter(1);
    server.passes = () => false;
    server.say(1, malika, 'unheard');
    await m.refreshDetails(1);
    await clock.pass(100);
    expect(messageIds(m.store.getState(), 1)).toEqual([1, 2, 3, 4]);
  });

  it('is not undone by an older load that fails late', async () => {
    const { clock, server, m, held, enter } = await stage(3);
    const { passed, open } = gate();
    server.intercept = request => (request.query.has('conversation') ? passed.then(() => refuse(503, 'unavailable')) : null);
    await enter(1);
    await enter(2);
    server.intercept = () => null;
    await enter(1);
    expect(held()?.status).toBe('ready');
    open();
    await clock.pass(100);
    expect(held()?.status).toBe('ready');
    expect(messageIds(m.store.getState(), 1)).toEqual([1, 2, 3]);
  });
});

describe('reaching a message', () => {
  it('brings one before it, so that its row is drawn', async () => {
    const { m, enter } = await stage(400);
    await enter(1);
    const oldest = messageIds(m.store.getState(), 1)[0] ?? 0;
    expect(await m.history.reach(1, oldest)).toBe('here');
    expect(messageIds(m.store.getState(), 1)[0]).toBeLessThan(oldest);
  });

  it('tells a message that is gone from a service that is away', async () => {
    const { server, m, enter } = await stage(400);
    await enter(1);
    server.remove(20);
    expect(await m.history.reach(1, 20)).toBe('gone');
    server.online = false;
    expect(await m.history.reach(1, 30)).toBe('unreachable');
    const oldest = messageIds(m.store.getState(), 1)[0] ?? 0;
    expect(await m.history.reach(1, oldest)).toBe('unreachable');
    server.online = true;
    expect(await m.history.reach(1, 30)).toBe('here');
  });
});

describe('a date', () => {
  it.each([[1], [7], [400]])('is found among %i messages, with few calls', async count => {
    const clock = new FakeClock();
    const server = new FakeServer(clock);
    server.room([aziz, malika]);
    const other = server.room([aziz, olga]);
    const day = 86_400_000;
    const first = Date.UTC(2026, 0, 1, 12);
    const at = (index: number) => first + (index < count / 2 ? index * day : (index + 90) * day);
    const said = Array.from({ length: count }, (_, index) => {
      // Ids are shared with other conversations.
      for (let i = 0; i < index % 4; i += 1) server.say(other.id, olga, 'x');
      return server.say(1, malika, `${index}`, { created_at: new Date(at(index)).toISOString() });
    });
    const m = messengerOn(server, clock);
    await clock.pass(100);
    const foundAt = async (moment: number) => {
      const before = server.requests.length;
      const finding = findAt(m.client.api, 1, moment);
      for (let i = 0; i < 80; i += 1) await clock.pass(1);
      const id = await finding;
      expect(server.requests.length - before).toBeLessThan(26);
      return said.findIndex(message => message.id === id);
    };
    expect(await foundAt(first - 100 * day)).toBe(0);
    expect(await foundAt(at(count - 1) + day)).toBe(count - 1);
    for (const index of [0, Math.floor(count / 3), Math.floor(count / 2), count - 1]) expect(await foundAt(at(index))).toBe(index);
    // In the gap: the first one after it.
    expect(await foundAt(at(Math.ceil(count / 2)) - day)).toBe(Math.ceil(count / 2) < count ? Math.ceil(count / 2) : count - 1);
  });
  it('is found in no empty history', async () => {
    const { clock, m } = await stage(0);
    const finding = findAt(m.client.api, 1, 0);
    await clock.pass(10);
    expect(await finding).toBeNull();
  });
});
