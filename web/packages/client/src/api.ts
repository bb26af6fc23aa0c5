import type { Clock } from './clock.ts';
import type { TokenSource } from './token.ts';
import type {
  Changes,
  ClientConfig,
  Contact,
  ContactDetail,
  Conversation,
  ConversationCounts,
  ConversationListItem,
  ConversationRow,
  ErrorCode,
  Me,
  Message,
  Page,
  RowAct,
} from './types.ts';

/** A refusal or a failure to reach the service (`status` 0, code `network`). */
export class ApiError extends Error {
  readonly status: number;
  readonly code: string;
  readonly details: Record<string, unknown>;
  /** Milliseconds; null where the service does not say it. */
  readonly retryAfter: number | null;

  /** `sentence` is the service's own, in English. A proxy has none: then the code stands for it. */
  constructor(status: number, code: string, details: Record<string, unknown> = {}, retryAfter: number | null = null, sentence?: string) {
    super(sentence ?? (status === 0 ? 'No connection.' : code));
    this.name = 'ApiError';
    this.status = status;
    this.code = code;
    this.details = details;
    this.retryAfter = retryAfter;
  }

  /** Whether asking again later may help. */
  get isTransient(): boolean {
    return this.status === 0 || this.status === 408 || this.status === 429 || this.status >= 500;
  }
}

/** The error codes of the service for the statuses of a proxy's own answers. */
const CODES: Record<number, ErrorCode> = {
  408: 'request_timeout',
  413: 'payload_too_large',
  429: 'rate_limited',
  502: 'unavailable',
  503: 'unavailable',
  504: 'unavailable',
};

/** Reads the body of a refusal; anything that is not the service's own JSON is judged by its status. */
export function refusal(status: number, body: string, retryAfter: string | null): ApiError {
  let code: string = CODES[status] ?? 'unexpected';
  let details: Record<string, unknown> = {};
  let sentence: string | undefined;
  try {
    const value = JSON.parse(body) as { code?: unknown; details?: unknown; error?: unknown };
    if (typeof value.error === 'string') sentence = value.error;
    if (typeof value.code === 'string') code = value.code;
    if (typeof value.details === 'object' && value.details !== null) details = value.details as Record<string, unknown>;
  } catch {
    // A proxy's page, not ours.
  }
  const seconds = retryAfter === null ? Number.NaN : Number(retryAfter);
  return new ApiError(status, code, details, Number.isFinite(seconds) ? seconds * 1000 : null, sentence);
}

export type Query = Record<string, string | number | boolean | null | undefined>;

export interface Call {
  query?: Query | undefined;
  body?: unknown;
  signal?: AbortSignal | undefined;
  /** Milliseconds until an answer counts as lost. */
  patience?: number;
}

const PATIENCE = 30_000;
/** A message that waits holds back those behind it, and may be sent again at any time. */
const SENDING_PATIENCE = 15_000;

export interface ApiPorts {
  base: string;
  fetch: typeof globalThis.fetch;
  clock: Clock;
  tokens: TokenSource;
  onSignedOut: () => void;
  /** Receives the messages of a page of history, before the caller does. */
  onMessages: (messages: readonly Message[]) => void;
  /** Receives the conversations of an answer, before the caller does. */
  onConversations: (conversations: readonly Pick<Conversation, 'id' | 'created_at'>[]) => void;
}

/**
 * The REST calls by name. A 401 asks the token source once for a newer token, then gives up. openapi-fetch would replace the two lines that
 * call `fetch`, not the tokens, the time limits and the endings around them, and with its 2 kB the first load would pass its limit.
 */
export class Api {
  readonly #ports: ApiPorts;
  #over = new AbortController();
  #renewing: Promise<string | null> | null = null;

  constructor(ports: ApiPorts) {
    this.#ports = ports;
  }

  async conversations(query: Query, signal?: AbortSignal): Promise<Page<ConversationListItem>> {
    const page = await this.call<Page<ConversationListItem>>('GET', 'messaging/conversations/', { query, signal });
    this.#ports.onConversations(page.results);
    return page;
  }

  async conversation(id: number, signal?: AbortSignal): Promise<Conversation> {
    const conversation = await this.call<Conversation>('GET', `messaging/conversations/${id}/`, { signal });
    this.#ports.onConversations([conversation]);
    return conversation;
  }

  async open(targetUserId: number, confessionId: number | null): Promise<Conversation> {
    const body = { target_user_id: targetUserId, ...(confessionId === null ? {} : { confession_id: confessionId }) };
    const conversation = await this.call<Conversation>('POST', 'messaging/conversations/get_or_create/', { body });
    this.#ports.onConversations([conversation]);
    return conversation;
  }

  unreadCount(): Promise<{ unread_count: number }> {
    return this.call('GET', 'messaging/conversations/unread_count/');
  }

  /** How many conversations each filter has. */
  counts(confession: number | null): Promise<ConversationCounts> {
    return this.call('GET', 'messaging/conversations/counts/', { query: { confession } });
  }

  /** The row after the act; `mark_as_read` answers with less. */
  arrange(id: number, { type, ...body }: RowAct): Promise<Partial<ConversationRow>> {
    return this.call(type === 'mute' ? 'PUT' : 'POST', `messaging/conversations/${id}/${type}/`, { body });
  }

  changes(id: number, after: number, limit = 100): Promise<Changes> {
    return this.call('GET', `messaging/conversations/${id}/changes/`, { query: { after, limit } });
  }

  /** Services before version 2 answer with 404. */
  me(): Promise<Me> {
    return this.call('GET', 'messaging/me/');
  }

  contacts(query: Query, signal?: AbortSignal): Promise<Page<Contact>> {
    return this.call('GET', 'messaging/contacts/', { query, signal });
  }

  /** One person whom one may write to; 404 for everybody else. */
  contact(id: number): Promise<ContactDetail> {
    return this.call('GET', `messaging/contacts/${id}/`);
  }

  async messages(query: Query, signal?: AbortSignal): Promise<Page<Message>> {
    const page = await this.call<Page<Message>>('GET', 'messaging/messages/', { query, signal });
    this.#ports.onMessages(page.results);
    return page;
  }

  message(id: number): Promise<Message> {
    return this.call('GET', `messaging/messages/${id}/`);
  }

  send(body: { conversation: number; content: string; reply_to?: number; client_id: string }, signal?: AbortSignal): Promise<Message> {
    return this.call('POST', 'messaging/messages/', { body, signal, patience: SENDING_PATIENCE });
  }

  edit(id: number, content: string): Promise<Message> {
    return this.call('PATCH', `messaging/messages/${id}/`, { body: { content } });
  }

  remove(id: number): Promise<void> {
    return this.call('DELETE', `messaging/messages/${id}/`);
  }

  pin(id: number, pinned: boolean): Promise<Message> {
    return this.call('POST', `messaging/messages/${id}/${pinned ? 'pin' : 'unpin'}/`);
  }

  config(): Promise<ClientConfig> {
    return this.call('GET', 'messaging/config/');
  }

  ticket(signal?: AbortSignal): Promise<{ ticket: string; expires_in: number }> {
    return this.call('POST', 'messaging/ws_ticket/', { signal });
  }

  urlOf(path: string, query?: Query): string {
    const url = new URL(`api/${path}`, this.#ports.base);
    for (const [name, value] of Object.entries(query ?? {})) {
      if (value !== null && value !== undefined && value !== '' && value !== false) url.searchParams.set(name, String(value));
    }
    return url.href;
  }

  /** A newer token; null means that the person has to sign in. Concurrent calls share one answer. */
  renew(): Promise<string | null> {
    this.#renewing ??= this.#renew().finally(() => {
      this.#renewing = null;
    });
    return this.#renewing;
  }

  /** All running requests end with an `AbortError`, whatever the answer, and no others begin, until `begin`. */
  end(): void {
    this.#over.abort();
  }

  begin(): void {
    if (this.#over.signal.aborted) this.#over = new AbortController();
  }

  /** Everything begun ends with an `AbortError`, since its answers speak of a database that was replaced. What begins now is not touched. */
  dropAnswers(): void {
    this.#over.abort();
    this.#over = new AbortController();
  }

  /** Does it with the token at hand; refused, once more with a newer one. Where there is none, the person has to sign in. */
  async authorized<T>(attempt: (token: string | null) => Promise<T>): Promise<T> {
    const over = this.#over.signal;
    try {
      await this.#renewing;
      over.throwIfAborted();
      return await this.#withToken(attempt);
    } finally {
      over.throwIfAborted();
    }
  }

  call<T>(method: string, path: string, call: Call = {}): Promise<T> {
    return this.authorized(token => this.#once<T>(method, path, call, token));
  }

  async #withToken<T>(attempt: (token: string | null) => Promise<T>): Promise<T> {
    const token = this.#ports.tokens.current();
    try {
      return await attempt(token);
    } catch (error) {
      if (!isUnauthorized(error) || token === null) throw error;
      const newer = await this.#newer(token);
      try {
        if (newer === null) throw error;
        return await attempt(newer);
      } catch (again) {
        if (isUnauthorized(again)) this.#ports.onSignedOut();
        throw again;
      }
    }
  }

  async #newer(refused: string): Promise<string | null> {
    const { tokens } = this.#ports;
    this.#over.signal.throwIfAborted();
    if (this.#renewing || tokens.current() === refused) await this.renew();
    this.#over.signal.throwIfAborted();
    const token = tokens.current();
    return token === refused ? null : token;
  }

  /** A source that fails or stays silent is like a network that does. */
  #renew(): Promise<string | null> {
    const { clock, tokens } = this.#ports;
    return new Promise((resolve, reject) => {
      const fail = () => reject(new ApiError(0, 'network'));
      const timer = clock.after(PATIENCE, fail);
      tokens
        .renew()
        .then(resolve, fail)
        .finally(() => clock.cancel(timer));
    });
  }

  async #once<T>(method: string, path: string, call: Call, token: string | null): Promise<T> {
    const headers: Record<string, string> = { accept: 'application/json' };
    if (token !== null) headers['authorization'] = `Bearer ${token}`;
    if (call.body !== undefined) headers['content-type'] = 'application/json';
    const abort = new AbortController();
    const stop = () => abort.abort();
    const init: RequestInit = { method, headers, credentials: 'omit', cache: 'no-store', signal: abort.signal };
    if (call.body !== undefined) init.body = JSON.stringify(call.body);
    const signals = [call.signal, this.#over.signal];
    if (signals.some(signal => signal?.aborted)) stop();
    for (const signal of signals) signal?.addEventListener('abort', stop, { once: true });
    const timer = this.#ports.clock.after(call.patience ?? PATIENCE, stop);
    try {
      const response = await this.#ports.fetch(this.urlOf(path, call.query), init);
      if (!response.ok) throw refusal(response.status, await response.text().catch(() => ''), response.headers.get('retry-after'));
      return response.status === 204 ? (undefined as T) : ((await response.json()) as T);
    } catch (error) {
      if (error instanceof ApiError) throw error;
      if (call.signal?.aborted) throw new DOMException('aborted', 'AbortError');
      throw new ApiError(0, 'network');
    } finally {
      this.#ports.clock.cancel(timer);
      for (const signal of signals) signal?.removeEventListener('abort', stop);
    }
  }
}

function isUnauthorized(error: unknown): boolean {
  return error instanceof ApiError && error.status === 401;
}
