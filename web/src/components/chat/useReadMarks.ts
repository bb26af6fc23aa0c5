import { type RefObject, useCallback, useEffect, useRef } from 'react';
import { useApp } from '../app.tsx';

const REALLY_SEEN = 300;

/** Marks messages as read that were really seen: page visible and focused, and the row in view for 300 ms. */
export function useReadMarks(id: number, scroller: RefObject<HTMLElement | null>): (element: HTMLElement, messageId: number) => () => void {
  const { messenger, environment } = useApp();
  const inView = useRef(new Map<number, number>());
  const observer = useRef<IntersectionObserver | null>(null);
  const timer = useRef<unknown>(null);

  const mark = useCallback(() => {
    if (!environment.isVisible()) return;
    const now = messenger.clock.now();
    let newest = 0;
    for (const [messageId, since] of inView.current) if (now - since >= REALLY_SEEN - 20 && messageId > newest) newest = messageId;
    if (newest > 0) messenger.client.read(id, newest);
  }, [environment, messenger, id]);

  const later = useCallback(() => {
    messenger.clock.cancel(timer.current);
    timer.current = messenger.clock.after(REALLY_SEEN, mark);
  }, [messenger, mark]);

  useEffect(() => {
    const stop = environment.onAttention(() => {
      // Messages that lay in view while nobody looked count from now on.
      const now = messenger.clock.now();
      for (const messageId of inView.current.keys()) inView.current.set(messageId, now);
      later();
    });
    return () => {
      stop();
      messenger.clock.cancel(timer.current);
      observer.current?.disconnect();
      observer.current = null;
      inView.current.clear();
    };
  }, [environment, messenger, later]);

  return useCallback(
    (element, messageId) => {
      observer.current ??= new IntersectionObserver(
        entries => {
          for (const entry of entries) {
            const seen = Number((entry.target as HTMLElement).dataset['id']);
            if (entry.isIntersecting) inView.current.set(seen, messenger.clock.now());
            else inView.current.delete(seen);
          }
          later();
        },
        { root: scroller.current, threshold: [0.01] },
      );
      observer.current.observe(element);
      return () => {
        observer.current?.unobserve(element);
        inView.current.delete(messageId);
      };
    },
    [messenger, later, scroller],
  );
}
