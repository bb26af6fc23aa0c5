import type { Entry, LoadedConversation } from '@suhbat/client';
import { dayKey } from '../../i18n/dates.ts';

/** One row of the history. Its key is its for life: `client_id`, or the id where there is none. */
export interface Item {
  readonly key: string;
  readonly id: number | null;
  readonly clientId: string | null;
  readonly mine: boolean;
  /** A day begins above this row. */
  readonly day: string | null;
  readonly divider: boolean;
  /** First and last of a group by one sender. */
  readonly first: boolean;
  readonly last: boolean;
}

/** The room above the oldest row, in pixels. */
export const TOP_SPACE = 56;

const GROUP = 5 * 60_000;

interface Fact {
  key: string;
  id: number | null;
  clientId: string | null;
  sender: number | null;
  at: string;
}

/**
 * The rows of a piece of history. Unless the piece begins the conversation, its first message is held back: what a row looks
 * like depends on the one before it, and so no row changes its height when older ones are put in front.
 */
export function itemsOf(
  held: LoadedConversation,
  ids: readonly number[],
  atStart: boolean,
  atEnd: boolean,
  entries: readonly Entry[],
  userId: number | null,
): Item[] {
  const facts: Fact[] = [];
  const stored = new Set<string>();
  for (const id of ids) {
    const message = held.messages.get(id);
    if (!message) continue;
    if (message.client_id) stored.add(message.client_id);
    facts.push({
      key: message.client_id ?? String(id),
      id,
      clientId: message.client_id,
      sender: message.sender.id,
      at: message.created_at,
    });
  }
  if (atEnd) {
    for (const entry of entries) {
      if (stored.has(entry.clientId)) continue;
      const at = new Date(entry.createdAt).toISOString();
      facts.push({ key: entry.clientId, id: null, clientId: entry.clientId, sender: userId, at });
    }
  }
  const items: Item[] = [];
  for (const [index, fact] of facts.entries()) {
    const before = facts[index - 1];
    const after = facts[index + 1];
    if (!before && !atStart && facts.length > 1) continue;
    const newDay = !before || dayKey(before.at) !== dayKey(fact.at);
    const isDivided = (by: Fact) => held.divider !== null && held.divider === by.id;
    const joins = (a: Fact, b: Fact) =>
      a.sender === b.sender && Date.parse(b.at) - Date.parse(a.at) < GROUP && dayKey(a.at) === dayKey(b.at) && !isDivided(b);
    items.push({
      key: fact.key,
      id: fact.id,
      clientId: fact.clientId,
      mine: fact.sender === userId,
      day: newDay ? fact.at : null,
      divider: isDivided(fact),
      first: !before || !joins(before, fact),
      last: !after || !joins(fact, after),
    });
  }
  return items;
}
