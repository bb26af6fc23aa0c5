import { entriesOf, isAtEnd, isAtStart, messageIds } from '@suhbat/client';
import { useMemo, useRef } from 'react';
import { useMessenger, useSelect } from '../app.tsx';
import { type Item, itemsOf } from './items.ts';

/** The rows of a conversation, and whether its ends are among them. */
export function useItems(id: number): { items: Item[]; atEnd: boolean; atStart: boolean } {
  const messenger = useMessenger();
  const ids = useSelect(state => messageIds(state, id));
  const entries = useSelect(state => entriesOf(state, id));
  const atStart = useSelect(state => isAtStart(state, id));
  const atEnd = useSelect(state => isAtEnd(state, id));
  const divider = useSelect(state => state.held[id]?.divider ?? null);
  const items = useMemo(() => {
    const state = messenger.store.getState();
    const held = state.held[id];
    return held ? itemsOf({ ...held, divider }, ids, atStart, atEnd, entries, state.userId) : [];
  }, [messenger, id, ids, entries, atStart, atEnd, divider]);
  return { items, atEnd, atStart };
}

interface Drawn {
  first: string | undefined;
  last: string | undefined;
  size: number;
  unsent: number;
  /** The newest stored message among them, and whether nothing newer was left out below it. */
  newest: number;
  atEnd: boolean;
  epoch: number;
}

const NONE: Drawn = { first: undefined, last: undefined, size: 0, unsent: 0, newest: 0, atEnd: false, epoch: 0 };

/** The difference between these rows and the ones drawn before, read off their keys. */
export function useListDiff(items: readonly Item[], atEnd: boolean) {
  const drawn = useRef(NONE);
  const before = drawn.current;
  const first = items[0]?.key;
  const last = items.at(-1)?.key;
  const unsent = items.filter(item => item.id === null).length;
  const isSame = before.first === undefined || items.some(item => item.key === before.first || item.key === before.last);
  const epoch = isSame ? before.epoch : before.epoch + 1;
  // Messages that a page of history brings are not new, even if they stand below.
  const arrived = isSame && before.atEnd ? items.filter(item => item.id !== null && item.id > before.newest) : [];
  return {
    /** Another piece of the history is drawn anew. */
    epoch,
    isAnother: !isSame,
    /** Only in the render whose first key changed, because older rows were put in front. */
    shift: isSame && before.first !== undefined && before.first !== first && items.length > before.size,
    arrived,
    /** I wrote something here, just now. */
    wrote: isSame && before.atEnd && unsent > before.unsent,
    committed: () => {
      const newest = items.reduce((most, item) => Math.max(most, item.id ?? 0), 0);
      drawn.current = { first, last, size: items.length, unsent, newest, atEnd, epoch };
    },
  };
}
