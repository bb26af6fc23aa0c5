import type { ConnectionState } from './connection.ts';
import type { Entry } from './entry.ts';
import type { ConversationUpdatedFrame, DeliveredFrame, ReadFrame, ReadyFrame, StatusFrame } from './frames.ts';
import type { Change, Marks, Message } from './types.ts';

/** What the client tells, in the order in which it happened. */
export type ClientEvent =
  | { kind: 'connection'; state: ConnectionState }
  | { kind: 'ready'; frame: ReadyFrame }
  | { kind: 'changes'; conversation: number; changes: Change[] }
  | { kind: 'marks'; conversation: number; marks: Marks[] }
  | { kind: 'delivered'; frame: DeliveredFrame }
  | { kind: 'read'; frame: ReadFrame }
  | { kind: 'updated'; frame: ConversationUpdatedFrame }
  | { kind: 'status'; frame: StatusFrame }
  | { kind: 'typing'; conversation: number; users: number[] }
  | { kind: 'arrived'; message: Message }
  | { kind: 'outbox'; conversation: number; entries: readonly Entry[] }
  | { kind: 'sent'; entry: Entry; id: number; seq: number; message: Message | null }
  | { kind: 'resync' }
  | { kind: 'signed-out' };
