import { describe, expect, it } from 'vitest';
import { isLongEnough, NO_QUERY, paramsOf, placesOf, queryOf } from './search.ts';

describe('the places of a match', () => {
  const marked = (text: string, ranges: [number, number][]) => placesOf(text, ranges).map(([from, to]) => text.slice(from, to));

  it('are counted in scalar values, of which an emoji is one and two units of a string', () => {
    expect(marked('kitob', [[0, 5]])).toEqual(['kitob']);
    expect(marked('🙂🙂 kitob 📖', [[3, 5]])).toEqual(['kitob']);
    expect(
      marked('👨‍👩‍👧 oila va bola', [
        [6, 4],
        [14, 4],
      ]),
    ).toEqual(['oila', 'bola']);
    expect(placesOf('🙂a', [[1, 1]])).toEqual([[2, 3]]);
  });
  it('end with the text, and are none where nothing is left', () => {
    expect(marked('salom', [[3, 40]])).toEqual(['om']);
    expect(marked('salom', [[40, 2]])).toEqual([]);
    expect(marked('', [[0, 1]])).toEqual([]);
  });
  it('ascend', () => {
    expect(
      placesOf('bir ikki', [
        [4, 4],
        [0, 3],
      ]),
    ).toEqual([
      [0, 3],
      [4, 8],
    ]);
  });
});

describe('a search in an address', () => {
  it('comes back as it went in', () => {
    const query = {
      q: 'oʻqituvchi & "ikki soʻz"',
      conversation: null,
      confession: [1, 2],
      sender: [7],
      has: ['image', 'link'] as const,
      from: '2026-03-01',
      to: '2026-03-21',
    };
    expect(queryOf(new URLSearchParams(paramsOf(query).toString()), null)).toEqual(query);
    expect(paramsOf(NO_QUERY).toString()).toBe('');
  });
  it('loses what means nothing', () => {
    const params = new URLSearchParams('q=a&sender=x&sender=-1&sender=3&has=virus&has=video&from=yesterday&to=2026-1-1');
    expect(queryOf(params, 7)).toEqual({ ...NO_QUERY, q: 'a', conversation: 7, sender: [3], has: ['video'] });
  });
});

describe('what can be searched for', () => {
  it('has a word of two letters or digits', () => {
    expect(['ab', '12', 'й1', 'a bc', 'oʻt', '"да'].map(isLongEnough)).toEqual(Array(6).fill(true));
    expect(['', ' ', 'a', '🙂🙂', '--', 'a!', 'a b', 'oʻ'].map(isLongEnough)).toEqual(Array(8).fill(false));
  });
});
