import type { Confession, Contact, User } from '@suhbat/client';
import { findWith, meOf, nameOf } from '@suhbat/client';
import { Search } from 'lucide-react';
import { useEffect, useMemo, useRef, useState } from 'react';
import { useLocation } from 'wouter';
import { useLanguage, useMessenger, useSelect } from '../components/app.tsx';
import { DoorArt } from '../components/art/Art.tsx';
import { EmptyListArt } from '../components/art/TeaArt.tsx';
import { BackLink } from '../components/BackLink.tsx';
import { Avatar } from '../components/conversations/Avatar.tsx';
import { Highlight } from '../components/conversations/Highlight.tsx';
import { Dialog } from '../components/overlays/Dialog.tsx';
import { useAnnounce } from '../components/status/Announcer.tsx';
import { Notice } from '../components/status/Notice.tsx';
import { useFilled } from '../components/useFilled.ts';
import { wordsOfPart } from '../components/words.ts';
import en from '../i18n/new/en.icu.json';
import ru from '../i18n/new/ru.icu.json';
import uz from '../i18n/new/uz.icu.json';
import controls from '../theme/controls.module.css';
import { join } from '../theme/theme.ts';
import styles from './NewConversation.module.css';

const useWords = wordsOfPart<keyof typeof en>({ en, ru, uz });

const SEARCH_AFTER = 250;
const PAGE = 50;
const AHEAD = 400;

interface Group {
  user: User;
  confessions: Confession[];
}

function grouped(contacts: readonly Contact[]): Group[] {
  const groups = new Map<number, Group>();
  for (const { user, confession } of contacts) {
    const group = groups.get(user.id) ?? { user, confessions: [] };
    if (confession && !group.confessions.some(known => known.id === confession.id)) group.confessions.push(confession);
    groups.set(user.id, group);
  }
  return [...groups.values()];
}

interface Found {
  query: string;
  page: number;
  contacts: readonly Contact[];
  more: boolean;
}

/** Whose contacts: the followers of one's own communities, all others, or both. */
type Whose = 'own' | 'others' | 'all';
const OWN: Record<Whose, string | null> = { own: 'true', others: 'false', all: null };

/** The contacts that a search finds, page by page; nothing is asked for while `whose` is null. */
function useContacts(query: string, whose: Whose | null) {
  const messenger = useMessenger();
  const [found, setFound] = useState<Found | null>(null);
  const [failed, setFailed] = useState(false);
  const [again, setAgain] = useState(0);
  const busy = useRef(false);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another try asks the same
  useEffect(() => {
    if (whose === null) {
      setFound(null);
      setFailed(false);
      return undefined;
    }
    const abort = new AbortController();
    const timer = messenger.clock.after(query === '' ? 0 : SEARCH_AFTER, async () => {
      try {
        const answer = await messenger.client.api.contacts({ q: query, own: OWN[whose], page_size: PAGE }, abort.signal);
        if (abort.signal.aborted) return;
        setFound({ query, page: 1, contacts: answer.results, more: answer.next !== null });
        setFailed(false);
      } catch {
        if (!abort.signal.aborted) setFailed(true);
      }
    });
    return () => {
      messenger.clock.cancel(timer);
      abort.abort();
    };
  }, [query, whose, again, messenger]);
  const loadMore = async () => {
    if (!found?.more || found.query !== query || whose === null || busy.current) return;
    busy.current = true;
    try {
      const page = found.page + 1;
      const answer = await messenger.client.api.contacts({ q: query, own: OWN[whose], page_size: PAGE, page });
      const next = { query, page, contacts: [...found.contacts, ...answer.results], more: answer.next !== null };
      // The answer to another search does not belong in this one.
      setFound(old => (old === found ? next : old));
    } catch {
      // The next scroll asks again.
    } finally {
      busy.current = false;
    }
  };
  return { found, failed, retry: () => setAgain(count => count + 1), loadMore: () => void loadMore() };
}

/**
 * For an admin the followers of the own communities, and all others only once they are asked for; everybody else has one list. Until it is
 * known who one is, one may be an admin.
 */
function useLists(query: string) {
  const mayAdminister = useSelect(state => (state.me ? state.me.administers.length > 0 : meOf(state)?.role !== 'user'));
  const [hasNobody, setHasNobody] = useState(false);
  const [isWide, setWide] = useState(false);
  const isDivided = mayAdminister && !hasNobody;
  const own = useContacts(query, isDivided ? 'own' : null);
  const rest = useContacts(query, isDivided ? (isWide ? 'others' : null) : 'all');
  const isNobody = own.found?.query === '' && own.found.contacts.length === 0;
  useEffect(() => {
    if (isNobody) setHasNobody(true);
  }, [isNobody]);
  const lists = isDivided ? [own, ...(isWide ? [rest] : [])] : [rest];
  return {
    isDivided: isDivided && own.found !== null && !isNobody,
    isWide,
    setWide,
    own: isDivided && !isNobody ? own.found : null,
    rest: rest.found,
    /** Whether all lists that are shown have their first page. */
    isLoaded: !isNobody && lists.every(list => list.found !== null),
    failed: lists.some(list => list.failed),
    retry: () => {
      for (const list of lists) if (list.failed) list.retry();
    },
    loadMore: () => lists.find(list => list.found?.more)?.loadMore(),
  };
}

function Person({
  user,
  confessions,
  query,
  onOpen,
}: {
  user: User;
  confessions: readonly Confession[];
  query: string;
  onOpen: (confession: Confession | null) => void;
}) {
  const words = useWords();
  const only = confessions[0];
  const name = (
    <span className={styles.name} dir="auto">
      <Highlight text={nameOf(user)} query={query} />
    </span>
  );
  if (confessions.length <= 1) {
    return (
      <button type="button" className={join(styles.person, styles.whole)} onClick={() => onOpen(only ?? null)}>
        <Avatar user={user} />
        <span className={styles.words}>
          {name}
          <span className={styles.about} dir="auto">
            {only ? <Highlight text={only.name} query={query} /> : words('new.direct')}
          </span>
        </span>
      </button>
    );
  }
  return (
    <div className={styles.person}>
      <Avatar user={user} />
      <div className={styles.words}>
        {name}
        <div className={styles.ways}>
          {confessions.map(confession => (
            <button
              key={confession.id}
              type="button"
              className={styles.way}
              aria-label={words('new.about', { name: nameOf(user), confession: confession.name })}
              onClick={() => onOpen(confession)}
            >
              <span dir="auto">
                <Highlight text={confession.name} query={query} />
              </span>
            </button>
          ))}
        </div>
      </div>
    </div>
  );
}

function People({
  groups,
  query,
  onOpen,
}: {
  groups: readonly Group[];
  query: string;
  onOpen: (user: User, confession: Confession | null) => Promise<void>;
}) {
  if (groups.length === 0) return null;
  return (
    <ul className={styles.people}>
      {groups.map(({ user, confessions }) => (
        <li key={user.id}>
          <Person user={user} confessions={confessions} query={query} onOpen={confession => void onOpen(user, confession)} />
        </li>
      ))}
    </ul>
  );
}

/** The people whom one may write to, each with the confessions that they administer. */
export default function NewConversation() {
  const { t } = useLanguage();
  const words = useWords();
  const messenger = useMessenger();
  const { say } = useAnnounce();
  const [, navigate] = useLocation();
  const [query, setQuery] = useState('');
  const { isDivided, isWide, setWide, own, rest, isLoaded, failed, retry, loadMore } = useLists(query.trim());
  const [choosing, setChoosing] = useState<{ user: User; candidates: Confession[] } | null>(null);
  const groups = useMemo(() => ({ own: grouped(own?.contacts ?? []), rest: grouped(rest?.contacts ?? []) }), [own, rest]);
  const all = [...groups.own, ...groups.rest];
  const [busy, setBusy] = useState(false);
  const page = useRef<HTMLElement>(null);
  const lists = useRef<HTMLDivElement>(null);
  const search = useRef<HTMLInputElement>(null);
  useFilled(page, AHEAD, groups, loadMore);
  const focusFirst = () => lists.current?.querySelector<HTMLElement>('li button')?.focus();

  useEffect(() => {
    const shown = [own, rest].filter(list => list !== null);
    // Pages that follow while one scrolls are no news.
    if (!isLoaded || shown.some(list => list.query === '' || list.page > 1)) return;
    const count = groups.own.length + groups.rest.length;
    say(words(shown.some(list => list.more) ? 'new.foundMore' : 'new.found', { count }));
  }, [own, rest, groups, isLoaded, say, words]);

  const open = async (user: User, confession: Confession | null) => {
    if (busy) return;
    setBusy(true);
    // If this request fails, the first message will go into the existing conversation.
    const known = await findWith(messenger, { user, confession }).catch(() => null);
    setBusy(false);
    if (known === null) messenger.begin({ user, confession });
    // In place of this page: from there, Back leads to where one was before.
    navigate(known === null ? `/new?to=${user.id}` : `/c/${known}`, { replace: true, state: history.state });
  };

  return (
    <main
      ref={page}
      className={styles.page}
      id="main"
      tabIndex={-1}
      onScroll={event => {
        const { scrollTop, scrollHeight, clientHeight } = event.currentTarget;
        if (scrollHeight - scrollTop - clientHeight < AHEAD) loadMore();
      }}
    >
      <header className={styles.header} data-region="header">
        <BackLink className={styles.back} />
        <div>
          <h1>{words('new.title')}</h1>
          <p>{words('new.lead')}</p>
        </div>
      </header>
      <div className={styles.search} role="search" data-region="search" aria-label={words('new.search')}>
        <Search aria-hidden size={18} />
        <input
          ref={search}
          type="text"
          className={controls.field}
          aria-label={words('new.search')}
          placeholder={words('new.search')}
          autoComplete="off"
          value={query}
          onChange={event => setQuery(event.target.value)}
          onKeyDown={event => {
            if (event.key === 'ArrowDown') focusFirst();
            if (event.key !== 'Enter' || event.nativeEvent.isComposing) return;
            const [only, ...others] = all;
            if (!only || others.length > 0) focusFirst();
            else if (only.confessions.length > 1) setChoosing({ user: only.user, candidates: only.confessions });
            else void open(only.user, only.confessions[0] ?? null);
          }}
        />
      </div>
      {failed && (
        <div role="status">
          <Notice art={<DoorArt size={120} />} title={words('new.error')}>
            <button
              type="button"
              className={controls.button}
              onClick={() => {
                search.current?.focus();
                retry();
              }}
            >
              {t('common.retry')}
            </button>
          </Notice>
        </div>
      )}
      {isDivided && (
        <label className={styles.others}>
          <input type="checkbox" role="switch" aria-checked={isWide} checked={isWide} onChange={event => setWide(event.target.checked)} />
          {words('new.showOthers')}
        </label>
      )}
      {!failed && isLoaded && all.length === 0 && (
        <Notice
          art={<EmptyListArt size={150} />}
          title={words(query ? 'new.noMatch' : 'new.empty')}
          {...(query ? {} : { lead: words('new.emptyLead') })}
        />
      )}
      <div ref={lists} data-region="people">
        {isDivided && groups.own.length > 0 && <h2 className={styles.whose}>{words('new.own')}</h2>}
        <People groups={groups.own} query={query} onOpen={open} />
        {isDivided && groups.rest.length > 0 && <h2 className={styles.whose}>{words('new.others')}</h2>}
        <People groups={groups.rest} query={query} onOpen={open} />
      </div>
      {choosing && (
        <Dialog title={t('new.choose')} onClose={() => setChoosing(null)}>
          <div className={styles.candidates}>
            {choosing.candidates.map(candidate => (
              <button
                key={candidate.id}
                type="button"
                className={controls.button}
                onClick={() => {
                  setChoosing(null);
                  void open(choosing.user, candidate);
                }}
              >
                {candidate.name}
              </button>
            ))}
          </div>
        </Dialog>
      )}
    </main>
  );
}
