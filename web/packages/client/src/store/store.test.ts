import { describe, expect, it } from 'vitest';
import { aziz, confessions, malika, message, olga } from '../testing/builders.ts';
import { FakeClock, settle } from '../testing/fake-clock.ts';
import { FakeServer } from '../testing/fake-server.ts';
import { applyChanges, applyPage, statusOf } from './messages.ts';
import { messageIds } from './selectors.ts';
import { emptyConversation } from './state.ts';
import { messengerOn } from './testing/messenger-on.ts';
import { addRange, append, runOf, trimmed, without } from './windows.ts';

const run = (ids: number[], atStart = false, atEnd = false) => ({ ids, atStart, atEnd });

describe('pieces of a history', () => {
  it('stay apart until they touch, then are one', () => {
    let runs = addRange([], run([90, 91], false, true));
    runs = addRange(runs, run([10, 11]));
    expect(runs.map(r => r.ids)).toEqual([
      [10, 11],
      [90, 91],
    ]);
    runs = addRange(runs, run([11, 12, 50, 90]));
    expect(runs).toEqual([run([10, 11, 12, 50, 90, 91], false, true)]);
  });
  it('take a new message only at their end', () => {
    const runs = [run([1, 2]), run([8, 9], false, true)];
    expect(append(runs, 10).map(r => r.ids)).toEqual([
      [1, 2],
      [8, 9, 10],
    ]);
    expect(append(runs, 9)).toEqual(runs);
    expect(without(append(runs, 10), 9)[1]?.ids).toEqual([8, 10]);
  });
  it('know the one on screen, and keep the newest when left', () => {
    const runs = [run([1, 2, 3], true), run([8, 9, 10], false, true)];
    expect(runOf(runs, 2)?.ids).toEqual([1, 2, 3]);
    expect(runOf(runs, null)?.ids).toEqual([8, 9, 10]);
    expect(trimmed(runs, 2)).toEqual(run([9, 10], false, true));
  });
});

describe('copies of a message', () => {
  const held = () =>
    applyPage(emptyConversation(1, 0), [message(1, malika, 'a'), message(2, aziz, 'b', { seq: 5 })], { atStart: true, atEnd: true });
  it('with a smaller seq never overwrite', () => {
    const next = applyChanges(held(), [{ seq: 3, type: 'message_edited', message: message(2, aziz, 'old', { seq: 3 }) }]);
    expect(next.messages.get(2)?.content).toBe('b');
  });
  it('are taken from changes of every type, and changes without one are passed over', () => {
    const changes = [
      { seq: 6, type: 'message_reacted', message: message(2, aziz, 'reacted', { seq: 6 }) },
      { seq: 7, type: 'event', event: { kind: 'renamed' } },
      { seq: 8, type: 'conversation_changed', conversation: { title: 'new' } },
      { seq: 9, type: 'mls' },
      { seq: 10, type: 'message_forwarded', message: message(3, malika, 'new', { seq: 10 }) },
      { seq: 11, type: 'message_expired', message: message(1, malika, '', { seq: 11, content: null, is_deleted: true }) },
    ];
    const next = applyChanges(held(), changes);
    expect(next.runs.map(run => run.ids)).toEqual([[2, 3]]);
    expect([...next.messages].map(([id, { content }]) => [id, content])).toEqual([
      [2, 'reacted'],
      [3, 'new'],
    ]);
  });
  it('that are dead stay dead', () => {
    const dead = applyChanges(held(), [{ seq: 6, type: 'message_deleted', message_id: 1 }]);
    const next = applyPage(dead, [message(1, malika, 'a')], { atStart: true, atEnd: true });
    expect(next.runs[0]?.ids).toEqual([2]);
  });
  it('leave a tombstone in what quotes them', () => {
    const start = held();
    const quoting = message(3, aziz, 'c', {
      reply_to: { id: 1, sender: malika, content: 'a', attachments: [], created_at: '', is_deleted: false },
    });
    const next = applyChanges(applyChanges(start, [{ seq: 7, type: 'chat_message', message: quoting }]), [
      { seq: 8, type: 'message_deleted', message_id: 1 },
    ]);
    expect(next.messages.get(3)?.reply_to).toMatchObject({ content: null, is_deleted: true });
  });
  it('bring their new text to what quotes them, held or not', () => {
    const reply_to = { id: 40, sender: malika, content: 'old', attachments: [], created_at: '', is_deleted: false };
    const quoting = applyChanges(held(), [{ seq: 7, type: 'chat_message', message: message(50, aziz, 'c', { seq: 7, reply_to }) }]);
    const edited = message(40, malika, 'new', { seq: 8, is_edited: true });
    const next = applyChanges(quoting, [{ seq: 8, type: 'message_edited', message: edited }]);
    expect(next.messages.get(50)?.reply_to?.content).toBe('new');
  });
  it('never take a status back', () => {
    const seen = message(2, aziz, 'b', { seq: 9, status: 'seen' });
    const next = applyChanges(applyChanges(held(), [{ seq: 9, type: 'message_edited', message: seen }]), [
      { seq: 10, type: 'message_edited', message: message(2, aziz, 'c', { seq: 10, status: 'sent' }) },
    ]);
    const second = next.messages.get(2);
    expect(second && statusOf(second, next, aziz.id)).toBe('seen');
  });
});

describe('the messenger', () => {
  it('loads the list, opens a conversation, and keeps one row from pending to stored', async () => {
    const clock = new FakeClock();
    const server = new FakeServer(clock);
    server.room([aziz, malika], confessions[0] ?? null);
    server.say(1, malika, 'salom');
    const m = messengerOn(server, clock);
    await clock.pass(100);
    expect(m.store.getState().list.ids).toEqual([1]);
    m.history.enter(1);
    await clock.pass(100);
    m.setDraft(1, { text: 'vaalaykum' });
    m.send(1);
    const key = m.store.getState().outbox[1]?.[0]?.clientId;
    await clock.pass(100);
    const state = m.store.getState();
    const ids = messageIds(state, 1);
    expect(ids).toHaveLength(2);
    expect(state.held[1]?.messages.get(ids[1] ?? 0)?.client_id).toBe(key);
    expect(state.outbox[1]).toHaveLength(0);
    expect(state.drafts[1]?.text).toBe('');
  });
  it('moves a conversation up with its own send at once, and learns of new ones', async () => {
    const clock = new FakeClock();
    const server = new FakeServer(clock);
    server.room([aziz, malika]);
    server.say(1, malika, 'a');
    clock.sleep(1000);
    server.room([aziz, olga]);
    server.say(2, olga, 'b');
    const m = messengerOn(server, clock);
    await clock.pass(100);
    m.history.enter(1);
    await clock.pass(100);
    expect(m.store.getState().list.ids).toEqual([2, 1]);
    server.online = false;
    clock.sleep(1000);
    m.setDraft(1, { text: 'up' });
    m.send(1);
    expect(m.store.getState().list.ids).toEqual([1, 2]);
    server.online = true;
    await clock.pass(30_000);
    server.room([aziz, malika, olga]);
    server.say(3, olga, 'new');
    await clock.pass(1_000);
    expect(m.store.getState().list.ids[0]).toBe(3);
  });
  it('takes an edit back when it is refused', async () => {
    const clock = new FakeClock();
    const server = new FakeServer(clock);
    server.room([aziz, malika]);
    server.say(1, aziz, 'mine');
    const m = messengerOn(server, clock);
    await clock.pass(100);
    m.history.enter(1);
    await clock.pass(100);
    server.intercept = request =>
      request.method === 'PATCH' ? new Response(JSON.stringify({ code: 'edit_window_closed' }), { status: 403 }) : null;
    const mine = m.store.getState().held[1]?.messages.get(1);
    if (!mine) throw new Error('not loaded');
    const saving = m.edit(mine, 'changed');
    expect(m.store.getState().held[1]?.messages.get(1)?.content).toBe('changed');
    await expect(saving).rejects.toMatchObject({ code: 'edit_window_closed' });
    expect(m.store.getState().held[1]?.messages.get(1)?.content).toBe('mine');
  });
  it('applies a burst of 500 frames in few steps', async () => {
    const clock = new FakeClock();
    const server = new FakeServer(clock);
    server.room([aziz, malika]);
    server.say(1, malika, 'first');
    const m = messengerOn(server, clock);
    await clock.pass(100);
    m.history.enter(1);
    await clock.pass(100);
    let steps = 0;
    m.store.subscribe(() => {
      steps += 1;
    });
    for (let i = 0; i < 50; i += 1) {
      for (let k = 0; k < 10; k += 1) server.say(1, malika, `${i}.${k}`);
      await clock.pass(20);
    }
    expect(messageIds(m.store.getState(), 1)).toHaveLength(501);
    expect(steps).toBeLessThanOrEqual(60);
  });
  it('keeps at most ten conversations, and of the one left only the newest 200', async () => {
    const clock = new FakeClock();
    const server = new FakeServer(clock);
    for (let i = 0; i < 13; i += 1) {
      server.room([aziz, malika]);
      server.say(i + 1, malika, 'x');
    }
    for (let i = 0; i < 300; i += 1) server.say(1, malika, `${i}`);
    const m = messengerOn(server, clock);
    await clock.pass(100);
    m.history.enter(1);
    await clock.pass(100);
    for (let i = 0; i < 6; i += 1) {
      void m.history.loadOlder(1);
      await settle();
    }
    expect(messageIds(m.store.getState(), 1).length).toBeGreaterThan(200);
    for (let i = 2; i <= 13; i += 1) {
      m.history.enter(i);
      await clock.pass(50);
      if (i === 2) expect(m.store.getState().held[1]?.messages.size).toBe(200);
    }
    expect(Object.keys(m.store.getState().held).length).toBeLessThanOrEqual(11);
  });
});
