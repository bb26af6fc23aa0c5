/** The client without its store: calls, socket, outbox, and the changes of conversations. */
export { ApiError } from './api.ts';
export type { Clock, Timer } from './clock.ts';
export type { ConnectionState, Socket, WaitReason } from './connection.ts';
export { canRetry, type Entry, newEntry } from './entry.ts';
export type { ClientEvent } from './events.ts';
export { GivenTokenSource } from './given-token.ts';
export { type ParentWindow, PostMessageTokenSource } from './host-token.ts';
export { linkify, type Span } from './linkify.ts';
export type { Locks } from './outbox.ts';
export { previewOf, previewText } from './preview.ts';
export { mergeMarks } from './receipts.ts';
export {
  FILE_KINDS,
  type FileKind,
  isLongEnough,
  type MessageQuery,
  NO_QUERY,
  paramsOf,
  placesOf,
  queryOf,
  searchMessages,
} from './search.ts';
export { BrowserStorage, InMemoryStorage, type KeyValueStorage } from './storage.ts';
export { Suhbat, type SuhbatPorts } from './suhbat.ts';
export { isBlank, lengthOf, shownFileName, wellFormed } from './text.ts';
export { SessionTokenSource, type TokenSource, userOf } from './token.ts';
export type * from './types.ts';
export { deletedBy } from './types.ts';
