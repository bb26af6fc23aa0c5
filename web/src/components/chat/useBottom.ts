import { type RefObject, useCallback, useEffect, useRef, useState } from 'react';
import type { ScrollToIndexOpts, VirtualizerHandle } from 'virtua';
import type { Item } from './items.ts';

const TOLERANCE = 2;
const FAR = 160;
/** Milliseconds: how long rows may still move the view after the height changed, and how soon a scroll follows what caused it. */
const UNREST = 300;
const HANDS = ['wheel', 'touchmove', 'keydown', 'pointerdown'] as const;

/** Where the view is led to; whether it sticks to the bottom, how far it is away from there, and how many messages came meanwhile. */
export function useBottom(
  items: readonly Item[],
  atEnd: boolean,
  scroller: RefObject<HTMLElement | null>,
  virtual: RefObject<VirtualizerHandle | null>,
) {
  const stick = useRef(true);
  const seen = useRef({ top: 0, height: 0, atBottom: false, changed: 0, hand: Number.NEGATIVE_INFINITY });
  // Set while the view is on its way to a place that was asked for.
  const way = useRef<symbol | null>(null);
  const drawn = useRef({ items, atEnd });
  drawn.current = { items, atEnd };
  const [away, setAway] = useState(false);
  const [below, setBelow] = useState(0);

  const check = useCallback(() => {
    const element = scroller.current;
    if (!element) return;
    const { scrollTop: top, scrollHeight: height, clientHeight } = element;
    const distance = height - top - clientHeight;
    const atBottom = distance <= TOLERANCE && drawn.current.atEnd;
    const now = performance.now();
    const isSame = height === seen.current.height;
    const changed = isSame ? seen.current.changed : now;
    const up = seen.current.top - top;
    // Rows that turn out higher or lower than guessed move the view, too; then only a hand or a leap says that somebody scrolled.
    const isMeant = now - changed > UNREST || now - seen.current.hand < UNREST || (isSame && up > clientHeight);
    if (way.current === null) {
      if (atBottom) stick.current = true;
      else if (up > TOLERANCE && isMeant) stick.current = false;
    }
    seen.current = { ...seen.current, top, height, atBottom, changed };
    setAway(!stick.current && (distance > FAR || !drawn.current.atEnd));
    if (atBottom) setBelow(0);
  }, [scroller]);

  const toBottom = useCallback(() => {
    way.current = null;
    stick.current = true;
    const element = scroller.current;
    if (element) element.scrollTop = element.scrollHeight;
    check();
  }, [scroller, check]);

  /** Leads to the row, and once more after two frames, when rows have their true height. Whether it got there: another move may come between. */
  const travel = useCallback(
    (key: string, options: ScrollToIndexOpts) =>
      new Promise<boolean>(resolve => {
        const mine = Symbol('way');
        way.current = mine;
        stick.current = false;
        const go = () => {
          const index = drawn.current.items.findIndex(item => item.key === key);
          if (index >= 0) virtual.current?.scrollToIndex(index, options);
        };
        go();
        const frames = (count: number, then: () => void) => {
          if (way.current !== mine) resolve(false);
          else if (count > 0) requestAnimationFrame(() => frames(count - 1, then));
          else then();
        };
        frames(2, () => {
          go();
          frames(1, () => {
            way.current = null;
            check();
            resolve(true);
          });
        });
      }),
    [virtual, check],
  );

  // Growing rows, pictures and the keyboard: what was at the bottom stays there.
  useEffect(() => {
    const element = scroller.current;
    const content = element?.lastElementChild;
    if (!element || !content) return undefined;
    const observer = new ResizeObserver(() => {
      if (stick.current) toBottom();
    });
    observer.observe(element);
    observer.observe(content);
    const touched = (event: Event) => {
      // A scroll bar tells of its being pressed alone.
      const isHeld = event.type === 'pointerdown' && event.target === element;
      seen.current.hand = isHeld ? Number.POSITIVE_INFINITY : performance.now();
    };
    const moved = (event: PointerEvent) => {
      if (event.buttons === 0) seen.current.hand = Math.min(seen.current.hand, performance.now());
    };
    for (const hand of HANDS) element.addEventListener(hand, touched, { passive: true });
    window.addEventListener('pointermove', moved, { passive: true });
    return () => {
      observer.disconnect();
      for (const hand of HANDS) element.removeEventListener(hand, touched);
      window.removeEventListener('pointermove', moved);
    };
  }, [scroller, toBottom]);

  /** Also on the way to another place, which may lie there. */
  const isAtBottom = useCallback(() => seen.current.atBottom, []);

  return { stick, isAtBottom, away, below, setBelow, toBottom, travel, check };
}

export type Bottom = ReturnType<typeof useBottom>;
