import type { Message, Changes as WireChanges } from './schema.gen.ts';

/** The shapes of the service. They come from its own document; here are the client's names for them, and shapes that the document cannot express. */
export type {
  AllowedType,
  Attachment,
  AttachmentKind,
  AttachmentSummary,
  ClientConfig,
  Confession,
  Contact,
  ContactDetail,
  Conversation,
  ConversationCounts,
  ConversationListItem,
  ConversationRow,
  DemoPerson,
  ErrorCode,
  FileType,
  Limits,
  Me,
  Message,
  MessagePreview,
  MessageStatus,
  Receipt,
  ReceiptMark,
  ReplyPreview,
  Role,
  SearchHit,
  SearchResults,
  User,
  Voice,
} from './schema.gen.ts';

/** What a person does with a row of their list; `until` is a time in RFC 3339, `always`, or null. */
export type RowAct =
  | { type: 'mute'; until: string | null }
  | { type: 'archive' | 'unarchive' | 'mark_as_unread' | 'mark_as_read' }
  | { type: 'answered'; answered: boolean };

export interface Page<T> {
  count: number;
  next: string | null;
  previous: string | null;
  results: T[];
}

/**
 * An entry of `changes/`, or a frame with a `seq`. Its content decides, not its type, so that types added later need no new client:
 * `message` is the present state of that message, `message_id` without it names a deleted one, and anything else only advances `seq`.
 */
export interface Change {
  seq: number;
  type: string;
  message?: Message;
  message_id?: number;
}

/** The id of the message that a change deletes; null for every other change. */
export function deletedBy({ message, message_id }: Change): number | null {
  if (message) return message.is_deleted ? message.id : null;
  return message_id ?? null;
}

export type Changes = Omit<WireChanges, 'changes'> & {
  changes: Change[];
  /** The epoch of the database that `seq` and message ids belong to. Services before version 2 send none. */
  epoch?: string;
  /** `after` lies beyond the newest `seq`: all loaded data of this conversation is void. */
  reset?: boolean;
};
