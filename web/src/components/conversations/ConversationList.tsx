import { hasSeveralConfessions } from '@suhbat/client';
import { useEffect, useRef, useState } from 'react';
import { Virtualizer, type VirtualizerHandle } from 'virtua';
import { Link, useLocation } from 'wouter';
import controls from '../../theme/controls.module.css';
import { join } from '../../theme/theme.ts';
import { useMessenger, useNow, useSelect, useSettings, useT } from '../app.tsx';
import { EmptyListArt } from '../art/TeaArt.tsx';
import { FROM_LIST } from '../BackLink.tsx';
import { useAnnounce } from '../status/Announcer.tsx';
import { Notice } from '../status/Notice.tsx';
import { useFilled } from '../useFilled.ts';
import { useHeldFocus } from '../useHeldFocus.ts';
import styles from './ConversationList.module.css';
import { ConversationRow } from './ConversationRow.tsx';

const SKELETON_AFTER = 150;
const AHEAD = 600;

/** Nothing for the first moment, so that quick answers do not flicker. */
function Skeletons() {
  const t = useT();
  const { clock } = useMessenger();
  const [shown, setShown] = useState(false);
  useEffect(() => {
    const timer = clock.after(SKELETON_AFTER, () => setShown(true));
    return () => clock.cancel(timer);
  }, [clock]);
  return (
    <div role="status">
      <span className="hidden">{t('common.loading')}</span>
      {shown && [0, 1, 2, 3, 4, 5].map(row => <div key={row} className={styles.skeleton} aria-hidden="true" />)}
    </div>
  );
}

/** The pressed button disappears with the answer; the search field stays. */
function focusSearch(): void {
  document.getElementById('search')?.focus();
}

function Nothing({ isAlone }: { isAlone: boolean }) {
  const t = useT();
  const messenger = useMessenger();
  const filter = useSelect(state => state.list.filter);
  const isAdmin = useSelect(({ me }) => (me?.administers.length ?? 0) > 0);
  const followsNothing = useSelect(({ me }) => me?.user.role === 'user' && me.follows.length === 0 && me.administers.length === 0);
  const showAll = (
    <button
      type="button"
      className={controls.button}
      onClick={() => {
        focusSearch();
        messenger.list.filter({ unread: false, confession: null, q: '' });
      }}
    >
      {t('list.showAll')}
    </button>
  );
  if (filter.q !== '' || filter.confession !== null) return <Notice title={t('list.noMatch')}>{showAll}</Notice>;
  if (filter.unread) return <Notice title={t('list.allRead')}>{showAll}</Notice>;
  // There is nobody to write to: a way to a page that is empty, too, would help nobody.
  if (followsNothing) return <Notice art={<EmptyListArt size={140} />} title={t('list.empty')} lead={t('list.emptyFollow')} />;
  return (
    <Notice art={<EmptyListArt size={140} />} title={t('list.empty')} lead={t(isAdmin ? 'list.emptyAdmin' : 'list.emptyLead')}>
      <Link href="/new" state={isAlone ? FROM_LIST : null} className={join(controls.button, controls.primary)}>
        {t('list.new')}
      </Link>
    </Notice>
  );
}

/** The conversations: one tab stop, arrows between rows, pages at the end. */
export function ConversationList({ current }: { current: number | null }) {
  const t = useT();
  const messenger = useMessenger();
  const list = useSelect(state => state.list);
  const [path] = useLocation();
  const { say } = useAnnounce();
  const now = useNow(60_000);
  const [{ density, textSize }] = useSettings();
  const severalConfessions = useSelect(hasSeveralConfessions);
  const scroller = useRef<HTMLDivElement>(null);
  const virtual = useRef<VirtualizerHandle>(null);
  const [focused, setFocused] = useState<number | null>(null);
  const { ids, status, filter, count } = list;
  const stop = focused !== null && ids.includes(focused) ? focused : current !== null && ids.includes(current) ? current : ids[0];

  const heldFocus = useHeldFocus(scroller, () => scroller.current?.querySelector<HTMLElement>(`[data-row="${stop}"]`));

  useFilled(scroller, AHEAD, list, () => {
    if (list.more === 'idle') void messenger.list.loadMore();
  });

  useEffect(() => {
    if (status === 'ready' && filter.q !== '') say(t('list.results', { count }));
  }, [status, filter.q, count, say, t]);

  if (status === 'loading' && ids.length === 0) return <Skeletons />;
  if (status === 'error' && ids.length === 0) {
    return (
      <div role="status">
        <Notice title={t('list.error')}>
          <button
            type="button"
            className={controls.button}
            onClick={() => {
              focusSearch();
              void messenger.list.load();
            }}
          >
            {t('common.retry')}
          </button>
        </Notice>
      </div>
    );
  }
  if (ids.length === 0) return <Nothing isAlone={path === '/'} />;

  const focusRow = (id: number) => {
    setFocused(id);
    virtual.current?.scrollToIndex(ids.indexOf(id), { align: 'nearest' });
    requestAnimationFrame(() => scroller.current?.querySelector<HTMLElement>(`[data-row="${id}"]`)?.focus());
  };
  const move = (event: React.KeyboardEvent) => {
    const at = ids.indexOf(stop ?? -1);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: ids.length - 1 }[event.key];
    const id = to === undefined ? undefined : ids[Math.max(0, Math.min(ids.length - 1, to))];
    if (to === undefined || id === undefined || event.altKey || event.ctrlKey) return;
    event.preventDefault();
    focusRow(id);
  };

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: it only moves the focus between the rows inside
    <div
      ref={scroller}
      className={styles.scroller}
      onKeyDown={move}
      {...heldFocus.handlers}
      onFocus={event => {
        const id = Number((event.target as HTMLElement).dataset['row']);
        if (id) setFocused(id);
      }}
    >
      <Virtualizer
        ref={virtual}
        scrollRef={scroller}
        data={ids}
        as="ul"
        item="li"
        key={`${density} ${textSize}`}
        itemSize={((density === 'compact' ? 52 : 66) * textSize) / 100}
        keepMounted={stop === undefined ? [] : [ids.indexOf(stop)]}
        onScroll={offset => {
          heldFocus.restore();
          const element = scroller.current;
          if (element && offset + element.clientHeight > element.scrollHeight - AHEAD) void messenger.list.loadMore();
        }}
      >
        {id => (
          <ConversationRow
            key={id}
            id={id}
            now={now}
            isCurrent={id === current}
            isTabStop={id === stop}
            isAlone={path === '/'}
            showsConfession={severalConfessions}
          />
        )}
      </Virtualizer>
      {list.more === 'error' && (
        <p className={styles.more} role="status">
          {t('list.moreFailed')}{' '}
          <button
            type="button"
            className={controls.link}
            onClick={() => {
              focusRow(ids.at(-1) ?? 0);
              void messenger.list.loadMore();
            }}
          >
            {t('common.retry')}
          </button>
        </p>
      )}
    </div>
  );
}
