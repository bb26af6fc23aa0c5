import { useApp, useT } from './app.tsx';
import { useAnnounce } from './status/Announcer.tsx';

/** Copies a text, and says whether that worked. */
export function useCopy(): (text: string) => void {
  const t = useT();
  const { environment } = useApp();
  const { toast } = useAnnounce();
  return text => void environment.copy(text).then(done => toast(t(done ? 'message.copied' : 'message.copyFailed')));
}
