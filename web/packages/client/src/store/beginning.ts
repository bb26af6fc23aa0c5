import type { ConversationListItem } from '../core.ts';
import type { Messenger } from './messenger.ts';
import { nameOf } from './selectors.ts';
import { type Beginning, draftIdOf, type ListRow, NO_DRAFT } from './state.ts';

/** The conversation with exactly this person about this, the newest of several; null where there is none yet. */
export async function findWith(messenger: Messenger, { user, confession }: Beginning): Promise<number | null> {
  const isMeant = (item: ConversationListItem) =>
    item.participants.length === 2 &&
    item.participants.some(person => person.id === user.id) &&
    (confession === null || item.confession?.id === confession.id);
  const byActivity = (a: ListRow, b: ListRow) => b.activity.localeCompare(a.activity);
  const here = Object.values(messenger.store.getState().rows).filter(isMeant).sort(byActivity)[0];
  if (here) return here.id;
  const page = await messenger.client.api.conversations({ q: nameOf(user), confession: confession?.id, page_size: 100 });
  return page.results.find(isMeant)?.id ?? null;
}

/** Opens the conversation and sends the draft in it; where that is refused, the draft stays. The id of the conversation. */
export async function sendFirst(messenger: Messenger, { user, confession }: Beginning): Promise<number> {
  const { client } = messenger;
  const { id } = await messenger.openWith(user.id, confession?.id ?? null);
  const { text, files } = messenger.store.getState().drafts[draftIdOf(user)] ?? NO_DRAFT;
  if (client === messenger.client && (text.trim() !== '' || files.length > 0)) {
    messenger.setDraft(draftIdOf(user), NO_DRAFT);
    client.send(id, text, null, files);
  }
  return id;
}
