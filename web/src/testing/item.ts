import type { Item } from '../components/chat/items.ts';

/** A row of the history with a message of another person. */
export const item = (id: number | null, more: Partial<Item> = {}): Item => ({
  key: String(id),
  id,
  clientId: null,
  mine: false,
  day: null,
  divider: false,
  first: true,
  last: true,
  ...more,
});
