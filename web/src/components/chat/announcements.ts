import { draftOf, entriesOf } from '@suhbat/client';
import { useEffect, useRef } from 'react';
import { useLanguage, useMessenger, useSelect, useT } from '../app.tsx';
import { useAnnounce } from '../status/Announcer.tsx';

const PAUSE = 1_000;

/** Announces arrivals of the open conversation, at most once a second, summed up when there are more. */
export function useArrivals(id: number): void {
  const messenger = useMessenger();
  const t = useT();
  const { say } = useAnnounce();
  useEffect(() => {
    let waiting: { name: string; text: string }[] = [];
    let timer: unknown = null;
    const flush = () => {
      timer = null;
      const first = waiting[0];
      if (!first) return;
      const text = first.text.trim() || t('list.attachment');
      say(
        waiting.length === 1
          ? t('chat.arrived', { name: first.name, text: text.slice(0, 300) })
          : t('chat.arrivedMany', { count: waiting.length }),
      );
      waiting = [];
      timer = messenger.clock.after(PAUSE, flush);
    };
    const stop = messenger.onArrival(arrival => {
      if (arrival.conversation !== id) return;
      waiting.push(arrival);
      if (timer === null) timer = messenger.clock.after(50, flush);
    });
    return () => {
      stop();
      messenger.clock.cancel(timer);
    };
  }, [id, messenger, say, t]);
}

/** Announces once that a message could not be sent. Its row shows it too, but a virtual row is unmounted and mounted again. */
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

/** Announces why the quote left the composer: the message being answered was deleted. */
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
