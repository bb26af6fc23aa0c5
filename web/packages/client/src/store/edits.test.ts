import { describe, expect, it } from 'vitest';
import { aziz, malika, tokenOf } from '../testing/builders.ts';
import { FakeClock } from '../testing/fake-clock.ts';
import { FakeServer, refuse } from '../testing/fake-server.ts';
import { messengerOn } from './testing/messenger-on.ts';

async function stage() {
  const clock = new FakeClock();
  const server = new FakeServer(clock);
  server.room([aziz, malika]);
  server.room([aziz, malika]);
  server.say(1, aziz, 'mine');
  server.say(1, malika, 'hers');
  const m = messengerOn(server, clock);
  const enter = async (id: number) => {
    m.history.enter(id);
    await clock.pass(100);
  };
  await enter(1);
  const mine = () => {
    const message = m.store.getState().held[1]?.messages.get(1);
    if (!message) throw new Error('not held');
    return message;
  };
  return { clock, server, m, enter, mine };
}

describe('an edit that was begun', () => {
  it('outlives another conversation, and an expired session', async () => {
    const { clock, server, m, enter, mine } = await stage();
    m.setEdit(mine(), 'half a th');
    await enter(2);
    await enter(1);
    server.cut(4401);
    await clock.pass(100);
    expect(m.store.getState().session).toBe('expired');
    m.signIn(tokenOf(aziz.id));
    await clock.pass(100);
    expect(m.store.getState().edits[1]).toEqual({ conversation: 1, text: 'half a th', saving: false });
    m.setEdit(mine(), null);
    expect(m.store.getState().edits).toEqual({});
  });

  it('is saved once, however often that is asked, and then is over', async () => {
    const { server, m, mine } = await stage();
    m.setEdit(mine(), 'better');
    const before = mine();
    const saving = m.edit(before, 'better');
    expect(m.store.getState().edits[1]?.saving).toBe(true);
    await m.edit(mine(), 'better');
    await saving;
    expect(server.requests.filter(request => request.method === 'PATCH')).toHaveLength(1);
    expect(m.store.getState().edits).toEqual({});
  });

  it('keeps its text when it is refused', async () => {
    const { server, m, mine } = await stage();
    server.intercept = request => (request.method === 'PATCH' ? refuse(403, 'edit_window_closed') : null);
    m.setEdit(mine(), 'too late');
    await expect(m.edit(mine(), 'too late')).rejects.toMatchObject({ code: 'edit_window_closed' });
    expect(m.store.getState().edits[1]).toEqual({ conversation: 1, text: 'too late', saving: false });
    expect(mine().content).toBe('mine');
  });

  it('goes to the composer when its message is deleted elsewhere, and goes away with one that I delete', async () => {
    const { clock, server, m, mine } = await stage();
    m.setDraft(1, { text: 'draft' });
    m.setEdit(mine(), 'typed');
    server.remove(1);
    await clock.pass(100);
    expect(m.store.getState().edits).toEqual({});
    expect(m.store.getState().drafts[1]?.text).toBe('draft\ntyped');
    server.say(1, aziz, 'another');
    await clock.pass(100);
    const another = m.store.getState().held[1]?.messages.get(3);
    if (!another) throw new Error('not held');
    m.setEdit(another, 'unwanted');
    await m.remove(another);
    await clock.pass(100);
    expect(m.store.getState().drafts[1]?.text).toBe('draft\ntyped');
    expect(m.store.getState().edits).toEqual({});
  });
});
