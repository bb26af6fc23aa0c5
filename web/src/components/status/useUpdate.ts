import { useEffect, useRef, useState } from 'react';
import { useApp, useSelect } from '../app.tsx';

/** Whether there is a newer page. Asked whenever the service is back, since it may have been replaced meanwhile. */
export function useUpdate(): boolean {
  const { environment } = useApp();
  const isLive = useSelect(state => state.connection.kind === 'live');
  const isFirst = useRef(true);
  const [outdated, setOutdated] = useState(false);
  useEffect(() => {
    if (!isLive) return undefined;
    if (isFirst.current) {
      isFirst.current = false;
      return undefined;
    }
    let current = true;
    void environment.isOutdated().then(is => {
      if (current && is) setOutdated(true);
    });
    return () => {
      current = false;
    };
  }, [isLive, environment]);
  return outdated;
}
