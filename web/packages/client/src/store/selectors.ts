import type { Confession, Entry, User } from '../core.ts';
import type { ListRow, State } from './state.ts';
import { NO_DRAFT } from './state.ts';
import { runOf } from './windows.ts';

const NOBODY: readonly User[] = [];
const NOTHING: readonly Entry[] = [];
const NO_IDS: readonly number[] = [];

export function othersOf(participants: readonly User[], userId: number | null): readonly User[] {
  const others = participants.filter(person => person.id !== userId);
  return others.length > 0 ? others : participants;
}

export function nameOf(user: User): string {
  return `${user.first_name} ${user.last_name}`.trim() || user.username;
}

/** The signed-in person. A service without `me/` names them among the participants of the conversations at least. */
export function meOf({ me, rows, userId }: State): User | undefined {
  if (me) return me.user;
  for (const { participants } of Object.values(rows)) {
    const found = participants.find(person => person.id === userId);
    if (found) return found;
  }
  return undefined;
}

/** The confessions by which conversations can be distinguished: the person's own, and those of the loaded conversations. */
export function confessionsOf({ me, rows }: Pick<State, 'me' | 'rows'>): Confession[] {
  const known = new Map<number, Confession>();
  for (const { confession } of Object.values(rows)) if (confession) known.set(confession.id, confession);
  for (const confession of [...(me?.administers ?? []), ...(me?.follows ?? [])]) known.set(confession.id, confession);
  return [...known.values()].sort((a, b) => a.name.localeCompare(b.name));
}

/** Whether the confession says something about a conversation: most people have one alone. */
export function hasSeveralConfessions({ me, rows }: State): boolean {
  const first = me?.administers[0] ?? me?.follows[0] ?? Object.values(rows).find(row => row.confession)?.confession;
  const isOther = (confession: Confession | null) => confession !== null && confession.id !== first?.id;
  return (
    me?.administers.some(isOther) || me?.follows.some(isOther) || false || Object.values(rows).some(({ confession }) => isOther(confession))
  );
}

/** Whether nothing is to be heard of the conversation now. */
export function isMuted(row: Pick<ListRow, 'muted_until'> | undefined, now: number): boolean {
  return row?.muted_until != null && Date.parse(row.muted_until) > now;
}

export function participantsOf(state: State, id: number): readonly User[] {
  return state.held[id]?.details?.participants ?? state.rows[id]?.participants ?? NOBODY;
}

export function messageIds(state: State, id: number): readonly number[] {
  const held = state.held[id];
  return held ? (runOf(held.runs, held.anchor)?.ids ?? NO_IDS) : NO_IDS;
}

export function isAtEnd(state: State, id: number): boolean {
  const held = state.held[id];
  return held ? (runOf(held.runs, held.anchor)?.atEnd ?? true) : true;
}

export function isAtStart(state: State, id: number): boolean {
  const held = state.held[id];
  return held ? (runOf(held.runs, held.anchor)?.atStart ?? false) : false;
}

export function entriesOf(state: State, id: number): readonly Entry[] {
  return state.outbox[id] ?? NOTHING;
}

export function draftOf(state: State, id: number) {
  return state.drafts[id] ?? NO_DRAFT;
}

/** The newest message on its way out, unless something newer is stored. */
export function pendingOf(state: State, id: number): Entry | undefined {
  const newest = state.outbox[id]?.at(-1);
  const stored = state.rows[id]?.last_message_at;
  return newest && stored && newest.createdAt < Date.parse(stored) ? undefined : newest;
}
