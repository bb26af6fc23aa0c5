import type { ListRow } from '@suhbat/client';
import { isMuted, nameOf, othersOf, pendingOf } from '@suhbat/client';
import { EllipsisVertical } from 'lucide-react';
import { memo } from 'react';
import { Link } from 'wouter';
import { join } from '../../theme/theme.ts';
import { useLanguage, useSelect, useSettings } from '../app.tsx';
import { FROM_LIST } from '../BackLink.tsx';
import { lazyPart } from '../parts.tsx';
import { Avatar } from './Avatar.tsx';
import styles from './ConversationRow.module.css';
import { since } from './since.ts';

/** Comes a moment after the list, with what few rows have. */
const RowPart = lazyPart(() => import('./RowPart.tsx'));

const MOST = 99;

interface Props {
  id: number;
  now: number;
  isCurrent: boolean;
  isTabStop: boolean;
  /** Whether the list is all there is to see, on a phone. */
  isAlone: boolean;
  /** Where conversations can be told apart by it. */
  showsConfession: boolean;
}

function MessagePreview({ row }: { row: ListRow }) {
  const { t, wordsOf } = useLanguage();
  const userId = useSelect(state => state.userId);
  const typing = useSelect(state => state.typing[row.id]?.length ?? 0);
  const draft = useSelect(state => state.drafts[row.id]?.text.trim() ?? '');
  const isCurrent = useSelect(state => state.current === row.id);
  const pending = useSelect(state => pendingOf(state, row.id));
  const preview = row.last_message_preview;
  if (typing > 0) return <span className={styles.typing}>{t('typing.short')}</span>;
  if (draft && !isCurrent) return <span className={styles.draft}>{t('list.draft', { text: draft.slice(0, 80) })}</span>;
  const text = (words: string) => (
    <span dir="auto" className={styles.text}>
      {words}
    </span>
  );
  if (pending) return text(t('list.you', { text: wordsOf(pending.content).slice(0, 80) }));
  if (!preview) return <span>{t('list.noMessages')}</span>;
  const speaker = row.participants.find(person => person.username === preview.sender);
  const said = (words: string) => {
    if (speaker?.id === userId) return text(t('list.you', { text: words }));
    const isOneOfMany = speaker && row.participants.length > 2;
    return text(isOneOfMany ? t('list.from', { name: speaker.first_name || speaker.username, text: words }) : words);
  };
  return preview.has_attachments ? <RowPart files={preview} said={said} /> : said(wordsOf(preview.content));
}

export const ConversationRow = memo(function ConversationRow({ id, now, isCurrent, isTabStop, isAlone, showsConfession }: Props) {
  const { t, dates, names } = useLanguage();
  const row = useSelect(state => state.rows[id]);
  const userId = useSelect(state => state.userId);
  const [{ density }] = useSettings();
  const waits = useSelect(state => state.list.filter.waiting);
  const failed = useSelect(state => state.outbox[id]?.some(entry => entry.state === 'failed') ?? false);
  const isPending = useSelect(state => pendingOf(state, id) !== undefined);
  const others = row ? othersOf(row.participants, userId) : [];
  const first = others[0];
  const online = useSelect(state => others.length === 1 && first !== undefined && state.presence[first.id]?.status === 'online');
  if (!row || !first) return null;
  const name = names(others.map(nameOf));
  const unread = row.unread_count;
  const isNew = unread > 0 || row.is_marked_unread;
  const awaited = row.awaiting_since;
  const last = row.last_message_preview?.status;
  const status = isPending ? !failed && 'pending' : last !== 'received' && last;
  const moment = row.last_message_preview?.created_at ?? row.last_message_at;
  return (
    <>
      <Link
        href={`/c/${id}`}
        state={isAlone ? FROM_LIST : null}
        className={join(styles.row, density === 'compact' && styles.compact, isCurrent && styles.current)}
        aria-current={isCurrent ? 'page' : undefined}
        tabIndex={isTabStop ? 0 : -1}
        data-row={id}
      >
        <span className={styles.face}>
          <Avatar user={first} others={others.length - 1} />
          {online && (
            <span className={styles.online}>
              <span className="hidden">{t('presence.online')}</span>
            </span>
          )}
        </span>
        <span className={styles.main}>
          <span className={styles.top}>
            <span className={join(styles.name, isNew && styles.strong)} dir="auto">
              {name}
            </span>
            {isMuted(row, now) && <RowPart mark="muted" />}
            {status && <RowPart mark={status} />}
            {awaited && waits ? (
              <time className={join(styles.time, styles.waits)} dateTime={awaited}>
                {t('row.waitsFor', { time: since(t, awaited, now) })}
              </time>
            ) : (
              moment && (
                <time className={join(styles.time, isNew && styles.fresh)} dateTime={moment}>
                  {dates.brief(moment, now)}
                </time>
              )
            )}
          </span>
          <span className={styles.bottom}>
            <span className={styles.preview}>
              <MessagePreview row={row} />
            </span>
            {row.confession && showsConfession && (
              <span className={styles.confession} dir="auto">
                {row.confession.name}
              </span>
            )}
            {failed && <RowPart mark="failed" />}
            {awaited && !waits && <RowPart mark="waits" since={since(t, awaited, now)} />}
            {unread === 0 && row.is_marked_unread && (
              <span className={join(styles.badge, styles.dot)}>
                <span className="hidden">{t('row.isUnread')}</span>
              </span>
            )}
            {unread > 0 && (
              <span className={styles.badge}>
                <span aria-hidden>{unread > MOST ? `${MOST}+` : unread}</span>
                <span className="hidden">{t('list.unreadCount', { count: unread })}</span>
              </span>
            )}
          </span>
        </span>
      </Link>
      <button type="button" className={styles.more} tabIndex={-1} aria-haspopup="menu" aria-label={t('row.menu', { name })} data-menu={id}>
        <EllipsisVertical aria-hidden size={18} />
      </button>
    </>
  );
});
