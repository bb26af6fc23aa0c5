import { type KeyboardEvent, type RefObject, useCallback, useState } from 'react';
import type { VirtualizerHandle } from 'virtua';
import { useHeldFocus } from '../useHeldFocus.ts';
import { useChat } from './ChatContext.tsx';
import type { Item } from './items.ts';

/** The history is one tab stop; arrows, Home and End move inside it. A row that goes hands the focus to its neighbour. */
export function useRoving(items: readonly Item[], scroller: RefObject<HTMLElement | null>, virtual: RefObject<VirtualizerHandle | null>) {
  const { focusComposer } = useChat();
  const [focused, setFocused] = useState<string | null>(null);
  const rowOf = useCallback(
    (key: string) => scroller.current?.querySelector<HTMLElement>(`article[data-key="${CSS.escape(key)}"]`),
    [scroller],
  );
  const focusKey = useCallback(
    (key: string) => {
      setFocused(key);
      requestAnimationFrame(() => rowOf(key)?.focus({ preventScroll: true }));
    },
    [rowOf],
  );
  const held = useHeldFocus(scroller, () => (focused === null ? null : rowOf(focused)));
  const stop = focused !== null && items.some(item => item.key === focused) ? focused : items.at(-1)?.key;

  const move = (event: KeyboardEvent) => {
    const row = (event.target as HTMLElement).closest('article');
    if (row !== event.target || event.altKey || event.ctrlKey || event.metaKey) return;
    const at = items.findIndex(item => item.key === row?.dataset['key']);
    const to = { ArrowUp: at - 1, ArrowDown: at + 1, Home: 0, End: items.length - 1 }[event.key];
    const next = to === undefined ? undefined : items[Math.max(0, Math.min(items.length - 1, to))];
    if (!next) return;
    event.preventDefault();
    virtual.current?.scrollToIndex(items.indexOf(next), { align: 'nearest' });
    focusKey(next.key);
  };

  return {
    focused,
    /** The row that Tab leads to. */
    stop,
    focusKey,
    focusLast: () => {
      if (stop) focusKey(stop);
    },
    focusNeighbour: (key: string) => {
      const at = items.findIndex(item => item.key === key);
      const neighbour = items[at + 1] ?? items[at - 1];
      if (neighbour) focusKey(neighbour.key);
      else focusComposer();
    },
    restore: held.restore,
    handlers: {
      ...held.handlers,
      onKeyDown: move,
      onFocus: (event: { target: EventTarget }) => {
        const key = (event.target as HTMLElement).closest('article')?.dataset['key'];
        if (key) setFocused(key);
      },
    },
  };
}
