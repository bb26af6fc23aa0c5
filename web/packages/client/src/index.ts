/** The client of Suhbat, for the page of the service and for other front ends of the platform: no React, no DOM nodes. */
export * from './core.ts';
export { insistent } from './insistent.ts';
export { findWith, sendFirst } from './store/beginning.ts';
export { findAt } from './store/dates.ts';
export { applyPage, receiptsOf, statusOf } from './store/messages.ts';
export { Messenger, type MessengerPorts } from './store/messenger.ts';
export {
  confessionsOf,
  draftOf,
  entriesOf,
  hasSeveralConfessions,
  isAtEnd,
  isAtStart,
  meOf,
  messageIds,
  nameOf,
  othersOf,
  participantsOf,
  pendingOf,
} from './store/selectors.ts';
export { type Beginning, draftIdOf, emptyConversation, type ListRow, type LoadedConversation, type State } from './store/state.ts';
