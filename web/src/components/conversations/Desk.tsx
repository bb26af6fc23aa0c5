import type { ConversationListItem } from '@suhbat/client';
import { nameOf, othersOf } from '@suhbat/client';
import { useEffect, useState } from 'react';
import { Link } from 'wouter';
import { useLanguage, useMessenger, useNow, useSelect } from '../app.tsx';
import { Avatar } from './Avatar.tsx';
import styles from './Desk.module.css';

/** The most that one call answers with; the oldest stand at the end of the last page. */
const PAGE = 100;
const SHOWN = 5;

interface Waiting {
  count: number;
  oldest: readonly ConversationListItem[];
}

/** The unread conversations, asked for again whenever their messages become more or fewer. Null until they are known. */
function useWaiting(): Waiting | null {
  const { client } = useMessenger();
  const unread = useSelect(state => state.unread);
  const [waiting, setWaiting] = useState<Waiting | null>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the number of unread messages tells that something changed
  useEffect(() => {
    const abort = new AbortController();
    const ask = async () => {
      const page = (number: number) => client.api.conversations({ unread: true, page: number, page_size: PAGE }, abort.signal);
      const first = await page(1);
      const last = Math.ceil(first.count / PAGE);
      const { results } = last > 1 ? await page(last) : first;
      if (!abort.signal.aborted) setWaiting({ count: first.count, oldest: results.toReversed().slice(0, SHOWN) });
    };
    // What was shown stays; the next change asks again.
    ask().catch(() => {});
    return () => abort.abort();
  }, [client, unread]);
  return waiting;
}

/** For an admin with no conversation open: how many wait, since when, and the way to those who have waited longest. */
export default function Desk() {
  const { t, dates, names, wordsOf } = useLanguage();
  const now = useNow(60_000);
  const userId = useSelect(state => state.userId);
  const waiting = useWaiting();
  if (!waiting) return null;
  if (waiting.count === 0) return <h1 className={styles.plain}>{t('desk.none')}</h1>;
  return (
    <section className={styles.desk}>
      <h1>{t('desk.waiting', { count: waiting.count })}</h1>
      <p className={styles.lead}>{t('desk.longest')}</p>
      <ul>
        {waiting.oldest.map(({ id, participants, last_message_preview: last, last_message_at: at }) => {
          const others = othersOf(participants, userId);
          return (
            <li key={id}>
              <Link href={`/c/${id}`} className={styles.row}>
                <Avatar user={others[0]} others={others.length - 1} />
                <span className={styles.words}>
                  <span className={styles.name} dir="auto">
                    {names(others.map(nameOf))}
                  </span>
                  {last && (
                    <span className={styles.preview} dir="auto">
                      {wordsOf(last.content)}
                    </span>
                  )}
                </span>
                {at && (
                  <time className={styles.since} dateTime={at}>
                    {dates.ago(at, now)}
                  </time>
                )}
              </Link>
            </li>
          );
        })}
      </ul>
    </section>
  );
}
