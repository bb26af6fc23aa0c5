import { SquarePen } from 'lucide-react';
import { lazy, Suspense, useEffect, useState } from 'react';
import { Link, useLocation, useRoute, useSearchParams } from 'wouter';
import { useMessenger, useT } from '../components/app.tsx';
import { Tea } from '../components/art/Art.tsx';
import { ListPane } from '../components/conversations/ListPane.tsx';
import { Banner } from '../components/status/Banner.tsx';
import { Notice } from '../components/status/Notice.tsx';
import { useNotifications } from '../components/status/useNotifications.ts';
import { useShortcuts } from '../components/status/useShortcuts.ts';
import controls from '../theme/controls.module.css';
import styles from './Inbox.module.css';
import { NotFound } from './NotFound.tsx';

// Asked for at once, beside the first calls to the service; a lazy one could be a moment late for a click.
const chat = import('../components/chat/ChatPane.tsx');
const ChatPane = lazy(() => chat);
const NewConversation = lazy(() => import('./NewConversation.tsx'));
const SettingsDialog = lazy(() => import('../components/overlays/SettingsDialog.tsx'));
const KeysDialog = lazy(() => import('../components/overlays/KeysDialog.tsx'));

/** Everything behind the sign-in: the list, and beside it what was chosen. On a phone one of the two. */
export function Inbox() {
  const t = useT();
  const messenger = useMessenger();
  const [path, navigate] = useLocation();
  const [search] = useSearchParams();
  const [isChat, chatParams] = useRoute('/c/:id');
  const [overlay, setOverlay] = useState<'settings' | 'keys' | null>(null);
  const id = isChat && /^\d{1,15}$/.test(chatParams.id ?? '') ? Number(chatParams.id) : null;
  const jump = Number(search.get('m'));
  useNotifications(id, wanted => navigate(`/c/${wanted}`));
  useShortcuts({ current: id, navigate, onHelp: () => setOverlay('keys') });

  useEffect(() => {
    messenger.client.watch(id);
  }, [messenger, id]);

  const main =
    id !== null ? (
      <ChatPane key={id} id={id} jumpTo={Number.isSafeInteger(jump) && jump > 0 ? jump : null} />
    ) : path === '/new' ? (
      <NewConversation />
    ) : path === '/' ? (
      <main className={styles.empty} id="main">
        <Notice heading="h1" art={<Tea size={200} />} title={t('chat.choose')} lead={t('chat.chooseLead')}>
          <Link href="/new" className={controls.button}>
            <SquarePen aria-hidden size={18} />
            {t('list.new')}
          </Link>
        </Notice>
      </main>
    ) : (
      <NotFound />
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
          <Suspense fallback={null}>{main}</Suspense>
        </div>
      </div>
      <Suspense fallback={null}>
        {overlay === 'settings' && <SettingsDialog onClose={() => setOverlay(null)} onKeys={() => setOverlay('keys')} />}
        {overlay === 'keys' && <KeysDialog onClose={() => setOverlay(null)} />}
      </Suspense>
    </div>
  );
}
