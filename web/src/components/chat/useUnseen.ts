import { type RefObject, useCallback, useRef, useState } from 'react';
import type { VirtualizerHandle } from 'virtua';
import { type Item, TOP_SPACE } from './items.ts';

/** The number of messages of others below the view that were never in it. */
export function useUnseen(items: readonly Item[], virtual: RefObject<VirtualizerHandle | null>) {
  const drawn = useRef(items);
  drawn.current = items;
  const [unseen, setUnseen] = useState(0);
  /** The newest message that was in view. */
  const newest = useRef(0);

  const count = useCallback(
    (element: HTMLElement, isAtBottom: boolean) => {
      const rows = drawn.current;
      const list = virtual.current;
      if (!list || rows.length === 0) return;
      const last = isAtBottom ? rows.length : list.findItemIndex(element.scrollTop + element.clientHeight - TOP_SPACE);
      let at = Math.min(last, rows.length - 1);
      while (at > 0 && rows[at]?.id === null) at -= 1;
      newest.current = Math.max(newest.current, rows[at]?.id ?? 0);
      let found = 0;
      for (let i = rows.length - 1; i >= 0; i -= 1) {
        const row = rows[i];
        if (!row || (row.id !== null && row.id <= newest.current)) break;
        if (!row.mine) found += 1;
      }
      setUnseen(found);
    },
    [virtual],
  );

  /** From this message on nothing was seen yet; null where everything that is here was. */
  const enterBefore = useCallback((id: number | null) => {
    newest.current = id === null ? drawn.current.reduce((most, item) => Math.max(most, item.id ?? 0), 0) : id - 1;
  }, []);

  return { unseen, count, enterBefore };
}
