import { meOf, nameOf } from '@suhbat/client';
import { CircleUserRound, Search, SquarePen, X } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import { Link, useLocation } from 'wouter';
import controls from '../../theme/controls.module.css';
import { join } from '../../theme/theme.ts';
import { useMessenger, useSelect, useT } from '../app.tsx';
import { FROM_LIST } from '../BackLink.tsx';
import type { Spot } from '../overlays/Menu.tsx';
import { lazyPart } from '../parts.tsx';
import { Avatar } from './Avatar.tsx';
import { ConversationList } from './ConversationList.tsx';
import styles from './ListPane.module.css';

const PersonMenu = lazyPart(() => import('./PersonMenu.tsx'));
const Filters = lazyPart(() => import('./Filters.tsx'));

const SEARCH_AFTER = 250;

function SearchField() {
  const t = useT();
  const messenger = useMessenger();
  const query = useSelect(state => state.list.filter.q);
  const [text, setText] = useState(query);
  const timer = useRef<unknown>(null);
  const field = useRef<HTMLInputElement>(null);
  const isLoaded = useSelect(state => state.list.status === 'ready');
  const first = useSelect(state => state.list.ids[0]);
  const [path, navigate] = useLocation();
  /** The action for the first hit, as soon as it is known. */
  const [wish, setWish] = useState<'open' | 'focus' | null>(null);
  const isSettled = isLoaded && text.trim() === query;
  useEffect(() => {
    if (wish === null || !isSettled) return;
    setWish(null);
    if (first === undefined) return;
    if (wish === 'open') navigate(`/c/${first}`, { state: path === '/' ? FROM_LIST : null });
    else document.querySelector<HTMLElement>(`[data-row="${first}"], [data-row][tabindex="0"]`)?.focus();
  }, [wish, isSettled, first, path, navigate]);
  useEffect(() => {
    if (query === '') setText('');
  }, [query]);
  useEffect(() => () => messenger.clock.cancel(timer.current), [messenger]);
  const change = (next: string, wait: number) => {
    setText(next);
    setWish(null);
    messenger.clock.cancel(timer.current);
    timer.current = messenger.clock.after(wait, () => {
      if (next.trim() !== messenger.store.getState().list.filter.q) messenger.list.filter({ q: next.trim() });
    });
  };
  return (
    <div className={styles.search} role="search" aria-label={t('list.search')}>
      <Search aria-hidden size={18} />
      <input
        ref={field}
        id="search"
        type="text"
        enterKeyHint="search"
        autoComplete="off"
        aria-label={t('list.search')}
        placeholder={t('list.search')}
        value={text}
        onChange={event => change(event.target.value, SEARCH_AFTER)}
        onKeyDown={event => {
          if (event.nativeEvent.isComposing) return;
          if (event.key === 'ArrowDown' || (event.key === 'Enter' && text.trim() !== '')) {
            event.preventDefault();
            change(text, 0);
            setWish(event.key === 'Enter' ? 'open' : 'focus');
          } else if (event.key === 'Escape' && text !== '') {
            event.stopPropagation();
            change('', 0);
          }
        }}
      />
      {text !== '' && (
        <button
          type="button"
          className={controls.icon}
          aria-label={t('list.searchClear')}
          onClick={() => {
            field.current?.focus();
            change('', 0);
          }}
        >
          <X aria-hidden size={16} />
        </button>
      )}
    </div>
  );
}

/** The left side: search, filters and the list of conversations. */
export function ListPane({ current, onSettings }: { current: number | null; onSettings: () => void }) {
  const t = useT();
  const me = useSelect(meOf);
  const [menu, setMenu] = useState<{ at: Spot; opener: HTMLElement } | null>(null);
  const [path] = useLocation();
  const stale = useSelect(state => state.connection.kind === 'waiting' && state.list.ids.length > 0);
  return (
    <nav className={styles.pane} aria-label={t('region.list')} data-region="list">
      <header className={styles.header}>
        <button
          type="button"
          className={styles.me}
          aria-haspopup="menu"
          aria-expanded={menu !== null}
          onClick={event => {
            const opener = event.currentTarget;
            const { left, right, bottom, top } = opener.getBoundingClientRect();
            const x = getComputedStyle(opener).direction === 'rtl' ? right : left;
            setMenu({ at: { x, y: bottom + 4, above: top - 4 }, opener });
          }}
        >
          {me ? <Avatar user={me} /> : <CircleUserRound aria-hidden size={26} />}
          <span className="hidden">{me ? t('me.menu', { name: nameOf(me) }) : t('me.menuUnknown')}</span>
        </button>
        <span className={styles.title}>{t('region.list')}</span>
        <Link
          href="/new"
          state={path === '/' ? FROM_LIST : null}
          className={join(controls.icon, styles.new)}
          aria-label={t('list.new')}
          title={t('list.new')}
        >
          <SquarePen aria-hidden size={20} />
        </Link>
      </header>
      {menu && <PersonMenu {...menu} onSettings={onSettings} onClose={() => setMenu(null)} />}
      <SearchField />
      <div className={styles.filters} role="group" aria-label={t('list.filters')}>
        <Filters />
      </div>
      {stale && <p className={styles.stale}>{t('list.stale')}</p>}
      <ConversationList current={current} />
    </nav>
  );
}
