import { useEffect, useState } from 'react';
import controls from '../../theme/controls.module.css';
import { useApp, useT } from '../app.tsx';
import { DoorArt } from '../art/Art.tsx';
import { giveBackFocus } from '../focus.ts';
import { Notice } from './Notice.tsx';

/** In place of a part of the page that could not be loaded or drawn: the rest stays, and one may try again. */
export function Failure({ retry }: { retry: () => unknown }) {
  const t = useT();
  const { environment } = useApp();
  // Another version of the page has other files: then trying again cannot help.
  const [needsReload, setNeedsReload] = useState(false);
  useEffect(() => {
    let current = true;
    void environment.isOutdated().then(is => current && is && setNeedsReload(true));
    return () => {
      current = false;
      giveBackFocus(null);
    };
  }, [environment]);
  const again = async () => {
    await retry();
    setNeedsReload(true);
  };
  return (
    <div role="status">
      <Notice art={<DoorArt size={120} />} title={t('common.partFailed')}>
        <button type="button" className={controls.button} onClick={() => void again()}>
          {t('common.retry')}
        </button>
        {needsReload && (
          <button type="button" className={controls.button} onClick={environment.reload}>
            {t('banner.reload')}
          </button>
        )}
      </Notice>
    </div>
  );
}
