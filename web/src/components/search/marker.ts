import { placesOf, type SearchHit } from '@suhbat/client';
import { foundIn } from '@suhbat/client/fold';
import type { Marker } from './found.ts';

type Places = [from: number, to: number][];

/** The most forms of words that are looked for in texts which are no hits themselves. */
const MOST_FORMS = 24;
/** Up to so many letters, only whole words are marked. */
const SHORT = 2;
const PART_OF_WORD = /[\p{L}\p{N}\p{M}'`´ʻʼ‘’]/u;
const REST_OF_WORD = /^[\p{L}\p{N}\p{M}'`´ʻʼ‘’]*/u;

/** The words of a query: without quotation marks, and without those that are excluded. */
export function wordsOf(q: string): string[] {
  return q
    .replace(/(^|\s)-(?:"[^"]*"?|\S+)/gu, ' ')
    .replaceAll('"', ' ')
    .split(/\s+/u)
    .filter(word => /[\p{L}\p{N}]/u.test(word));
}

/** The words of a text that begin with one of these, whole. The service finds them in that way, too. */
export function beginningsIn(text: string, words: readonly string[]): Places {
  const places: Places = [];
  for (const word of words) {
    for (const [from, to] of foundIn(text, word)) {
      const before = [...text.slice(Math.max(0, from - 2), from)].at(-1) ?? '';
      if (PART_OF_WORD.test(before)) continue;
      const end = to + (REST_OF_WORD.exec(text.slice(to))?.[0].length ?? 0);
      if ([...word].length > SHORT || end === to) places.push([from, end]);
    }
  }
  return apart(places);
}

function apart(places: Places): Places {
  const all: Places = [];
  for (const [from, to] of places.sort((a, b) => a[0] - b[0])) {
    const last = all.at(-1);
    if (last && from <= last[1]) last[1] = Math.max(last[1], to);
    else all.push([from, to]);
  }
  return all;
}

/** The matches in a hit as the service names them, which knows the forms of words; in other texts, words that begin as those or as the query. */
export function markerFor(q: string, hits: readonly SearchHit[]): Marker {
  const forms = new Map<string, string>();
  for (const word of wordsOf(q)) forms.set(word.toLowerCase(), word);
  for (const { snippet } of hits) {
    for (const [from, to] of placesOf(snippet.text, snippet.ranges)) {
      const form = snippet.text.slice(from, to);
      if (forms.size < MOST_FORMS) forms.set(form.toLowerCase(), form);
    }
  }
  const words = [...forms.values()];
  const byId = new Map(hits.map(hit => [hit.message.id, hit]));
  return (id, text) => {
    const places = beginningsIn(text, words);
    const snippet = byId.get(id)?.snippet;
    const start = snippet && snippet.text !== '' ? text.indexOf(snippet.text) : -1;
    if (snippet && start >= 0) {
      for (const [from, to] of placesOf(snippet.text, snippet.ranges)) places.push([start + from, start + to]);
    }
    return apart(places);
  };
}
