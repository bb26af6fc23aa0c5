import { useEffect, useRef } from 'react';
import { useApp, useSelect, useSettings, useT } from '../app.tsx';

const LOOKING = 10_000;

/** The count in the title, the dot on the icon, and notifications from the one tab that was elected for it. */
export function useNotifications(current: number | null, open: (id: number) => void): void {
  const t = useT();
  const { messenger, environment } = useApp();
  const unread = useSelect(state => state.unread);
  const [settings] = useSettings();
  const state = useRef({ current, open, settings });
  state.current = { current, open, settings };

  useEffect(() => {
    document.title = t('app.title', { count: unread });
    document.querySelector('link[rel="icon"]')?.setAttribute('href', environment.asset(unread > 0 ? 'favicon-dot.svg' : 'favicon.svg'));
  }, [t, unread, environment]);

  // Other tabs learn that somebody looks at this conversation, and stay quiet about it.
  useEffect(() => {
    if (current === null) return undefined;
    let timer: unknown = null;
    const look = () => {
      if (environment.isVisible()) messenger.memory.set('suhbat:looking', `suhbat-${current}@${messenger.clock.now()}`);
      timer = messenger.clock.after(LOOKING, look);
    };
    look();
    const stop = environment.onAttention(() => {
      messenger.clock.cancel(timer);
      look();
    });
    return () => {
      messenger.clock.cancel(timer);
      stop();
    };
  }, [current, environment, messenger]);

  useEffect(
    () =>
      messenger.onArrival(arrival => {
        const { current: shown, open: go, settings: wishes } = state.current;
        const { notifications } = environment;
        if (environment.isVisible() && shown === arrival.conversation) return;
        if (wishes.sound) notifications?.chime();
        if (!wishes.notify || notifications?.permission() !== 'granted') return;
        const body = arrival.text.trim() || t('notify.attachment');
        notifications.show(t('notify.title', { name: arrival.name }), body.slice(0, 200), `suhbat-${arrival.conversation}`, () =>
          go(arrival.conversation),
        );
      }),
    [messenger, environment, t],
  );
}
