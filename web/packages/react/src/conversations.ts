import {
  type ConversationSnapshot,
  type ConversationView,
  conversationOf,
  type ListFilter,
  type ListRow,
  type Loading,
} from '@suhbat/client';
import { useCallback, useMemo, useSyncExternalStore } from 'react';
import { useSelect, useSuhbat } from './provider.ts';

export interface Conversations {
  /** The loaded ones that the filter lets through, newest activity first. */
  readonly conversations: readonly ListRow[];
  /** After `error` the list is loaded again with the next connection. */
  readonly status: 'loading' | 'ready' | 'error';
  /** The number of all conversations that the filter lets through. */
  readonly count: number;
  /** The number of unread messages in all conversations. */
  readonly unread: number;
  readonly filter: ListFilter;
  readonly setFilter: (change: Partial<ListFilter>) => void;
  readonly hasMore: boolean;
  readonly more: Loading;
  readonly loadMore: () => Promise<void>;
}

/** The list of conversations. All components share one list, and its filter. */
export function useConversations(): Conversations {
  const client = useSuhbat();
  const list = useSelect(state => state.list);
  const rows = useSelect(state => state.rows);
  const unread = useSelect(state => state.unread);
  const conversations = useMemo(() => list.ids.flatMap(id => rows[id] ?? []), [list.ids, rows]);
  const setFilter = useCallback((change: Partial<ListFilter>) => client.list.filter(change), [client]);
  const loadMore = useCallback(() => client.list.loadMore(), [client]);
  const { status, count, filter, nextPage, more } = list;
  return { conversations, status, count, unread, filter, setFilter, hasMore: nextPage !== null, more, loadMore };
}

export type UsedConversation = ConversationSnapshot & Pick<ConversationView, 'send' | 'retry' | 'discard' | 'loadOlder' | 'typed' | 'read'>;

/** One conversation: what to draw, and what a person can do in it. It is loaded and kept up to date while a component uses it. */
export function useConversation(id: number): UsedConversation {
  const view = conversationOf(useSuhbat(), id);
  const snapshot = useSyncExternalStore(view.subscribe, view.snapshot, view.snapshot);
  return useMemo(() => {
    const { send, retry, discard, loadOlder, typed, read } = view;
    return { ...snapshot, send, retry, discard, loadOlder, typed, read };
  }, [view, snapshot]);
}
