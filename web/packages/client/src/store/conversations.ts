import {
  type ClientEvent,
  type Conversation,
  type ConversationListItem,
  type ConversationRow,
  type MessageStatus,
  type Page,
  previewOf,
} from '../core.ts';
import { better } from './messages.ts';
import type { ListRow, State } from './state.ts';

const OLDEST = '0000';

/** Newest activity first, ties by id. */
function inOrder({ rows, list }: State, ids: Iterable<number>, pending: (id: number) => string | null): number[] {
  // The service has the order of those who wait; a row that was answered stays in its place until the list is loaded anew.
  if (list.filter.waiting) return [...new Set(ids)];
  const moment = (id: number) => {
    const activity = rows[id]?.activity ?? OLDEST;
    const sending = pending(id);
    return sending !== null && sending > activity ? sending : activity;
  };
  return [...new Set(ids)].sort((a, b) => moment(b).localeCompare(moment(a)) || b - a);
}

function pendingMoment(state: State): (id: number) => string | null {
  return id => {
    const newest = state.outbox[id]?.at(-1);
    return newest ? new Date(newest.createdAt).toISOString() : null;
  };
}

export function sorted(state: State): State {
  const ids = inOrder(state, state.list.ids, pendingMoment(state));
  const same = ids.length === state.list.ids.length && ids.every((id, index) => id === state.list.ids[index]);
  return same ? state : { ...state, list: { ...state.list, ids } };
}

/** Rows are ordered by their newest message; without one, by when they were opened. */
const withActivity = <T extends { last_message_at: string | null; created_at: string }>(item: T) => ({
  ...item,
  activity: item.last_message_at ?? item.created_at,
});

/** The preview with the better status of two copies: the known one may have met a receipt that this one has not. */
function withStatus(known: ListRow | undefined, preview: ListRow['last_message_preview']) {
  const before = known?.last_message_preview;
  return preview && before?.id === preview.id ? { ...preview, status: better(before.status, preview.status) } : preview;
}

/** A page of the list, from its beginning or as its continuation; `nextPage` is the number of the following one. */
export function applyListPage(state: State, page: Page<ConversationListItem>, from: 'start' | 'end', nextPage: number): State {
  const rows = { ...state.rows };
  const fresh = page.results.map(withActivity);
  for (const row of fresh) {
    // A frame may be newer than the page, which was on its way longer.
    const known = rows[row.id];
    if ((known?.last_seq ?? 0) <= row.last_seq)
      rows[row.id] = { ...row, last_message_preview: withStatus(known, row.last_message_preview) };
  }
  const { list } = state;
  const ids = fresh.map(row => row.id);
  const end = fresh.at(-1)?.activity ?? OLDEST;
  // Rows shown below the page stay; rows missing from it are no longer in the list.
  const below = from === 'start' && page.next && !list.filter.waiting ? list.ids.filter(id => (rows[id]?.activity ?? OLDEST) < end) : [];
  // The one that is open keeps its place among the unread ones, or those who wait, until it is left: it was read by being opened.
  const stays = list.filter.unread || list.filter.waiting;
  const open = stays && from === 'start' && !ids.includes(state.current ?? 0) ? list.ids.indexOf(state.current ?? 0) : -1;
  const shown = from === 'start' ? [...ids, ...below] : [...list.ids, ...ids];
  if (open >= 0) shown.splice(open, 0, state.current ?? 0);
  const follows = below.length > 0 ? Math.max(nextPage, list.nextPage ?? nextPage) : nextPage;
  return sorted({
    ...state,
    rows,
    list: { ...list, status: 'ready', more: 'idle', ids: shown, nextPage: page.next ? follows : null, count: page.count },
  });
}

/** The rows of a page with a `last_seq` below the one known: overtaken by a frame, or of a database put back from a backup. */
export function overtaken(state: State, page: Page<ConversationListItem>): { id: number; known: number }[] {
  return page.results.flatMap(({ id, last_seq }) => {
    const known = state.rows[id]?.last_seq ?? 0;
    return last_seq < known ? [{ id, known }] : [];
  });
}

/** The list as before its first page came, under the filter that is chosen. */
export function withoutList(state: State): State {
  return { ...state, rows: {}, list: { ...state.list, ids: [], status: 'loading', nextPage: null, more: 'idle', count: 0 } };
}

export function applyUpdate(state: State, update: Extract<ClientEvent, { type: 'conversation_updated' }>): State {
  const row = state.rows[update.conversation];
  if (!row || update.last_seq < row.last_seq) return state;
  const at = update.last_message_preview?.created_at ?? null;
  // Deleting the newest message changes the preview, not the activity.
  const activity = at !== null && at > row.activity ? at : row.activity;
  const changed: ListRow = {
    ...row,
    unread_count: update.unread_count,
    last_seq: update.last_seq,
    last_message_preview: withStatus(row, update.last_message_preview),
    awaiting_since: update.awaiting_since ?? null,
    muted_until: update.muted_until ?? null,
    archived_at: update.archived_at ?? null,
    is_marked_unread: update.is_marked_unread ?? false,
    last_message_at: row.last_message_at === null || activity !== row.activity ? (at ?? row.last_message_at) : row.last_message_at,
    activity,
  };
  return sorted(placed({ ...state, rows: { ...state.rows, [row.id]: changed } }, row.id));
}

/** A row that was put into the archive, or taken out of it, leaves the list at once. */
function placed(state: State, id: number): State {
  const { filter, ids } = state.list;
  const isArchived = state.rows[id]?.archived_at != null;
  if (filter.q !== '' || isArchived === filter.archived || !ids.includes(id)) return state;
  return { ...state, list: { ...state.list, ids: ids.filter(other => other !== id) } };
}

/** The row after an act of the person on it. */
export function applyRow(state: State, id: number, change: Partial<ConversationRow>): State {
  const row = state.rows[id];
  return row ? sorted(placed({ ...state, rows: { ...state.rows, [id]: { ...row, ...change } } }, id)) : state;
}

/** One's own last message was delivered, or seen by all. */
export function applyStatus(state: State, id: number, status: MessageStatus): State {
  const row = state.rows[id];
  const last = row?.last_message_preview;
  if (!row || !last || better(last.status, status) === last.status) return state;
  return { ...state, rows: { ...state.rows, [id]: { ...row, last_message_preview: { ...last, status } } } };
}

/** A conversation met elsewhere than in the list: just opened, or spoken of by a frame. */
export function applyConversation(state: State, conversation: Conversation): State {
  const row: ListRow = withActivity({
    id: conversation.id,
    participants: conversation.participants,
    confession: conversation.confession,
    created_at: conversation.created_at,
    last_message_at: conversation.last_message_at,
    unread_count: conversation.unread_count,
    last_seq: conversation.last_seq,
    last_message_preview: conversation.last_message?.is_deleted === false ? previewOf(conversation.last_message) : null,
    awaiting_since: conversation.awaiting_since,
    muted_until: conversation.muted_until,
    archived_at: conversation.archived_at,
    is_marked_unread: conversation.is_marked_unread,
  });
  const known = state.rows[row.id];
  if (known && known.last_seq > row.last_seq) return state;
  const { filter, ids } = state.list;
  const isPlain = !filter.unread && !filter.waiting && !filter.archived && filter.confession === null && filter.q === '';
  const belongs = isPlain && !row.archived_at && !ids.includes(row.id);
  const list = belongs ? { ...state.list, ids: [...ids, row.id], count: state.list.count + 1 } : state.list;
  const met = { ...row, last_message_preview: withStatus(known, row.last_message_preview) };
  return sorted({ ...state, rows: { ...state.rows, [row.id]: met }, list });
}
