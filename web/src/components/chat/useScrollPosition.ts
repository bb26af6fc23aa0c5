import type { Suhbat } from '@suhbat/client';
import type { RefObject } from 'react';
import type { VirtualizerHandle } from 'virtua';
import { useMessenger } from '../app.tsx';
import { type Item, TOP_SPACE } from './items.ts';
import type { Bottom } from './useStickToBottom.ts';

interface Place {
  key: string;
  /** Distinguishes the message from another one with the same id, after the database was put back from a backup. */
  createdAt: string | null;
  offset: number;
}

/** The scroll position of each conversation: the row at the top, and how far it was scrolled out. Of one person: the next has another client. */
const places = new WeakMap<Suhbat, Map<number, Place>>();

/** Comes in at the unread divider, where one left, or at the bottom, and remembers where that was. */
export function useScrollPosition(
  id: number,
  items: readonly Item[],
  scroller: RefObject<HTMLElement | null>,
  virtual: RefObject<VirtualizerHandle | null>,
  { stick, isAtBottom, enterBefore, toBottom, travel }: Bottom,
) {
  const { client, store } = useMessenger();
  const left = places.get(client) ?? new Map<number, Place>();
  places.set(client, left);
  const createdAt = (item: Item) => (item.id === null ? null : (store.getState().held[id]?.messages.get(item.id)?.created_at ?? null));

  const enter = () => {
    const divider = items.find(item => item.divider);
    const place = left.get(id);
    enterBefore(divider?.id ?? null);
    if (divider) void travel(divider.key, { align: 'start', offset: -TOP_SPACE });
    else if (place && items.some(item => item.key === place.key && createdAt(item) === place.createdAt))
      void travel(place.key, { align: 'start', offset: place.offset });
    else toBottom();
  };

  const remember = () => {
    const element = scroller.current;
    const list = virtual.current;
    if (!element || !list) return;
    if (stick.current || isAtBottom()) {
      left.delete(id);
      return;
    }
    const index = list.findItemIndex(Math.max(0, element.scrollTop - TOP_SPACE));
    const item = items[index];
    if (item)
      left.set(id, { key: item.key, createdAt: createdAt(item), offset: element.scrollTop - TOP_SPACE - list.getItemOffset(index) });
  };

  return { enter, remember };
}
