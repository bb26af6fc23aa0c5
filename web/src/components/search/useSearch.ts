import type { MessageQuery, SearchHit, Suhbat } from '@suhbat/client';
import { MessageSearch, paramsOf, queryOf } from '@suhbat/client';
import { useStore } from '@suhbat/react';
import { useCallback, useMemo, useRef } from 'react';
import { useLocation, useSearchParams } from 'wouter';
import { useMessenger } from '../app.tsx';
import { found } from './found.ts';
import { canSearch } from './opening.ts';

/** One search for each client, which outlives its views: Back comes to the same hits. */
const searches = new WeakMap<Suhbat, MessageSearch>();

export function useSearch(): MessageSearch {
  const { client, clock, store } = useMessenger();
  const known = searches.get(client);
  if (known) return known;
  const zone = new Intl.DateTimeFormat().resolvedOptions().timeZone;
  const search = new MessageSearch(client, clock, zone, () => canSearch(store.getState()));
  searches.set(client, search);
  return search;
}

/** The address of the list of hits. */
export function listPath(query: MessageQuery): string {
  const params = paramsOf(query).toString();
  const place = query.conversation === null ? '/search' : `/c/${query.conversation}/search`;
  return params === '' ? place : `${place}?${params}`;
}

/** The address of a hit in its conversation, from which the list can be made again. `in`: only this conversation is searched. */
export function hitPath(query: MessageQuery, hit: SearchHit): string {
  const params = paramsOf(query);
  params.set('m', String(hit.message.id));
  if (query.conversation !== null) params.set('in', String(query.conversation));
  return `/c/${hit.conversation.id}?${params}`;
}

/** What the address says: the search, whether its list is what is to be seen, and the chosen hit. */
export function useAddress(id: number | null) {
  const [path] = useLocation();
  const [params] = useSearchParams();
  const text = params.toString();
  const isList = path.endsWith('/search');
  return useMemo(() => {
    const parsed = new URLSearchParams(text);
    const within = isList || parsed.has('in') ? id : null;
    return { query: queryOf(parsed, within), isList, chosen: isList ? null : Number(parsed.get('m')) || null };
  }, [text, isList, id]);
}

/** The steps between hits, and from their list into a conversation. */
export function useSteps(chosen: number | null, isList: boolean) {
  const search = useSearch();
  const [, navigate] = useLocation();
  const hits = useStore(search.store, state => state.hits);
  /** The place of the last chosen hit, since the hit itself may have gone. */
  const place = useRef(-1);
  const at = hits.findIndex(hit => hit.message.id === chosen);
  if (at >= 0) place.current = at;

  const open = useCallback(
    (hit: SearchHit, replace: boolean) => {
      found.setState(({ chosen: count }) => ({ chosen: count + 1 }));
      // From one hit to another in place: Back leads to the list.
      const state = replace ? history.state : { list: true, hits: true };
      navigate(hitPath(search.store.getState().query, hit), { replace, state });
    },
    [navigate, search],
  );
  const step = async (way: 1 | -1) => {
    const to = at >= 0 ? at + way : way > 0 ? Math.max(0, place.current) : place.current - 1;
    if (to >= hits.length) await search.loadMore();
    const hit = search.store.getState().hits[to];
    if (hit) open(hit, !isList);
    return hit ?? null;
  };
  return { open, step, at, count: hits.length };
}
