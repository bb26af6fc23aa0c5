import type { ConversationListItem } from '@suhbat/client';
import { nameOf, othersOf, previewText } from '@suhbat/client';
import { useEffect, useState } from 'react';
import { Link } from 'wouter';
import { useLanguage, useMessenger, useNow, useSelect } from '../app.tsx';
import { Avatar } from './Avatar.tsx';
import styles from './Desk.module.css';
import { useFileWords } from './RowPart.tsx';
import { useRowWords } from './sentences.ts';
import { since } from './since.ts';

const SHOWN = 5;

interface Waiting {
  count: number;
  oldest: readonly ConversationListItem[];
}

/** Those who wait for an answer, asked for again after changes of rows. Null until they are known. */
function useWaiting(): Waiting | null {
  const { client } = useMessenger();
  const rows = useSelect(state => state.rows);
  const [waiting, setWaiting] = useState<Waiting | null>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: somebody may wait now, or no longer
  useEffect(() => {
    const abort = new AbortController();
    const ask = async () => {
      const query = { waiting: true, archived: 'false', page_size: SHOWN };
      const { count, results } = await client.api.conversations(query, abort.signal);
      if (!abort.signal.aborted) setWaiting({ count, oldest: results });
    };
    // What was shown stays; the next change asks again.
    ask().catch(() => {});
    return () => abort.abort();
  }, [client, rows]);
  return waiting;
}

/** For an admin with no conversation open: how many wait, since when, and the way to those who have waited longest. */
export default function Desk() {
  const words = useRowWords();
  const { t, names } = useLanguage();
  const fileWords = useFileWords();
  const now = useNow(60_000);
  const userId = useSelect(state => state.userId);
  const waiting = useWaiting();
  if (!waiting) return null;
  if (waiting.count === 0) return <h1 className={styles.plain}>{words('desk.none')}</h1>;
  return (
    <section className={styles.desk}>
      <h1>{words('desk.waiting', { count: waiting.count })}</h1>
      <p className={styles.lead}>{words('desk.longest')}</p>
      <ul>
        {waiting.oldest.map(({ id, participants, last_message_preview: last, awaiting_since: at }) => {
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
                      {previewText(last) ?? fileWords(last)}
                    </span>
                  )}
                </span>
                {at && (
                  <time className={styles.since} dateTime={at}>
                    {since(t, at, now)}
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
