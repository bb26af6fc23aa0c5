import { screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { useState } from 'react';
import { describe, expect, it, vi } from 'vitest';
import { expectAccessible, Stage } from '../../testing/stage.tsx';
import PersonMenu from '../conversations/PersonMenu.tsx';
import { useAnnounce } from '../status/Announcer.tsx';
import { ConfirmDialog } from './ConfirmDialog.tsx';
import KeysDialog from './KeysDialog.tsx';
import { Menu, type Spot } from './Menu.tsx';
import SettingsDialog from './SettingsDialog.tsx';

describe('dialogs', () => {
  it('ask before what cannot be taken back, with the focus on the harmless answer, and give it back', async () => {
    const stage = new Stage();
    const confirm = vi.fn();
    const close = vi.fn();
    const opener = document.body.appendChild(document.createElement('button'));
    opener.focus();
    const { container, unmount } = await stage.show(<ConfirmDialog title="Sure?" lead="It goes." onConfirm={confirm} onClose={close} />);
    expect(screen.getByRole('button', { name: 'Cancel' })).toHaveFocus();
    await expectAccessible(container);
    await userEvent.click(screen.getByRole('button', { name: 'Delete' }));
    expect(confirm).toHaveBeenCalledOnce();
    await userEvent.click(screen.getByRole('button', { name: 'Cancel' }));
    expect(close).toHaveBeenCalledOnce();
    unmount();
    expect(opener).toHaveFocus();
    opener.remove();
  });
  it('change language, appearance and the key that sends', async () => {
    const stage = await new Stage().begin();
    const keys = vi.fn();
    const { container } = await stage.show(<SettingsDialog onClose={() => {}} onKeys={keys} />);
    await expectAccessible(container);
    for (const name of ['Русский', 'Dark', 'Ctrl + Enter']) await userEvent.click(screen.getByRole('radio', { name }));
    expect(stage.preferences.getState()).toMatchObject({ locale: 'ru', theme: 'dark', sendWith: 'ctrl-enter' });
    await userEvent.click(screen.getByRole('button', { name: 'Keyboard shortcuts' }));
    expect(keys).toHaveBeenCalledOnce();
    await userEvent.click(screen.getByRole('radio', { name: '130%' }));
    await userEvent.click(screen.getByRole('radio', { name: 'Compact' }));
    expect(stage.preferences.getState()).toMatchObject({ textSize: 130, density: 'compact' });
  });
  it('tell why there can be no notifications', async () => {
    const stage = await new Stage().begin();
    const { unmount } = await stage.show(<SettingsDialog onClose={() => {}} onKeys={() => {}} />);
    expect(screen.getByText('Not possible in this browser or on this page')).toBeVisible();
    unmount();
    stage.environment.notifications = {
      isPossible: () => true,
      permission: () => 'denied',
      ask: () => Promise.resolve('denied'),
      show: () => {},
      chime: () => {},
    };
    await stage.show(<SettingsDialog onClose={() => {}} onKeys={() => {}} />);
    expect(screen.getByText('Blocked in the browser’s settings')).toBeVisible();
  });
  it('have a place for toasts, which the page behind them lends and takes back', async () => {
    const stage = new Stage();
    function Page() {
      const { toast } = useAnnounce();
      const [asks, setAsks] = useState(true);
      return (
        <>
          {asks && <ConfirmDialog title="Sure?" lead="It goes." onConfirm={() => {}} onClose={() => toast('said')} />}
          <button type="button" onClick={() => setAsks(false)}>
            close
          </button>
        </>
      );
    }
    await stage.show(<Page />);
    await userEvent.click(screen.getByRole('button', { name: 'Cancel' }));
    expect(screen.getByRole('alertdialog')).toContainElement(screen.getByText('said'));
    await userEvent.click(screen.getByRole('button', { name: 'close' }));
    expect(screen.getByText('said')).toBeVisible();
    await stage.pass(4_000);
    expect(screen.queryByText('said')).toBeNull();
  });
  it('list the keys', async () => {
    const { container } = await new Stage().show(<KeysDialog onClose={() => {}} />);
    expect(screen.getByRole('dialog', { name: 'Keyboard shortcuts' })).toHaveTextContent('Ctrl');
    await expectAccessible(container);
  });
});

it('the menu of the person says who is signed in, and leads to the settings and out', async () => {
  const stage = new Stage();
  stage.server.rooms.clear();
  await stage.begin();
  await stage.pass(1_000);
  stage.location.navigate('/c/1');
  const opener = document.body.appendChild(document.createElement('button'));
  const [settings, close] = [vi.fn(), vi.fn()];
  const menu = <PersonMenu at={{ x: 0, y: 0 }} opener={opener} onSettings={settings} onClose={close} />;
  const { container, unmount } = await stage.show(menu);
  expect(screen.getByRole('menu', { hidden: true })).toHaveAttribute('aria-label', 'Aziz Karimov, Member');
  await expectAccessible(container);
  await userEvent.click(screen.getByText('Settings'));
  expect(close).toHaveBeenCalledOnce();
  unmount();
  expect(settings).toHaveBeenCalledOnce();
  const again = await stage.show(menu);
  await userEvent.click(screen.getByText('Sign out'));
  again.unmount();
  expect(stage.messenger.store.getState().session).toBe('signed-out');
  expect(stage.location.history.at(-1)).toBe('/');
  opener.remove();
});

it('a menu with room on neither side has its message moved, and moves it back', async () => {
  const stage = new Stage();
  vi.spyOn(HTMLElement.prototype, 'offsetHeight', 'get').mockReturnValue(500);
  const moves: string[] = [];
  const makeRoom = (up: number, down: number) => {
    moves.push(`${up} ${down}`);
    return { moved: up, undo: () => moves.push('back') };
  };
  const shown = await stage.show(
    <Menu label="menu" items={[]} at={{ x: 0, y: 400, above: 350, makeRoom }} opener={null} onClose={() => {}} />,
  );
  // 768 high: 400 + 500 + 8 is 140 too much below, 350 - 500 - 8 is 158 too much above.
  expect(moves).toEqual(['140 158']);
  expect(screen.getByRole('menu', { hidden: true }).style.top).toBe('260px');
  shown.unmount();
  expect(moves.at(-1)).toBe('back');
  vi.restoreAllMocks();
});

it('a menu without room below stands above what it is for', async () => {
  const stage = new Stage();
  vi.spyOn(HTMLElement.prototype, 'offsetHeight', 'get').mockReturnValue(300);
  const menu = (at: Spot) => <Menu label="menu" items={[]} at={at} opener={null} onClose={() => {}} />;
  const top = () => screen.getByRole('menu', { hidden: true }).style.top;
  const shown = await stage.show(menu({ x: 0, y: 100, above: 60 }));
  expect(top()).toBe('100px');
  shown.unmount();
  await stage.show(menu({ x: 0, y: 700, above: 660 }));
  expect(top()).toBe('360px');
  vi.restoreAllMocks();
});
