import type { ConnectionState } from './connection.ts';
import type { Entry } from './entry.ts';
import type { ServerFrame } from './frames.ts';
import type { Change, Message, ReceiptMark } from './types.ts';

/** Frames that the client deals with itself. Events of its own carry the consequences. */
type ConsumedFrameType = 'message_edited' | 'message_pinned' | 'message_deleted' | 'unknown' | 'typing' | 'ack' | 'error' | 'pong';

/** The events of the client, in the order in which they happened: every other frame as it came, and events of its own. */
export type ClientEvent =
  | Exclude<ServerFrame, { type: ConsumedFrameType }>
  /** A message was edited or deleted, in whatever conversation; `changes` tells of those that are followed. */
  | { type: 'altered'; id: number }
  | { type: 'connection'; state: ConnectionState }
  | { type: 'changes'; conversation: number; changes: Change[] }
  | { type: 'marks'; conversation: number; marks: ReceiptMark[] }
  | { type: 'typists'; conversation: number; users: number[] }
  | { type: 'outbox'; conversation: number; entries: readonly Entry[] }
  | { type: 'sent'; entry: Entry; id: number; seq: number; message: Message | null }
  /** The database was put back from a backup: ids and `seq` numbers mean something else now. */
  | { type: 'restored' }
  /** The same for one conversation only. */
  | { type: 'reset'; conversation: number }
  | { type: 'signed-out' };
