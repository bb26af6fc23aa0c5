import type { Entry, Message } from '@suhbat/client';
import { nameOf, statusOf } from '@suhbat/client';
import { useStore } from '@suhbat/react';
import { Ellipsis, Pin } from 'lucide-react';
import { memo, useEffect, useId, useRef } from 'react';
import { dayKey } from '../../i18n/dates.ts';
import { join } from '../../theme/theme.ts';
import { useLanguage, useMessenger, useSelect } from '../app.tsx';
import { AttachmentGrid } from '../attachments/AttachmentGrid.tsx';
import { useChat } from '../chat/ChatContext.tsx';
import type { Item } from '../chat/items.ts';
import { Avatar } from '../conversations/Avatar.tsx';
import { found, markerOf } from '../search/found.ts';
import { EditField } from './EditField.tsx';
import { fewEmoji } from './emoji.ts';
import styles from './MessageRow.module.css';
import { PendingFiles, Unsent } from './Pending.tsx';
import { Quote } from './Quote.tsx';
import { RichText } from './RichText.tsx';
import { type Progress, Ticks } from './Ticks.tsx';
import { useReceipts } from './useReceipts.ts';
import { useRowGestures } from './useRowGestures.ts';

const WORDS = {
  pending: 'message.pending',
  failed: 'message.failed',
  sent: 'message.sent',
  delivered: 'message.delivered',
  seen: 'message.seen',
} as const;

interface Props {
  item: Item;
  isTabStop: boolean;
  isFlashed: boolean;
  now: number;
}

function progressOf(message: Message | undefined, entry: Entry | undefined, status: string): Progress | null {
  if (message) return status === 'received' ? null : (status as Progress);
  return entry?.state === 'failed' ? 'failed' : 'pending';
}

/** The small print of a message: whether it is pinned and edited, its time and status. */
function Meta({ message, at, progress }: { message: Message | undefined; at: string; progress: Progress | null }) {
  const { t, dates } = useLanguage();
  return (
    <span className={styles.meta}>
      {message?.is_pinned && (
        <>
          <Pin aria-hidden size={12} />
          <span className="hidden">{t('message.pinned')}</span>
        </>
      )}
      {/* When it was changed stands in its dialog: two times in a row read like a fault. */}
      {message?.is_edited && <span>{t('message.edited')}</span>}
      <time dateTime={at}>{dates.time(at)}</time>
      {progress && <Ticks progress={progress} />}
    </span>
  );
}

/** One message, from its first moment in the outbox to its last state at the server, without being mounted anew. */
export const MessageRow = memo(function MessageRow({ item, isTabStop, isFlashed, now }: Props) {
  const { t, dates } = useLanguage();
  const chat = useChat();
  const messenger = useMessenger();
  const userId = useSelect(state => state.userId);
  const message = useSelect(state => (item.id === null ? undefined : state.held[chat.id]?.messages.get(item.id)));
  const entry = useSelect(state => (item.id === null ? state.outbox[chat.id]?.find(other => other.clientId === item.clientId) : undefined));
  const status = useSelect(state => {
    const held = state.held[chat.id];
    return message && held ? statusOf(message, held, state.userId) : 'sent';
  });
  const receipts = useReceipts(message);
  const isSelecting = useSelect(state => state.selection !== null) && item.id !== null;
  const isSelected = useSelect(state => item.id !== null && (state.selection?.has(item.id) ?? false));
  const marker = useStore(found, markerOf);
  const isEditing = useSelect(state => item.id !== null && item.id in state.edits);
  const { gestures, fromButton } = useRowGestures(item, message);
  const row = useRef<HTMLElement>(null);
  const id = useId();
  const mine = message ? message.sender.id === userId : true;
  const observed = message && !mine ? message.id : null;
  const { observe } = chat;

  useEffect(() => {
    if (observed === null || !row.current) return undefined;
    return observe(row.current, observed);
  }, [observe, observed]);

  if (!message && !entry) return null;
  const at = message?.created_at ?? new Date(entry?.createdAt ?? 0).toISOString();
  const progress = mine ? progressOf(message, entry, status) : null;
  const sender = message && !mine ? nameOf(message.sender) : t('common.you');
  const time = dayKey(at) === dayKey(new Date(now).toISOString()) ? dates.time(at) : dates.moment(at, now);
  const how = progress && (receipts || t(WORDS[progress]));
  const tab = isTabStop ? 0 : -1;
  const content = message?.content ?? entry?.content ?? '';
  const reply = message?.reply_to ?? entry?.replyTo ?? null;
  const emoji = fewEmoji(content);
  const hasFiles = (message?.attachments.length ?? 0) > 0;
  const showFace = chat.isGroup && !mine;
  const meta = !isEditing && <Meta message={message} at={at} progress={progress} />;
  return (
    <div className={join(styles.row, item.first && styles.firstOfGroup)}>
      {item.day && (
        <div className={styles.day}>
          <button type="button" tabIndex={tab} title={t('date.jump')} onClick={() => chat.askDate(item.day ?? at)}>
            <time dateTime={item.day}>{dates.day(item.day, now)}</time>
            <span className="hidden">{t('date.jump')}</span>
          </button>
        </div>
      )}
      {item.divider && (
        <div className={styles.divider}>
          <span>{t('chat.unread')}</span>
        </div>
      )}
      <article
        ref={row}
        className={join(
          styles.message,
          mine ? styles.mine : styles.theirs,
          isFlashed && styles.flashed,
          isSelecting && styles.selecting,
          isSelected && styles.selected,
        )}
        aria-labelledby={join(
          `${id}-who`,
          reply && `${id}-quote`,
          hasFiles && `${id}-files`,
          content !== '' && !isEditing && `${id}-text`,
          `${id}-how`,
        )}
        tabIndex={tab}
        data-key={item.key}
        data-id={item.id ?? undefined}
        data-mine={mine ? '' : undefined}
        {...gestures}
      >
        <span id={`${id}-who`} hidden>
          {`${sender},`}
        </span>
        <span id={`${id}-how`} hidden>
          {`, ${how ? t('message.status', { time, status: how }) : time}`}
        </span>
        {isSelecting && item.id !== null && (
          <input
            type="checkbox"
            className={styles.check}
            tabIndex={tab}
            checked={isSelected}
            aria-labelledby={`${id}-who ${id}-text`}
            onChange={() => messenger.toggleSelected(item.id ?? 0)}
          />
        )}
        {showFace && <span className={styles.face}>{item.last && message && <Avatar user={message.sender} size="sm" />}</span>}
        <div className={join(styles.bubble, item.last && styles.tail)} data-bubble>
          {showFace && item.first && (
            <div className={styles.sender} dir="auto">
              {sender}
            </div>
          )}
          {reply && (
            <div id={`${id}-quote`} className={styles.quoted}>
              <Quote reply={reply} tab={tab} onJump={() => chat.jump(reply.id, item.id)} />
            </div>
          )}
          {message && hasFiles && (
            <div id={`${id}-files`}>
              <AttachmentGrid message={message} tab={tab} onPlaying={on => chat.setPlaying(item.key, on)} />
            </div>
          )}
          {entry && entry.files.length > 0 && <PendingFiles entry={entry} tab={tab} />}
          {isEditing && message ? (
            <EditField message={message} />
          ) : (
            content !== '' && (
              <div className={join(styles.text, emoji > 0 && styles.large)} data-emoji={emoji || undefined} dir="auto">
                <span id={`${id}-text`} data-words>
                  <RichText text={content} tab={tab} marks={item.id === null ? undefined : marker?.(item.id, content)} />
                </span>
                {meta}
              </div>
            )
          )}
          {content === '' && meta}
        </div>
        {!isSelecting && (
          <button
            type="button"
            className={styles.more}
            tabIndex={tab}
            aria-label={t('message.menu')}
            aria-haspopup="menu"
            onClick={fromButton}
          >
            <Ellipsis aria-hidden size={18} />
          </button>
        )}
      </article>
      {entry?.state === 'failed' && <Unsent entry={entry} tab={tab} />}
    </div>
  );
});
