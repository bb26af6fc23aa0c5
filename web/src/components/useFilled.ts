import { type RefObject, useEffect, useRef } from 'react';

/** A list that is not higher than its view never scrolls, so it asks for more by itself, after each change of `shown` and of the window. */
export function useFilled(scroller: RefObject<HTMLElement | null>, ahead: number, shown: unknown, loadMore: () => void): void {
  const more = useRef(loadMore);
  more.current = loadMore;
  // biome-ignore lint/correctness/useExhaustiveDependencies: what is shown decides how high it is
  useEffect(() => {
    const fill = () => {
      const element = scroller.current;
      // Hidden, it has no height at all.
      if (element && element.clientHeight > 0 && element.scrollHeight <= element.clientHeight + ahead) more.current();
    };
    fill();
    window.addEventListener('resize', fill);
    return () => window.removeEventListener('resize', fill);
  }, [scroller, ahead, shown]);
}
