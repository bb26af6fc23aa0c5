import { describe, expect, it } from 'vitest';
import { canRetry } from './entry.ts';
import { InMemoryStorage } from './storage.ts';
import { aziz, malika, olga } from './testing/builders.ts';
import { settle } from './testing/fake-clock.ts';
import { isSend, refuse } from './testing/fake-server.ts';
import { Harness } from './testing/harness.ts';

/** A client that follows the one conversation up to its third message; the backup holds the first one only. */
async function following(epoch: string | null = 'first') {
  const h = new Harness();
  h.server.epoch = epoch;
  await h.live();
  h.server.say(1, malika, 'one');
  const backup = h.server.backup();
  const follow = () => h.client.follow(1).begin(h.server.rooms.get(1)?.seq ?? 0);
  follow();
  h.server.say(1, malika, 'two');
  h.server.say(1, aziz, 'three');
  await settle();
  h.events.length = 0;
  return { h, backup, follow };
}

const applied = (h: Harness) => h.of('changes').flatMap(event => event.changes.map(change => change.message?.content));
const asked = (h: Harness) => h.server.requests.filter(request => request.path.endsWith('/changes/')).length;

describe('a database put back from a backup', () => {
  it.each([
    ['lower', []],
    ['equal', ['zwei', 'drei']],
    ['higher', ['zwei', 'drei', 'vier', 'fuenf']],
  ])('is noticed at the next socket where its numbers are %s', async (_, said) => {
    const { h, backup, follow } = await following();
    h.server.restore(backup);
    for (const text of said) h.server.say(1, malika, text);
    await h.clock.pass(6_000);
    expect(h.of('restored')).toHaveLength(1);
    expect(applied(h)).toEqual([]);
    follow();
    h.server.say(1, malika, 'new');
    await settle();
    expect(applied(h)).toEqual(['new']);
    await h.clock.pass(60_000);
    expect(h.of('restored')).toHaveLength(1);
  });

  it('is told before anything of the new socket, so that nothing old goes out on it', async () => {
    const { h, backup } = await following();
    h.server.restore(backup);
    await h.clock.pass(6_000);
    const told = h.events.map(event => (event.type === 'connection' ? event.state.kind : event.type));
    expect(told.indexOf('restored')).toBeLessThan(told.indexOf('live'));
    expect(told.indexOf('live')).toBeLessThan(told.indexOf('ready'));
  });

  it('is noticed by a pong', async () => {
    const { h } = await following();
    h.server.epoch = 'second';
    await h.clock.pass(26_000);
    expect(h.of('restored')).toHaveLength(1);
  });

  it('is noticed by an answer of changes, which is not applied to what was held', async () => {
    const { h } = await following();
    h.server.epoch = 'second';
    h.server.passes = frame => frame['type'] === 'resync';
    h.server.say(1, malika, 'of the second');
    h.server.tell({ type: 'resync' });
    await settle();
    expect(h.of('restored')).toHaveLength(1);
    expect(applied(h)).toEqual([]);
  });

  it.each(['ready', 'pong', 'changes'])('is not taken for one where the epoch is met for the first time, in %s', async first => {
    const { h } = await following(null);
    h.server.epoch = 'first';
    h.client.watch(1);
    if (first === 'ready') h.server.cut(1012);
    if (first === 'changes') h.server.tell({ type: 'resync' });
    await h.clock.pass(30_000);
    expect(h.of('restored')).toEqual([]);
    h.server.epoch = 'second';
    await h.clock.pass(26_000);
    expect(h.of('restored')).toHaveLength(1);
  });

  it('is not taken for one where the service tells no epoch any more', async () => {
    const { h } = await following();
    h.server.epoch = null;
    h.server.cut(1012);
    await h.clock.pass(60_000);
    expect(h.of('restored')).toEqual([]);
    expect(h.of('reset')).toEqual([]);
  });

  it('makes void what was asked before', async () => {
    const { h, backup } = await following();
    let open = () => {};
    const answer = new Promise<never>(resolve => {
      open = () => resolve(null as never);
    });
    h.server.intercept = () => answer;
    const page = h.client.api.messages({ conversation: 1 }).catch((error: unknown) => error);
    await settle();
    h.server.intercept = () => null;
    h.server.restore(backup);
    await h.clock.pass(6_000);
    open();
    expect(await page).toMatchObject({ name: 'AbortError' });
  });

  it('forgets how far was read, since those ids may be given out again', async () => {
    const { h, backup } = await following();
    h.client.read(1, 3);
    await settle();
    h.server.restore(backup);
    await h.clock.pass(6_000);
    expect(h.server.frames.filter(frame => frame['type'] === 'read_receipt')).toHaveLength(1);
    h.client.read(1, 1);
    expect(h.server.frames.at(-1)).toMatchObject({ type: 'read_receipt', up_to: 1 });
  });
});

describe('one conversation whose numbers went back', () => {
  it.each(['chat_message', 'conversation_updated', 'pong', 'ack'])('is told as reset by a lower number in %s', async hint => {
    const { h, backup, follow } = await following(null);
    h.server.restore(backup);
    await h.clock.pass(6_000);
    expect(h.of('reset')).toEqual([]);
    h.server.passes = frame => frame['type'] === hint;
    h.client.watch(1);
    if (hint === 'chat_message' || hint === 'conversation_updated') h.server.say(1, malika, 'zwei');
    if (hint === 'ack') h.client.send(1, 'zwei');
    await h.clock.pass(30_000);
    expect(h.of('reset')).toEqual([{ type: 'reset', conversation: 1 }]);
    h.server.passes = () => true;
    follow();
    h.server.say(1, malika, 'drei');
    await settle();
    expect(applied(h)).toEqual(['drei']);
  });

  it('is told as reset where the service says so under the same epoch', async () => {
    const { h, backup } = await following();
    h.server.restore(backup, 'first');
    await h.clock.pass(6_000);
    h.server.say(1, malika, 'zwei');
    await h.clock.pass(3_000);
    expect(h.of('restored')).toEqual([]);
    expect(h.of('reset')).toHaveLength(1);
  });

  it('is not told where a frame comes twice, or a lower number is late: the service is asked once', async () => {
    const { h } = await following();
    const message = h.server.rooms.get(1)?.messages[1];
    for (let i = 0; i < 10; i += 1) {
      h.server.tell({ type: 'chat_message', conversation: 1, seq: 2, message });
      h.server.tell({ type: 'conversation_updated', conversation: 1, unread_count: 0, last_seq: 2, last_message_preview: null });
      await h.clock.pass(500);
    }
    await h.clock.pass(3_000);
    expect(h.of('reset')).toEqual([]);
    expect(applied(h)).toEqual([]);
    // Every two seconds at most, however many frames come.
    expect(asked(h)).toBeLessThanOrEqual(3);
    expect(asked(h)).toBeGreaterThanOrEqual(1);
  });

  it('is asked again where the service could not answer', async () => {
    const { h, backup } = await following();
    h.server.restore(backup, 'first');
    await h.clock.pass(6_000);
    h.server.intercept = request => (request.path.endsWith('/changes/') ? refuse(503, 'unavailable') : null);
    h.server.say(1, malika, 'zwei');
    await h.clock.pass(3_000);
    expect(h.of('reset')).toEqual([]);
    h.server.intercept = () => null;
    await h.clock.pass(5_000);
    expect(h.of('reset')).toHaveLength(1);
  });

  it('is not loaded for ever where the service answers every question with reset', async () => {
    const { h } = await following();
    h.server.intercept = request =>
      request.path.endsWith('/changes/')
        ? new Response(JSON.stringify({ changes: [], last_seq: 3, has_more: false, receipts: [], epoch: 'first', reset: true }))
        : null;
    h.client.follow(1).resync();
    await settle();
    expect(h.of('reset')).toEqual([]);
    h.client.follow(1).resync();
    await settle();
    expect(h.of('reset')).toHaveLength(1);
  });

  it('is found out for a conversation that nobody follows', async () => {
    const { h, backup } = await following(null);
    h.client.unfollow(1);
    await h.client.verify(1, 3);
    expect(h.of('reset')).toEqual([]);
    h.server.restore(backup);
    await h.client.verify(1, 3);
    expect(h.of('reset')).toEqual([{ type: 'reset', conversation: 1 }]);
  });
});

describe('the outbox after a database was put back', () => {
  it('sends again what was not acknowledged, under the same client_id and without its quote; the rest is gone', async () => {
    const { h, backup } = await following();
    const quoted = h.server.rooms.get(1)?.messages[1];
    h.client.send(1, 'acknowledged');
    await settle();
    h.server.passes = () => false;
    const reply = quoted && { ...quoted, is_deleted: false };
    const waiting = h.client.send(1, 'waiting', reply ?? null);
    await settle();
    h.server.passes = () => true;
    h.server.restore(backup);
    h.server.say(1, malika, 'another with the id that was quoted');
    await h.clock.pass(10_000);
    expect(h.stored).toEqual(['one', 'another with the id that was quoted', 'waiting']);
    const stored = h.server.rooms.get(1)?.messages.at(-1);
    expect(stored).toMatchObject({ client_id: waiting.clientId, reply_to: null });
    expect(h.waiting).toHaveLength(0);
  });

  it('asks for the epoch before a message goes out by a request, which tells none', async () => {
    const { h, backup } = await following();
    h.server.refuseWith = 1006;
    h.server.restore(backup);
    h.server.say(1, malika, 'another with the id that is quoted');
    const quoted = { ...(h.server.rooms.get(1)?.messages[1] ?? expect.fail()), is_deleted: false };
    h.client.send(1, 'without a socket', quoted);
    await h.clock.pass(1_000);
    expect(h.of('restored')).toHaveLength(1);
    expect(h.server.rooms.get(1)?.messages.at(-1)).toMatchObject({ content: 'without a socket', reply_to: null });
    h.client.send(1, 'and once more');
    const before = asked(h);
    await h.clock.pass(1_000);
    expect(h.stored.at(-1)).toBe('and once more');
    expect(asked(h)).toBe(before);
  });

  it('asks for it again before a message that is written later, since a database may be put back while no socket lives', async () => {
    const { h, backup } = await following();
    h.server.refuseWith = 1006;
    h.server.cut();
    h.client.send(1, 'before');
    await h.clock.pass(1_000);
    expect(h.stored.at(-1)).toBe('before');
    expect(h.of('restored')).toEqual([]);
    const quoted = { ...(h.server.rooms.get(1)?.messages[2] ?? expect.fail()), is_deleted: false };
    await h.clock.pass(60_000);
    h.server.restore(backup);
    for (const text of ['zwei', 'another with the id that is quoted']) h.server.say(1, malika, text);
    h.client.send(1, 'later', quoted);
    await h.clock.pass(1_000);
    expect(h.of('restored')).toHaveLength(1);
    expect(h.server.rooms.get(1)?.messages.at(-1)).toMatchObject({ content: 'later', reply_to: null });
  });

  it('sends nothing to another conversation that got the same id, and keeps the text', async () => {
    const { h, backup } = await following();
    await h.clock.pass(1_000);
    h.server.room([aziz, malika]);
    await h.client.api.conversation(2);
    h.server.online = false;
    h.server.cut();
    h.client.send(2, 'for Malika only');
    await settle();
    h.server.restore(backup);
    await h.clock.pass(1_000);
    h.server.room([aziz, olga]);
    h.server.online = true;
    await h.clock.pass(60_000);
    expect(h.server.rooms.get(2)?.messages).toEqual([]);
    expect(h.waiting).toMatchObject([{ content: 'for Malika only', state: 'failed', code: 'conversation_gone' }]);
    const [entry] = h.waiting;
    expect(entry && canRetry(entry)).toBe(false);
    if (entry) h.client.retry(entry.clientId);
    await h.clock.pass(1_000);
    expect(h.server.rooms.get(2)?.messages).toEqual([]);
  });

  it('looks again after its conversation until the service answers', async () => {
    const { h, backup } = await following();
    h.server.online = false;
    h.server.cut();
    h.client.send(1, 'waiting');
    await settle();
    h.server.restore(backup);
    h.server.online = true;
    h.server.intercept = request => (request.path.endsWith('conversations/1/') ? refuse(503, 'unavailable') : null);
    await h.clock.pass(60_000);
    expect(h.stored).toEqual(['one']);
    h.server.intercept = () => null;
    await h.clock.pass(31_000);
    expect(h.stored).toEqual(['one', 'waiting']);
  });

  it('is taken over after a reload with the same care', async () => {
    const memory = new InMemoryStorage();
    const before = await new Harness(memory).live();
    const quoted = before.server.say(1, malika, 'quoted');
    await before.client.api.conversation(1);
    before.server.online = false;
    before.server.cut();
    before.client.send(1, 'left behind', { ...quoted, is_deleted: false });
    await settle();
    before.client.stop();
    const after = new Harness(memory);
    after.server.epoch = 'second';
    await after.live();
    await after.clock.pass(5_000);
    expect(after.of('restored')).toHaveLength(1);
    expect(after.server.rooms.get(1)?.messages).toMatchObject([{ content: 'left behind', reply_to: null }]);
    expect(after.server.requests.filter(isSend).map(request => request.body)).not.toContainEqual(
      expect.objectContaining({ reply_to: quoted.id }),
    );
  });
});
