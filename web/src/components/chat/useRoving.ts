import { type FocusEvent, type KeyboardEvent, type RefObject, useCallback, useRef, useState } from 'react';
import type { VirtualizerHandle } from 'virtua';
import { useHeldFocus } from '../useHeldFocus.ts';
import { useChat } from './ChatContext.tsx';
import type { Item } from './items.ts';

/** The history is one tab stop; arrows, Home and End move inside it. A row that goes hands the focus to its neighbour. */
export function useRoving(items: readonly Item[], scroller: RefObject<HTMLElement | null>, virtual: RefObject<VirtualizerHandle | null>) {
  const { focusComposer } = useChat();
  const [focused, setFocused] = useState<string | null>(null);
  const [isInside, setInside] = useState(false);
  const place = useRef(-1);
  const rowOf = useCallback(
    (key: string) => scroller.current?.querySelector<HTMLElement>(`article[data-key="${CSS.escape(key)}"]`),
    [scroller],
  );
  const focusKey = useCallback(
    (key: string | undefined) => {
      if (key === undefined) return;
      setFocused(key);
      setInside(true);
      requestAnimationFrame(() => rowOf(key)?.focus({ preventScroll: true }));
    },
    [rowOf],
  );
  const at = focused === null ? items.length - 1 : items.findIndex(item => item.key === focused);
  if (at >= 0) place.current = at;
  // The focused row, or the one that took its place.
  const stop = items[Math.min(place.current, items.length - 1)]?.key;
  const held = useHeldFocus(
    scroller,
    () => (stop === undefined ? null : rowOf(stop)),
    () => setInside(false),
  );

  const move = (event: KeyboardEvent) => {
    const row = (event.target as HTMLElement).closest('article');
    if (row !== event.target || event.altKey || event.ctrlKey || event.metaKey) return;
    const from = items.findIndex(item => item.key === row?.dataset['key']);
    const to = { ArrowUp: from - 1, ArrowDown: from + 1, Home: 0, End: items.length - 1 }[event.key];
    const next = to === undefined ? undefined : items[Math.max(0, Math.min(items.length - 1, to))];
    if (!next) return;
    event.preventDefault();
    virtual.current?.scrollToIndex(items.indexOf(next), { align: 'nearest' });
    focusKey(next.key);
  };

  /** Tab comes to the whole, which hands on to the row one was at, or to the last in view where that one is far away. */
  const enter = (whole: HTMLElement) => {
    const { top, bottom } = whole.getBoundingClientRect();
    const inView = (row: Element) => row.getBoundingClientRect().bottom > top && row.getBoundingClientRect().top < bottom;
    const row = stop === undefined ? null : rowOf(stop);
    const target = row && inView(row) ? row : [...whole.querySelectorAll<HTMLElement>('article')].filter(inView).at(-1);
    target?.focus({ preventScroll: true });
  };

  return {
    isInside,
    /** The row that Tab leads to. */
    stop,
    /** The row that stays mounted for the sake of the focus in it. */
    kept: isInside ? stop : undefined,
    focusKey,
    focusNeighbour: (key: string) => {
      const from = items.findIndex(item => item.key === key);
      const neighbour = items[from + 1] ?? items[from - 1];
      if (neighbour) focusKey(neighbour.key);
      else focusComposer();
    },
    restore: held.restore,
    handlers: {
      ...held.handlers,
      tabIndex: isInside ? -1 : 0,
      onKeyDown: move,
      onFocus: (event: FocusEvent<HTMLElement>) => {
        if (event.target === event.currentTarget) {
          // A press beside the rows wants none of them.
          if (event.target.matches(':focus-visible')) enter(event.currentTarget);
          return;
        }
        const key = event.target.closest<HTMLElement>('[data-key]')?.dataset['key'];
        if (key) setFocused(key);
        setInside(true);
      },
    },
  };
}
