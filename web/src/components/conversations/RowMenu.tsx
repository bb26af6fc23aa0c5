import type { ListRow, RowAct } from '@suhbat/client';
import { isMuted, nameOf, othersOf } from '@suhbat/client';
import { Archive, ArchiveRestore, Bell, BellOff, CircleCheck, Hourglass, MailOpen, MessageCircleDashed } from 'lucide-react';
import type { ReactNode } from 'react';
import { codeOf, useLanguage, useMessenger, useSelect } from '../app.tsx';
import { Menu, type MenuItem, type Spot } from '../overlays/Menu.tsx';
import { useAnnounce } from '../status/Announcer.tsx';
import { useRowWords } from './sentences.ts';
import { UndoButton } from './UndoButton.tsx';

const HOUR = 3_600_000;
const EIGHT_HOURS = 8 * HOUR;
const WEEK = 7 * 24 * HOUR;

interface Props {
  id: number;
  at: Spot;
  opener: HTMLElement;
  onClose: () => void;
}

/** What one can do with a conversation without opening it. Each act can be taken back from a toast. */
export function RowMenu({ id, at, opener, onClose }: Props) {
  const { t, refusal, names } = useLanguage();
  const words = useRowWords();
  const messenger = useMessenger();
  const { toast } = useAnnounce();
  const row = useSelect(state => state.rows[id]);
  const userId = useSelect(state => state.userId);
  const isStaff = useSelect(state => row?.participants.some(person => person.id === state.userId && person.role !== 'user') ?? false);
  if (!row) return null;
  const now = messenger.clock.now();

  const run = async (act: RowAct, done?: string, back?: RowAct) => {
    try {
      await messenger.arrange(id, act);
      // Was it the last row of its list, there is no neighbour to take the focus.
      requestAnimationFrame(() => {
        if (document.activeElement !== document.body) return;
        document.querySelector<HTMLElement>('[data-region="list"] [aria-pressed="true"]')?.focus();
      });
      if (done) toast(done, back && (close => <UndoButton undo={() => void run(back)} onDone={close} />));
    } catch (error) {
      toast(refusal(codeOf(error)));
    }
  };
  const until = (milliseconds: number): RowAct => ({ type: 'mute', until: new Date(now + milliseconds).toISOString() });
  const items: MenuItem[] = [];
  const add = (name: string, label: string, icon: ReactNode, act: RowAct, done?: string, back?: RowAct) =>
    items.push({ id: name, label, icon, run: () => void run(act, done, back) });

  if (row.unread_count > 0 || row.is_marked_unread) {
    add('read', words('row.markRead'), <MailOpen aria-hidden size={18} />, { type: 'mark_as_read' });
  } else {
    add('unread', words('row.markUnread'), <MessageCircleDashed aria-hidden size={18} />, { type: 'mark_as_unread' });
  }
  if (isStaff && row.awaiting_since) {
    const act: RowAct = { type: 'answered', answered: true };
    add('answered', words('row.noAnswer'), <CircleCheck aria-hidden size={18} />, act, words('row.noAnswer'), { ...act, answered: false });
  } else if (isStaff && row.last_message_preview && isOfMember(row)) {
    add('awaited', words('row.needsAnswer'), <Hourglass aria-hidden size={18} />, { type: 'answered', answered: false });
  }
  if (isMuted(row, now)) {
    add('unmute', words('row.unmute'), <Bell aria-hidden size={18} />, { type: 'mute', until: null }, words('row.unmuted'), {
      type: 'mute',
      until: row.muted_until,
    });
  } else {
    const off: RowAct = { type: 'mute', until: null };
    add('mute-hours', words('row.muteHours'), <BellOff aria-hidden size={18} />, until(EIGHT_HOURS), t('row.muted'), off);
    add('mute-week', words('row.muteWeek'), <BellOff aria-hidden size={18} />, until(WEEK), t('row.muted'), off);
    add('mute', words('row.muteAlways'), <BellOff aria-hidden size={18} />, { type: 'mute', until: 'always' }, t('row.muted'), off);
  }
  if (row.archived_at) {
    add('unarchive', words('row.unarchive'), <ArchiveRestore aria-hidden size={18} />, { type: 'unarchive' }, words('row.unarchived'), {
      type: 'archive',
    });
  } else {
    add('archive', words('row.archive'), <Archive aria-hidden size={18} />, { type: 'archive' }, words('row.archived'), {
      type: 'unarchive',
    });
  }
  const label = t('row.menu', { name: names(othersOf(row.participants, userId).map(nameOf)) });
  return <Menu label={label} items={items} at={at} opener={opener} onClose={onClose} />;
}

/** Whether the last word is that of a member. */
function isOfMember({ participants, last_message_preview: last }: ListRow): boolean {
  return participants.some(person => person.role === 'user' && person.username === last?.sender);
}
