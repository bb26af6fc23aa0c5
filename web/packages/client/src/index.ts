/** The client of Suhbat, for the page of the service and for other front ends of the platform: no React, no DOM nodes. */
export { browserClock, browserPorts, loadUpload, uuid } from './browser.ts';
export * from './core.ts';
export { createSuhbat, SuhbatClient, type SuhbatOptions } from './create.ts';
export { insistent } from './insistent.ts';
export { type Language, sentenceOf } from './sentences.ts';
export { findWith, sendFirst } from './store/beginning.ts';
export { type ConversationSnapshot, ConversationView, conversationOf, type ShownMessage } from './store/conversation-view.ts';
export { findAt } from './store/dates.ts';
export { MessageSearch, type SearchState } from './store/message-search.ts';
export { applyPage, receiptsOf, statusOf } from './store/messages.ts';
export { Messenger, type MessengerPorts } from './store/messenger.ts';
export {
  confessionsOf,
  draftOf,
  entriesOf,
  hasSeveralConfessions,
  isAtEnd,
  isAtStart,
  isMuted,
  meOf,
  messageIds,
  nameOf,
  othersOf,
  participantsOf,
  pendingOf,
} from './store/selectors.ts';
export {
  type Beginning,
  draftIdOf,
  emptyConversation,
  type ListFilter,
  type ListRow,
  type LoadedConversation,
  type Loading,
  type State,
} from './store/state.ts';
export { createStore, type Store } from './store/store.ts';
