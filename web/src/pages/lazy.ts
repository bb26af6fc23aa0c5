import { lazyPart } from '../components/parts.tsx';
import { Shell } from '../components/Shell.tsx';

/** The parts of the page that are files of their own, so that a view does not load the code of others. */
export const Inbox = lazyPart(() => import('./Inbox.tsx'), Shell);
export const SignIn = lazyPart(() => import('./SignIn.tsx'));
export const ChatPane = lazyPart(() => import('../components/chat/ChatPane.tsx'));
export const Desk = lazyPart(() => import('../components/conversations/Desk.tsx'));
export const Elsewhere = lazyPart(() => import('./Elsewhere.tsx'));
export const NewConversation = lazyPart(() => import('./NewConversation.tsx'));
export const Search = lazyPart(() => import('../components/search/Search.tsx'));
export const SettingsDialog = lazyPart(() => import('../components/overlays/SettingsDialog.tsx'));
export const KeysDialog = lazyPart(() => import('../components/overlays/KeysDialog.tsx'));

/** Fetches the first view of a signed-in person, beside the catalog and the first calls to the service. */
export function fetchInbox(): void {
  for (const part of [Inbox, ChatPane]) void part.get().catch(() => {});
}
