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

/** Once more after two frames: rows get their true height once they were drawn. */
export function settle(action: () => void): void {
  action();
  requestAnimationFrame(() => requestAnimationFrame(action));
}

/** Comes in at the unread divider, where one left, or at the bottom, and remembers where that was. */
export function usePlace(
  id: number,
  items: readonly Item[],
  scroller: RefObject<HTMLElement | null>,
  virtual: RefObject<VirtualizerHandle | null>,
  { stick, toBottom, check }: Bottom,
) {
  const { client } = useMessenger();
  const left = places.get(client) ?? new Map<number, { key: string; offset: number }>();
  places.set(client, left);

  const enter = () => {
    const divider = items.findIndex(item => item.divider);
    const place = left.get(id);
    const at = place ? items.findIndex(item => item.key === place.key) : -1;
    if (divider >= 0) {
      stick.current = false;
      settle(() => {
        virtual.current?.scrollToIndex(divider, { align: 'start', offset: -TOP_SPACE });
        check();
      });
    } else if (place && at >= 0) {
      stick.current = false;
      settle(() => virtual.current?.scrollToIndex(at, { align: 'start', offset: place.offset }));
    } else {
      settle(() => {
        if (stick.current) toBottom();
      });
    }
  };

  const remember = () => {
    const element = scroller.current;
    const list = virtual.current;
    if (!element || !list) return;
    if (stick.current) {
      left.delete(id);
      return;
    }
    const index = list.findItemIndex(Math.max(0, element.scrollTop - TOP_SPACE));
    const item = items[index];
    if (item) left.set(id, { key: item.key, offset: element.scrollTop - TOP_SPACE - list.getItemOffset(index) });
  };

  return { enter, remember };
}
