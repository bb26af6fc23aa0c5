import { describe, expect, it } from 'vitest';
import { aziz, malika, olga, rustam } from '../testing/builders.ts';
import { FakeClock, settle } from '../testing/fake-clock.ts';
import { FakeServer } from '../testing/fake-server.ts';
import { messengerOn } from './testing/messenger-on.ts';

async function listOfAziz(...others: (typeof aziz)[]) {
  const clock = new FakeClock();
  const server = new FakeServer(clock);
  const room = server.room([aziz, ...others]);
  const mine = server.say(room.id, aziz, 'mine');
  const m = messengerOn(server, clock, { schedule: flush => flush() });
  await settle();
  const status = () => m.store.getState().rows[room.id]?.last_message_preview?.status;
  const delivered = (user_id: number, message_id = mine.id) =>
    server.tell({ type: 'message_delivered', conversation: room.id, message_id, user_id, delivered_at: '2026-11-22T10:00:00Z' });
  const read = (user_id: number, message_id = mine.id, more: { up_to?: true } = { up_to: true }) =>
    server.tell({
      type: 'read_receipt',
      conversation: room.id,
      message_id,
      user_id,
      username: '',
      read_at: '2026-11-22T10:00:00Z',
      ...more,
    });
  return { server, room, mine, m, status, delivered, read };
}

describe("the status of a row's own last message", () => {
  it('follows deliveries and receipts though the conversation is not open, and never goes back', async () => {
    const { status, delivered, read, mine } = await listOfAziz(malika);
    expect(status()).toBe('sent');
    delivered(malika.id, mine.id - 1);
    expect(status()).toBe('sent');
    delivered(malika.id, mine.id + 1);
    expect(status()).toBe('delivered');
    read(aziz.id);
    read(malika.id, mine.id + 1, {});
    expect(status()).toBe('delivered');
    read(malika.id);
    expect(status()).toBe('seen');
    delivered(malika.id);
    expect(status()).toBe('seen');
  });
  it('stays when an older copy of the row arrives', async () => {
    const { status, read, m } = await listOfAziz(malika);
    read(malika.id);
    await m.list.load();
    expect(status()).toBe('seen');
  });
  it('is none where the last word is of another', async () => {
    const { status, delivered, read, server, room } = await listOfAziz(malika);
    const hers = server.say(room.id, malika, 'hers');
    await settle();
    delivered(malika.id, hers.id);
    read(malika.id, hers.id);
    expect(status()).toBe('received');
  });
  it('is asked for where several others may have read it', async () => {
    const { status, read, server, room } = await listOfAziz(malika, olga, rustam);
    read(malika.id);
    await settle();
    expect(status()).toBe('sent');
    room.messages = room.messages.map(message => ({ ...message, status: 'seen' }));
    const asked = server.requests.length;
    read(olga.id);
    await settle();
    expect(server.requests.slice(asked).map(request => request.path)).toContain(`messaging/conversations/${room.id}/`);
    expect(status()).toBe('seen');
  });
});
