import type { MessageQuery } from '@suhbat/client';
import { isLongEnough, nameOf, othersOf, participantsOf } from '@suhbat/client';
import { useStore } from '@suhbat/react';
import { ArrowLeft, X } from 'lucide-react';
import { useCallback, useEffect, useRef, useState } from 'react';
import { useLocation } from 'wouter';
import controls from '../../theme/controls.module.css';
import { join } from '../../theme/theme.ts';
import { useLanguage, useMessenger, useSelect } from '../app.tsx';
import { useFilled } from '../useFilled.ts';
import { Chips } from './Chips.tsx';
import { found } from './found.ts';
import { Hits, keysOf } from './Hits.tsx';
import { markerFor } from './marker.ts';
import type { Opened } from './opening.ts';
import styles from './SearchPanel.module.css';
import { type SearchWord, useSearchWords } from './sentences.ts';
import { listPath, useAddress, useSearch, useSteps } from './useSearch.ts';

const AHEAD = 400;
/** Milliseconds after the last key until the address goes along. */
const ADDRESS_AFTER = 200;

const REFUSALS: Record<string, SearchWord> = {
  query_too_long: 'search.tooLong',
  rate_limited: 'search.tooSoon',
  invalid_content: 'search.invalid',
  invalid_request: 'search.invalid',
  network: 'search.offline',
  conversation_not_found: 'search.gone',
};

const elementOf = (key: string | undefined) => document.querySelector<HTMLElement>(`[data-hit="${key}"]`);

/** The search beside the conversation, or in its place: a field, filters and what was found. `id` is the conversation of the address. */
export function SearchPanel({ id }: { id: number | null }) {
  const { t, names } = useLanguage();
  const words = useSearchWords();
  const { clock } = useMessenger();
  const search = useSearch();
  const state = useStore(search.store, all => all);
  const [, navigate] = useLocation();
  const { query, isList, chosen } = useAddress(id);
  const { open, step } = useSteps(chosen, isList);
  const [text, setText] = useState(query.q);
  const [stopped, setStopped] = useState<string | null>(null);
  const participants = useSelect(all => (id === null ? null : participantsOf(all, id)));
  const userId = useSelect(all => all.userId);
  const panel = useRef<HTMLElement>(null);
  const field = useRef<HTMLInputElement>(null);
  const scroller = useRef<HTMLDivElement>(null);
  const timer = useRef<unknown>(null);
  /** Whether Enter was pressed before there was anything to open. */
  const [wantsFirst, setWantsFirst] = useState(false);

  const keys = keysOf(state);
  const stop = stopped !== null && keys.includes(stopped) ? stopped : keys[0];
  const isShort = !isLongEnough(text) || (state.status === 'idle' && text === state.query.q);
  const isSettled = state.status === 'ready' || state.status === 'error';

  // The address says what is searched. What was typed since goes before it.
  useEffect(() => {
    clock.cancel(timer.current);
    setText(query.q);
    search.ask(query);
  }, [search, query, clock]);
  useEffect(() => () => clock.cancel(timer.current), [clock]);

  /** Into the address, in the place of what stood there. */
  const write = useCallback(
    (next: MessageQuery) => {
      clock.cancel(timer.current);
      const before = history.state as Opened | null;
      // A conversation that is on screen stays so while one searches on.
      const kept = isList ? before : { ...before, chat: id };
      navigate(listPath(next), { replace: true, state: kept });
    },
    [clock, navigate, isList, id],
  );
  const change = (part: Partial<MessageQuery>) => {
    setWantsFirst(false);
    write({ ...query, q: text, ...part });
  };
  const type = (next: string) => {
    setText(next);
    setWantsFirst(false);
    search.ask({ ...query, q: next }, true);
    clock.cancel(timer.current);
    timer.current = clock.after(ADDRESS_AFTER, () => write({ ...query, q: next }));
  };

  const close = useCallback(() => {
    const entry = history.state as Opened | null;
    if (isList && entry?.back) history.back();
    else navigate(!isList && id !== null ? `/c/${id}` : id !== null || entry?.chat ? `/c/${id ?? entry?.chat}` : '/', { replace: true });
  }, [isList, id, navigate]);

  /** Back from a hit to the list, to the same place. */
  const back = useCallback(() => {
    if (panel.current?.offsetParent) elementOf(stop)?.focus();
    else if ((history.state as { hits?: boolean } | null)?.hits) history.back();
    else navigate(listPath(query), { replace: true });
  }, [navigate, query, stop]);

  const openHit = useCallback(
    (hit: Parameters<typeof open>[0]) => {
      setStopped(`m${hit.message.id}`);
      const asked = search.store.getState().query;
      // What was typed last shall be there again after Back.
      if (isList && asked.q !== query.q) write(asked);
      open(hit, !isList);
    },
    [open, isList, search, query, write],
  );

  useEffect(() => {
    if (!wantsFirst || !isSettled || state.query.q !== text) return;
    setWantsFirst(false);
    elementOf(keys[0])?.click();
  });

  // Where the list comes into view, the focus goes to the hit one was at, else to the field.
  // biome-ignore lint/correctness/useExhaustiveDependencies: only where one came from elsewhere
  useEffect(() => {
    if (!isList || panel.current?.contains(document.activeElement)) return;
    (elementOf(stop) && stopped !== null ? elementOf(stop) : field.current)?.focus();
  }, [isList]);

  const latest = useRef({ step, back, close });
  latest.current = { step, back, close };
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.defaultPrevented || document.querySelector('dialog[open], [data-picker]')) return;
      if (event.key === 'F3') {
        void latest.current.step(event.shiftKey ? -1 : 1).then(hit => hit && setStopped(`m${hit.message.id}`));
      } else if (event.key === 'Escape' && !panel.current?.contains(document.activeElement)) latest.current.back();
      else return;
      event.preventDefault();
    };
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, []);

  // The words are marked in the conversation, too, as long as the search is open.
  useEffect(() => {
    found.setState({ marker: isLongEnough(state.query.q) ? markerFor(state.query.q, state.hits) : null });
  }, [state.query, state.hits]);
  useEffect(() => () => found.setState({ marker: null }), []);

  useFilled(scroller, AHEAD, state.hits, () => {
    if (state.more === 'idle' && state.hits.length > 0) void search.loadMore();
  });

  const move = (event: React.KeyboardEvent) => {
    if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const at = keys.indexOf((event.target as HTMLElement).closest<HTMLElement>('[data-hit]')?.dataset['hit'] ?? '');
    if (event.key === 'Escape' || (event.key === 'ArrowUp' && at === 0)) {
      event.preventDefault();
      field.current?.focus();
      return;
    }
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: keys.length - 1 }[event.key];
    if (to === undefined || at < 0) return;
    event.preventDefault();
    const key = keys[Math.max(0, Math.min(keys.length - 1, to))];
    setStopped(key ?? null);
    elementOf(key)?.focus();
  };

  const name = participants ? names(othersOf(participants, userId).map(nameOf)) : '';
  const isWithin = query.conversation !== null;
  const label = words(isWithin ? 'search.fieldIn' : 'search.field');
  const count = state.total ?? state.hits.length;
  const isFiltered =
    query.confession.length + query.sender.length + query.has.length > 0 || query.from !== '' || query.to !== '' || isWithin;
  const isNothing = state.status === 'ready' && keys.length === 0;
  const [said, setSaid] = useState('');
  const sentence =
    state.status === 'error'
      ? words(REFUSALS[state.code ?? ''] ?? 'search.failed')
      : state.hits.length === 0
        ? words(state.chats.length > 0 || state.next !== null ? 'search.noMessages' : 'search.none')
        : words(state.total === null && state.next !== null ? 'search.foundMore' : 'search.found', { count });
  // Once for each search that came to its end; hits that are added or taken away later are no news.
  // biome-ignore lint/correctness/useExhaustiveDependencies: see above
  useEffect(() => setSaid(isSettled ? sentence : ''), [state.settled, state.status === 'idle', words]);

  return (
    <section ref={panel} className={styles.panel} role="search" aria-labelledby="search-title" data-region="search">
      <h2 className="hidden" id="search-title">
        {isWithin ? words('search.titleIn', { name }) : words('search.title')}
      </h2>
      <div className={styles.header}>
        <button type="button" className={controls.icon} aria-label={words('search.close')} onClick={close}>
          <ArrowLeft aria-hidden size={22} />
        </button>
        <div className={styles.field}>
          <input
            ref={field}
            id="search"
            type="text"
            enterKeyHint="search"
            autoComplete="off"
            maxLength={400}
            aria-label={label}
            placeholder={label}
            value={text}
            onChange={event => type(event.target.value)}
            onKeyDown={event => {
              if (event.nativeEvent.isComposing) return;
              if (event.key === 'Escape') close();
              else if (event.key === 'ArrowDown') elementOf(stop)?.focus();
              else if (event.key === 'Enter') setWantsFirst(true);
              else return;
              event.preventDefault();
            }}
          />
          {text !== '' && (
            <button
              type="button"
              className={controls.icon}
              aria-label={words('search.clear')}
              onClick={() => {
                field.current?.focus();
                change({ q: '' });
              }}
            >
              <X aria-hidden size={16} />
            </button>
          )}
        </div>
      </div>
      <Chips query={query} onChange={change} />
      {/* biome-ignore lint/a11y/noStaticElementInteractions: it only moves the focus between the hits inside */}
      <div
        ref={scroller}
        className={join(styles.scroller, state.status === 'loading' && styles.stale)}
        onKeyDown={move}
        onFocus={event => {
          const key = (event.target as HTMLElement).closest<HTMLElement>('[data-hit]')?.dataset['hit'];
          if (key) setStopped(key);
        }}
        onScroll={event => {
          const { scrollTop, scrollHeight, clientHeight } = event.currentTarget;
          if (scrollHeight - scrollTop - clientHeight < AHEAD && state.more === 'idle') void search.loadMore();
        }}
      >
        <p className={join(styles.status, (isNothing || state.status === 'error') && styles.large)} role="status">
          {said}
        </p>
        {isShort && <p className={styles.hint}>{words('search.hint')}</p>}
        {isNothing && isFiltered && <p className={styles.hint}>{words('search.noneLead')}</p>}
        {state.status === 'error' && state.code !== 'rate_limited' && state.code !== 'query_too_long' && (
          <p className={styles.end}>
            <button
              type="button"
              className={controls.button}
              onClick={() => {
                field.current?.focus();
                search.retry();
              }}
            >
              {t('common.retry')}
            </button>
          </p>
        )}
        {isSettled && state.indexing > 0 && <p className={styles.hint}>{words('search.indexing', { count: state.indexing })}</p>}
        {isSettled && state.partial && <p className={styles.hint}>{words('search.partial')}</p>}
        <Hits state={state} query={state.query} stop={stop} chosen={chosen} onOpen={openHit} onChat={() => {}} />
        {state.status === 'ready' && state.next !== null && (
          <p className={styles.end}>
            {state.more === 'error' && <span>{words('search.moreFailed')}</span>}
            <button
              type="button"
              className={controls.button}
              aria-disabled={state.more === 'loading'}
              onClick={() => {
                elementOf(keys.at(-1))?.focus();
                void search.loadMore();
              }}
            >
              {words(state.hits.length > 0 ? 'search.more' : 'search.further')}
            </button>
          </p>
        )}
      </div>
    </section>
  );
}
