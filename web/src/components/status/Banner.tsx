import { CloudOff, LoaderCircle, PanelsTopLeft, Wifi } from 'lucide-react';
import { type ReactNode, useEffect, useState } from 'react';
import controls from '../../theme/controls.module.css';
import { useMessenger, useNow, useSelect, useT } from '../app.tsx';
import { join } from '../join.ts';
import styles from './Banner.module.css';

const PATIENCE = 2_000;
const BACK = 2_000;

/** What stands between us and the service, said calmly: after 2 s of trouble, and for 2 s when it is over. */
export function Banner() {
  const t = useT();
  const messenger = useMessenger();
  const connection = useSelect(state => state.connection);
  const wasLive = useSelect(state => state.wasLive);
  const [shown, setShown] = useState(false);
  const [back, setBack] = useState(false);
  const isLive = connection.kind === 'live';
  const isStopped = connection.kind === 'stopped' || connection.kind === 'idle';
  const troubled = !isLive && !isStopped;
  const seconds = useNow(1_000, shown && connection.kind === 'waiting');

  useEffect(() => {
    if (troubled) {
      const timer = messenger.clock.after(PATIENCE, () => setShown(true));
      return () => messenger.clock.cancel(timer);
    }
    setShown(was => {
      if (was && isLive) setBack(true);
      return false;
    });
    return undefined;
  }, [troubled, isLive, messenger]);

  useEffect(() => {
    if (!back) return undefined;
    const timer = messenger.clock.after(BACK, () => setBack(false));
    return () => messenger.clock.cancel(timer);
  }, [back, messenger]);

  const tryNow = (
    <button type="button" className={controls.link} onClick={() => messenger.client.connection.hurry()}>
      {t('banner.tryNow')}
    </button>
  );

  let content: ReactNode = null;
  let tone = styles.calm;
  if (shown && troubled) {
    tone = styles.warn;
    if (connection.kind !== 'waiting') {
      content = (
        <>
          <LoaderCircle aria-hidden size={16} className={styles.turning} />
          <span>{t('banner.connecting')}</span>
        </>
      );
    } else if (connection.reason === 'too-many-tabs') {
      content = (
        <>
          <PanelsTopLeft aria-hidden size={16} />
          <span>{t('banner.tabs')}</span>
          {tryNow}
        </>
      );
    } else if (connection.reason === 'offline') {
      content = (
        <>
          <CloudOff aria-hidden size={16} />
          <span>{t('banner.offline')}</span>
          {tryNow}
        </>
      );
    } else {
      // Until a moment of this device's clock, while `seconds` only makes us look again.
      const left = seconds > 0 ? Math.max(1, Math.ceil((connection.until - messenger.clock.now()) / 1000)) : 1;
      content = (
        <>
          <CloudOff aria-hidden size={16} />
          <span aria-hidden>{t('banner.waiting', { seconds: left })}</span>
          <span className="hidden">{t('banner.offline')}</span>
          {tryNow}
        </>
      );
    }
  } else if (back && wasLive) {
    tone = styles.good;
    content = (
      <>
        <Wifi aria-hidden size={16} />
        <span>{t('banner.back')}</span>
      </>
    );
  }
  return (
    <div role="status" className={styles.place}>
      {content && <div className={join(styles.banner, tone)}>{content}</div>}
    </div>
  );
}
