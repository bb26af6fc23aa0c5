import { aziz, confessions, malika } from '@suhbat/client/testing/builders.ts';
import { act, fireEvent, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { describe, expect, it } from 'vitest';
import { expectAccessible, Stage } from '../../testing/stage.tsx';
import { warm } from '../parts.tsx';
import { ListPane } from './ListPane.tsx';

/** The admin's list with one conversation, in which a member waits. */
async function desk() {
  const stage = new Stage(malika);
  stage.server.me = { administers: confessions.slice(0, 1), follows: [] };
  stage.server.say(1, aziz, 'a question');
  await stage.begin();
  await stage.pass(1_000);
  const shown = await stage.show(<ListPane current={null} onSettings={() => {}} />);
  await act(warm);
  await stage.pass(1_000);
  return { stage, ...shown };
}

const rowOf = () => document.querySelector('[data-row="1"]') as HTMLElement;

async function choose(name: string) {
  fireEvent.contextMenu(rowOf(), { clientX: 5, clientY: 5 });
  // Without a layout neither rows nor menus are visible.
  await userEvent.click(screen.getByRole('menuitem', { name, hidden: true }));
}

describe('the filters', () => {
  it('have their numbers, and lead to those who wait', async () => {
    const { container, stage } = await desk();
    expect(screen.getByRole('button', { name: 'All' })).toHaveTextContent('All1');
    expect(screen.getByRole('button', { name: 'All' })).toHaveAccessibleDescription('1 conversation');
    expect(screen.getByRole('button', { name: 'Unread' })).toHaveTextContent('Unread1');
    await userEvent.click(screen.getByRole('button', { name: 'Waiting' }));
    await stage.pass(1_000);
    expect(rowOf()).toHaveTextContent('Waiting for 0 min');
    expect(screen.getByRole('button', { name: 'Waiting' })).toHaveAttribute('aria-pressed', 'true');
    await expectAccessible(container);
  });
  it('offer members no list of those who wait', async () => {
    const stage = await new Stage().begin();
    await stage.show(<ListPane current={null} onSettings={() => {}} />);
    await screen.findByRole('button', { name: 'Unread' });
    expect(screen.queryByRole('button', { name: 'Waiting' })).toBeNull();
  });
});

describe('the menu of a row', () => {
  it('puts a conversation into the archive, and takes it back', async () => {
    const { stage } = await desk();
    await choose('Archive');
    await stage.pass(1_000);
    expect(rowOf()).toBeNull();
    await userEvent.click(screen.getByRole('button', { name: 'Undo' }));
    await stage.pass(1_000);
    expect(rowOf()).not.toBeNull();
    expect(stage.messenger.store.getState().rows[1]?.archived_at).toBeNull();
  });
  it('brings an archived conversation back with a new message', async () => {
    const { stage } = await desk();
    await choose('Archive');
    await stage.pass(1_000);
    expect(screen.getByRole('button', { name: 'Archive' })).toHaveTextContent('Archive1');
    act(() => void stage.server.say(1, aziz, 'and another'));
    await stage.pass(1_000);
    expect(rowOf()).toHaveTextContent('and another');
  });
  it('says that no answer is needed', async () => {
    const { stage } = await desk();
    await choose('No answer needed');
    await stage.pass(1_000);
    expect(stage.messenger.store.getState().rows[1]?.awaiting_since).toBeNull();
    await choose('Needs an answer');
    await stage.pass(1_000);
    expect(stage.messenger.store.getState().rows[1]?.awaiting_since).not.toBeNull();
  });
  it('marks as read and as unread, and mutes', async () => {
    const { stage } = await desk();
    await choose('Mark as read');
    await stage.pass(1_000);
    await choose('Mark as unread');
    await stage.pass(1_000);
    expect(rowOf()).toHaveTextContent('Marked as unread');
    await choose('Mute for 8 hours');
    await stage.pass(1_000);
    expect(rowOf()).toHaveTextContent('Muted');
    await choose('Unmute');
    await stage.pass(1_000);
    expect(rowOf()).not.toHaveTextContent('Muted');
  });
  it('opens by its button and by a long press, without opening the conversation', async () => {
    const { stage } = await desk();
    const menu = () => screen.queryByRole('menu', { hidden: true });
    await userEvent.click(screen.getByLabelText('Actions for Aziz Karimov'));
    expect(menu()).toHaveAttribute('aria-label', 'Actions for Aziz Karimov');
    fireEvent.keyDown(menu() as HTMLElement, { key: 'Escape' });
    expect(menu()).toBeNull();
    fireEvent.pointerDown(rowOf(), { pointerType: 'touch', clientX: 5, clientY: 5 });
    await stage.pass(600);
    expect(menu()).not.toBeNull();
    fireEvent.pointerUp(rowOf());
    fireEvent.click(rowOf());
    expect(stage.location.history).toEqual(['/']);
  });
});
