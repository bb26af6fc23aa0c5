import { useEffect, useRef } from 'react';
import { entriesOf } from '../../store/selectors.ts';
import { useLanguage, useSelect } from '../app.tsx';
import { useAnnounce } from '../status/Announcer.tsx';

/** Says once that a message could not be sent. Its row shows it too, but a virtual row comes and goes. */
export function useFailures(id: number): void {
  const { t, refusal } = useLanguage();
  const { alarm } = useAnnounce();
  const entries = useSelect(state => entriesOf(state, id));
  const known = useRef<ReadonlySet<string> | null>(null);
  useEffect(() => {
    const failed = entries.filter(entry => entry.state === 'failed');
    const fresh = failed.find(entry => known.current && !known.current.has(entry.clientId));
    known.current = new Set(failed.map(entry => entry.clientId));
    if (fresh) alarm(t('message.notSentWhy', { reason: refusal(fresh.code) }));
  }, [entries, alarm, t, refusal]);
}
