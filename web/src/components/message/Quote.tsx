import type { ReplyPreview } from '@suhbat/client';
import { nameOf } from '@suhbat/client';
import { useLanguage, useNameOf, useSelect } from '../app.tsx';
import styles from './Quote.module.css';

const LENGTH = 160;

/** The preview of the answered message. If that can be reached, a click leads there. */
export function Quote({ reply, tab, onJump }: { reply: ReplyPreview; tab: 0 | -1; onJump: (() => void) | null }) {
  const { t, wordsOf } = useLanguage();
  const shownName = useNameOf();
  const isMine = useSelect(state => state.userId === reply.sender.id);
  const text = reply.is_deleted ? t('message.deleted') : wordsOf(reply.content).slice(0, LENGTH);
  const inside = (
    <>
      <span className="hidden">{isMine ? t('message.quoteOwn') : t('message.quote', { name: nameOf(reply.sender) })}</span>
      <span className={styles.name} aria-hidden dir="auto">
        {shownName(reply.sender)}
      </span>
      <span className={reply.is_deleted ? styles.gone : styles.text} dir="auto">
        {text}
      </span>
    </>
  );
  return onJump && !reply.is_deleted ? (
    <button type="button" tabIndex={tab} className={styles.quote} onClick={onJump}>
      {inside}
    </button>
  ) : (
    <div className={styles.quote}>{inside}</div>
  );
}
