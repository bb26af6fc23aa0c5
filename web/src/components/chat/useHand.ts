import { type RefObject, useEffect, useRef } from 'react';

const HANDS = ['wheel', 'touchmove', 'keydown', 'pointerdown'] as const;

/** The time of the last input that can scroll, as `performance.now` counts it. Infinite while the scroll bar is held. */
export function useHand(scroller: RefObject<HTMLElement | null>): RefObject<number> {
  const last = useRef(Number.NEGATIVE_INFINITY);
  useEffect(() => {
    const element = scroller.current;
    if (!element) return undefined;
    const touched = (event: Event) => {
      // While a scroll bar is held, no events come but its press.
      const isHeld = event.type === 'pointerdown' && event.target === element;
      last.current = isHeld ? Number.POSITIVE_INFINITY : performance.now();
    };
    const moved = (event: PointerEvent) => {
      if (event.buttons === 0) last.current = Math.min(last.current, performance.now());
    };
    for (const hand of HANDS) element.addEventListener(hand, touched, { passive: true });
    window.addEventListener('pointermove', moved, { passive: true });
    return () => {
      for (const hand of HANDS) element.removeEventListener(hand, touched);
      window.removeEventListener('pointermove', moved);
    };
  }, [scroller]);
  return last;
}
