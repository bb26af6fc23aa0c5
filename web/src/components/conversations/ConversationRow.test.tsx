import type { Attachment } from '@suhbat/client';
import { aziz, confessions, malika, olga, rustam } from '@suhbat/client/testing/builders.ts';
import { act, fireEvent, screen } from '@testing-library/react';
import { describe, expect, it } from 'vitest';
import { expectAccessible, Stage } from '../../testing/stage.tsx';
import { warm } from '../parts.tsx';
import { Avatar } from './Avatar.tsx';
import { ConversationRow } from './ConversationRow.tsx';

async function row(prepare: (stage: Stage) => void = () => {}, id = 1, showsConfession = false) {
  const stage = new Stage();
  prepare(stage);
  await stage.begin();
  const shown = await stage.show(
    <ul>
      <li>
        <ConversationRow id={id} now={stage.clock.now()} isCurrent={false} isTabStop isAlone showsConfession={showsConfession} />
      </li>
    </ul>,
  );
  // The marks come with a part of their own.
  await act(() => warm());
  return { stage, ...shown };
}

const attached = (file_type: Attachment['file_type'], file_name: string, voice: Attachment['voice'] = null) =>
  ({ id: 1, file_type, file_name, voice }) as Attachment;

describe('a row of the list', () => {
  it('names the other one, what was said last, and how much is new', async () => {
    const { container } = await row(stage => {
      for (let i = 0; i < 120; i += 1) stage.server.say(1, malika, `message ${i}`);
    });
    const link = screen.getByRole('link');
    expect(link).toHaveTextContent('Malika Yusupova');
    expect(link).toHaveTextContent('message 119');
    expect(link).toHaveTextContent('99+');
    expect(link).toHaveAccessibleName(/120 unread messages/);
    expect(link).not.toHaveTextContent('Aziz');
    await expectAccessible(container);
  });
  it('names the confession where there are several', async () => {
    const { unmount } = await row();
    expect(screen.getByRole('link')).not.toHaveTextContent('Chorsu jamoasi');
    unmount();
    await row(() => {}, 1, true);
    expect(screen.getByRole('link')).toHaveTextContent('Chorsu jamoasi');
  });
  it('says who spoke: I, or one of several', async () => {
    await row(stage => stage.server.say(1, aziz, 'mine'));
    expect(screen.getByRole('link')).toHaveTextContent('You: mine');
  });
  it('names the speaker where there are several', async () => {
    const { container } = await row(stage => {
      stage.server.room([aziz, olga, rustam], confessions[0] ?? null);
      stage.server.say(2, rustam, 'from one of us');
    }, 2);
    expect(screen.getByRole('link')).toHaveTextContent('Rustam: from one of us');
    await expectAccessible(container);
  });
  it.each([
    ['Photo', '', [attached('image', 'a.png')]],
    ['3 photos', '', [attached('image', 'a.png'), attached('image', 'b.png'), attached('image', 'c.png')]],
    ['Video', '', [attached('video', 'a.mp4')]],
    ['Audio', '', [attached('audio', 'a.mp3')]],
    ['Voice message', '', [attached('audio', 'a.weba', { duration_ms: 900, waveform: [] })]],
    ['cod\ufffdexe.pdf', '', [attached('document', 'cod\u202eexe.pdf')]],
    ['2 files', '', [attached('document', 'a.pdf'), attached('image', 'b.png')]],
    ['Photo,see here', 'see here', [attached('image', 'a.png')]],
  ])('says %s of the files of the last message, also in its name', async (words, text, attachments) => {
    const { container } = await row(stage => stage.server.say(1, malika, text, { attachments }));
    const link = screen.getByRole('link');
    expect(link).toHaveAccessibleName(expect.stringContaining(words));
    expect(link.querySelector('svg')).toHaveAttribute('aria-hidden', 'true');
    await expectAccessible(container);
  });
  it('says who sent the files', async () => {
    await row(stage => stage.server.say(1, aziz, '', { attachments: [attached('image', 'a.png')] }));
    expect(screen.getByRole('link')).toHaveTextContent('You: Photo');
  });
  it('shows how far one’s own last message has come, and nothing for those of others', async () => {
    const { stage, container } = await row(stage => stage.server.say(1, aziz, 'mine'));
    const link = screen.getByRole('link');
    expect(link).toHaveAccessibleName(/sent12:00/);
    expect(container.querySelector('[data-status="sent"]')).not.toBeNull();
    act(() =>
      stage.server.tell({
        type: 'message_delivered',
        conversation: 1,
        message_id: 1,
        user_id: malika.id,
        delivered_at: '2026-11-22T10:00:00Z',
      }),
    );
    expect(link).toHaveAccessibleName(/delivered12:00/);
    act(() => void stage.server.say(1, malika, 'hers'));
    await stage.pass(10);
    expect(container.querySelector('[data-status]')).toBeNull();
    await expectAccessible(container);
  });
  it('shows a draft, and typing before it', async () => {
    const { stage } = await row(stage => stage.server.say(1, malika, 'said'));
    act(() => stage.messenger.setDraft(1, { text: 'half a th' }));
    expect(screen.getByRole('link')).toHaveTextContent('Draft: half a th');
    act(() => stage.server.tell({ type: 'typing', conversation: 1, user_id: malika.id, username: 'malika', is_typing: true }));
    expect(screen.getByRole('link')).toHaveTextContent('typing…');
    await stage.pass(8_000);
    expect(screen.getByRole('link')).toHaveTextContent('Draft: half a th');
  });
  it('marks what was not sent', async () => {
    const { stage } = await row();
    await act(async () => {
      stage.messenger.setDraft(1, { text: 'REFUSE this' });
      stage.messenger.send(1);
    });
    await stage.pass(10);
    expect(screen.getByRole('link')).toHaveAccessibleName(/A message was not sent/);
  });
  it('shows what came after a message that was not sent', async () => {
    const { stage } = await row();
    await act(async () => {
      stage.messenger.setDraft(1, { text: 'REFUSE this' });
      stage.messenger.send(1);
    });
    await stage.pass(1_000);
    expect(screen.getByRole('link')).toHaveTextContent('You: REFUSE this');
    act(() => void stage.server.say(1, malika, 'and later an answer'));
    await stage.pass(10);
    expect(screen.getByRole('link')).toHaveTextContent('and later an answer');
    expect(screen.getByRole('link')).toHaveAccessibleName(/A message was not sent/);
  });
  it('has initials where the picture cannot be loaded', async () => {
    const { container } = await new Stage().show(<Avatar user={{ ...malika, avatar: 'https://elsewhere/face.png' }} />);
    fireEvent.error(container.querySelector('img') as Element);
    expect(container).toHaveTextContent('MY');
  });
  it('says how long the member has been waiting, and not to the member', async () => {
    const stage = new Stage(malika);
    stage.server.say(1, aziz, 'a question');
    await stage.pass(3 * 3_600_000);
    await stage.begin();
    await stage.show(
      <ul>
        <li>
          <ConversationRow id={1} now={stage.clock.now()} isCurrent={false} isTabStop isAlone showsConfession={false} />
        </li>
      </ul>,
    );
    await act(() => warm());
    expect(screen.getByRole('link')).toHaveAccessibleName(/Waiting for 3 h/);
  });
  it('shows what was marked as unread, and what is muted', async () => {
    const { stage, container } = await row();
    await act(async () => {
      await stage.messenger.arrange(1, { type: 'mark_as_unread' });
      await stage.messenger.arrange(1, { type: 'mute', until: 'always' });
    });
    expect(screen.getByRole('link')).toHaveAccessibleName(/Marked as unread/);
    expect(screen.getByRole('link')).toHaveAccessibleName(/Muted/);
    await expectAccessible(container);
  });
  it('says in words who is online', async () => {
    const { stage } = await row();
    act(() => stage.server.tell({ type: 'user_status', user_id: malika.id, username: 'malika', status: 'online', last_seen: null }));
    expect(screen.getByRole('link')).toHaveAccessibleName(/online/);
  });
});
