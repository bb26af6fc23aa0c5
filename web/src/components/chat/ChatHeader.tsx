import type { User } from '@suhbat/client';
import { nameOf, othersOf, participantsOf } from '@suhbat/client';
import { Search } from 'lucide-react';
import { useState } from 'react';
import { Link } from 'wouter';
import controls from '../../theme/controls.module.css';
import { useLanguage, useNow, useSelect } from '../app.tsx';
import { BackLink } from '../BackLink.tsx';
import { Avatar } from '../conversations/Avatar.tsx';
import { Dialog } from '../overlays/Dialog.tsx';
import { canSearch } from '../search/opening.ts';
import styles from './ChatHeader.module.css';

function Status({ id, others }: { id: number; others: readonly User[] }) {
  const { t, dates } = useLanguage();
  const now = useNow(60_000);
  const typing = useSelect(state => state.typing[id]);
  const waiting = useSelect(state => state.connection.kind === 'waiting');
  const single = others.length === 1 ? others[0] : undefined;
  const presence = useSelect(state => (single ? state.presence[single.id] : undefined));
  if (typing && typing.length > 0) {
    const who = others.find(person => person.id === typing[0]);
    const text =
      others.length === 1
        ? t('typing.short')
        : typing.length === 1 && who
          ? t('typing.one', { name: nameOf(who) })
          : t('typing.many', { count: typing.length });
    return <span className={styles.typing}>{text}</span>;
  }
  if (waiting) return <span>{t('presence.unknown')}</span>;
  if (presence?.status === 'online') return <span className={styles.online}>{t('presence.online')}</span>;
  if (presence?.lastSeen) return <span>{t('presence.seen', { when: dates.ago(presence.lastSeen, now) })}</span>;
  return presence ? <span>{t('presence.offline')}</span> : null;
}

/** The other participants of the conversation. */
export function ChatHeader({ id }: { id: number }) {
  const { t, names } = useLanguage();
  const isSearchable = useSelect(canSearch);
  const [showsPeople, setShowsPeople] = useState(false);
  const participants = useSelect(state => participantsOf(state, id));
  const userId = useSelect(state => state.userId);
  const confession = useSelect(state => state.held[id]?.details?.confession ?? state.rows[id]?.confession ?? null);
  const others = othersOf(participants, userId);
  const name = names(others.map(nameOf));
  const title = (
    <>
      <h1 className={styles.name} dir="auto">
        <span className="hidden">{t('chat.with', { name })}</span>
        <span aria-hidden>{name}</span>
      </h1>
      <div className={styles.sub}>
        {others.length > 1 && (
          <button type="button" className={styles.group} onClick={() => setShowsPeople(true)}>
            {t('chat.participants', { count: participants.length })}
          </button>
        )}
        <Status id={id} others={others} />
        {confession && (
          <span className={styles.confession} dir="auto">
            {confession.name}
          </span>
        )}
      </div>
    </>
  );
  return (
    <header className={styles.header} data-region="header" tabIndex={-1}>
      <BackLink className={styles.back} />
      <Avatar user={others[0]} others={others.length - 1} size="md" />
      <div className={styles.titles}>{title}</div>
      {isSearchable && (
        <Link
          href={`/c/${id}/search`}
          state={{ back: true, chat: id }}
          className={controls.icon}
          aria-label={t('chat.search')}
          title={t('chat.search')}
        >
          <Search aria-hidden size={20} />
        </Link>
      )}
      {showsPeople && (
        <Dialog title={t('chat.participants', { count: participants.length })} onClose={() => setShowsPeople(false)}>
          <ul className={styles.people}>
            {participants.map(person => (
              <li key={person.id}>
                <Avatar user={person} size="sm" />
                <span dir="auto">{person.id === userId ? t('common.you') : nameOf(person)}</span>
              </li>
            ))}
          </ul>
        </Dialog>
      )}
    </header>
  );
}
