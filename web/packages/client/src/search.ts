import type { Api } from './api.ts';
import type { SearchResults } from './types.ts';

export const FILE_KINDS = ['image', 'video', 'audio', 'document', 'file', 'link'] as const;
export type FileKind = (typeof FILE_KINDS)[number];

/** A search for messages. A list that is empty, a date that is `''`, and a conversation that is null restrict nothing. */
export interface MessageQuery {
  readonly q: string;
  readonly conversation: number | null;
  /** Any of them. */
  readonly confession: readonly number[];
  readonly sender: readonly number[];
  readonly has: readonly FileKind[];
  /** `2026-03-21`, in the time zone of this device; both days are included. */
  readonly from: string;
  readonly to: string;
}

export const NO_QUERY: MessageQuery = { q: '', conversation: null, confession: [], sender: [], has: [], from: '', to: '' };

/** The parameters of a search, as the service reads them and as the page keeps them in its address. */
export function paramsOf({ q, confession, sender, has, from, to }: MessageQuery): URLSearchParams {
  const params = new URLSearchParams();
  if (q !== '') params.set('q', q);
  for (const id of confession) params.append('confession', String(id));
  for (const id of sender) params.append('sender', String(id));
  for (const kind of has) params.append('has', kind);
  if (from !== '') params.set('from', from);
  if (to !== '') params.set('to', to);
  return params;
}

const isDay = (text: string | null) => /^\d{4}-\d\d-\d\d$/.test(text ?? '');
const idsOf = (texts: readonly string[]) => texts.filter(text => /^\d{1,15}$/.test(text)).map(Number);

/** The reverse of `paramsOf`. Values that mean nothing are left out. */
export function queryOf(params: URLSearchParams, conversation: number | null): MessageQuery {
  const day = (name: string) => (isDay(params.get(name)) ? (params.get(name) ?? '') : '');
  return {
    q: params.get('q') ?? '',
    conversation,
    confession: idsOf(params.getAll('confession')),
    sender: idsOf(params.getAll('sender')),
    has: FILE_KINDS.filter(kind => params.getAll('has').includes(kind)),
    from: day('from'),
    to: day('to'),
  };
}

/** One page of hits, the newest first: those before a message, where one is named. `zone` is the IANA name of the zone of the dates. */
export function searchMessages(
  api: Api,
  query: MessageQuery,
  page: { before: number | null; limit: number; zone: string },
  signal?: AbortSignal,
): Promise<SearchResults> {
  const params = paramsOf(query);
  if (query.from !== '' || query.to !== '') params.set('tz', page.zone);
  if (page.before !== null) params.set('before', String(page.before));
  params.set('limit', String(page.limit));
  const place = query.conversation === null ? 'search' : `conversations/${query.conversation}/search`;
  return api.call('GET', `messaging/${place}/?${params}`, { signal });
}

/** Whether the service would search for it: it has a word of two letters or digits at least. */
export function isLongEnough(q: string): boolean {
  // An apostrophe may be a letter by itself for Unicode, and is none here.
  return /[\p{Lu}\p{Ll}\p{Lt}\p{Lo}\p{N}]\p{M}*['`´ʻʼ‘’]?[\p{Lu}\p{Ll}\p{Lt}\p{Lo}\p{N}]/u.test(q);
}

/** Ranges, each with its start and length in scalar values, as places in a JavaScript string: from and to, ascending. */
export function placesOf(text: string, ranges: readonly (readonly number[])[]): [from: number, to: number][] {
  const units: number[] = [];
  let at = 0;
  for (const sign of text) {
    units.push(at);
    at += sign.length;
  }
  units.push(at);
  const place = (scalar: number) => units[Math.max(0, Math.min(scalar, units.length - 1))] ?? at;
  return ranges
    .map(([start = 0, length = 0]): [number, number] => [place(start), place(start + length)])
    .filter(([from, to]) => to > from)
    .sort((a, b) => a[0] - b[0]);
}
