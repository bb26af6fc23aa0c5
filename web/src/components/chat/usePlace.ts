import type { RefObject } from 'react';
import type { VirtualizerHandle } from 'virtua';
import type { Suhbat } from '../../client/index.ts';
import { useMessenger } from '../app.tsx';
import type { Item } from './items.ts';
import type { Bottom } from './useBottom.ts';

/** The room for what stands above the oldest row. */
export const TOP_SPACE = 56;

/** Where each conversation was left: the row at the top, and how far it was scrolled out. Of one person: the next one has another client. */
const places = new WeakMap<Suhbat, Map<number, { key: string; offset: number }>>();

/** Comes in at the unread divider, where one left, or at the bottom, and remembers where that was. */
export function usePlace(
  id: number,
  items: readonly Item[],
  scroller: RefObject<HTMLElement | null>,
  virtual: RefObject<VirtualizerHandle | null>,
  { stick, isAtBottom, toBottom, travel }: Bottom,
) {
  const { client } = useMessenger();
  const left = places.get(client) ?? new Map<number, { key: string; offset: number }>();
  places.set(client, left);

  const enter = () => {
    const divider = items.find(item => item.divider);
    const place = left.get(id);
    if (divider) void travel(divider.key, { align: 'start', offset: -TOP_SPACE });
    else if (place && items.some(item => item.key === place.key)) void travel(place.key, { align: 'start', offset: place.offset });
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
    if (item) left.set(id, { key: item.key, offset: element.scrollTop - TOP_SPACE - list.getItemOffset(index) });
  };

  return { enter, remember };
}
