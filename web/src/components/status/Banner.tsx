import type { ConnectionState } from '@suhbat/client';
import { CloudOff, LoaderCircle, PanelsTopLeft, Sparkles, Wifi } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import controls from '../../theme/controls.module.css';
import { join } from '../../theme/theme.ts';
import { useApp, useMessenger, useNow, useSelect, useT } from '../app.tsx';
import { focusHome } from '../focus.ts';
import styles from './Banner.module.css';
import { useUpdate } from './useUpdate.ts';

const PATIENCE = 2_000;
const BACK = 2_000;

/** Trouble is shown after 2 s of it, a lost network at once, and the end of either for 2 s. */
function useTrouble(): 'trouble' | 'over' | null {
  const messenger = useMessenger();
  const kind = useSelect(state => state.connection.kind);
  const wasLive = useSelect(state => state.wasLive);
  const [shown, setShown] = useState(false);
  const [over, setOver] = useState(false);
  const wasShown = useRef(false);
  const isLive = kind === 'live';
  const isTroubled = !isLive && kind !== 'stopped' && kind !== 'idle';
  const isOffline = useSelect(state => state.connection.kind === 'waiting' && state.connection.reason === 'offline');

  useEffect(() => {
    if (isTroubled) {
      const timer = messenger.clock.after(isOffline ? 0 : PATIENCE, () => {
        wasShown.current = true;
        setShown(true);
      });
      return () => messenger.clock.cancel(timer);
    }
    if (wasShown.current && isLive) setOver(true);
    wasShown.current = false;
    setShown(false);
    return undefined;
  }, [isTroubled, isOffline, isLive, messenger]);

  useEffect(() => {
    if (!over) return undefined;
    const timer = messenger.clock.after(BACK, () => setOver(false));
    return () => messenger.clock.cancel(timer);
  }, [over, messenger]);

  if (shown && isTroubled) return 'trouble';
  return over && wasLive ? 'over' : null;
}

function Trouble({ connection }: { connection: ConnectionState }) {
  const t = useT();
  const messenger = useMessenger();
  const seconds = useNow(1_000, connection.kind === 'waiting');
  if (connection.kind !== 'waiting') {
    return (
      <>
        <LoaderCircle aria-hidden size={16} className={styles.turning} />
        <span>{t('banner.connecting')}</span>
      </>
    );
  }
  // Until a moment of this device's clock, while `seconds` only makes us look again.
  const left = seconds > 0 ? Math.max(1, Math.ceil((connection.until - messenger.clock.now()) / 1000)) : 1;
  return (
    <>
      {connection.reason === 'too-many-tabs' ? <PanelsTopLeft aria-hidden size={16} /> : <CloudOff aria-hidden size={16} />}
      {connection.reason === 'too-many-tabs' && <span>{t('banner.tabs')}</span>}
      {connection.reason === 'offline' && <span>{t('banner.offline')}</span>}
      {connection.reason !== 'too-many-tabs' && connection.reason !== 'offline' && (
        <>
          <span aria-hidden>{t('banner.waiting', { seconds: left })}</span>
          <span className="hidden">{t('banner.unreachable')}</span>
        </>
      )}
      <button
        type="button"
        className={controls.link}
        onClick={() => {
          focusHome();
          messenger.client.connection.hurry();
        }}
      >
        {t('banner.tryNow')}
      </button>
    </>
  );
}

function Update() {
  const t = useT();
  const { environment } = useApp();
  return (
    <>
      <Sparkles aria-hidden size={16} />
      <span>{t('banner.update')}</span>
      <button type="button" className={controls.link} onClick={environment.reload}>
        {t('banner.reload')}
      </button>
    </>
  );
}

/** Stays until the person has seen it: messages of theirs may be missing. */
function Restored() {
  const t = useT();
  const messenger = useMessenger();
  return (
    <>
      <CloudOff aria-hidden size={16} />
      <span>{t('banner.restored')}</span>
      <button
        type="button"
        className={controls.link}
        onClick={() => {
          focusHome();
          messenger.acceptRestored();
        }}
      >
        {t('common.close')}
      </button>
    </>
  );
}

function Back() {
  const t = useT();
  return (
    <>
      <Wifi aria-hidden size={16} />
      <span>{t('banner.back')}</span>
    </>
  );
}

/** The obstacles between the page and the service, in a calm tone; and the news of a newer page. */
export function Banner() {
  const connection = useSelect(state => state.connection);
  const trouble = useTrouble();
  const isOutdated = useUpdate();
  const wasRestored = useSelect(state => state.wasRestored);
  const isTroubled = trouble === 'trouble';
  return (
    <div role="status" className={styles.place}>
      {isTroubled && (
        <div className={join(styles.banner, styles.warn)}>
          <Trouble connection={connection} />
        </div>
      )}
      {!isTroubled && wasRestored && (
        <div className={join(styles.banner, styles.warn)}>
          <Restored />
        </div>
      )}
      {!isTroubled && !wasRestored && (isOutdated || trouble === 'over') && (
        <div className={join(styles.banner, styles.good)}>{isOutdated ? <Update /> : <Back />}</div>
      )}
    </div>
  );
}
