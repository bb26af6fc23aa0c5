import { isAtStart, messageIds, nameOf, participantsOf, shownFileName } from '@suhbat/client';
import { useLanguage, useMessenger, useSelect } from '../app.tsx';
import styles from './PrintView.module.css';

/** The loaded messages of a conversation on paper: who, when, what, and the names of files. */
export default function PrintView({ id }: { id: number }) {
  const { t, dates, names } = useLanguage();
  const messenger = useMessenger();
  const ids = useSelect(state => messageIds(state, id));
  const held = useSelect(state => state.held[id]);
  const isWhole = useSelect(state => isAtStart(state, id));
  const participants = useSelect(state => participantsOf(state, id));
  const confession = held?.details?.confession;
  const now = messenger.client.serverTime.now();
  return (
    <article className={styles.paper} data-print>
      <h1>{names(participants.map(nameOf))}</h1>
      <p>
        {confession && <span dir="auto">{`${confession.name} · `}</span>}
        {t('print.when', { when: dates.moment(now, now) })}
      </p>
      {!isWhole && <p>{t('print.part')}</p>}
      {ids.map(one => {
        const message = held?.messages.get(one);
        if (!message) return null;
        return (
          <section key={one} className={styles.message}>
            <h2>
              <span dir="auto">{nameOf(message.sender)}</span>
              <time dateTime={message.created_at}>{dates.moment(message.created_at, now)}</time>
              {message.is_edited && <span>{t('message.edited')}</span>}
            </h2>
            {message.reply_to && (
              <blockquote dir="auto">
                {`${nameOf(message.reply_to.sender)}: `}
                {message.reply_to.is_deleted ? t('message.deleted') : message.reply_to.content}
              </blockquote>
            )}
            {message.content && (
              <p className={styles.text} dir="auto">
                {message.content}
              </p>
            )}
            {message.attachments.map(({ id: file, file_name }) => (
              <p key={file} dir="auto">{`[${shownFileName(file_name)}]`}</p>
            ))}
          </section>
        );
      })}
    </article>
  );
}
