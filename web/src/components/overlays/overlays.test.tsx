import { act, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { describe, expect, it, vi } from 'vitest';
import { expectAccessible, Stage } from '../../testing/stage.tsx';
import { ConfirmDialog } from './ConfirmDialog.tsx';
import KeysDialog from './KeysDialog.tsx';
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
    stage.location.navigate('/c/1');
    const { container } = await stage.show(<SettingsDialog onClose={() => {}} onKeys={keys} />);
    await expectAccessible(container);
    for (const name of ['Русский', 'Dark', 'Ctrl + Enter']) await userEvent.click(screen.getByRole('radio', { name }));
    expect(stage.preferences.getState()).toMatchObject({ locale: 'ru', theme: 'dark', sendWith: 'ctrl-enter' });
    await userEvent.click(screen.getByRole('button', { name: 'Keyboard shortcuts' }));
    expect(keys).toHaveBeenCalledOnce();
    await act(() => userEvent.click(screen.getByRole('button', { name: 'Sign out' })));
    expect(stage.messenger.store.getState().session).toBe('signed-out');
    expect(stage.location.history?.at(-1)).toBe('/');
  });
  it('list the keys', async () => {
    const { container } = await new Stage().show(<KeysDialog onClose={() => {}} />);
    expect(screen.getByRole('dialog', { name: 'Keyboard shortcuts' })).toHaveTextContent('Ctrl');
    await expectAccessible(container);
  });
});
