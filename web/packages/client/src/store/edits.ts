import type { Message, Suhbat } from '../core.ts';
import { applyMessage, withHeld } from './messages.ts';
import type { EditDraft, State } from './state.ts';
import type { Store } from './store.ts';

export function editOf(message: Message, text: string): EditDraft {
  return { conversation: message.conversation, text, saving: false };
}

export function withEdit(edits: State['edits'], id: number, edit: EditDraft | null): State['edits'] {
  const { [id]: _, ...others } = edits;
  return edit === null ? others : { ...others, [id]: edit };
}

/** Shows the new text at once and takes it back when the service refuses; the typed text stays until it is stored. */
export async function saveEdit(store: Store<State>, api: Suhbat['api'], message: Message, content: string): Promise<void> {
  if (store.getState().edits[message.id]?.saving) return;
  const saving = { ...editOf(message, content), saving: true };
  store.setState(state => ({ edits: withEdit(state.edits, message.id, saving) }));
  // Nothing, where the person was signed out or the message deleted meanwhile.
  const settle = (edit: EditDraft | null) =>
    store.setState(state => (state.edits[message.id] === saving ? { edits: withEdit(state.edits, message.id, edit) } : state));
  const change = (text: string | null, isEdited: boolean) =>
    store.setState(state =>
      withHeld(state, message.conversation, held => {
        const known = held.messages.get(message.id);
        if (known?.seq !== message.seq) return held;
        held.messages.set(message.id, { ...known, content: text, is_edited: isEdited });
        return { ...held };
      }),
    );
  change(content, true);
  try {
    const stored = await api.edit(message.id, content);
    store.setState(state => withHeld(state, message.conversation, held => applyMessage(held, stored)));
    settle(null);
  } catch (error) {
    change(message.content, message.is_edited);
    settle(editOf(message, content));
    throw error;
  }
}
