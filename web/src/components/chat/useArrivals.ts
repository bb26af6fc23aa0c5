import { useEffect } from 'react';
import { useMessenger, useT } from '../app.tsx';
import { useAnnounce } from '../status/Announcer.tsx';

const PAUSE = 1_000;

/** Says arrivals of the open conversation, at most once a second, summed up when there are more. */
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
