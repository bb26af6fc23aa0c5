import type { Conversation, KeyValueStorage, Message } from '../core.ts';
import { applyPage } from './messages.ts';
import { SEEN } from './seen.ts';
import { emptyConversation, type ListRow, type LoadedConversation, type State } from './state.ts';
import { runOf } from './windows.ts';

/** What is kept at most: storage of a session holds a few megabytes. */
const ROWS = 60;
const MESSAGES = 60;

interface Kept {
  userId: number;
  me: State['me'];
  config: State['config'];
  rows: ListRow[];
  current: { details: Conversation; messages: Message[]; pins: number[]; atStart: boolean } | null;
}

/**
 * What the session last saw, for a page that is loaded anew without a network: the beginning of the list, and the newest messages of the
 * open conversation. It is kept for this tab only, until it is closed or the person signs out, and shown only where the service does not answer.
 */
export function keepSeen(memory: KeyValueStorage, state: State): void {
  const { userId, list, rows, held, current, me, config } = state;
  if (userId === null || list.status !== 'ready') return;
  const open = current === null ? undefined : held[current];
  const run = open && runOf(open.runs, null);
  const ids = run?.atEnd ? run.ids.slice(-MESSAGES) : [];
  const messages = [...new Set([...ids, ...(open?.pins ?? [])])].flatMap(id => open?.messages.get(id) ?? []);
  const kept: Kept = {
    userId,
    me,
    config,
    rows: list.ids.slice(0, ROWS).flatMap(id => rows[id] ?? []),
    current:
      open?.status === 'ready' && open.details
        ? { details: open.details, messages, pins: [...open.pins], atStart: (run?.atStart ?? false) && ids.length === run?.ids.length }
        : null,
  };
  memory.set(SEEN, JSON.stringify(kept));
}

function read(memory: KeyValueStorage, userId: number | null): Kept | null {
  try {
    const kept = JSON.parse(memory.get(SEEN) ?? 'null') as Kept | null;
    return kept !== null && kept.userId === userId ? kept : null;
  } catch {
    return null;
  }
}

/** The list as this session last saw it; null where it saw none. */
export function seenList(memory: KeyValueStorage, state: State): Partial<State> | null {
  const kept = read(memory, state.userId);
  if (!kept || kept.rows.length === 0) return null;
  const rows = Object.fromEntries(kept.rows.map(row => [row.id, row]));
  const ids = kept.rows.map(row => row.id);
  const { unread, confession, q } = state.list.filter;
  if (unread || confession !== null || q !== '') return null;
  const list = { ...state.list, ids, status: 'ready', nextPage: null, count: ids.length } as const;
  return { rows: { ...rows, ...state.rows }, list, me: state.me ?? kept.me, config: state.config ?? kept.config };
}

/** A conversation as this session last saw it; null where it was not the one that was open. */
export function seenConversation(memory: KeyValueStorage, state: State, id: number, now: number): LoadedConversation | null {
  const { current } = read(memory, state.userId) ?? {};
  if (!current || current.details.id !== id) return null;
  const pinned = new Set(current.pins);
  const recent = current.messages.filter(message => !pinned.has(message.id) || message.id >= (current.messages.at(-MESSAGES)?.id ?? 0));
  const filled = applyPage(emptyConversation(id, now), recent, { atStart: current.atStart, atEnd: true });
  for (const message of current.messages) if (!filled.messages.has(message.id)) filled.messages.set(message.id, message);
  return { ...filled, status: 'ready', details: current.details, pins: current.pins, isFromBefore: true };
}
