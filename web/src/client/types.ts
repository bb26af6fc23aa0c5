import type { ChangeType, ClientConfig, ErrorCode, Message, MessagePreview, ReceiptMark, Changes as WireChanges } from './schema.gen.ts';

/** The shapes of the service. They come from its own document; here are the client's names for them, and what the document cannot say. */
export type {
  AllowedType,
  Attachment,
  Confession,
  Contact,
  Conversation,
  ConversationListItem,
  DemoPerson,
  FileType,
  Limits,
  Message,
  MessageStatus,
  Receipt,
  ReplyPreview,
  Role,
  User,
} from './schema.gen.ts';

export type RefusalCode = ErrorCode;
export type Marks = ReceiptMark;
export type Preview = MessagePreview;
export type ServiceConfig = ClientConfig;

export interface Page<T> {
  count: number;
  next: string | null;
  previous: string | null;
  results: T[];
}

/** What a change carries follows from its type. */
export type Change =
  | { seq: number; type: Exclude<ChangeType, 'message_deleted'>; message: Message }
  | { seq: number; type: 'message_deleted'; message_id: number };

export type Changes = Omit<WireChanges, 'changes'> & { changes: Change[] };
