import { aziz, malika } from '@suhbat/client/testing/builders.ts';
import { act, fireEvent, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { describe, expect, it } from 'vitest';
import { expectAccessible, Stage } from '../../testing/stage.tsx';
import { MessageMenu } from './MessageMenu.tsx';

async function menu(sender = aziz, prepare: (stage: Stage) => void = () => {}, id = 1) {
  const stage = new Stage();
  stage.server.say(1, sender, 'what was said');
  prepare(stage);
  await stage.begin(1);
  const done: string[] = [];
  const shown = await stage.inChat(
    <MessageMenu
      target={{ key: '1', id, clientId: null, at: { x: 0, y: 0 }, opener: null }}
      onClose={() => done.push('closed')}
      onInfo={() => done.push('info')}
      onDelete={() => done.push('delete')}
    />,
  );
  return { stage, done, items: () => screen.getAllByRole('menuitem', { hidden: true }).map(item => item.textContent), ...shown };
}

describe('the menu of a message', () => {
  it('offers what one may do with one’s own', async () => {
    const { items, container } = await menu();
    expect(items()).toEqual(['Reply', 'Copy text', 'Edit (10:00)', 'Pin', 'Select', 'Info', 'Delete']);
    await expectAccessible(container);
  });
  it('offers neither editing nor deletion for another’s', async () => {
    const { items } = await menu(malika);
    expect(items()).toEqual(['Reply', 'Copy text', 'Pin', 'Select', 'Info']);
  });
  it('counts the time for editing down, and takes the item away at its end', async () => {
    const { stage, items } = await menu();
    await stage.pass(328_000);
    expect(items()).toContain('Edit (4:32)');
    await userEvent.keyboard('e');
    expect(document.activeElement).toHaveTextContent('Edit');
    await stage.pass(273_000);
    expect(items().join()).not.toContain('Edit');
    expect(document.activeElement).toHaveTextContent('Reply');
  });
  it('offers no reply where one cannot write', async () => {
    const { items } = await menu(malika, stage => {
      const room = stage.server.rooms.get(1);
      if (room) room.canSend = false;
    });
    expect(items()).toEqual(['Copy text', 'Pin', 'Select', 'Info']);
  });
  it('stays when the finger is lifted that opened it, and closes by a press elsewhere', async () => {
    const { done } = await menu();
    fireEvent.pointerUp(document.body);
    fireEvent.pointerDown(screen.getByRole('menuitem', { name: 'Reply', hidden: true }));
    expect(done).toEqual([]);
    fireEvent.pointerDown(document.body);
    expect(done).toEqual(['closed']);
  });
  it('tells beside Info who saw the message, and when', async () => {
    const { items } = await menu(aziz, stage => {
      const room = stage.server.rooms.get(1);
      const receipt = { user: malika, delivered_at: '2026-11-22T12:00:00Z', read_at: '2026-11-22T12:01:00Z' };
      if (room?.messages[0]) room.messages[0] = { ...room.messages[0], status: 'seen', message_reads: [receipt] };
    });
    expect(items().find(text => text?.startsWith('Info'))).toMatch(/^Infoseen by Malika Yusupova, \d\d:01$/);
  });
  it('closes when the focus goes elsewhere, and leaves it there', async () => {
    const { done, unmount } = await menu();
    const elsewhere = document.body.appendChild(document.createElement('button'));
    act(() => elsewhere.focus());
    expect(done).toEqual(['closed']);
    unmount();
    expect(elsewhere).toHaveFocus();
    elsewhere.remove();
  });
  it('closes where nothing is left to do', async () => {
    const { done } = await menu(malika, () => {}, 404);
    expect(screen.queryByRole('menu', { hidden: true })).toBeNull();
    expect(done).toEqual(['closed']);
  });
  it('goes by arrows, Home, End and letters, closes by Escape, and acts by Enter', async () => {
    const { done, stage } = await menu();
    expect(document.activeElement).toHaveTextContent('Reply');
    await userEvent.keyboard('{ArrowUp}');
    expect(document.activeElement).toHaveTextContent('Delete');
    await userEvent.keyboard('{Home}{ArrowDown}');
    expect(document.activeElement).toHaveTextContent('Copy text');
    await userEvent.keyboard('i');
    expect(document.activeElement).toHaveTextContent('Info');
    await userEvent.keyboard('{Escape}');
    expect(done).toEqual(['closed']);
    await userEvent.keyboard('c{Enter}');
    await stage.pass(0);
    expect(done).toEqual(['closed', 'closed']);
  });
});
