import { type RefObject, useCallback, useEffect, useRef, useState } from 'react';

const TOLERANCE = 2;
const FAR = 160;

/** Whether the view sticks to the bottom, how far it is away, and how many messages came meanwhile. */
export function useBottom(scroller: RefObject<HTMLElement | null>, atEnd: boolean) {
  const stick = useRef(true);
  const lastOffset = useRef(0);
  const isAtEnd = useRef(atEnd);
  isAtEnd.current = atEnd;
  const [away, setAway] = useState(false);
  const [below, setBelow] = useState(0);

  const toBottom = useCallback(() => {
    stick.current = true;
    const element = scroller.current;
    if (element) element.scrollTop = element.scrollHeight;
  }, [scroller]);

  const check = useCallback(() => {
    const element = scroller.current;
    if (!element) return;
    const distance = element.scrollHeight - element.scrollTop - element.clientHeight;
    const atBottom = distance <= TOLERANCE && isAtEnd.current;
    // A row that grew is no reason to let go; only moving up is.
    if (atBottom) stick.current = true;
    else if (element.scrollTop < lastOffset.current - TOLERANCE) stick.current = false;
    lastOffset.current = element.scrollTop;
    setAway(!stick.current && (distance > FAR || !isAtEnd.current));
    if (atBottom) setBelow(0);
  }, [scroller]);

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
    return () => observer.disconnect();
  }, [scroller, toBottom]);

  return { stick, away, below, setBelow, toBottom, check };
}

export type Bottom = ReturnType<typeof useBottom>;
