import { meOf, nameOf } from '@suhbat/client';
import { CircleUserRound, Search, SquarePen } from 'lucide-react';
import { useState } from 'react';
import { Link, useLocation } from 'wouter';
import controls from '../../theme/controls.module.css';
import { join } from '../../theme/theme.ts';
import { useSelect, useT } from '../app.tsx';
import { FROM_LIST } from '../BackLink.tsx';
import type { Spot } from '../overlays/Menu.tsx';
import { lazyPart } from '../parts.tsx';
import { Avatar } from './Avatar.tsx';
import { ConversationList } from './ConversationList.tsx';
import styles from './ListPane.module.css';

const PersonMenu = lazyPart(() => import('./PersonMenu.tsx'));
const Filters = lazyPart(() => import('./Filters.tsx'));

/** The left side: the way to the search, filters and the list of conversations. */
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
      <Link href="/search" state={{ back: true, chat: current }} className={styles.search} aria-keyshortcuts="Control+K" data-search>
        <Search aria-hidden size={18} />
        {t('list.search')}
      </Link>
      <div className={styles.filters} role="group" aria-label={t('list.filters')}>
        <Filters />
      </div>
      {stale && <p className={styles.stale}>{t('list.stale')}</p>}
      <ConversationList current={current} />
    </nav>
  );
}
