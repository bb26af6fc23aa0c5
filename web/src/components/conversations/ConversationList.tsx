import { hasSeveralConfessions } from '@suhbat/client';
import { useEffect, useRef, useState } from 'react';
import { Virtualizer, type VirtualizerHandle } from 'virtua';
import { useLocation } from 'wouter';
import controls from '../../theme/controls.module.css';
import { useMessenger, useNow, useSelect, useSettings, useT } from '../app.tsx';
import { lazyPart } from '../parts.tsx';
import { Notice } from '../status/Notice.tsx';
import { useFilled } from '../useFilled.ts';
import { useHeldFocus } from '../useHeldFocus.ts';
import styles from './ConversationList.module.css';
import { ConversationRow } from './ConversationRow.tsx';
import { focusSearch } from './search.ts';

const NoRows = lazyPart(() => import('./NoRows.tsx'));
const RowMenus = lazyPart(() => import('./RowMenus.tsx'));

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

/** The conversations: one tab stop, arrows between rows, pages at the end. */
export function ConversationList({ current }: { current: number | null }) {
  const t = useT();
  const messenger = useMessenger();
  const list = useSelect(state => state.list);
  const [path] = useLocation();
  const now = useNow(60_000);
  const [{ density, textSize }] = useSettings();
  const severalConfessions = useSelect(hasSeveralConfessions);
  const scroller = useRef<HTMLDivElement>(null);
  const virtual = useRef<VirtualizerHandle>(null);
  const [focused, setFocused] = useState<number | null>(null);
  const { ids, status } = list;
  const stop = focused !== null && ids.includes(focused) ? focused : current !== null && ids.includes(current) ? current : ids[0];

  const heldFocus = useHeldFocus(scroller, () => scroller.current?.querySelector<HTMLElement>(`[data-row="${stop}"]`));

  useFilled(scroller, AHEAD, list, () => {
    if (list.more === 'idle') void messenger.list.loadMore();
  });

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
  if (ids.length === 0) return <NoRows isAlone={path === '/'} />;

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
    <>
      {/* biome-ignore lint/a11y/noStaticElementInteractions: it only moves the focus between the rows inside */}
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
      <RowMenus place={scroller} />
    </>
  );
}
