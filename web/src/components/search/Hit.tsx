import type { SearchHit } from '@suhbat/client';
import { placesOf, shownFileName } from '@suhbat/client';
import { Paperclip } from 'lucide-react';
import { memo } from 'react';
import { Link } from 'wouter';
import { join } from '../../theme/theme.ts';
import { useLanguage, useNameOf } from '../app.tsx';
import { Marked } from './Marked.tsx';
import styles from './SearchPanel.module.css';

interface Props {
  hit: SearchHit;
  href: string;
  now: number;
  isTabStop: boolean;
  isChosen: boolean;
  onOpen: (hit: SearchHit) => void;
}

/** One message that was found: who wrote it and when, the words around the match, and files whose names match. */
export const Hit = memo(function Hit({ hit, href, now, isTabStop, isChosen, onOpen }: Props) {
  const { dates, wordsOf } = useLanguage();
  const nameOf = useNameOf();
  const { message, snippet, files } = hit;
  const named = files.flatMap(({ attachment_id, ranges }) => {
    const file = message.attachments.find(one => one.id === attachment_id);
    return file ? [{ id: file.id, name: file.file_name, ranges }] : [];
  });
  return (
    <Link
      href={href}
      className={join(styles.hit, isChosen && styles.chosen)}
      aria-current={isChosen ? 'true' : undefined}
      tabIndex={isTabStop ? 0 : -1}
      data-hit={`m${message.id}`}
      onClick={event => {
        event.preventDefault();
        onOpen(hit);
      }}
    >
      <span className={styles.top}>
        <span className={styles.sender} dir="auto">
          {nameOf(message.sender)}
        </span>
        <time className={styles.time} dateTime={message.created_at}>
          {dates.brief(message.created_at, now)}
        </time>
      </span>
      {(snippet.text !== '' || named.length === 0) && (
        <span className={styles.snippet} dir="auto">
          {snippet.before && '… '}
          {snippet.text === '' ? wordsOf(message.content) : <Marked text={snippet.text} places={placesOf(snippet.text, snippet.ranges)} />}
          {snippet.after && ' …'}
        </span>
      )}
      {named.map(({ id, name, ranges }) => (
        <span key={id} className={styles.file}>
          <Paperclip aria-hidden size={14} />
          <bdi>
            <Marked text={shownFileName(name)} places={placesOf(name, ranges)} />
          </bdi>
        </span>
      ))}
    </Link>
  );
});
