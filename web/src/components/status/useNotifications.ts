import { isMuted } from '@suhbat/client';
import { useCallback, useEffect, useRef } from 'react';
import { useApp, useSelect, useSettings, useT } from '../app.tsx';

const LOOKING = 10_000;
const KEY = 'suhbat:looking';

/** The count in the title, the dot on the icon, and notifications from the one tab that was elected for it. */
export function useNotifications(current: number | null, open: (id: number) => void): void {
  const t = useT();
  const { messenger, environment } = useApp();
  const unread = useSelect(state => state.unread);
  const [settings] = useSettings();
  const state = useRef({ current, open, settings });
  state.current = { current, open, settings };

  const tell = useCallback(
    (count: number) => {
      document.title = t('app.title', { count });
      document.querySelector('link[rel="icon"]')?.setAttribute('href', environment.asset(count > 0 ? 'favicon-dot.svg' : 'favicon.svg'));
    },
    [t, environment],
  );
  useEffect(() => tell(unread), [tell, unread]);
  useEffect(() => () => tell(0), [tell]);

  // Other tabs learn that this one shows the conversation, and stay quiet about it.
  useEffect(() => {
    if (current === null) return undefined;
    const { memory, clock } = messenger;
    let timer: unknown = null;
    let written: string | null = null;
    const lookAway = () => {
      // Another tab may have written since.
      if (written !== null && memory.get(KEY) === written) memory.remove(KEY);
      written = null;
    };
    const look = () => {
      if (environment.isVisible()) {
        written = `suhbat-${current}@${clock.now()}`;
        memory.set(KEY, written);
      } else lookAway();
      timer = clock.after(LOOKING, look);
    };
    look();
    const stop = environment.onAttention(() => {
      clock.cancel(timer);
      look();
    });
    return () => {
      clock.cancel(timer);
      stop();
      lookAway();
    };
  }, [current, environment, messenger]);

  useEffect(
    () =>
      messenger.onArrival(arrival => {
        const { current: shown, open: go, settings: wishes } = state.current;
        const { notifications } = environment;
        if (environment.isVisible() && shown === arrival.conversation) return;
        if (isMuted(messenger.store.getState().rows[arrival.conversation], messenger.clock.now())) return;
        const tag = `suhbat-${arrival.conversation}`;
        if (wishes.sound) notifications?.chime(tag);
        if (!wishes.notify || notifications?.permission() !== 'granted') return;
        const body = arrival.text.trim() || t('notify.attachment');
        notifications.show(t('notify.title', { name: arrival.name }), body.slice(0, 200), tag, () => go(arrival.conversation));
      }),
    [messenger, environment, t],
  );
}
