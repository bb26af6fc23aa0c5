import { useEffect, useRef, useState } from 'react';
import { useLocation, useRoute, useSearchParams } from 'wouter';
import { useMessenger, useSelect, useT } from '../components/app.tsx';
import { ListPane } from '../components/conversations/ListPane.tsx';
import { isFocusLost } from '../components/focus.ts';
import { warm } from '../components/parts.tsx';
import { Banner } from '../components/status/Banner.tsx';
import { Boundary } from '../components/status/Boundary.tsx';
import { useDropGuard } from '../components/status/useDropGuard.ts';
import { useNotifications } from '../components/status/useNotifications.ts';
import { useShortcuts } from '../components/status/useShortcuts.ts';
import styles from './Inbox.module.css';
import { ChatPane, Desk, Elsewhere, KeysDialog, NewConversation, SettingsDialog } from './lazy.ts';

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
    if (path === oldPath || !isFocusLost()) return;
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
  const [isChat, chatParams] = useRoute('/c/:id');
  const [overlay, setOverlay] = useState<'settings' | 'keys' | null>(null);
  const id = isChat && /^\d{1,15}$/.test(chatParams.id ?? '') ? Number(chatParams.id) : null;
  const jump = Number(search.get('m'));
  const isAdmin = useSelect(({ me }) => (me?.administers.length ?? 0) > 0);
  // On a phone it would work behind the list.
  const hasDesk = isAdmin && matchMedia('(min-width: 48.0625rem)').matches;
  const beginning = useSelect(state => state.beginning);
  const to = beginning && search.get('to') === String(beginning.user.id) ? beginning : null;
  useNotifications(id, wanted => navigate(`/c/${wanted}`));
  useShortcuts({ current: id, navigate, onHelp: () => setOverlay('keys') });

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
    ) : path === '/' ? (
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
      <div className={styles.panes} data-open={path === '/' ? 'list' : 'main'}>
        <div className={styles.list}>
          <ListPane current={id} onSettings={() => setOverlay('settings')} />
        </div>
        <div className={styles.main}>
          <Boundary key={path}>{main}</Boundary>
        </div>
      </div>
      {overlay === 'settings' && <SettingsDialog onClose={() => setOverlay(null)} onKeys={() => setOverlay('keys')} />}
      {overlay === 'keys' && <KeysDialog onClose={() => setOverlay(null)} />}
    </div>
  );
}
