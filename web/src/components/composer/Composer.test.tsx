import { act, fireEvent, screen, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { createRef } from 'react';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { expectAccessible, Stage } from '../../testing/stage.tsx';
import { Composer } from './Composer.tsx';

async function composer(prepare: (stage: Stage) => void = () => {}) {
  const stage = new Stage();
  prepare(stage);
  await stage.begin(1);
  const field = createRef<HTMLTextAreaElement>();
  const shown = await stage.inChat(<Composer field={field} onEditLast={() => stage.asked.push('edit last') > 0} />);
  const said = () => stage.server.rooms.get(1)?.messages.map(message => message.content) ?? [];
  return { stage, said, field: screen.queryByRole('textbox', { name: 'Message' }) as HTMLTextAreaElement, ...shown };
}

describe('the composer', () => {
  afterEach(() => vi.unstubAllGlobals());

  it('sends with Enter what was typed, and breaks the line with Shift', async () => {
    const { stage, field, said, container } = await composer();
    await userEvent.type(field, ' one{Shift>}{Enter}{/Shift}two ');
    await expectAccessible(container);
    await userEvent.type(field, '{Enter}');
    await stage.pass(10);
    expect(said()).toEqual([' one\ntwo ']);
    expect(field).toHaveValue('');
  });
  it('sends with Ctrl+Enter for those who want that', async () => {
    const { stage, field, said } = await composer(stage => stage.preferences.setState({ sendWith: 'ctrl-enter' }));
    await userEvent.type(field, 'a{Enter}b');
    expect(said()).toEqual([]);
    await userEvent.type(field, '{Control>}{Enter}{/Control}');
    await stage.pass(10);
    expect(said()).toEqual(['a\nb']);
  });
  it('breaks the line with Enter on a keyboard of glass, where the button sends', async () => {
    vi.stubGlobal('matchMedia', (media: string) => ({ matches: media === '(pointer: coarse)' }));
    const { stage, field, said } = await composer();
    await userEvent.type(field, 'a{Enter}b');
    expect(field).toHaveAttribute('enterkeyhint', 'enter');
    expect(said()).toEqual([]);
    await userEvent.click(screen.getByRole('button', { name: 'Send' }));
    await stage.pass(10);
    expect(said()).toEqual(['a\nb']);
  });
  it('leaves Enter to an input method', async () => {
    const { stage, field, said } = await composer();
    await userEvent.type(field, 'にほん');
    fireEvent.keyDown(field, { key: 'Enter', isComposing: true });
    fireEvent.keyDown(field, { key: 'Enter', keyCode: 229 });
    await stage.pass(10);
    expect(said()).toEqual([]);
  });
  it('sends no blank, and nothing too long, and counts code points', async () => {
    const { stage, field, said } = await composer();
    await userEvent.type(field, '   {Enter}');
    fireEvent.change(field, { target: { value: '😀'.repeat(10_001) } });
    expect(screen.getByText('1 character too many')).toBeVisible();
    expect(screen.getByRole('button', { name: 'Send' })).toHaveAttribute('aria-disabled', 'true');
    await userEvent.type(field, '{Enter}');
    await stage.pass(10);
    expect(said()).toEqual([]);
    fireEvent.change(field, { target: { value: '😀'.repeat(9_999) } });
    expect(screen.getByText('1 character left')).toBeVisible();
  });
  it('says how much room is left when one pauses, not with each key', async () => {
    const { stage, field } = await composer();
    const said = () => screen.getAllByRole('status').map(place => place.textContent);
    fireEvent.change(field, { target: { value: 'x'.repeat(9_600) } });
    await stage.pass(900);
    fireEvent.change(field, { target: { value: 'x'.repeat(9_601) } });
    await stage.pass(900);
    expect(said().join('')).toBe('');
    await stage.pass(100);
    expect(said()).toContain('399 characters left');
  });
  it('takes pasted files, but the text of what comes as text and as its picture', async () => {
    const { stage, field } = await composer();
    const files = [new File(['x'], 'image.png', { type: 'image/png' })];
    const paste = (...types: string[]) => fireEvent.paste(field, { clipboardData: { files, types } });
    expect(paste('text/plain', 'text/html', 'text/rtf', 'Files')).toBe(true);
    expect(screen.queryByRole('list', { name: 'Files to send' })).toBeNull();
    expect(paste('text/html', 'Files')).toBe(false);
    expect(screen.getByRole('list', { name: 'Files to send' })).toHaveTextContent('image.png');
    expect(stage.messenger.store.getState().drafts[1]?.files).toEqual(files);
  });
  it('hands on the focus when the gate closes while one writes, and takes it back', async () => {
    const { stage, field } = await composer();
    const gate = async (isOpen: boolean) => {
      const room = stage.server.rooms.get(1);
      if (room) room.canSend = isOpen;
      await act(() => stage.messenger.refreshDetails(1));
    };
    await userEvent.type(field, 'half a th');
    await gate(false);
    expect(screen.getByRole('region', { name: 'Write a message' })).toHaveFocus();
    await gate(true);
    expect(screen.getByRole('textbox', { name: 'Message' })).toHaveFocus();
    expect(screen.getByRole('textbox', { name: 'Message' })).toHaveValue('half a th');
  });
  it('closes and opens with what the service says about the gate', async () => {
    const { stage, field } = await composer();
    await userEvent.type(field, 'half a thought');
    const access = (can_send: boolean, cannot_send_reason: string | null) =>
      act(() => stage.server.tell({ type: 'conversation_access', conversation: 1, can_send, cannot_send_reason, can_pin: false }));
    access(false, 'not_subscribed');
    expect(screen.queryByRole('textbox', { name: 'Message' })).toBeNull();
    expect(screen.getByText(/^You no longer follow this community\./)).toBeVisible();
    expect(stage.messenger.store.getState().held[1]?.details?.can_pin).toBe(false);
    access(true, null);
    expect(screen.getByRole('textbox', { name: 'Message' })).toHaveValue('half a thought');
  });
  it('edits the last message on arrow up, but only where nothing is written', async () => {
    const { stage, field } = await composer();
    await userEvent.type(field, '{ArrowUp}');
    expect(stage.asked).toEqual(['edit last']);
    await userEvent.type(field, 'x{ArrowUp}');
    expect(stage.asked).toEqual(['edit last']);
  });
  it('shows why one cannot write, in place of the field', async () => {
    const { field, container } = await composer(stage => {
      const room = stage.server.rooms.get(1);
      if (room) room.canSend = false;
    });
    expect(field).toBeNull();
    expect(within(screen.getByRole('region', { name: 'Write a message' })).getByRole('status')).toHaveTextContent(
      'You no longer follow this community.',
    );
    await expectAccessible(container);
  });
  it('judges each file before it goes', async () => {
    const { stage, container } = await composer();
    const files = [
      new File(['hello'], 'ok.txt', { type: 'text/plain' }),
      new File([], 'empty.txt', { type: 'text/plain' }),
      new File(['MZ'], 'tool.exe', { type: 'application/x-msdownload' }),
      new File(['x'], 'cod\u202eexe.txt', { type: 'text/plain' }),
    ];
    act(() => stage.messenger.setDraft(1, { files }));
    const tray = screen.getByRole('list', { name: 'Files to send' });
    expect(tray).toHaveTextContent('The file is empty');
    expect(tray).toHaveTextContent('This type of file cannot be sent');
    expect(tray).toHaveTextContent('cod\ufffdexe.txt');
    expect(screen.getByRole('button', { name: 'Send' })).toHaveAttribute('aria-disabled', 'true');
    await expectAccessible(container);
    await userEvent.click(screen.getByRole('button', { name: 'Remove empty.txt' }));
    expect(screen.getByRole('button', { name: 'Remove tool.exe' })).toHaveFocus();
    await userEvent.click(screen.getByRole('button', { name: 'Remove tool.exe' }));
    expect(screen.getByRole('button', { name: 'Send' })).toHaveAttribute('aria-disabled', 'false');
    for (const name of ['cod\ufffdexe.txt', 'ok.txt']) await userEvent.click(screen.getByRole('button', { name: `Remove ${name}` }));
    expect(stage.asked).toEqual(['composer']);
  });
  it('says which file cannot go when one tries to send it, and leads to the way out', async () => {
    const { stage, field, said } = await composer();
    const files = [new File(['hello'], 'ok.txt', { type: 'text/plain' }), new File([], 'empty.txt', { type: 'text/plain' })];
    act(() => stage.messenger.setDraft(1, { files }));
    expect(screen.getByText('2 files')).toBeVisible();
    await userEvent.type(field, 'look{Enter}');
    expect(screen.getByRole('alert')).toHaveTextContent('empty.txt: The file is empty');
    expect(screen.getByRole('button', { name: 'Remove empty.txt' })).toHaveFocus();
    expect(said()).toEqual([]);
    await userEvent.click(screen.getByRole('button', { name: 'Remove all' }));
    expect(stage.messenger.store.getState().drafts[1]?.files).toEqual([]);
    expect(stage.asked).toEqual(['composer']);
  });
  it('makes one preview of each picture, whichever goes before it', async () => {
    const made: string[] = [];
    const gone: string[] = [];
    const urls = { createObjectURL: (file: File) => `blob:${made.push(file.name)}`, revokeObjectURL: (url: string) => gone.push(url) };
    vi.stubGlobal('URL', Object.assign(URL, urls));
    const { stage } = await composer();
    const files = ['a.png', 'b.png'].map(name => new File(['x'], name, { type: 'image/png' }));
    act(() => stage.messenger.setDraft(1, { files }));
    await userEvent.click(screen.getByRole('button', { name: 'Remove a.png' }));
    expect(made).toEqual(['a.png', 'b.png']);
    expect(gone).toEqual(['blob:1']);
  });
});
