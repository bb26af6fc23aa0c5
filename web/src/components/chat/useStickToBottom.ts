import { type RefObject, useCallback, useEffect, useRef, useState } from 'react';
import type { ScrollToIndexOpts, VirtualizerHandle } from 'virtua';
import type { Item } from './items.ts';
import { useHand } from './useHand.ts';
import { useTravel } from './useTravel.ts';
import { useUnseen } from './useUnseen.ts';

const TOLERANCE = 2;
const FAR = 160;
/** Milliseconds: how long rows may still move the view after the height changed, and how soon a scroll follows what caused it. */
const UNREST = 300;

/** Whether the view sticks to the bottom, how far it is away from there, and how many messages below were not seen. */
export function useStickToBottom(
  items: readonly Item[],
  atEnd: boolean,
  scroller: RefObject<HTMLElement | null>,
  virtual: RefObject<VirtualizerHandle | null>,
) {
  const stick = useRef(true);
  const seen = useRef({ top: 0, height: 0, atBottom: false, changed: 0 });
  const isWhole = useRef(atEnd);
  isWhole.current = atEnd;
  const [away, setAway] = useState(false);
  const hand = useHand(scroller);
  const { unseen, count, enterBefore } = useUnseen(items, virtual);
  const { travel: move, isTravelling, cancel } = useTravel(items, virtual);

  const check = useCallback(() => {
    const element = scroller.current;
    if (!element) return;
    const { scrollTop: top, scrollHeight: height, clientHeight } = element;
    const distance = height - top - clientHeight;
    const atBottom = distance <= TOLERANCE && isWhole.current;
    const now = performance.now();
    const isSame = height === seen.current.height;
    const changed = isSame ? seen.current.changed : now;
    const up = seen.current.top - top;
    // Rows that turn out higher or lower than guessed move the view, too; then only a hand or a leap shows that somebody scrolled.
    const isMeant = now - changed > UNREST || now - hand.current < UNREST || (isSame && up > clientHeight);
    if (!isTravelling()) {
      if (atBottom) stick.current = true;
      else if (up > TOLERANCE && isMeant) stick.current = false;
    }
    seen.current = { top, height, atBottom, changed };
    setAway(!stick.current && (distance > FAR || !isWhole.current));
    // On the way to a place nothing is looked at. What sticks to the bottom is there as soon as it is drawn.
    if (!isTravelling()) count(element, stick.current);
  }, [scroller, hand, count, isTravelling]);

  const toBottom = useCallback(() => {
    cancel();
    stick.current = true;
    const element = scroller.current;
    if (element) element.scrollTop = element.scrollHeight;
    check();
  }, [scroller, check, cancel]);

  const travel = useCallback(
    (key: string, options: ScrollToIndexOpts) => {
      stick.current = false;
      return move(key, options, check);
    },
    [move, check],
  );

  // Growing rows, pictures and the keyboard: the rows at the bottom stay there.
  useEffect(() => {
    const element = scroller.current;
    const content = element?.lastElementChild;
    if (!element || !content) return undefined;
    const observer = new ResizeObserver(() => {
      if (stick.current) toBottom();
    });
    observer.observe(element);
    observer.observe(content);
    return () => observer.disconnect();
  }, [scroller, toBottom]);

  /** Also on the way to another place, which may lie there. */
  const isAtBottom = useCallback(() => seen.current.atBottom, []);

  return { stick, isAtBottom, away, unseen, enterBefore, toBottom, travel, check };
}

export type Bottom = ReturnType<typeof useStickToBottom>;
