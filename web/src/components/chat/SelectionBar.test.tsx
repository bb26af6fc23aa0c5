import { aziz, malika } from '@suhbat/client/testing/builders.ts';
import { refuse } from '@suhbat/client/testing/fake-server.ts';
import { act, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { describe, expect, it } from 'vitest';
import { expectAccessible, Stage } from '../../testing/stage.tsx';
import SelectionBar from './SelectionBar.tsx';

async function chosen(...ids: number[]) {
  const stage = new Stage();
  stage.server.say(1, aziz, 'mine');
  stage.server.say(1, malika, 'yours');
  stage.server.say(1, aziz, 'mine, too');
  await stage.begin(1);
  act(() => {
    for (const id of ids) stage.messenger.toggleSelected(id);
  });
  return { stage, ...(await stage.inChat(<SelectionBar id={1} />)), selection: () => stage.messenger.store.getState().selection };
}

describe('chosen messages', () => {
  it('are copied in their order, with who said them and when', async () => {
    const { stage, container, selection } = await chosen(2, 1);
    expect(screen.getByRole('heading', { level: 1 })).toHaveTextContent('2 selected');
    await expectAccessible(container);
    await userEvent.click(screen.getByRole('button', { name: 'Copy' }));
    expect(stage.copied[0]).toMatch(/^\[.+\d\d:\d\d\] You: mine\n\[.+\d\d:\d\d\] Malika Yusupova: yours$/);
    expect(selection()).toBeNull();
  });
  it('are deleted after a question, where they are all my own', async () => {
    const { stage, selection } = await chosen(1, 3, 2);
    await userEvent.click(screen.getByRole('button', { name: 'Delete' }));
    expect(screen.getByText('You can delete only your own messages.')).toBeVisible();
    act(() => stage.messenger.toggleSelected(2));
    await userEvent.click(screen.getByRole('button', { name: 'Delete' }));
    expect(screen.getByRole('alertdialog')).toHaveTextContent('Delete 2 messages?');
    await userEvent.click(screen.getAllByRole('button', { name: 'Delete' })[1] as HTMLElement);
    await stage.pass(10);
    expect(
      stage.server.rooms
        .get(1)
        ?.messages.filter(message => !message.is_deleted)
        .map(message => message.id),
    ).toEqual([2]);
    expect(selection()).toBeNull();
  });
  it('stay chosen where deleting is refused', async () => {
    const { stage, selection } = await chosen(1);
    stage.server.intercept = request => (request.method === 'DELETE' ? refuse(503, 'unavailable') : null);
    await userEvent.click(screen.getByRole('button', { name: 'Delete' }));
    await userEvent.click(screen.getAllByRole('button', { name: 'Delete' })[1] as HTMLElement);
    await stage.pass(10);
    expect(screen.getByText('The service is not available right now.')).toBeVisible();
    expect([...(selection() ?? [])]).toEqual([1]);
  });
  it('are let go with Escape, and when one leaves', async () => {
    const { stage, selection } = await chosen(1);
    await userEvent.keyboard('{Escape}');
    expect(selection()).toBeNull();
    act(() => stage.messenger.toggleSelected(1));
    act(() => stage.messenger.history.leave(1));
    expect(selection()).toBeNull();
  });
});
