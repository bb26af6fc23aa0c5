import { describe, expect, it } from 'vitest';
import { aziz, malika } from './testing/builders.ts';
import { settle } from './testing/fake-clock.ts';
import { json, refuse } from './testing/fake-server.ts';
import { Harness } from './testing/harness.ts';

async function following(): Promise<Harness> {
  const h = await new Harness().live();
  h.server.say(1, malika, 'one');
  h.client.follow(1).begin(h.server.rooms.get(1)?.seq ?? 0);
  return h;
}

const seqs = (h: Harness) => h.of('changes').flatMap(event => event.changes.map(change => change.seq));
const calls = (h: Harness) => h.server.requests.filter(request => request.path.endsWith('/changes/')).length;

describe('the sequence of a conversation', () => {
  it('applies what comes in order without asking', async () => {
    const h = await following();
    h.server.say(1, malika, 'two');
    h.server.say(1, aziz, 'three');
    await settle();
    expect(seqs(h)).toEqual([2, 3]);
    expect(calls(h)).toBe(0);
  });

  it.each(['chat_message', 'message_edited', 'message_deleted'])('repairs a lost %s by the next frame', async lost => {
    const h = await following();
    const message = h.server.say(1, malika, 'two');
    h.server.passes = frame => frame['type'] !== lost;
    if (lost === 'chat_message') h.server.say(1, malika, 'lost');
    if (lost === 'message_edited') h.server.edit(message.id, 'edited');
    if (lost === 'message_deleted') h.server.remove(message.id);
    h.server.passes = () => true;
    h.server.say(1, malika, 'next');
    await settle();
    expect(seqs(h)).toEqual([2, 3, 4]);
    expect(calls(h)).toBe(1);
  });

  it('repairs the last lost frame by the pong', async () => {
    const h = await following();
    h.client.watch(1);
    h.server.passes = frame => frame['type'] === 'pong';
    h.server.say(1, malika, 'lost');
    await h.clock.pass(26_000);
    expect(seqs(h)).toEqual([2]);
  });

  it('repairs by resync', async () => {
    const h = await following();
    h.server.passes = frame => frame['type'] === 'resync';
    h.server.say(1, malika, 'lost');
    h.server.tell({ type: 'resync' });
    await settle();
    expect(seqs(h)).toEqual([2]);
  });

  it('repairs by conversation_updated when the frame itself does not come', async () => {
    const h = await following();
    h.server.passes = frame => frame['type'] === 'conversation_updated';
    h.server.say(1, malika, 'lost');
    await h.clock.pass(3_000);
    expect(seqs(h)).toEqual([2]);
  });

  it('puts reordered frames into order and drops doubled ones', async () => {
    const h = await following();
    const held: Record<string, unknown>[] = [];
    h.server.passes = frame => {
      if (frame['type'] === 'chat_message') held.push(frame);
      return false;
    };
    for (const text of ['a', 'b', 'c']) h.server.say(1, malika, text);
    h.server.passes = () => true;
    h.server.intercept = request => (request.path.endsWith('/changes/') ? refuse(503, 'unavailable') : null);
    for (const frame of [held[2], held[0], held[0], held[1]]) if (frame) h.server.tell(frame);
    await settle();
    expect(seqs(h)).toEqual([2, 3, 4]);
  });

  it('holds frames back until the snapshot is in', async () => {
    const h = await new Harness().live();
    const sequence = h.client.follow(1);
    h.server.say(1, malika, 'one');
    h.server.say(1, malika, 'two');
    expect(seqs(h)).toEqual([]);
    sequence.begin(1);
    expect(seqs(h)).toEqual([2]);
  });

  it('skips a number that it has and applies what it has not, where the first frames repeat the snapshot', async () => {
    const h = await new Harness().live();
    for (const text of ['one', 'two', 'three']) h.server.say(1, malika, text);
    const all = h.server.rooms.get(1)?.messages ?? [];
    const sequence = h.client.follow(1);
    const repeat = () => {
      for (const message of all) h.server.tell({ type: 'chat_message', conversation: 1, seq: message.seq, message });
    };
    repeat();
    sequence.begin(2);
    expect(seqs(h)).toEqual([3]);
    repeat();
    h.server.say(1, malika, 'four');
    expect(seqs(h)).toEqual([3, 4]);
    await h.clock.pass(10_000);
    expect(seqs(h)).toEqual([3, 4]);
  });

  it('takes a message for its present state whatever the type of its frame or of its change', async () => {
    const h = await following();
    const message = h.server.rooms.get(1)?.messages[0] ?? expect.fail();
    h.server.tell({ type: 'message_reacted', conversation: 1, seq: 2, message: { ...message, content: 'by a frame', seq: 2 } });
    await settle();
    expect(h.of('changes').at(-1)?.changes).toMatchObject([{ seq: 2, message: { content: 'by a frame' } }]);
    h.server.intercept = request =>
      request.path.endsWith('/changes/')
        ? json({ changes: [{ seq: 3, type: 'message_translated', message }], last_seq: 3, has_more: false, receipts: [] })
        : null;
    h.server.tell({ type: 'resync' });
    await settle();
    expect(h.of('changes').at(-1)?.changes).toMatchObject([{ seq: 3, message: { id: message.id } }]);
    expect(h.reports).toEqual([]);
  });

  it('takes an unknown frame with a number for a jump, and asks', async () => {
    const h = await following();
    h.server.passes = frame => frame['type'] !== 'chat_message';
    h.server.say(1, malika, 'two');
    h.server.passes = () => true;
    h.server.tell({ type: 'event', conversation: 1, seq: 2, event: { kind: 'renamed' } });
    await settle();
    expect(calls(h)).toBe(1);
    expect(seqs(h)).toEqual([2]);
    expect(h.reports).toEqual([]);
  });

  it('goes past changes that it does not know', async () => {
    const h = await following();
    const message = h.server.rooms.get(1)?.messages[0];
    const changes = [
      { seq: 2, type: 'event', event: { kind: 'joined' } },
      { seq: 3, type: 'conversation_changed', conversation: { title: 'new' } },
      { seq: 4, type: 'mls' },
      { seq: 5, type: 'message_edited', message },
    ];
    h.server.intercept = request =>
      request.path.endsWith('/changes/') ? json({ changes, last_seq: 6, has_more: false, receipts: [] }) : null;
    h.server.tell({ type: 'resync' });
    await settle();
    const shown = h.of('changes').flatMap(event => event.changes.flatMap(change => change.message?.id ?? []));
    expect(shown).toEqual([message?.id]);
    expect(h.client.follow(1).known).toBe(6);
    h.server.tell({ type: 'chat_message', conversation: 1, seq: 7, message });
    expect(h.client.follow(1).known).toBe(7);
  });

  it('asks again later when the service does not answer', async () => {
    const h = await following();
    h.server.intercept = request => (request.path.endsWith('/changes/') ? refuse(503, 'unavailable') : null);
    h.server.passes = frame => (frame['seq'] as number) !== 2;
    h.server.say(1, malika, 'lost');
    h.server.say(1, malika, 'seen');
    await settle();
    expect(seqs(h)).toEqual([]);
    h.server.intercept = () => null;
    await h.clock.pass(2_000);
    expect(seqs(h)).toEqual([2, 3]);
  });
});
