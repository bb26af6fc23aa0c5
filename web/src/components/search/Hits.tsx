import type { ConversationListItem, MessageQuery, SearchHit, SearchState } from '@suhbat/client';
import { nameOf, othersOf } from '@suhbat/client';
import { foundIn } from '@suhbat/client/fold';
import { useMemo } from 'react';
import { Link } from 'wouter';
import { useLanguage, useNow, useSelect } from '../app.tsx';
import { Avatar } from '../conversations/Avatar.tsx';
import { Hit } from './Hit.tsx';
import { Marked } from './Marked.tsx';
import styles from './SearchPanel.module.css';
import { useSearchWords } from './sentences.ts';
import { hitPath } from './useSearch.ts';

interface Group {
  key: string;
  conversation: SearchHit['conversation'];
  hits: SearchHit[];
}

/** Neighbours in the list that belong to one conversation. */
export function groupsOf(hits: readonly SearchHit[]): Group[] {
  const groups: Group[] = [];
  for (const hit of hits) {
    const last = groups.at(-1);
    if (last?.conversation.id === hit.conversation.id) last.hits.push(hit);
    else groups.push({ key: `${hit.conversation.id} ${hit.message.id}`, conversation: hit.conversation, hits: [hit] });
  }
  return groups;
}

/** The elements of the list in their order, by the key of each: conversations, then messages. */
export function keysOf({ chats, hits }: Pick<SearchState, 'chats' | 'hits'>): string[] {
  return [...chats.map(({ id }) => `c${id}`), ...hits.map(({ message }) => `m${message.id}`)];
}

function Chat({ chat, q, isTabStop, onOpen }: { chat: ConversationListItem; q: string; isTabStop: boolean; onOpen: () => void }) {
  const { names } = useLanguage();
  const userId = useSelect(state => state.userId);
  const others = othersOf(chat.participants, userId);
  const name = names(others.map(nameOf));
  const about = chat.confession?.name;
  return (
    <Link href={`/c/${chat.id}`} className={styles.chat} tabIndex={isTabStop ? 0 : -1} data-hit={`c${chat.id}`} onClick={onOpen}>
      <Avatar user={others[0]} others={others.length - 1} />
      <span className={styles.words}>
        <span className={styles.name} dir="auto">
          <Marked text={name} places={foundIn(name, q)} />
        </span>
        {about && (
          <span className={styles.about} dir="auto">
            <Marked text={about} places={foundIn(about, q)} />
          </span>
        )}
      </span>
    </Link>
  );
}

interface Props {
  state: SearchState;
  query: MessageQuery;
  stop: string | undefined;
  chosen: number | null;
  onOpen: (hit: SearchHit) => void;
  onChat: () => void;
}

/** Conversations of that name, then messages, by conversation where several are searched. */
export function Hits({ state, query, stop, chosen, onOpen, onChat }: Props) {
  const { names } = useLanguage();
  const words = useSearchWords();
  const now = useNow(60_000);
  const userId = useSelect(({ userId: me }) => me);
  const { chats, hits } = state;
  const groups = useMemo(() => groupsOf(hits), [hits]);
  const list = (all: readonly SearchHit[]) =>
    all.map(hit => (
      <li key={hit.message.id}>
        <Hit
          hit={hit}
          href={hitPath(query, hit)}
          now={now}
          isTabStop={stop === `m${hit.message.id}`}
          isChosen={hit.message.id === chosen}
          onOpen={onOpen}
        />
      </li>
    ));
  return (
    <>
      {chats.length > 0 && (
        <section aria-labelledby="search-chats">
          <h3 className={styles.heading} id="search-chats">
            {words('search.chats')}
          </h3>
          <ul>
            {chats.map(chat => (
              <li key={chat.id}>
                <Chat chat={chat} q={query.q} isTabStop={stop === `c${chat.id}`} onOpen={onChat} />
              </li>
            ))}
          </ul>
        </section>
      )}
      {hits.length > 0 && (
        <section aria-labelledby="search-messages">
          <h3 className={chats.length > 0 ? styles.heading : 'hidden'} id="search-messages">
            {words('search.messages')}
          </h3>
          <ul>
            {query.conversation !== null
              ? list(hits)
              : groups.map(({ key, conversation: { participants, confession, title }, hits: mine }) => {
                  const others = othersOf(participants, userId);
                  return (
                    <li key={key} className={styles.group}>
                      <h4 className={styles.where}>
                        <Avatar user={others[0]} others={others.length - 1} size="sm" />
                        <span className={styles.name} dir="auto">
                          {title ?? names(others.map(nameOf))}
                        </span>
                        {confession && (
                          <span className={styles.about} dir="auto">
                            {confession.name}
                          </span>
                        )}
                      </h4>
                      <ul>{list(mine)}</ul>
                    </li>
                  );
                })}
          </ul>
        </section>
      )}
    </>
  );
}
