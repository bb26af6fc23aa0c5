import { describe, expect, it } from 'vitest';
import { InMemoryStorage } from '../core.ts';
import { aziz, confessions, malika, olga, tokenOf } from '../testing/builders.ts';
import { FakeClock } from '../testing/fake-clock.ts';
import { FakeServer, type Recorded, refuse } from '../testing/fake-server.ts';
import type { MessengerPorts } from './messenger.ts';
import { confessionsOf, meOf, messageIds, pendingOf } from './selectors.ts';
import { messengerOn } from './testing/messenger-on.ts';

const conversationOf = (id: number) => ({
  id,
  participants: [aziz, { ...malika, id: 9 }],
  confession: null,
  created_at: '2026-11-20T10:00:00Z',
  last_message_at: null,
  last_message: null,
  unread_count: 1,
  last_seq: 1,
  can_send: true,
  cannot_send_reason: null,
  can_pin: false,
});

async function stage(more: Partial<MessengerPorts> = {}) {
  const clock = new FakeClock();
  const server = new FakeServer(clock);
  server.room([aziz, malika, olga]);
  server.say(1, olga, 'salom');
  const held = new Set<string>();
  const locks = {
    hold: (name: string) => {
      held.add(name);
      return Promise.resolve(() => void held.delete(name));
    },
    isHeld: (name: string) => Promise.resolve(held.has(name)),
  };
  const faults: unknown[] = [];
  const m = messengerOn(server, clock, {
    memory: new InMemoryStorage(),
    locks,
    report: (_, cause) => faults.push(cause),
    ...more,
  });
  await clock.pass(100);
  return { clock, server, m, faults };
}

it('a draft goes along in another tab, unless it is being written there', async () => {
  const clock = new FakeClock();
  const server = new FakeServer(clock);
  server.room([aziz, malika]);
  const memory = new InMemoryStorage();
  const [here, there] = [messengerOn(server, clock, { memory }), messengerOn(server, clock, { memory })];
  const key = `suhbat:draft:${aziz.id}:1`;
  const files = [new File(['x'], 'x.txt')];
  there.setDraft(1, { files });
  there.keepDrafts();
  here.setDraft(1, { text: 'half a thought' });
  here.keepDrafts();
  there.heardStorage(key);
  there.heardStorage('suhbat:settings');
  there.heardStorage(`suhbat:draft:${malika.id}:1`);
  expect(there.store.getState().drafts).toEqual({ 1: { text: 'half a thought', replyTo: null, files } });
  there.setDraft(1, { text: 'written here' });
  there.heardStorage(key);
  expect(there.store.getState().drafts[1]?.text).toBe('written here');
  here.send(1);
  there.keepDrafts();
  memory.remove(key);
  there.heardStorage(key);
  expect(there.store.getState().drafts[1]?.text).toBe('');
});

it('somebody who writes for the first time is shown as online, if they are', async () => {
  const { clock, server, m } = await stage();
  server.intercept = request =>
    request.path === 'messaging/conversations/2/'
      ? Response.json({ ...conversationOf(2), presence: [{ user_id: 9, status: 'online', last_seen: null }] })
      : null;
  server.tell({ type: 'conversation_updated', conversation: 2, unread_count: 1, last_seq: 1, last_message_preview: null });
  await clock.pass(100);
  expect(m.store.getState().presence[9]).toEqual({ status: 'online', lastSeen: null });
});

describe('who is signed in', () => {
  const asked = (server: FakeServer) => server.requests.filter(request => request.path === 'messaging/me/').length;

  it('is told by the service, also where there is no conversation, and anew when what they may do changes', async () => {
    const clock = new FakeClock();
    const server = new FakeServer(clock);
    server.me = { administers: [], follows: confessions.slice(0, 2) };
    const m = messengerOn(server, clock);
    await clock.pass(1_000);
    expect(meOf(m.store.getState())).toEqual(aziz);
    expect(confessionsOf(m.store.getState())).toEqual(confessions.slice(0, 2));
    const before = asked(server);
    server.me = { administers: [], follows: confessions };
    const access = { type: 'conversation_access', can_send: true, cannot_send_reason: null, can_pin: false };
    for (let i = 1; i <= 20; i += 1) server.tell({ ...access, conversation: i });
    await clock.pass(1_000);
    expect(confessionsOf(m.store.getState())).toHaveLength(3);
    expect(asked(server)).toBe(before + 1);
    m.signOut();
    expect(m.store.getState().me).toBeNull();
  });

  it('is found in the conversations of an older service, which is not asked again', async () => {
    const clock = new FakeClock();
    const server = new FakeServer(clock);
    server.me = null;
    server.room([aziz, olga], confessions[1] ?? null);
    const m = messengerOn(server, clock);
    await clock.pass(1_000);
    expect(meOf(m.store.getState())).toEqual(aziz);
    expect(confessionsOf(m.store.getState())).toEqual([confessions[1]]);
    const before = asked(server);
    server.cut();
    await clock.pass(5_000);
    expect(asked(server)).toBe(before);
  });

  it('is asked for again where the service could not answer', async () => {
    const clock = new FakeClock();
    const server = new FakeServer(clock);
    server.intercept = request => (request.path === 'messaging/me/' ? refuse(503, 'unavailable') : null);
    const m = messengerOn(server, clock);
    await clock.pass(1_000);
    expect(m.store.getState().me).toBeNull();
    server.intercept = () => null;
    server.cut();
    await clock.pass(5_000);
    expect(m.store.getState().me?.user).toEqual(aziz);
  });
});

describe('another person', () => {
  it('gets nothing of the person before after the session expired', async () => {
    const { clock, server, m } = await stage();
    m.history.enter(1);
    await clock.pass(100);
    m.client.read(1, 1);
    server.cut(4401);
    await clock.pass(100);
    m.setDraft(1, { text: 'of Aziz' });
    m.send(1);
    const before = m.client;
    const frames = server.frames.length;
    m.signIn(tokenOf(malika.id));
    await clock.pass(30_000);
    expect(m.client).not.toBe(before);
    expect(m.store.getState()).toMatchObject({ userId: malika.id, session: 'signed-in', held: {} });
    expect(server.frames.slice(frames).filter(frame => frame['type'] === 'read_receipt')).toEqual([]);
    expect(server.rooms.get(1)?.messages.map(message => message.content)).toEqual(['salom']);
    m.signIn(tokenOf(aziz.id));
    await clock.pass(1_000);
    expect(server.rooms.get(1)?.messages.map(message => [message.sender.id, message.content])).toEqual([
      [olga.id, 'salom'],
      [aziz.id, 'of Aziz'],
    ]);
  });

  it('lends nobody a token for what was begun before', async () => {
    const { clock, server, m } = await stage();
    let refuseIt = () => {};
    const answer = new Promise<Response>(resolve => {
      refuseIt = () => resolve(refuse(401, 'token_expired'));
    });
    const isPin = (request: Recorded) => request.path.endsWith('/pin/');
    server.intercept = request => (isPin(request) ? answer : null);
    m.history.enter(1);
    await clock.pass(100);
    const message = m.store.getState().held[1]?.messages.get(1);
    if (!message) throw new Error('not held');
    const pinning = m.pin(message, true).catch((error: unknown) => error);
    await clock.pass(10);
    m.signIn(tokenOf(malika.id));
    refuseIt();
    expect(await pinning).toMatchObject({ name: 'AbortError' });
    expect(server.requests.filter(isPin)).toHaveLength(1);
    expect(m.store.getState().session).toBe('signed-in');
  });

  it('gets no answer that was asked for by the one before', async () => {
    const { clock, server, m } = await stage();
    server.room([aziz, olga]);
    for (let i = 2; i <= 60; i += 1) server.say(1, aziz, `${i}`);
    m.history.enter(1);
    await clock.pass(100);
    const mine = m.store.getState().held[1]?.messages.get(60);
    if (!mine) throw new Error('not held');
    m.setEdit(mine, 'of Aziz');
    let open = () => {};
    const shut = new Promise<never>(resolve => {
      open = () => resolve(null as never);
    });
    server.intercept = () => shut;
    server.say(2, olga, 'for Aziz');
    const paging = m.history.loadOlder(1);
    const removing = m.remove(mine).catch((error: unknown) => error);
    await clock.pass(500);
    m.signIn(tokenOf(malika.id));
    m.history.enter(1);
    server.intercept = () => null;
    open();
    await paging;
    expect(m.store.getState().held[1]?.older).toBe('idle');
    expect(await removing).toMatchObject({ name: 'AbortError' });
    await clock.pass(1_000);
    expect(Object.keys(m.store.getState().rows)).toEqual(['1']);
    expect(m.store.getState()).toMatchObject({ unread: 60, list: { count: 1 } });
    expect(m.store.getState().edits).toEqual({});
  });

  it('takes the page over when their token comes while somebody is signed in', async () => {
    const { clock, m } = await stage();
    const before = m.client;
    expect(m.isOfAnother(tokenOf(aziz.id))).toBe(false);
    expect(m.isOfAnother('opaque')).toBe(false);
    expect(m.isOfAnother(tokenOf(malika.id))).toBe(true);
    m.signIn(tokenOf(malika.id));
    await clock.pass(100);
    expect(before.connection.state.kind).toBe('stopped');
    expect(m.client.userId).toBe(malika.id);
  });
});

describe('what waits in the outbox', () => {
  it('goes out after signing out and in again', async () => {
    const { clock, server, m } = await stage();
    m.history.enter(1);
    await clock.pass(100);
    server.online = false;
    server.cut();
    m.setDraft(1, { text: 'waiting' });
    m.send(1);
    await clock.pass(100);
    m.signOut();
    server.online = true;
    m.signIn(tokenOf(aziz.id));
    await clock.pass(5_000);
    expect(server.rooms.get(1)?.messages.map(message => message.content)).toEqual(['salom', 'waiting']);
  });

  it('is gone once it is found stored, though its acknowledgement never came', async () => {
    const memory = new InMemoryStorage();
    const { clock, server, m } = await stage({ memory });
    server.passes = frame => frame['type'] === 'ready';
    m.setDraft(1, { text: 'stored' });
    m.send(1);
    await clock.pass(100);
    m.client.stop();
    server.passes = () => true;
    clock.sleep(2 * 60 * 60_000);
    const reloaded = messengerOn(server, clock, { memory });
    await clock.pass(100);
    expect(pendingOf(reloaded.store.getState(), 1)).toMatchObject({ code: 'not_sent' });
    reloaded.history.enter(1);
    await clock.pass(100);
    expect(reloaded.store.getState().outbox[1]).toEqual([]);
    expect(messageIds(reloaded.store.getState(), 1)).toEqual([1, 2]);
  });

  it('asks about the conversation once when it fails, whatever else goes on there', async () => {
    let tell = (_sent: number) => {};
    const { clock, server, m } = await stage({
      upload: request => {
        tell = sent => request.onProgress([sent], false);
        return new Promise(() => {});
      },
    });
    m.history.enter(1);
    await clock.pass(100);
    const asked = () => server.requests.filter(request => request.path === 'messaging/conversations/1/').length;
    const before = asked();
    m.client.send(1, 'REFUSE me');
    await clock.pass(100);
    m.client.send(1, '', null, [new File(['salom'], 'a.txt')]);
    for (let sent = 0; sent < 5; sent += 1) {
      await clock.pass(50);
      tell(sent);
    }
    expect(m.store.getState().outbox[1]?.[1]?.progress).toEqual([4]);
    expect(asked()).toBe(before + 1);
  });

  it('stands for its conversation in the list only while nothing newer is stored', async () => {
    const { clock, server, m } = await stage();
    clock.sleep(1_000);
    m.client.send(1, 'REFUSE me');
    await clock.pass(100);
    expect(pendingOf(m.store.getState(), 1)?.content).toBe('REFUSE me');
    clock.sleep(1_000);
    server.say(1, olga, 'newer');
    await clock.pass(100);
    expect(pendingOf(m.store.getState(), 1)).toBeUndefined();
  });
});

describe('what is being typed', () => {
  class CountingStorage extends InMemoryStorage {
    writes = 0;

    override set(key: string, value: string): void {
      if (key.startsWith('suhbat:draft:')) this.writes += 1;
      super.set(key, value);
    }
  }
  const typing = async () => {
    const memory = new CountingStorage();
    const { clock, server, m } = await stage({ memory });
    m.history.enter(1);
    await clock.pass(100);
    const type = (text: string) => {
      for (let length = 1; length <= text.length; length += 1) m.setDraft(1, { text: text.slice(0, length) });
    };
    const reloaded = () => messengerOn(server, clock, { memory }).store.getState().drafts[1]?.text;
    return { clock, memory, m, type, reloaded };
  };

  it('is written once for many keys, half a second after the first', async () => {
    const { clock, memory, type, reloaded } = await typing();
    type('half a');
    await clock.pass(400);
    type('half a thought');
    expect(memory.writes).toBe(0);
    await clock.pass(100);
    expect(memory.writes).toBe(1);
    expect(reloaded()).toBe('half a thought');
    await clock.pass(5_000);
    expect(memory.writes).toBe(1);
  });

  it('is written before the page goes away', async () => {
    const { m, type, reloaded } = await typing();
    type('half a thought');
    m.keepDrafts();
    expect(reloaded()).toBe('half a thought');
  });

  it('is written when the person turns to something else or signs out', async () => {
    const { clock, memory, m, type, reloaded } = await typing();
    type('one');
    m.stoppedWriting();
    expect(reloaded()).toBe('one');
    type('two');
    m.signOut();
    m.signIn(tokenOf(aziz.id));
    expect(m.store.getState().drafts[1]?.text).toBe('two');
    await clock.pass(5_000);
    expect(memory.writes).toBe(2);
  });

  it('does not come back once it was sent, not even after a crash', async () => {
    const { clock, m, type, reloaded } = await typing();
    type('sent');
    await clock.pass(500);
    m.send(1);
    expect(reloaded()).toBeUndefined();
    type('sent too');
    m.send(1);
    await clock.pass(5_000);
    expect(reloaded()).toBeUndefined();
  });
});

describe('what a draft quotes', () => {
  it('leaves it when it is deleted, and the words stay', async () => {
    const { clock, server, m } = await stage();
    m.history.enter(1);
    await clock.pass(100);
    const replyTo = { id: 1, sender: olga, content: 'salom', attachments: [], created_at: '', is_deleted: false };
    m.setDraft(1, { text: 'answer', replyTo });
    server.remove(1);
    await clock.pass(100);
    expect(m.store.getState().drafts[1]).toMatchObject({ text: 'answer', replyTo: null });
    expect(m.memory.get(`suhbat:draft:${aziz.id}:1`)).not.toContain('salom');
  });
});

describe('a listener that fails', () => {
  it('is reported, and takes nothing else with it', async () => {
    const { clock, server, m, faults } = await stage();
    m.history.enter(1);
    await clock.pass(100);
    const heard: string[] = [];
    m.onArrival(() => {
      throw new TypeError('Illegal constructor');
    });
    m.onArrival(arrival => heard.push(arrival.text));
    server.say(1, olga, 'a');
    server.say(1, olga, 'b');
    await clock.pass(1_000);
    expect(faults).toHaveLength(2);
    expect(heard).toEqual(['a', 'b']);
    expect(messageIds(m.store.getState(), 1)).toHaveLength(3);
    expect(m.store.getState().rows[1]?.unread_count).toBe(3);
  });
});

describe('a mark that I have read', () => {
  it('asks for the new count, and for nothing else', async () => {
    const { clock, server, m } = await stage();
    m.history.enter(1);
    await clock.pass(1_000);
    const before = server.requests.length;
    m.client.read(1, 1);
    await clock.pass(1_000);
    expect(m.store.getState()).toMatchObject({ unread: 0, rows: { 1: { unread_count: 0 } } });
    expect(server.requests.slice(before).map(request => request.path)).toEqual(['messaging/conversations/unread_count/']);
  });
});
