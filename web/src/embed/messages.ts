/**
 * The messages between the page and the platform's page around it, by `postMessage`. Each side takes them from the other window and from the
 * expected origin only: the page from `cors.allowed_origins`, the loader from the service. docs/embedding.md describes them.
 */

/** From the platform's page. */
export type HostMessage =
  | { type: 'suhbat:token'; token: string }
  | { type: 'suhbat:language'; language: 'uz' | 'ru' | 'en' }
  | { type: 'suhbat:theme'; theme: 'system' | 'light' | 'dark' }
  /** A conversation, or a person (in a community), or with neither the list. */
  | { type: 'suhbat:open'; conversation?: number; person?: number; community?: number }
  /** Hides the headers, or the list of conversations, or shows them again. */
  | { type: 'suhbat:hide'; header: boolean; list: boolean };

/** From the page. */
export type PageMessage =
  /** The page listens. */
  | { type: 'suhbat:ready' }
  | { type: 'suhbat:token-please' }
  /** No token came within ten seconds. One that comes later is still taken. */
  | { type: 'suhbat:sign-in-needed' }
  | { type: 'suhbat:unread'; count: number }
  | { type: 'suhbat:title'; title: string }
  /** Null: the list, or no conversation yet. */
  | { type: 'suhbat:opened'; conversation: number | null }
  /** A message has arrived that nobody sees. `text` is empty where it has files only. */
  | { type: 'suhbat:notification'; conversation: number; message: number; name: string; text: string };

/** The path of the page for what is to be opened. */
export function pathOf({ conversation, person, community }: { conversation?: unknown; person?: unknown; community?: unknown }): string {
  const id = (value: unknown) => (Number.isSafeInteger(Number(value)) && Number(value) > 0 ? Number(value) : null);
  if (id(conversation) !== null) return `c/${id(conversation)}`;
  if (id(person) === null) return '';
  return `to/${id(person)}${id(community) === null ? '' : `?community=${id(community)}`}`;
}
