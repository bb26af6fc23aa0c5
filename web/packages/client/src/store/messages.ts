import type { Change, Message, MessageStatus, Receipt, ReceiptMark } from '../core.ts';
import { deletedBy, mergeMarks } from '../core.ts';
import type { LoadedConversation, MessageRange, State } from './state.ts';
import { addRange, append, placed, without } from './windows.ts';

export function withHeld(state: State, id: number, change: (held: LoadedConversation) => LoadedConversation): State {
  const held = state.held[id];
  if (!held) return state;
  const changed = change(held);
  return changed === held ? state : { ...state, held: { ...state.held, [id]: changed } };
}

/** Files a copy of a message; a smaller `seq` than the one held never overwrites it, and the dead stay dead. */
function file(held: LoadedConversation, message: Message): boolean {
  const died = held.deleted.get(message.id);
  if (died !== undefined || message.is_deleted) return false;
  const known = held.messages.get(message.id);
  if (known && known.seq > message.seq) return false;
  held.messages.set(message.id, known ? { ...message, status: better(known.status, message.status) } : message);
  return true;
}

const RANK: Record<MessageStatus, number> = { received: 0, sent: 1, delivered: 2, seen: 3 };

/** A status never goes backwards. */
export function better(a: MessageStatus, b: MessageStatus): MessageStatus {
  return RANK[a] >= RANK[b] ? a : b;
}

function withPin(pins: readonly number[], message: Message): readonly number[] {
  if (message.is_pinned === pins.includes(message.id)) return pins;
  return message.is_pinned ? [...pins, message.id].sort((a, b) => a - b) : pins.filter(id => id !== message.id);
}

function withQuotes(held: LoadedConversation, id: number, quote: (reply: NonNullable<Message['reply_to']>) => Message['reply_to']): void {
  for (const [other, message] of held.messages) {
    if (message.reply_to?.id === id) held.messages.set(other, { ...message, reply_to: quote(message.reply_to) });
  }
}

export function applyChanges(held: LoadedConversation, changes: readonly Change[]): LoadedConversation {
  let { runs, pins } = held;
  for (const change of changes) {
    const id = deletedBy(change);
    if (id !== null) {
      held.deleted.set(id, change.seq);
      held.messages.delete(id);
      withQuotes(held, id, reply => ({ ...reply, content: null, attachments: [], is_deleted: true }));
      runs = without(runs, id);
      pins = pins.filter(pin => pin !== id);
      continue;
    }
    const { message } = change;
    if (!message) continue;
    const isFiled = file(held, message);
    // It may be held without a place in the history: it was acknowledged before the history was there.
    if (held.messages.has(message.id)) runs = append(runs, message.id);
    if (!isFiled) continue;
    pins = withPin(pins, message);
    // Quotes of the message may be loaded where the message itself is not.
    if (message.is_edited) withQuotes(held, message.id, reply => ({ ...reply, content: message.content }));
  }
  return { ...held, runs, pins };
}

/** Files a page of history as a piece that is known to be contiguous. */
export function applyPage(
  held: LoadedConversation,
  messages: readonly Message[],
  run: Omit<MessageRange, 'ids'>,
  touching: readonly number[] = [],
): LoadedConversation {
  const ids: number[] = [];
  for (const message of messages) {
    if (file(held, message) || held.messages.has(message.id)) ids.push(message.id);
  }
  const known = touching.filter(id => held.messages.has(id));
  const runs = addRange(held.runs, { ...run, ids: [...new Set([...ids, ...known])].sort((a, b) => a - b) });
  return { ...held, runs: placed(runs, held.messages.keys()) };
}

export function applyMessage(held: LoadedConversation, message: Message): LoadedConversation {
  if (!file(held, message)) return held;
  return { ...held, pins: withPin(held.pins, message), runs: append(held.runs, message.id) };
}

export function applyMarks(held: LoadedConversation, marks: readonly ReceiptMark[]): LoadedConversation {
  const merged = { ...held.marks };
  for (const mark of marks) merged[mark.user_id] = mergeMarks(merged[mark.user_id], mark);
  return { ...held, marks: merged };
}

/** Exactly one message was read. */
export function applyOneRead(held: LoadedConversation, id: number, user: number, readAt: string): LoadedConversation {
  const message = held.messages.get(id);
  const reader = held.details?.participants.find(person => person.id === user);
  if (!message || !reader) return held;
  const mine = message.message_reads.find(receipt => receipt.user.id === user);
  const receipt: Receipt = { user: reader, delivered_at: mine?.delivered_at ?? readAt, read_at: mine?.read_at ?? readAt };
  held.messages.set(id, { ...message, message_reads: [...message.message_reads.filter(other => other !== mine), receipt] });
  return { ...held };
}

/** The status of one's own message from everything known: the loaded copy and the marks of the others. */
export function statusOf(message: Message, held: LoadedConversation, userId: number | null): MessageStatus {
  if (message.sender.id !== userId) return 'received';
  const others = (held.details?.participants ?? []).filter(person => person.id !== userId);
  const receipts = receiptsOf(message, held, userId);
  const seen = others.length > 0 && others.every(person => receipts.some(receipt => receipt.user.id === person.id && receipt.read_at));
  const delivered = receipts.length > 0;
  return better(message.status === 'received' ? 'sent' : message.status, seen ? 'seen' : delivered ? 'delivered' : 'sent');
}

/** The receipt of a message for one person. A mark shows that it was delivered, but not when. */
type KnownReceipt = Omit<Receipt, 'delivered_at'> & { delivered_at: string | null };

export function receiptsOf(message: Message, held: LoadedConversation, userId: number | null): KnownReceipt[] {
  const others = (held.details?.participants ?? []).filter(person => person.id !== userId && person.id !== message.sender.id);
  const receipts: KnownReceipt[] = [];
  for (const user of others) {
    const told = message.message_reads.find(receipt => receipt.user.id === user.id);
    const mark = held.marks[user.id];
    const read = told?.read_at ?? ((mark?.read_up_to ?? 0) >= message.id ? (mark?.read_at ?? null) : null);
    const delivered = told?.delivered_at ?? read;
    if (told || read || (mark?.delivered_up_to ?? 0) >= message.id) receipts.push({ user, delivered_at: delivered, read_at: read });
  }
  return receipts;
}
