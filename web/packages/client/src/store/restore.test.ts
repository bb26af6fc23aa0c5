import { describe, expect, it } from 'vitest';
import { InMemoryStorage, type Message } from '../core.ts';
import { aziz, malika, olga } from '../testing/builders.ts';
import { FakeClock } from '../testing/fake-clock.ts';
import { FakeServer } from '../testing/fake-server.ts';
import { messageIds } from './selectors.ts';
import { messengerOn } from './testing/messenger-on.ts';

/** Aziz on the page, his conversation with Malika open; the backup holds its first two messages. */
async function opened(epoch: string | null = 'first') {
  const clock = new FakeClock();
  const server = new FakeServer(clock);
  server.epoch = epoch;
  server.room([aziz, malika]);
  server.say(1, malika, 'one');
  server.say(1, aziz, 'two');
  const backup = server.backup();
  const memory = new InMemoryStorage();
  const m = messengerOn(server, clock, { memory });
  await clock.pass(1_000);
  m.history.enter(1);
  await clock.pass(1_000);
  for (const text of ['three', 'four', 'five']) server.say(1, malika, text);
  await clock.pass(1_000);
  const held = (id = 1) => m.store.getState().held[id];
  const contents = () => messageIds(m.store.getState(), 1).map(id => held()?.messages.get(id)?.content);
  const message = (id: number): Message => held()?.messages.get(id) ?? expect.fail(`no message ${id}`);
  expect(contents()).toEqual(['one', 'two', 'three', 'four', 'five']);
  return { clock, server, backup, memory, m, held, contents, message };
}

describe('an open page whose database was put back', () => {
  it.each([
    ['lower', []],
    ['equal', ['zwei', 'drei', 'vier']],
    ['higher', ['zwei', 'drei', 'vier', 'fuenf']],
  ])('shows what is stored now, where the numbers are %s', async (_, said) => {
    const { clock, server, backup, m, held, contents } = await opened();
    server.restore(backup);
    for (const text of said) server.say(1, malika, text);
    await clock.pass(6_000);
    expect(contents()).toEqual(['one', 'two', ...said]);
    const { rows, list, unread, wasRestored, current } = m.store.getState();
    expect(rows[1]).toMatchObject({
      last_seq: 2 + said.length,
      last_message_preview: { content: said.at(-1) ?? 'two' },
      unread_count: 1 + said.length,
    });
    expect(list).toMatchObject({ ids: [1], status: 'ready', count: 1 });
    expect({ unread, wasRestored, current }).toEqual({ unread: 1 + said.length, wasRestored: true, current: 1 });
    // The first that is not read, of those that exist now.
    expect(held()?.divider).toBe(1);
    m.setDraft(1, { text: 'my own' });
    m.send(1);
    await clock.pass(100);
    server.say(1, malika, 'hers');
    await clock.pass(100);
    expect(contents()).toEqual(['one', 'two', ...said, 'my own', 'hers']);
    m.acceptRestored();
    expect(m.store.getState().wasRestored).toBe(false);
  });

  it('keeps drafts and their files, without what they quote', async () => {
    const { clock, server, backup, memory, m, message } = await opened();
    const files = [new File(['x'], 'x.txt')];
    m.setDraft(1, { text: 'half a thought', replyTo: { ...message(5), is_deleted: false }, files });
    server.restore(backup);
    await clock.pass(6_000);
    expect(m.store.getState().drafts[1]).toEqual({ text: 'half a thought', replyTo: null, files });
    expect(memory.get(`suhbat:draft:${aziz.id}:1`)).toContain('"replyTo":null');
  });

  it('moves what was typed over a message to the composer, since its id may be another message’s', async () => {
    const { clock, server, backup, m, message } = await opened();
    m.setEdit(message(2), 'better');
    m.setDraft(1, { text: 'draft' });
    server.restore(backup);
    await clock.pass(6_000);
    expect(m.store.getState().edits).toEqual({});
    expect(m.store.getState().drafts[1]?.text).toBe('draft\nbetter');
  });

  it('says that a conversation is gone which the backup does not hold', async () => {
    const { clock, server, backup, m, held } = await opened();
    server.room([aziz, olga]);
    m.history.enter(2);
    await clock.pass(1_000);
    server.restore(backup);
    await clock.pass(6_000);
    expect(held(2)?.status).toBe('missing');
    expect(m.store.getState().list.ids).toEqual([1]);
    m.history.enter(1);
    await clock.pass(1_000);
    expect(held()?.status).toBe('ready');
  });

  it('forgets conversations in memory that are not on screen', async () => {
    const { clock, server, backup, m, held, contents } = await opened();
    m.history.leave(1);
    server.restore(backup);
    server.say(1, malika, 'zwei');
    await clock.pass(6_000);
    expect(held()).toBeUndefined();
    m.history.enter(1);
    await clock.pass(1_000);
    expect(contents()).toEqual(['one', 'two', 'zwei']);
  });

  it('shows no failure of what was under way', async () => {
    const { clock, server, m, held } = await opened();
    server.room([aziz, olga]);
    for (let i = 1; i <= 120; i += 1) server.say(2, aziz, `${i}`);
    const backup = server.backup();
    m.history.enter(2);
    await clock.pass(1_000);
    let open = () => {};
    const shut = new Promise<never>(resolve => {
      open = () => resolve(null as never);
    });
    server.intercept = request => (request.query.has('before') ? shut : null);
    const paging = m.history.loadOlder(2);
    await clock.pass(10);
    expect(held(2)?.older).toBe('loading');
    server.restore(backup);
    await clock.pass(6_000);
    open();
    await paging;
    await clock.pass(1_000);
    expect(held(2)).toMatchObject({ status: 'ready', older: 'idle' });
  });
});

describe('a service that tells no epoch', () => {
  it('is found to have lost what was held, by the first lower number', async () => {
    const { clock, server, backup, m, contents } = await opened(null);
    server.restore(backup);
    await clock.pass(10_000);
    expect(contents()).toEqual(['one', 'two']);
    expect(m.store.getState().rows[1]).toMatchObject({ last_seq: 2, last_message_preview: { content: 'two' } });
    m.setDraft(1, { text: 'my own' });
    m.send(1);
    await clock.pass(1_000);
    expect(contents()).toEqual(['one', 'two', 'my own']);
  });

  it('is found out for a row of the list, too', async () => {
    const { clock, server, backup, m } = await opened(null);
    m.history.leave(1);
    server.restore(backup);
    await clock.pass(10_000);
    expect(m.store.getState().rows[1]).toMatchObject({ last_seq: 2, last_message_preview: { content: 'two' } });
  });
});
