import type { Attachment } from '@suhbat/client';
import { aziz, malika } from '@suhbat/client/testing/builders.ts';
import { refuse } from '@suhbat/client/testing/fake-server.ts';
import { act, fireEvent, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { describe, expect, it, vi } from 'vitest';
import { Dates } from '../../i18n/dates.ts';
import { expectAccessible, Stage } from '../../testing/stage.tsx';
import { AttachmentGrid } from '../attachments/AttachmentGrid.tsx';
import Lightbox from '../attachments/Lightbox.tsx';
import { PinnedBar } from '../chat/PinnedBar.tsx';
import { EditField } from './EditField.tsx';
import { InfoDialog } from './InfoDialog.tsx';
import { MessageRow } from './MessageRow.tsx';

const ITEM = { key: '1', id: 1, clientId: null, mine: true, day: null, divider: false, first: true, last: true };

async function said(content = 'what was said', sender = aziz, more: Parameters<Stage['server']['say']>[3] = {}) {
  const stage = new Stage();
  stage.server.say(1, sender, content, more);
  await stage.begin(1);
  return stage;
}

/** Malika's browser has it, or showed it, at this time. */
const received = (stage: Stage, delivered_at: string) =>
  act(() => stage.server.tell({ type: 'message_delivered', conversation: 1, message_id: 1, user_id: malika.id, delivered_at }));
const read = (stage: Stage, read_at: string) =>
  act(() =>
    stage.server.tell({
      type: 'read_receipt',
      conversation: 1,
      message_id: 1,
      user_id: malika.id,
      username: 'malika',
      read_at,
      up_to: true,
    }),
  );

describe('a message', () => {
  it('says its day, where that is not today, and its files', async () => {
    const attachments: Attachment[] = [
      {
        id: 1,
        file: 'http://fake/1',
        thumbnail: null,
        file_type: 'document',
        file_name: 'plan.pdf',
        file_size: 2_000,
        mime_type: 'application/pdf',
        width: null,
        height: null,
        uploaded_at: '2026-11-20T10:00:00Z',
        voice: null,
      },
    ];
    const stage = await said('look', malika, { created_at: '2026-11-21T10:00:00Z', attachments });
    await stage.inChat(<MessageRow item={{ ...ITEM, mine: false }} now={stage.clock.now()} isTabStop isFlashed={false} />);
    expect(screen.getByRole('article')).toHaveAccessibleName(/^Malika Yusupova, .*plan\.pdf.* look , Yesterday at 10:00$/);
  });
  it('says who, when and how far it came', async () => {
    const stage = await said();
    const { container } = await stage.inChat(<MessageRow item={ITEM} now={stage.clock.now()} isTabStop isFlashed={false} />);
    const row = screen.getByRole('article');
    expect(row).toHaveAccessibleName('You, what was said , 12:00, sent');
    received(stage, '2026-11-22T12:00:01Z');
    expect(row).toHaveAccessibleName('You, what was said , 12:00, delivered to Malika Yusupova');
    read(stage, '2026-11-22T12:00:02Z');
    expect(row).toHaveAccessibleName('You, what was said , 12:00, seen by Malika Yusupova, 12:00');
    received(stage, '2026-11-22T12:00:03Z');
    expect(row).toHaveAccessibleName('You, what was said , 12:00, seen by Malika Yusupova, 12:00');
    await expectAccessible(container);
    const worded = vi.spyOn(Dates.prototype, 'time');
    act(() => stage.messenger.store.setState({ unread: 7 }));
    expect(worded).not.toHaveBeenCalled();
    worded.mockRestore();
  });
  it('shows links and nothing else of what looks like markup', async () => {
    const stage = await said('<b>bold</b> https://suhbat.uz and javascript:alert(1)', malika);
    await stage.inChat(<MessageRow item={ITEM} now={stage.clock.now()} isTabStop isFlashed={false} />);
    const row = screen.getByRole('article');
    expect(row).toHaveTextContent('<b>bold</b>');
    expect(screen.getAllByRole('link')).toHaveLength(1);
    expect(screen.getByRole('link')).toHaveAttribute('rel', 'noopener noreferrer nofollow');
  });
  it('opens its menu by button, key and right click', async () => {
    const stage = await said();
    await stage.inChat(<MessageRow item={ITEM} now={stage.clock.now()} isTabStop isFlashed={false} />);
    await userEvent.click(screen.getByRole('button', { name: 'Actions for this message' }));
    screen.getByRole('article').focus();
    await userEvent.keyboard('{Enter}');
    await userEvent.keyboard('{Shift>}{F10}{/Shift}');
    await userEvent.pointer({ keys: '[MouseRight]', target: screen.getByRole('article') });
    expect(stage.asked).toEqual(['menu', 'menu', 'menu', 'menu']);
  });
  it('opens its menu under a finger that stays, but not over what has its own', async () => {
    const stage = await said('https://suhbat.uz');
    await stage.inChat(<MessageRow item={ITEM} now={stage.clock.now()} isTabStop isFlashed={false} />);
    const touch = { pointerType: 'touch', clientX: 5, clientY: 5 };
    const hold = async (target: Element, milliseconds: number) => {
      fireEvent.pointerDown(target, touch);
      await stage.pass(milliseconds);
      fireEvent.pointerUp(target, touch);
      await stage.pass(1_000);
    };
    await hold(screen.getByRole('article'), 400);
    await hold(screen.getByRole('link'), 600);
    expect(stage.asked).toEqual([]);
    await hold(screen.getByRole('article'), 600);
    expect(stage.asked).toEqual(['menu']);
  });
  it('has no menu for what lies over the page, though it hangs in the row', async () => {
    const stage = await said('', malika, { attachments: [attachment(1)] });
    const { container } = await stage.inChat(<MessageRow item={ITEM} now={stage.clock.now()} isTabStop isFlashed={false} />);
    await userEvent.click(screen.getByRole('button', { name: 'Image photo 1.png' }));
    await screen.findByRole('dialog', { name: 'Image viewer' });
    await userEvent.pointer({ keys: '[MouseRight]', target: container.querySelector('dialog img') as Element });
    expect(stage.asked).toEqual([]);
  });
  it('says that it was changed, and shows one time only', async () => {
    const stage = await said('new', malika, { is_edited: true, edited_at: new Date(Date.UTC(2026, 10, 22, 12, 5)).toISOString() });
    await stage.inChat(<MessageRow item={ITEM} now={stage.clock.now()} isTabStop isFlashed={false} />);
    expect(screen.getByText('edited')).toBeVisible();
    expect(document.querySelectorAll('[data-bubble] time')).toHaveLength(1);
    expect(document.querySelector('[data-bubble]')?.textContent?.match(/\d\d:\d\d/g)).toHaveLength(1);
  });
  it('calls its own person "You" in what it answers', async () => {
    const { id, sender, content, attachments, created_at } = (await said('mine')).message(1);
    const stage = await said('answer', malika, { reply_to: { id, sender, content, attachments, created_at, is_deleted: false } });
    await stage.inChat(<MessageRow item={{ ...ITEM, mine: false }} now={stage.clock.now()} isTabStop isFlashed={false} />);
    expect(screen.getByRole('button', { name: /^In reply to you ?mine$/ })).toHaveTextContent('You');
    expect(screen.getByRole('article')).not.toHaveTextContent('Aziz Karimov');
  });
  it('tells who received and saw it, and when', async () => {
    const stage = await said();
    read(stage, stage.message(1).created_at);
    const { container } = await stage.inChat(<InfoDialog message={stage.message(1)} onClose={() => {}} />);
    expect(screen.getByRole('dialog')).toHaveTextContent(/Seen by Malika Yusupova.*Today at 12:00/);
    expect(screen.getByRole('dialog')).not.toHaveTextContent('edited');
    await act(() => stage.messenger.edit(stage.message(1), 'changed meanwhile'));
    expect(screen.getByRole('dialog')).toHaveTextContent(/edited.*Today at 12:00/);
    await expectAccessible(container);
  });
});

describe('answering', () => {
  const touch = (type: 'pointerDown' | 'pointerMove' | 'pointerUp', target: Element, x: number, y = 50) =>
    fireEvent[type](target, { pointerType: 'touch', clientX: x, clientY: y });
  it('begins with a swipe that is long enough, and leaves scrolling alone', async () => {
    const stage = await said('hello', malika);
    await stage.inChat(<MessageRow item={{ ...ITEM, mine: false }} now={stage.clock.now()} isTabStop isFlashed={false} />);
    const row = screen.getByRole('article');
    const swipe = (x: number, y = 50) => {
      touch('pointerDown', row, 200);
      touch('pointerMove', row, 200 + (x - 200) / 2, 50 + (y - 50) / 2);
      touch('pointerMove', row, x, y);
      touch('pointerUp', row, x, y);
    };
    swipe(170);
    swipe(120, 300);
    swipe(300);
    expect(stage.asked).toEqual([]);
    swipe(130);
    expect(stage.asked).toEqual(['reply 1']);
    await stage.pass(1_000);
    expect(stage.asked).toEqual(['reply 1']);
    expect(row).not.toHaveAttribute('data-swiped');
  });
  it('begins with a double click beside the words, which mark a word themselves', async () => {
    const stage = await said('hello', malika);
    await stage.inChat(<MessageRow item={{ ...ITEM, mine: false }} now={stage.clock.now()} isTabStop isFlashed={false} />);
    await userEvent.dblClick(document.querySelector('[data-words]') as Element);
    expect(stage.asked).toEqual([]);
    await userEvent.dblClick(screen.getByRole('article'));
    expect(stage.asked).toEqual(['reply 1']);
  });
  it('gives way while one chooses messages: a click chooses', async () => {
    const stage = await said('https://suhbat.uz', malika);
    act(() => stage.messenger.toggleSelected(9));
    const { container } = await stage.inChat(
      <MessageRow item={{ ...ITEM, mine: false }} now={stage.clock.now()} isTabStop isFlashed={false} />,
    );
    const box = screen.getByRole('checkbox', { name: /^Malika Yusupova, / });
    await userEvent.click(screen.getByRole('link'));
    expect(box).toBeChecked();
    await userEvent.click(box);
    expect(box).not.toBeChecked();
    await expectAccessible(container);
    expect(stage.asked).toEqual([]);
  });
});

describe('editing', () => {
  it('keeps the text when its time is over, and offers to send it as new', async () => {
    const stage = await said();
    const { container } = await stage.inChat(<EditField message={stage.message(1)} />);
    const field = screen.getByRole('textbox', { name: 'Edit message' });
    expect(field).toHaveFocus();
    await userEvent.type(field, ', and more');
    await expectAccessible(container);
    await stage.pass(601_000);
    expect(screen.getByText('The time for editing is over.')).toBeVisible();
    await userEvent.click(screen.getByRole('button', { name: 'Send as a new message' }));
    await stage.pass(10);
    expect(stage.server.rooms.get(1)?.messages.map(message => message.content)).toEqual(['what was said', 'what was said, and more']);
  });
  it('saves with Enter, and leaves with Escape', async () => {
    const stage = await said();
    await stage.inChat(<EditField message={stage.message(1)} />);
    await userEvent.keyboard('{Escape}');
    expect(stage.asked).toEqual(['composer']);
    await userEvent.type(screen.getByRole('textbox'), '!{Enter}');
    await stage.pass(10);
    expect(stage.server.rooms.get(1)?.messages[0]).toMatchObject({ content: 'what was said!', is_edited: true });
  });
  it('sends with the same key as the composer, and nothing too long', async () => {
    const stage = await said();
    stage.preferences.setState({ sendWith: 'ctrl-enter' });
    await stage.inChat(<EditField message={stage.message(1)} />);
    const field = screen.getByRole('textbox');
    await userEvent.type(field, '{Enter}more');
    expect(field).toHaveValue('what was said\nmore');
    fireEvent.change(field, { target: { value: 'x'.repeat(10_001) } });
    expect(screen.getByText('1 character too many')).toBeVisible();
    await userEvent.type(field, '{Control>}{Enter}{/Control}');
    expect(stage.server.requests.some(request => request.method === 'PATCH')).toBe(false);
    fireEvent.change(field, { target: { value: 'short' } });
    await userEvent.type(field, '{Control>}{Enter}{/Control}');
    await stage.pass(10);
    expect(stage.server.rooms.get(1)?.messages[0]?.content).toBe('short');
  });
  it('loses nothing when the row goes, nor when the service refuses after two presses of Enter', async () => {
    const stage = await said();
    const row = <MessageRow item={ITEM} now={stage.clock.now()} isTabStop isFlashed={false} />;
    act(() => stage.messenger.setEdit(stage.message(1), 'what was said'));
    const { unmount } = await stage.inChat(row);
    await userEvent.type(screen.getByRole('textbox'), ', and more');
    unmount();
    await stage.inChat(row);
    expect(screen.getByRole('textbox')).toHaveValue('what was said, and more');
    const asked: ((answer: Response) => void)[] = [];
    stage.server.intercept = request => (request.method === 'PATCH' ? new Promise(resolve => asked.push(resolve)) : null);
    await userEvent.type(screen.getByRole('textbox'), '{Enter}{Enter}');
    expect(asked).toHaveLength(1);
    asked[0]?.(refuse(503, 'unavailable'));
    await stage.pass(10);
    expect(screen.getByRole('textbox')).toHaveValue('what was said, and more');
    expect(screen.getByText('The service is not available right now.')).toBeVisible();
  });
});

describe('a message that was not sent', () => {
  async function unsent() {
    const stage = await new Stage().begin(1);
    await act(async () => {
      stage.messenger.setDraft(1, { text: 'REFUSE this' });
      stage.messenger.send(1);
    });
    await stage.pass(10);
    const clientId = stage.messenger.store.getState().outbox[1]?.[0]?.clientId ?? '';
    const item = { ...ITEM, key: clientId, id: null, clientId };
    await stage.inChat(<MessageRow item={item} now={stage.clock.now()} isTabStop isFlashed={false} />);
    return stage;
  }
  it('says why, without an alarm each time its row is drawn', async () => {
    await unsent();
    expect(screen.getByText('The message contains characters that cannot be sent.')).toBeVisible();
    expect(screen.getByRole('alert')).toBeEmptyDOMElement();
  });
  it('hands the focus to its row when it is tried again', async () => {
    const stage = await unsent();
    await userEvent.click(screen.getByRole('button', { name: 'Retry' }));
    expect(screen.getByRole('article')).toHaveFocus();
    await stage.pass(10);
    expect(stage.server.frames.filter(frame => JSON.stringify(frame).includes('REFUSE'))).toHaveLength(2);
  });
  it('leaves the question whether it may go to the chat, since its row comes and goes', async () => {
    const stage = await unsent();
    await userEvent.click(screen.getByRole('button', { name: 'Delete' }));
    expect(stage.asked).toEqual(['discard REFUSE this']);
  });
  it('can be copied, and says when the browser does not let it', async () => {
    const stage = await unsent();
    stage.mayCopy = false;
    await userEvent.click(screen.getByRole('button', { name: 'Copy text' }));
    expect(screen.getByText('The text could not be copied')).toBeVisible();
    stage.mayCopy = true;
    await userEvent.click(screen.getByRole('button', { name: 'Copy text' }));
    expect(stage.copied).toEqual(['REFUSE this']);
    expect(screen.getByText('Copied')).toBeVisible();
  });
});

describe('pinned messages', () => {
  it('show one that is newer, wherever one was', async () => {
    const stage = new Stage();
    for (const content of ['one', 'two', 'three']) stage.server.say(1, malika, content);
    for (const id of [1, 2]) stage.server.pin(id, true);
    await stage.begin(1);
    await stage.inChat(<PinnedBar />);
    const bar = () => screen.getByRole('button', { name: /^Pinned/ });
    await userEvent.click(bar());
    expect(bar()).toHaveTextContent('Pinned message 1 of 2one');
    await act(() => stage.messenger.pin(stage.message(3), true));
    expect(bar()).toHaveTextContent('Pinned message 3 of 3three');
  });
  it('are gone through from the newest, and listed', async () => {
    const stage = new Stage();
    for (const content of ['one', 'two']) stage.server.say(1, malika, content);
    for (const id of [1, 2]) stage.server.pin(id, true);
    await stage.begin(1);
    const { container } = await stage.inChat(<PinnedBar />);
    const bar = () => screen.getByRole('button', { name: /^Pinned/ });
    expect(bar()).toHaveTextContent('Pinned message 2 of 2two');
    await userEvent.click(bar());
    expect(bar()).toHaveTextContent('Pinned message 1 of 2one');
    await userEvent.click(bar());
    expect(stage.asked).toEqual(['jump 2', 'jump 1']);
    await userEvent.click(screen.getByRole('button', { name: 'All pinned messages' }));
    expect(screen.getAllByRole('listitem')).toHaveLength(2);
    await expectAccessible(container);
    await userEvent.click(screen.getAllByRole('button', { name: 'Unpin' })[0] as HTMLElement);
    await stage.pass(10);
    expect(screen.getAllByRole('listitem')).toHaveLength(1);
    expect(screen.getByRole('button', { name: 'Close' })).toHaveFocus();
  });
});

function attachment(id: number, more: Partial<Attachment> = {}): Attachment {
  return {
    id,
    file: `http://fake/file/${id}?expires=1&signature=a`,
    thumbnail: `http://fake/thumbnail/${id}?expires=1&signature=a`,
    file_type: 'image',
    file_name: `photo ${id}.png`,
    file_size: 2048,
    mime_type: 'image/png',
    width: 640,
    height: 480,
    uploaded_at: '2026-11-22T12:00:00Z',
    voice: null,
    ...more,
  };
}

describe('files of a message', () => {
  it('are a grid of four pictures at most, players and cards', async () => {
    const pictures = [1, 2, 3, 4, 5, 6].map(id => attachment(id));
    const others = [
      attachment(7, { file_type: 'document', mime_type: 'application/pdf', file_name: 'cod\u202eexe.pdf', thumbnail: null }),
      attachment(8, { file_type: 'audio', mime_type: 'audio/ogg', file_name: 'voice.ogg', thumbnail: null }),
      attachment(9, { mime_type: 'image/heic', file_name: 'phone.heic', thumbnail: null }),
    ];
    const stage = await said('', malika, { attachments: [...pictures, ...others] });
    const { container } = await stage.inChat(<AttachmentGrid message={stage.message(1)} tab={0} onPlaying={() => {}} />);
    expect(screen.getAllByRole('button', { name: /^Image/ })).toHaveLength(4);
    expect(screen.getByText('+2')).toBeVisible();
    expect(screen.getByRole('link', { name: 'Open cod\ufffdexe.pdf' })).toBeVisible();
    expect(screen.getByRole('link', { name: 'Download phone.heic' })).toBeVisible();
    expect(await screen.findByRole('button', { name: 'Play voice.ogg' })).toBeVisible();
    await expectAccessible(container);
  });
  it('are cards with a link where a picture has no thumbnail and is not known to be small', async () => {
    const stage = await said('', malika, {
      attachments: [
        attachment(1),
        attachment(2, { mime_type: 'image/gif', file_name: 'bomb.gif', thumbnail: null, width: null, height: null }),
        attachment(3, { mime_type: 'image/gif', file_name: 'vast.gif', thumbnail: null, width: 8000, height: 8000 }),
        attachment(4, { file_name: 'heavy.png', thumbnail: null, file_size: 5_000_000 }),
        attachment(5, { file_name: 'small.png', thumbnail: null }),
      ],
    });
    const { container } = await stage.inChat(<AttachmentGrid message={stage.message(1)} tab={0} onPlaying={() => {}} />);
    const loaded = () => [...container.querySelectorAll('img')].map(image => image.getAttribute('src'));
    expect(loaded()).toEqual(['http://fake/thumbnail/1?expires=1&signature=a', 'http://fake/file/5?expires=1&signature=a']);
    for (const name of ['bomb.gif', 'vast.gif', 'heavy.png']) {
      expect(screen.getByRole('link', { name: `Open ${name}` })).toHaveAttribute('target', '_blank');
      expect(screen.getByRole('link', { name: `Download ${name}` })).toBeVisible();
    }
    // Nor does the way through the pictures lead to one of them.
    await userEvent.click(screen.getByRole('button', { name: 'Image photo 1.png' }));
    const dialog = await screen.findByRole('dialog');
    fireEvent.keyDown(dialog, { key: 'ArrowRight' });
    fireEvent.keyDown(dialog, { key: 'ArrowRight' });
    expect(screen.getByText('2 of 2')).toBeVisible();
    expect(dialog.querySelector('img')?.getAttribute('src')).toBe('http://fake/file/5?expires=1&signature=a');
    await expectAccessible(container);
  });
  it('get a fresh address when theirs is over, and become a card when that fails too', async () => {
    const stage = await said('', malika, { attachments: [attachment(1)] });
    const { container } = await stage.inChat(<AttachmentGrid message={stage.message(1)} tab={0} onPlaying={() => {}} />);
    const room = stage.server.rooms.get(1);
    const renewed = attachment(1, {
      file: 'http://fake/file/1?expires=9999999999',
      thumbnail: 'http://fake/thumbnail/1?expires=9999999999',
    });
    if (room?.messages[0]) room.messages[0] = { ...room.messages[0], attachments: [renewed] };
    const image = () => container.querySelector('img') as HTMLImageElement;
    act(() => void image().dispatchEvent(new Event('error')));
    await stage.pass(10);
    expect(image().src).toBe('http://fake/thumbnail/1?expires=9999999999');
    act(() => void image().dispatchEvent(new Event('error')));
    await stage.pass(10);
    expect(image()).toBeNull();
    expect(screen.getByRole('link', { name: 'Download photo 1.png' })).toBeVisible();
  });
});

const picturesOf = (stage: Stage) => stage.message(1).attachments.map(picture => ({ message: stage.message(1), picture }));

describe('pictures in full', () => {
  it('go on through those of the other messages', async () => {
    const stage = new Stage();
    for (const id of [1, 2, 3]) stage.server.say(1, id === 2 ? aziz : malika, '', { attachments: [attachment(id)] });
    await stage.begin(1);
    await stage.inChat(<AttachmentGrid message={stage.message(2)} tab={0} onPlaying={() => {}} />);
    await userEvent.click(screen.getByRole('button', { name: 'Image photo 2.png' }));
    const dialog = await screen.findByRole('dialog');
    expect(dialog).toHaveTextContent(/photo 2\.pngYou, .*2 of 3/);
    fireEvent.keyDown(dialog, { key: 'ArrowRight' });
    expect(dialog).toHaveTextContent(/photo 3\.pngMalika Yusupova, .*3 of 3/);
  });
  async function lightbox(count: number) {
    const stage = await said('', malika, { attachments: Array.from({ length: count }, (_, i) => attachment(i + 1)) });
    const { container } = await stage.inChat(<Lightbox pictures={picturesOf(stage)} start={1} onClose={() => {}} />);
    return { stage, image: () => container.querySelector('img') };
  }
  const swipe = (image: Element | null, from: number, to: number) => {
    fireEvent.pointerDown(image as Element, { clientX: from });
    fireEvent.pointerUp(image as Element, { clientX: to });
  };
  it('go on by a swipe, and not while they are zoomed', async () => {
    const { image } = await lightbox(3);
    swipe(image(), 200, 100);
    expect(screen.getByText('2 of 3')).toBeVisible();
    swipe(image(), 100, 110);
    expect(screen.getByText('2 of 3')).toBeVisible();
    await userEvent.click(screen.getByRole('button', { name: 'Zoom' }));
    swipe(image(), 100, 200);
    expect(screen.getByText('2 of 3')).toBeVisible();
    await userEvent.click(screen.getByRole('button', { name: 'Zoom' }));
    swipe(image(), 100, 200);
    expect(screen.getByText('1 of 3')).toBeVisible();
  });
  it('close by a press beside them, not by one on them', async () => {
    const close = vi.fn();
    const stage = await said('', malika, { attachments: [attachment(1)] });
    const { container } = await stage.inChat(<Lightbox pictures={picturesOf(stage)} start={1} onClose={close} />);
    const picture = container.querySelector('dialog img') as Element;
    swipe(picture, 100, 100);
    expect(close).not.toHaveBeenCalled();
    swipe(picture.parentElement, 100, 100);
    expect(close).toHaveBeenCalledOnce();
  });
  it('say it where one cannot be loaded, and can still be kept', async () => {
    const { stage, image } = await lightbox(1);
    fireEvent.error(image() as Element);
    await stage.pass(10);
    expect(screen.getByText('The image could not be loaded')).toBeVisible();
    expect(image()).toBeNull();
    expect(screen.getByRole('link', { name: 'Download' })).toBeVisible();
  });
});
