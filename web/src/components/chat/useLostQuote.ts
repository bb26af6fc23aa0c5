import { useEffect, useRef } from 'react';
import { draftOf } from '../../store/selectors.ts';
import { useMessenger, useSelect, useT } from '../app.tsx';
import { useAnnounce } from '../status/Announcer.tsx';

/** Says why the quote left the composer: the message being answered was deleted. */
export function useLostQuote(id: number): void {
  const t = useT();
  const messenger = useMessenger();
  const { toast } = useAnnounce();
  const quoted = useSelect(state => draftOf(state, id).replyTo?.id ?? null);
  const before = useRef(quoted);
  useEffect(() => {
    const lost = before.current;
    before.current = quoted;
    if (lost !== null && quoted === null && messenger.store.getState().held[id]?.deleted.has(lost)) toast(t('chat.gone'));
  }, [quoted, id, messenger, toast, t]);
}
