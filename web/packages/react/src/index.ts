/** React's side of `@suhbat/client`: a provider, and hooks that draw again when what they give has changed. */
export { type Conversations, type UsedConversation, useConversation, useConversations } from './conversations.ts';
export { SuhbatProvider, type SuhbatProviderProps, useOpened, useSelect, useStore, useSuhbat } from './provider.ts';
