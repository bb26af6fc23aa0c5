import { browserClock, browserPorts, createStore, loadUpload, Messenger, SessionTokenSource, type SuhbatPorts } from '@suhbat/client';
import { createRoot } from 'react-dom/client';
import { browserEnvironment, Notifier } from './browser.ts';
import { later } from './components/parts.tsx';
import { fetchInbox } from './pages/lazy.ts';
import { Root } from './Root.tsx';
import { keepSettings, keptSettings, SETTINGS } from './settings.ts';
import './theme/tokens.css';

const loadRegister = later(() => import('./register.ts'));
// The first file that is sent should not wait for it.
later(loadUpload);

/** Milliseconds after the page came to life. */
const WORKER_AFTER = 3_000;

/** Puts the page together: ports, messenger, views. `script` is the address of the first script; `instead` holds the replacements of a test. */
export async function start(base: string, script: string, instead: Partial<SuhbatPorts> = {}): Promise<Messenger> {
  const origins = (document.querySelector('meta[name="suhbat:origins"]')?.getAttribute('content') ?? '').split(/\s+/).filter(Boolean);
  const embedded = window.parent !== window && origins.length > 0;
  const ports = { ...browserPorts(), ...instead };
  // Only inside of another page. It is not asked for again where that fails: like the first script, it is there or the page is not.
  const host = embedded ? new (await import('./embed/embedding.ts')).Embedding(origins) : null;
  const tokens = host?.tokens ?? new SessionTokenSource(ports.session ?? ports.memory);
  const messenger = new Messenger({ ...ports, base, tokens });
  const { memory } = ports;

  const preferences = createStore(() => keptSettings(memory));
  preferences.subscribe(settings => keepSettings(memory, settings));
  window.addEventListener('storage', event => {
    if (event.key === SETTINGS) preferences.setState(keptSettings(memory));
  });

  const notifier = 'Notification' in window ? new Notifier(memory, new URL('favicon.svg', base).href) : null;
  const stand = () => {
    const { notify, sound } = preferences.getState();
    const mayShow = notify && notifier?.permission() === 'granted';
    notifier?.stand(messenger.store.getState().session === 'signed-in' && (mayShow || sound));
  };
  preferences.subscribe(stand);
  messenger.store.subscribe((state, before) => {
    if (state.session !== before.session) stand();
  });

  // iOS does not resize the page for its keyboard; the composer is lifted by hand.
  const seen = window.visualViewport;
  seen?.addEventListener('resize', () => {
    // A pinch makes the seen part smaller, too, but hides nothing.
    const hidden = window.innerHeight - seen.height * seen.scale;
    document.documentElement.style.setProperty('--keyboard-inset', `${hidden > 80 ? hidden : 0}px`);
  });

  host?.connect(messenger, preferences, base);
  messenger.start();
  // The first connection is worth more than the files of the next visit. A page inside of another one is opened by that one.
  let isRegistered = embedded || !import.meta.env.PROD;
  messenger.store.subscribe(({ connection }) => {
    if (isRegistered || connection.kind !== 'live') return;
    isRegistered = true;
    browserClock.after(WORKER_AFTER, () => {
      loadRegister()
        .then(({ registerWorker }) => registerWorker(base))
        .catch(error => console.warn('no worker for this page', error));
    });
  });

  // Inside of another page a token is on its way.
  if (embedded || messenger.store.getState().session === 'signed-in') fetchInbox();

  const root = document.getElementById('root');
  if (!root) throw new Error('no #root');
  const path = new URL(base).pathname.replace(/\/$/, '');
  createRoot(root).render(
    <Root
      app={{ messenger, preferences, environment: browserEnvironment(base, script, notifier, embedded) }}
      base={path}
      languages={navigator.languages}
    />,
  );
  return messenger;
}
