import type { TokenSource } from './token.ts';
import type { Changes, Contact, Conversation, ConversationListItem, DemoPerson, Message, Page, ServiceConfig, User } from './types.ts';

/** A refusal or a failure to reach the service (`status` 0, code `network`). */
export class ApiError extends Error {
  readonly status: number;
  readonly code: string;
  readonly details: Record<string, unknown>;
  readonly retryAfter: number | null;

  constructor(status: number, code: string, details: Record<string, unknown> = {}, retryAfter: number | null = null) {
    super(code);
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

/** Reads the body of a refusal; anything that is not the service's own JSON becomes `unexpected`. */
export function refusal(status: number, body: string, retryAfter: string | null): ApiError {
  let code = 'unexpected';
  let details: Record<string, unknown> = {};
  try {
    const value = JSON.parse(body) as { code?: unknown; details?: unknown };
    if (typeof value.code === 'string') code = value.code;
    if (typeof value.details === 'object' && value.details !== null) details = value.details as Record<string, unknown>;
  } catch {
    // A proxy's page, not ours.
  }
  const seconds = retryAfter === null ? Number.NaN : Number(retryAfter);
  return new ApiError(status, code, details, Number.isFinite(seconds) ? seconds * 1000 : null);
}

export type Query = Record<string, string | number | boolean | null | undefined>;

export interface Call {
  query?: Query | undefined;
  body?: unknown;
  signal?: AbortSignal | undefined;
}

export interface ApiPorts {
  base: string;
  fetch: typeof globalThis.fetch;
  tokens: TokenSource;
  onSignedOut: () => void;
}

/** The REST calls by name. A 401 asks the token source once for a newer token, then gives up. */
export class Api {
  readonly #ports: ApiPorts;
  #renewing: Promise<string | null> | null = null;

  constructor(ports: ApiPorts) {
    this.#ports = ports;
  }

  conversations(query: Query, signal?: AbortSignal): Promise<Page<ConversationListItem>> {
    return this.call('GET', 'messaging/conversations/', { query, signal });
  }

  conversation(id: number, signal?: AbortSignal): Promise<Conversation> {
    return this.call('GET', `messaging/conversations/${id}/`, { signal });
  }

  open(targetUserId: number, confessionId: number | null): Promise<Conversation> {
    const body = { target_user_id: targetUserId, ...(confessionId === null ? {} : { confession_id: confessionId }) };
    return this.call('POST', 'messaging/conversations/get_or_create/', { body });
  }

  markAllRead(id: number): Promise<unknown> {
    return this.call('POST', `messaging/conversations/${id}/mark_as_read/`);
  }

  unreadCount(): Promise<{ unread_count: number }> {
    return this.call('GET', 'messaging/conversations/unread_count/');
  }

  changes(id: number, after: number, limit = 200): Promise<Changes> {
    return this.call('GET', `messaging/conversations/${id}/changes/`, { query: { after, limit } });
  }

  contacts(query: Query, signal?: AbortSignal): Promise<Page<Contact>> {
    return this.call('GET', 'messaging/contacts/', { query, signal });
  }

  messages(query: Query, signal?: AbortSignal): Promise<Page<Message>> {
    return this.call('GET', 'messaging/messages/', { query, signal });
  }

  message(id: number): Promise<Message> {
    return this.call('GET', `messaging/messages/${id}/`);
  }

  send(body: { conversation: number; content: string; reply_to?: number; client_id: string }, signal?: AbortSignal): Promise<Message> {
    return this.call('POST', 'messaging/messages/', { body, signal });
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

  config(): Promise<ServiceConfig> {
    return this.call('GET', 'messaging/config/');
  }

  ticket(): Promise<{ ticket: string; expires_in: number }> {
    return this.call('POST', 'messaging/ws_ticket/');
  }

  demoPeople(): Promise<DemoPerson[]> {
    return this.call('GET', 'demo/people/');
  }

  demoLogin(userId: number): Promise<{ access: string; user?: User }> {
    return this.call('POST', 'demo/login/', { body: { user_id: userId } });
  }

  urlOf(path: string, query?: Query): string {
    const url = new URL(`api/${path}`, this.#ports.base);
    for (const [name, value] of Object.entries(query ?? {})) {
      if (value !== null && value !== undefined && value !== '' && value !== false) url.searchParams.set(name, String(value));
    }
    return url.href;
  }

  /** The token for a call, or the newer one after a refusal. Many calls refused at once renew together. */
  async token(refused: string | null = null): Promise<string | null> {
    const current = this.#ports.tokens.current();
    if (refused === null || current !== refused) return current;
    this.#renewing ??= this.#ports.tokens.renew().finally(() => {
      this.#renewing = null;
    });
    return this.#renewing;
  }

  signedOut(): void {
    this.#ports.onSignedOut();
  }

  async call<T>(method: string, path: string, call: Call = {}): Promise<T> {
    let token = await this.token();
    let response = await this.#once(method, path, call, token);
    if (response.status === 401 && token !== null) {
      token = await this.token(token);
      if (token !== null) response = await this.#once(method, path, call, token);
      if (response.status === 401) this.signedOut();
    }
    if (!response.ok) throw refusal(response.status, await response.text().catch(() => ''), response.headers.get('retry-after'));
    if (response.status === 204) return undefined as T;
    return (await response.json()) as T;
  }

  async #once(method: string, path: string, call: Call, token: string | null): Promise<Response> {
    const headers: Record<string, string> = { accept: 'application/json' };
    if (token !== null) headers['authorization'] = `Bearer ${token}`;
    if (call.body !== undefined) headers['content-type'] = 'application/json';
    const init: RequestInit = { method, headers, credentials: 'omit', cache: 'no-store' };
    if (call.body !== undefined) init.body = JSON.stringify(call.body);
    if (call.signal) init.signal = call.signal;
    try {
      return await this.#ports.fetch(this.urlOf(path, call.query), init);
    } catch (error) {
      if (error instanceof DOMException && error.name === 'AbortError') throw error;
      throw new ApiError(0, 'network');
    }
  }
}
