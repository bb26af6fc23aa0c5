import { useEffect, useRef, useState } from 'react';
import { useLocation, useSearchParams } from 'wouter';
import { useMessenger, useSelect, useT } from '../components/app.tsx';
import { ListPane } from '../components/conversations/ListPane.tsx';
import { isFocusLost } from '../components/focus.ts';
import { warm } from '../components/parts.tsx';
import type { Opened } from '../components/search/opening.ts';
import { Banner } from '../components/status/Banner.tsx';
import { Boundary } from '../components/status/Boundary.tsx';
import { useDropGuard } from '../components/status/useDropGuard.ts';
import { useNotifications } from '../components/status/useNotifications.ts';
import { useShortcuts } from '../components/status/useShortcuts.ts';
import styles from './Inbox.module.css';
import { ChatPane, Desk, Elsewhere, KeysDialog, NewConversation, Search, SettingsDialog } from './lazy.ts';

const WARM_AFTER = 3_000;

/** A part that was never opened should open without a connection too. */
function useWarmth(): void {
  const { clock } = useMessenger();
  const isLive = useSelect(state => state.connection.kind === 'live');
  useEffect(() => {
    if (!isLive) return undefined;
    const timer = clock.after(WARM_AFTER, () => void warm());
    return () => clock.cancel(timer);
  }, [isLive, clock]);
}

/** If one pane hides the other, the focused element goes with it: the focus begins anew in the visible pane. */
function usePaneFocus(path: string, id: number | null): void {
  const before = useRef({ path, id });
  useEffect(() => {
    const { path: oldPath, id: oldId } = before.current;
    before.current = { path, id };
    // The search finds its place by itself.
    if (path === oldPath || path.endsWith('/search') || !isFocusLost()) return;
    const inList = [`[data-row="${oldId}"]`, '[data-row][tabindex="0"]', '[data-region="list"] button'];
    const places = path === '/' ? inList : ['#main'];
    const place = places.map(selector => document.querySelector<HTMLElement>(selector)).find(found => found !== null);
    place?.focus({ preventScroll: true });
  }, [path, id]);
}

/** Everything behind the sign-in: the list, and beside it the chosen conversation. On a phone one of the two. */
export default function Inbox() {
  const t = useT();
  const [path, navigate] = useLocation();
  const [search] = useSearchParams();
  const [overlay, setOverlay] = useState<'settings' | 'keys' | null>(null);
  const place = /^\/c\/(\d{1,15})(\/search)?$/.exec(path);
  const own = place && Number(place[1]);
  const isList = path === '/search' || place?.[2] !== undefined;
  const isSearch = isList || (own !== null && search.has('q'));
  // Beside the search one goes on seeing the conversation that one came from; a phone has no room for it.
  const isWide = matchMedia('(min-width: 48.0625rem)').matches;
  const id = !isList ? own : isWide ? (own ?? (history.state as Opened | null)?.chat ?? null) : null;
  const jump = Number(search.get('m'));
  const isAdmin = useSelect(({ me }) => (me?.administers.length ?? 0) > 0);
  // On a phone it would work behind the list.
  const hasDesk = isAdmin && isWide;
  const beginning = useSelect(state => state.beginning);
  const to = beginning && search.get('to') === String(beginning.user.id) ? beginning : null;
  useNotifications(id, wanted => navigate(`/c/${wanted}`));
  useShortcuts({
    current: id,
    isSearch,
    navigate,
    onHelp: () => setOverlay('keys'),
    onSearch: within => {
      const target = within === null ? '/search' : `/c/${within}/search`;
      const q = search.get('q');
      const state = isSearch ? { ...history.state, chat: id } : { back: true, chat: id };
      if (path !== target) navigate(q ? `${target}?q=${encodeURIComponent(q)}` : target, { replace: isList, state });
      requestAnimationFrame(() => {
        const field = document.querySelector<HTMLInputElement>('#search');
        field?.focus();
        field?.select();
      });
    },
  });

  useDropGuard();
  useWarmth();
  usePaneFocus(path, id);

  const main =
    id !== null ? (
      <ChatPane key={id} id={id} jumpTo={Number.isSafeInteger(jump) && jump > 0 ? jump : null} />
    ) : path === '/new' && to ? (
      <ChatPane key={`to ${to.user.id}`} to={to} />
    ) : path === '/new' ? (
      <NewConversation />
    ) : path === '/' || isList ? (
      <main className={styles.empty} id="main" tabIndex={-1}>
        {hasDesk ? <Desk /> : <h1 className={styles.choose}>{t('chat.choose')}</h1>}
      </main>
    ) : (
      <Elsewhere />
    );
  return (
    <div className={styles.page}>
      <a className={styles.skip} href="#main">
        {t('app.skip')}
      </a>
      <Banner />
      <div className={styles.panes} data-open={path === '/' || isList ? 'list' : 'main'}>
        {isSearch && (
          <div className={styles.list}>
            <Search id={own} />
          </div>
        )}
        <div className={styles.list} hidden={isSearch}>
          <ListPane current={id} onSettings={() => setOverlay('settings')} />
        </div>
        <div className={styles.main}>
          {isSearch && !isList && <Search id={own} isBar />}
          <Boundary key={id ?? path}>{main}</Boundary>
        </div>
      </div>
      {overlay === 'settings' && <SettingsDialog onClose={() => setOverlay(null)} onKeys={() => setOverlay('keys')} />}
      {overlay === 'keys' && <KeysDialog onClose={() => setOverlay(null)} />}
    </div>
  );
}
