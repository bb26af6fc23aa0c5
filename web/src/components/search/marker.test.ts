import type { SearchHit } from '@suhbat/client';
import { malika, message } from '@suhbat/client/testing/builders.ts';
import { describe, expect, it } from 'vitest';
import { beginningsIn, markerFor, wordsOf } from './marker.ts';

const hit = (id: number, text: string, snippet: string, ranges: [number, number][]): SearchHit => ({
  message: message(id, malika, text),
  conversation: { id: 1, kind: 'direct', title: null, participants: [malika], confession: null },
  snippet: { text: snippet, ranges, before: false, after: false },
  files: [],
});
const cut = (text: string, places: readonly [number, number][]) => places.map(([from, to]) => text.slice(from, to));
const marked = (text: string, words: string[]) => cut(text, beginningsIn(text, words));

describe('the words of a query', () => {
  it('are those that are looked for, without signs and without the excluded', () => {
    expect(wordsOf('  "ikki soʻz" kitob -daftar -"eski narsa" a-b ')).toEqual(['ikki', 'soʻz', 'kitob', 'a-b']);
    expect(wordsOf('" - "')).toEqual([]);
  });
});

describe('the marks of a text', () => {
  it('are whole words that begin so, in every spelling', () => {
    expect(marked('Kitoblar va daftarkitob, китобим', ['kitob'])).toEqual(['Kitoblar', 'китобим']);
    expect(marked('oʻqituvchi, o’qituvchi, ўқитувчилар', ['oqituv'])).toEqual(['oʻqituvchi', 'o’qituvchi', 'ўқитувчилар']);
  });
  it('are whole words only, where two letters would begin too many', () => {
    expect(marked('va vaqt, va', ['va'])).toEqual(['va', 'va']);
  });
  it('keep their places after emoji', () => {
    expect(marked('🙂🙂kitob 📖 kitob', ['kitob'])).toEqual(['kitob', 'kitob']);
  });
});

describe('the marker of a search', () => {
  it('marks in a hit what the service found, also forms that do not begin as the query', () => {
    const text = '🙂 Bolalar, болалар uchun ребёнку подарок';
    const marker = markerFor('ребенок', [hit(7, text, 'uchun ребёнку подарок', [[6, 7]])]);
    expect(cut(text, marker(7, text))).toEqual(['ребёнку']);
    // The form is known now, so it is marked elsewhere, too.
    expect(cut('вчера ребёнку', marker(8, 'вчера ребёнку'))).toEqual(['ребёнку']);
  });
  it('joins what touches, and stands a snippet that is not in the text', () => {
    const text = 'kitob kitobim';
    const marker = markerFor('kitob', [hit(1, text, 'elsewhere', [[0, 9]])]);
    expect(cut(text, marker(1, text))).toEqual(['kitob', 'kitobim']);
  });
});
